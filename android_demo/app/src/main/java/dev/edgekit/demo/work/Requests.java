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
 * storage: {@code run-ID.json.part} while it is worked on, then {@code run-ID.json}.
 */
public final class Requests implements Session.Listener {
    private static final String FOLDER = "runs";
    private static final String NO_ID = "malformed";

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
        session.work.start(new Work.Job<String>() {
            @Override
            protected String work() throws Exception {
                List<Measurement> measured = new ArrayList<Measurement>();
                for (Settings each : asked.settings) {
                    measured.add(Measurement.make(bundle, session.model, each, context, UNWATCHED));
                }
                return RunDocument.of(context, bundle, measured);
            }

            @Override
            protected void done(String document) {
                end(document);
            }

            @Override
            protected void failed(String sentence) {
                end(failureOf(sentence));
            }
        });
    }

    private static final Measurement.Watcher UNWATCHED = new Measurement.Watcher() {
        @Override
        public void seen(Measurement soFar) {}

        @Override
        public boolean stops() {
            return false;
        }
    };

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
