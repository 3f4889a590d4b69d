package dev.edgekit.demo.work;

import android.content.Context;
import dev.edgekit.demo.model.Bundle;
import java.io.File;
import java.io.FileOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.json.JSONException;
import org.json.JSONObject;

/**
 * Runs that a computer asks for over adb, one at a time. Each answer is a file in the app's own folder on the shared
 * storage: {@code run-ID.json.part} while it is worked on, then {@code run-ID.json}. Where {@code run-ID.json.waits} is
 * there, but grows no more, nobody waits: the run ends, and leaves nothing.
 */
public final class Requests implements Session.Listener {
    private static final String FOLDER = "runs";
    private static final String NO_ID = "malformed";
    private static final String WAITS = ".waits";
    private static final long OLD_MS = 3_600_000;
    /** A computer that waits lets a file grow, all the time. Tests have less patience. */
    public static double goneAfterS = 30;

    private final Session session;
    /** Null while none is worked on. */
    private RunRequest current;
    private boolean started;
    private Context context;
    /** What became of the last one; null before the first has ended. */
    public String sentence;

    Requests(Session session) {
        this.session = session;
    }

    /** Whether one is worked on. */
    public boolean working() {
        return current != null;
    }

    /** Take a request, on the main thread. What is wrong with it is written where the answer would be. */
    public void take(String text, Context from) {
        context = from.getApplicationContext();
        String id = RunRequest.idOf(text);
        try {
            RunRequest asked = RunRequest.parse(text);
            if (current != null) {
                // That one's file is left to it.
                if (!current.id.equals(id)) {
                    refuse(id, "another run is going on: " + current.id);
                }
                return;
            }
            current = asked;
            started = false;
            removeOld();
            sentence = null;
            session.listen(this);
            write(file(id, ".part"), "");
            changed();
        } catch (IllegalArgumentException error) {
            refuse(id, error.getMessage());
        } catch (IOException error) {
            end(failureOf(Work.sentence(error)));
        }
    }

    /** The app was ended while it worked on a request, and is started anew without what it had measured. */
    public void lost(String text, Context from) {
        context = from.getApplicationContext();
        String id = RunRequest.idOf(text);
        if (current == null && id != null && file(id, ".part").exists()) {
            refuse(id, "the system ended the app while it ran");
        }
    }

    @Override
    public void changed() {
        if (current == null || started) {
            return;
        }
        if (session.failure != null) {
            end(failureOf(session.failure));
        } else if (session.checkup != null) {
            started = true;
            measure(current, session.bundle);
        }
    }

    private void measure(final RunRequest asked, final Bundle bundle) {
        final Waiting waiting = new Waiting(file(asked.id, WAITS), session.sight);
        session.work.start(new Work.Job<String>() {
            @Override
            protected String work() throws Exception {
                List<Measurement> measured = new ArrayList<Measurement>();
                for (Settings each : asked.settings) {
                    measured.add(Measurement.make(bundle, session.model, each, context, waiting));
                    if (waiting.gone()) {
                        throw new IOException("nobody waits for the answer any more");
                    }
                }
                return RunDocument.of(context, bundle, measured);
            }

            @Override
            protected void done(String document) {
                end(document);
            }

            @Override
            protected void failed(String why) {
                if (waiting.gone()) {
                    abandon(why);
                } else {
                    end(failureOf(why));
                }
            }
        });
    }

    /** Ends a run that nobody waits for. On the thread of work. */
    private static final class Waiting implements Measurement.Watcher {
        private final File growing;
        private final Sight sight;
        private long lastLength;
        private long changedNs = System.nanoTime();
        private long lookedNs = changedNs;
        private volatile boolean gone;

        Waiting(File growing, Sight sight) {
            this.growing = growing;
            this.sight = sight;
        }

        boolean gone() {
            return gone;
        }

        @Override
        public void seen(Measurement soFar) {}

        @Override
        public boolean stops() {
            long now = System.nanoTime();
            // A look at a file takes longer than some inferences.
            if ((now - lookedNs) / 1e9 < goneAfterS / 10) {
                return gone;
            }
            lookedNs = now;
            long length = growing.length();
            // Not by times of files: a clock may be set, and not every shell may touch what an app's folder holds. Who
            // asked by hand has no such file.
            if (length == 0 || length != lastLength) {
                lastLength = length;
                changedNs = now;
            }
            gone = (now - changedNs) / 1e9 > goneAfterS;
            return gone;
        }

        @Override
        public Sight sight() {
            return sight;
        }
    }

    private void abandon(String why) {
        for (String ending : new String[] {".part", WAITS}) {
            file(current.id, ending).delete();
        }
        current = null;
        session.forget(this);
        sentence = why;
        session.changed();
    }

    /** What nobody has fetched, of computers that went away. */
    private void removeOld() {
        File[] found = file("x", "").getParentFile().listFiles();
        for (int i = 0; found != null && i < found.length; i++) {
            boolean ours = found[i].getName().startsWith("run-");
            if (ours && System.currentTimeMillis() - found[i].lastModified() > OLD_MS) {
                found[i].delete();
            }
        }
    }

    private void end(String document) {
        RunRequest ended = current;
        current = null;
        session.forget(this);
        answer(ended.id, document);
    }

    private void refuse(String id, String why) {
        answer(id == null ? NO_ID : id, failureOf(why));
    }

    private void answer(String id, String document) {
        try {
            File part = file(id, ".part");
            write(part, document);
            File whole = file(id, "");
            if (!part.renameTo(whole)) {
                throw new IOException(whole + " cannot be written");
            }
            sentence = whole.getPath();
        } catch (IOException error) {
            sentence = Work.sentence(error);
        }
        session.changed();
    }

    private static String failureOf(String why) {
        try {
            return new JSONObject().put("schema", "edgekit.app_error/1").put("error", why).toString(2);
        } catch (JSONException error) {
            // Texts are always JSON.
            throw new IllegalStateException(error);
        }
    }

    private static void write(File place, String text) throws IOException {
        FileOutputStream stream = new FileOutputStream(place);
        try {
            stream.write(text.getBytes(StandardCharsets.UTF_8));
            stream.getFD().sync();
        } finally {
            stream.close();
        }
    }

    private File file(String id, String ending) {
        File folder = context.getExternalFilesDir(FOLDER);
        // Without shared storage there is none, and writing fails with a sentence.
        return new File(folder == null ? new File("/no shared storage") : folder, "run-" + id + ".json" + ending);
    }
}
