package dev.edgekit.demo.work;

import android.content.Context;
import dev.edgekit.demo.model.Bundle;
import dev.edgekit.demo.model.RandomInput;
import dev.edgekit.demo.model.Runner;
import dev.edgekit.demo.model.Sample;
import java.io.IOException;
import java.io.Serializable;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** A timed run: back to back, on the golden pack's first sample, or on random values. Made off the main thread. */
public final class Measurement implements Serializable {
    private static final long serialVersionUID = 1;

    /** Times that are kept one by one, as edgekit does it; all of a long run are told by windows. */
    static final int MOST_TIMES = 10_000;
    private static final int WARM_UP_WINDOW = 3;
    private static final int MOST_WARM_UP = 500;
    private static final double MOST_WARM_UP_MS = 5000;
    private static final double AGREEMENT = 1.05;
    private static final int IDLE_RUNS = 20;
    private static final double LEAST_WINDOW_MS = 250;
    private static final double MOST_WINDOWS = 300;
    private static final double LOOK_EVERY_S = 5;

    /** Told while it runs. */
    public interface Watcher {
        /** A window has ended; {@code soFar} does not change any more. */
        void seen(Measurement soFar);

        boolean stops();

        Sight sight();
    }

    /** A stretch of time, and the inferences that ended in it. */
    public static final class Window implements Serializable {
        private static final long serialVersionUID = 1;

        public final double atS;
        public final int count;
        public final double medianMs;
        public final double mostMs;
        public final int thermal;

        Window(double atS, Sample times, int thermal) {
            this.atS = atS;
            this.count = times.count();
            this.medianMs = times.percentile(50);
            this.mostMs = times.percentile(100);
            this.thermal = thermal;
        }
    }

    public final Settings settings;
    public final double initMs;
    public final double firstMs;
    /** The inferences after the first, until their times agreed. */
    public final double[] warmUp;
    /** False where they still differed when the warm-up was broken off. */
    public final boolean settled;
    /** The first {@link #MOST_TIMES} of the run. */
    public final double[] times;
    /** Of the whole run. */
    public final long count;
    public final double elapsedMs;
    public final ArrayList<Window> windows;
    public final ArrayList<Look> looks;
    /** Empty where no pauses were asked for. */
    public final double[] idleTimes;
    public final boolean stoppedEarly;
    /** For some of the time no window of the app was on the screen. */
    public final boolean outOfSight;
    /** It ran on the first sample of the golden pack, and else on random values. */
    public final boolean onGolden;
    /** 0 where the peak is not known. */
    public final long baselineBytes;
    /** Of this run alone; -1 where it is not known. */
    public final long peakBytes;

    private Measurement(Making from) {
        settings = from.settings;
        initMs = from.initMs;
        firstMs = from.firstMs;
        warmUp = from.warmUp.all();
        settled = from.settled;
        times = from.times.all();
        count = from.count;
        elapsedMs = from.elapsedMs;
        windows = new ArrayList<Window>(from.windows);
        looks = new ArrayList<Look>(from.looks);
        idleTimes = from.idle.all();
        stoppedEarly = from.stopped;
        outOfSight = from.outOfSight;
        onGolden = from.onGolden;
        baselineBytes = from.baselineBytes;
        peakBytes = from.peakBytes;
    }

    /** Length of a window, in milliseconds: a long run has some hundred windows, as a short one. */
    static double windowMs(Settings settings) {
        return Math.max(LEAST_WINDOW_MS, settings.seconds * 1000 / MOST_WINDOWS);
    }

    /** The thermal status at its end, or now. */
    public int thermal() {
        return looks.isEmpty() ? Thermal.UNKNOWN : looks.get(looks.size() - 1).thermal;
    }

    public int hottest() {
        int most = Thermal.UNKNOWN;
        for (Look look : looks) {
            most = Math.max(most, look.thermal);
        }
        for (Window window : windows) {
            most = Math.max(most, window.thermal);
        }
        return most;
    }

    public boolean hot() {
        return Thermal.throttles(hottest());
    }

    /** Milliseconds at a percentile of {@link #times}. */
    public double percentile(double percent) {
        return Sample.of(times).percentile(percent);
    }

