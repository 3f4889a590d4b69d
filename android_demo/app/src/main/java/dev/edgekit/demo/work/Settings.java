package dev.edgekit.demo.work;

import java.io.Serializable;

/** How a model is measured. */
public final class Settings implements Serializable {
    private static final long serialVersionUID = 1;

    public final int threads;
    public final boolean xnnpack;
    public final double seconds;
    /** A pause before each of a few more inferences; 0: none of those. */
    public final double idleMs;

    public Settings(int threads, boolean xnnpack, double seconds, double idleMs) {
        this.threads = threads;
        this.xnnpack = xnnpack;
        this.seconds = seconds;
        this.idleMs = idleMs;
    }
}
