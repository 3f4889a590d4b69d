package dev.edgekit.demo.work;

import android.content.Context;
import android.util.Log;
import dev.edgekit.demo.model.Bundle;
import java.io.IOException;

/** A measurement that the screen shows while it runs. All but the stop is changed and read on the main thread. */
public final class Benchmark {
    public final Settings settings;
    /** Null before the first window has ended. */
    public Measurement seen;
    public boolean running = true;
    public String failure;

    private volatile boolean stopped;

    public Benchmark(Settings settings) {
        this.settings = settings;
    }

    /** What was measured before the system ended the app; null where nothing was. */
    static Benchmark before(Measurement kept) {
        if (kept == null) {
            return null;
        }
        Benchmark made = new Benchmark(kept.settings);
        made.seen = kept;
        made.running = false;
        return made;
    }

    public void stop() {
        stopped = true;
    }

    public void start(final Session session, final Context context) {
        final Bundle bundle = session.bundle;
        session.work.start(new Work.Job<Measurement>() {
            @Override
            protected Measurement work() throws Exception {
                Measurement made = Measurement.make(bundle, session.model, settings, context, watcher(session));
                try {
                    LastRun.keep(context.getCacheDir(), bundle.sha256, made);
                } catch (IOException error) {
                    // A full disk takes nothing from the run that is shown.
                    Log.w("edgekit", "the run is not kept", error);
                }
                return made;
            }

            @Override
            protected void done(Measurement result) {
                seen = result;
                running = false;
                session.changed();
            }

            @Override
            protected void failed(String sentence) {
                failure = sentence;
                running = false;
                session.changed();
            }
        });
    }

    private Measurement.Watcher watcher(final Session session) {
        return new Measurement.Watcher() {
            @Override
            public void seen(final Measurement soFar) {
                session.work.show(new Runnable() {
                    @Override
                    public void run() {
                        seen = soFar;
                        session.changed();
                    }
                });
            }

            @Override
            public boolean stops() {
                return stopped;
            }

            @Override
            public Sight sight() {
                return session.sight;
            }
        };
    }
}
