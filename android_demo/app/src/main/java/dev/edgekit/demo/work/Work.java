package dev.edgekit.demo.work;

import android.os.Handler;
import android.os.Looper;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/** One thread for all inference, so that nothing is measured beside something else, and the screen never waits. */
public final class Work {
    private final ExecutorService thread = Executors.newSingleThreadExecutor();
    private final Handler screen = new Handler(Looper.getMainLooper());

    /** Something to do off the main thread. */
    public abstract static class Job<T> {
        protected abstract T work() throws Exception;

        /** On the main thread. */
        protected abstract void done(T result);

        /** On the main thread; the sentence is for the user. */
        protected abstract void failed(String sentence);
    }

    public <T> void start(final Job<T> job) {
        thread.execute(new Runnable() {
            @Override
            public void run() {
                attempt(job);
            }
        });
    }

    /** Do something on the main thread soon. */
    public void show(Runnable what) {
        screen.post(what);
    }

    private <T> void attempt(final Job<T> job) {
        try {
            final T result = job.work();
            show(new Runnable() {
                @Override
                public void run() {
                    job.done(result);
                }
            });
        } catch (Exception error) {
            fail(job, error);
        } catch (LinkageError error) {
            // The runtime's native library is not there, or not for this phone.
            fail(job, error);
        } catch (OutOfMemoryError error) {
            fail(job, error);
        }
    }

    private void fail(final Job<?> job, final Throwable error) {
        show(new Runnable() {
            @Override
            public void run() {
                job.failed(sentence(error));
            }
        });
    }

    /** What an error says, else what it is. */
    public static String sentence(Throwable error) {
        String message = error.getMessage();
        return message == null || message.trim().isEmpty() ? error.getClass().getSimpleName() : message.trim();
    }
}
