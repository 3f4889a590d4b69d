package dev.edgekit.demo.work;

import dev.edgekit.demo.model.Bundle;
import dev.edgekit.demo.model.Checkup;
import dev.edgekit.demo.model.Storage;
import java.nio.ByteBuffer;

/** What lives as long as the app does, and so survives a turned screen: the model, what was found, a running benchmark. */
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

    private Listener listener;
    private boolean opened;

    public void listen(Listener to) {
        listener = to;
    }

    public void changed() {
        if (listener != null) {
            listener.changed();
        }
    }

    /** Read the bundle and check the model; once. */
    public void open(final Storage storage) {
        if (opened) {
            return;
        }
        opened = true;
        work.start(new Work.Job<Checkup>() {
            private Bundle read;
            private ByteBuffer mapped;

            @Override
            protected Checkup work() throws Exception {
                read = Bundle.read(storage);
                publish(read, null);
                mapped = read.mapModel();
                publish(read, mapped);
                return Checkup.make(read, mapped, Math.min(4, Runtime.getRuntime().availableProcessors()));
            }

            @Override
            protected void done(Checkup result) {
                checkup = result;
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
