package dev.edgekit.demo.model;

import java.io.IOException;
import java.nio.ByteBuffer;

/** What is found when the app opens: whether the golden pack passes on this phone, and how long an inference takes. */
public final class Checkup {
    private static final int WARM_UP = 5;
    private static final int LEAST_RUNS = 30;
    private static final double LEAST_MS = 500;
    private static final double MOST_MS = 5000;

    /** Null where it passed, or where there is no pack. */
    public final String disagreement;
    /** 0 where there is no pack. */
    public final int goldenSamples;
    public final double firstMs;
    public final Sample steady;
    public final int threads;

    private Checkup(String disagreement, int goldenSamples, double firstMs, Sample steady, int threads) {
        this.disagreement = disagreement;
        this.goldenSamples = goldenSamples;
        this.firstMs = firstMs;
        this.steady = steady;
        this.threads = threads;
    }

    /** Run it all; takes a few seconds at most for small models. */
    public static Checkup make(Bundle bundle, ByteBuffer model, int threads) throws IOException {
        Runner runner = new Runner(bundle, model, threads, true);
        try {
            double first = runner.run();
            String disagreement = null;
            int samples = 0;
            if (bundle.hasGoldenPack()) {
                GoldenPack pack = bundle.goldenPack();
                disagreement = pack.unfit(bundle);
                samples = pack.samples;
                for (int i = 0; i < samples && disagreement == null; i++) {
                    for (int k = 0; k < runner.inputs.length; k++) {
                        pack.fill(i, k, runner.inputs[k]);
                    }
                    runner.run();
                    disagreement = pack.disagreement(i, bundle, runner.outputs);
                }
            }
            for (int i = 0; i < WARM_UP; i++) {
                runner.run();
            }
            Sample steady = new Sample();
            double total = 0;
            while ((steady.count() < LEAST_RUNS || total < LEAST_MS) && (steady.count() == 0 || total < MOST_MS)) {
                double ms = runner.run();
                steady.add(ms);
                total += ms;
            }
            return new Checkup(disagreement, samples, first, steady, threads);
        } finally {
            runner.close();
        }
    }
}
