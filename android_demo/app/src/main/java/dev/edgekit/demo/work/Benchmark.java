package dev.edgekit.demo.work;

import android.content.Context;
import dev.edgekit.demo.model.Bundle;
import dev.edgekit.demo.model.Runner;
import dev.edgekit.demo.model.Sample;

/** A timed run: back to back, on the golden pack's first sample where there is one. */
public final class Benchmark {
    private static final int WARM_UP = 5;
    private static final double SHOW_EVERY_MS = 250;

    public final int threads;
    public final boolean xnnpack;
    public final double seconds;

    /** These are changed and read on the main thread only. */
    public final Sample windows = new Sample();
    public double firstMs = Double.NaN;
    public double initMs = Double.NaN;
    public double elapsedMs;
    public int thermal = Thermal.UNKNOWN;
    public int hottest = Thermal.UNKNOWN;
    public boolean running = true;
    public String failure;
    public double[] times = new double[0];
    /** These are set before the run is shown as done. */
    public volatile double[] warmUp = new double[0];
    public volatile long baselineBytes;
    public volatile long peakBytes = 1;

    private volatile boolean stopped;

    public Benchmark(int threads, boolean xnnpack, double seconds) {
        this.threads = threads;
        this.xnnpack = xnnpack;
        this.seconds = seconds;
    }

    public void stop() {
        stopped = true;
    }

    /** Whether it was broken off before its time was over. */
    public boolean stoppedEarly() {
        return stopped;
    }

    public boolean tainted() {
        return Thermal.throttles(hottest);
    }

    /** Milliseconds at a percentile; NaN before anything was measured. */
    public double percentile(double percent) {
        Sample all = new Sample();
        for (double time : times) {
            all.add(time);
        }
        return all.count() == 0 ? Double.NaN : all.percentile(percent);
    }

    public void start(final Session session, final Context context) {
        final Bundle bundle = session.bundle;
        session.work.start(new Work.Job<Sample>() {
            @Override
            protected Sample work() throws Exception {
                return measure(session, bundle, context.getApplicationContext());
            }

            @Override
            protected void done(Sample result) {
                times = result.all();
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

    private Sample measure(Session session, Bundle bundle, Context context) throws Exception {
        baselineBytes = Math.max(0, Memory.bytes("VmRSS"));
        Runner runner = new Runner(bundle, session.model, threads, xnnpack);
        try {
            if (bundle.hasGoldenPack()) {
                for (int i = 0; i < runner.inputs.length; i++) {
                    bundle.goldenPack().fill(0, i, runner.inputs[i]);
                }
            }
            double first = runner.run();
            Sample before = new Sample();
            for (int i = 0; i < WARM_UP; i++) {
                before.add(runner.run());
            }
            warmUp = before.all();
            Sample all = new Sample();
            Sample window = new Sample();
            long start = System.nanoTime();
            double shown = 0;
            while (true) {
                double ms = runner.run();
                all.add(ms);
                window.add(ms);
                double elapsed = (System.nanoTime() - start) / 1e6;
                boolean last = stopped || elapsed >= seconds * 1000;
                if (last || elapsed - shown >= SHOW_EVERY_MS) {
                    shown = elapsed;
                    publish(session, window.percentile(50), elapsed, first, runner.initMs, Thermal.now(context), all);
                    window = new Sample();
                }
                if (last) {
                    peakBytes = Math.max(1, Memory.bytes("VmHWM"));
                    return all;
                }
            }
        } finally {
            runner.close();
        }
    }

    private void publish(
            final Session session, final double median, final double elapsed, final double first, final double init,
            final int status, Sample all) {
        final double[] soFar = all.all();
        session.work.show(new Runnable() {
            @Override
            public void run() {
                windows.add(median);
                elapsedMs = elapsed;
                firstMs = first;
                initMs = init;
                thermal = status;
                hottest = Math.max(hottest, status);
                times = soFar;
                session.changed();
            }
        });
    }
}