    /** Whether the last three windows of a warm-up agree, as edgekit's own agent judges it. */
    public static boolean agree(double[] times) {
        if (times.length < 3 * WARM_UP_WINDOW) {
            return false;
        }
        double least = Double.POSITIVE_INFINITY;
        double most = 0;
        for (int end = times.length; end > times.length - 3 * WARM_UP_WINDOW; end -= WARM_UP_WINDOW) {
            double[] window = Arrays.copyOfRange(times, end - WARM_UP_WINDOW, end);
            Arrays.sort(window);
            least = Math.min(least, window[WARM_UP_WINDOW / 2]);
            most = Math.max(most, window[WARM_UP_WINDOW / 2]);
        }
        return most <= AGREEMENT * least;
    }

    /** Measure from start to end. */
    public static Measurement make(
            Bundle bundle, ByteBuffer model, Settings settings, Context context, Watcher watcher) throws IOException {
        return new Making(settings, context, watcher).measure(bundle, model);
    }

    private static final class Making {
        final Settings settings;
        final Context context;
        final Watcher watcher;
        final Sample warmUp = new Sample();
        final Sample times = new Sample();
        final Sample idle = new Sample();
        final List<Window> windows = new ArrayList<Window>();
        final List<Look> looks = new ArrayList<Look>();
        final long began = System.nanoTime();
        double initMs;
        double firstMs;
        double elapsedMs;
        long count;
        long baselineBytes;
        long peakBytes = -1;
        boolean settled;
        boolean stopped;
        boolean outOfSight;
        boolean onGolden;

        Making(Settings settings, Context context, Watcher watcher) {
            this.settings = settings;
            this.context = context.getApplicationContext();
            this.watcher = watcher;
        }

        Measurement measure(Bundle bundle, ByteBuffer model) throws IOException {
            // The process has held more before: the screens, the golden pack, the run with other threads.
            boolean counted = Memory.forgetPeak();
            baselineBytes = counted ? Math.max(0, Memory.bytes("VmHWM")) : 0;
            int losses = watcher.sight().losses();
            outOfSight = !watcher.sight().seen();
            look("before");
            Runner runner = new Runner(bundle, model, settings.threads, settings.xnnpack);
            try {
                onGolden = bundle.hasGoldenPack();
                for (int i = 0; i < runner.inputs.length; i++) {
                    if (onGolden) {
                        bundle.goldenPack().fill(0, i, runner.inputs[i]);
                    } else {
                        RandomInput.fill(bundle.inputs.get(i), runner.inputs[i]);
                    }
                }
                initMs = runner.initMs;
                firstMs = runner.run();
                warmUp(runner);
                steady(runner);
                for (int i = 0; i < IDLE_RUNS && settings.idleMs > 0 && !watcher.stops(); i++) {
                    pause(settings.idleMs);
                    idle.add(runner.run());
                }
                peakBytes = counted ? Memory.bytes("VmHWM") : -1;
                outOfSight = outOfSight || watcher.sight().losses() != losses;
                look("after");
                return new Measurement(this);
            } finally {
                runner.close();
            }
        }

        private void warmUp(Runner runner) {
            long start = System.nanoTime();
            while (!settled && !watcher.stops() && warmUp.count() < MOST_WARM_UP && (System.nanoTime() - start) / 1e6 < MOST_WARM_UP_MS) {
                warmUp.add(runner.run());
                settled = agree(warmUp.all());
            }
        }

        private void steady(Runner runner) {
            double step = windowMs(settings);
            double ended = 0;
            double looked = 0;
            Sample window = new Sample();
            long start = System.nanoTime();
            while (true) {
                double ms = runner.run();
                count++;
                window.add(ms);
                if (times.count() < MOST_TIMES) {
                    times.add(ms);
                }
                elapsedMs = (System.nanoTime() - start) / 1e6;
                stopped = watcher.stops();
                boolean last = stopped || elapsedMs >= settings.seconds * 1000;
                if (last || elapsedMs - ended >= step) {
                    ended = elapsedMs;
                    int thermal = Thermal.now(context);
                    boolean other = thermal != looks.get(looks.size() - 1).thermal;
                    if (other || elapsedMs / 1000 - looked >= LOOK_EVERY_S) {
                        looked = elapsedMs / 1000;
                        look("steady");
                    }
                    windows.add(new Window(elapsedMs / 1000, window, thermal));
                    window = new Sample();
                    watcher.seen(new Measurement(this));
                }
                if (last) {
                    return;
                }
            }
        }

        private void look(String phase) {
            looks.add(Look.take(context, phase, (System.nanoTime() - began) / 1e9));
        }

        private static void pause(double ms) {
            try {
                Thread.sleep((long) ms);
            } catch (InterruptedException error) {
                // Nobody interrupts the thread of work.
                throw new IllegalStateException(error);
            }
        }
    }
}
