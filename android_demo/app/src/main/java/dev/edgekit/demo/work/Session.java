package dev.edgekit.demo.work;

import dev.edgekit.demo.model.Bundle;
import dev.edgekit.demo.model.Checkup;
import dev.edgekit.demo.model.Storage;
import java.io.File;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/** What lives as long as the app does, and so survives a turned screen: the model, what was found, what is measured. */
public final class Session {
    public interface Listener {
        /** Something of the session has changed. */
        void changed();
    }

    public final Work work = new Work();
    /** Null until it is read, or where it cannot be. */
    public Bundle bundle;
    public ByteBuffer model;
    /** Null until it is made. */
    public Checkup checkup;
    /** A sentence where the model does not run here. */
    public String failure;
    /** The benchmark that runs or ran last; null before the first. */
    public Benchmark benchmark;

    /** Whether a window is seen. */
    public final Sight sight = new Sight();

    /** Runs that were asked for from outside. */
    public final Requests requests = new Requests(this);

    private final List<Listener> listeners = new ArrayList<Listener>();
    private boolean opened;

    public void listen(Listener listener) {
        listeners.add(listener);
    }

    public void forget(Listener listener) {
        listeners.remove(listener);
    }

    public void changed() {
        for (Listener each : new ArrayList<Listener>(listeners)) {
            each.changed();
        }
    }

    /** Read the bundle and check the model; once. The folder holds what an app before this one has kept. */
    public void open(final Storage storage, final File folder) {
        if (opened) {
            return;
        }
        opened = true;
        work.start(new Work.Job<Checkup>() {
            private Bundle read;
            private ByteBuffer mapped;
            private Benchmark kept;

            @Override
            protected Checkup work() throws Exception {
                read = Bundle.read(storage);
                publish(read, null);
                kept = Benchmark.before(LastRun.read(folder, read.sha256));
                mapped = read.mapModel();
                publish(read, mapped);
                return Checkup.make(read, mapped, Math.min(4, Runtime.getRuntime().availableProcessors()));
            }

            @Override
            protected void done(Checkup result) {
                checkup = result;
                benchmark = benchmark == null ? kept : benchmark;
                changed();
            }

            @Override
            protected void failed(String sentence) {
                failure = sentence;
                changed();
            }
        });
    }

    private void publish(final Bundle read, final ByteBuffer mapped) {
        work.show(new Runnable() {
            @Override
            public void run() {
                bundle = read;
                model = mapped;
                changed();
            }
        });
    }
}
