package dev.edgekit.demo.model;

import java.util.Arrays;

/** Times that were measured, in milliseconds. */
public final class Sample {
    private double[] times = new double[1024];
    private int count;

    public static Sample of(double[] times) {
        Sample made = new Sample();
        made.times = times.clone();
        made.count = times.length;
        return made;
    }

    public void add(double ms) {
        if (count == times.length) {
            times = Arrays.copyOf(times, 2 * count + 1);
        }
        times[count++] = ms;
    }

    public int count() {
        return count;
    }

    public double[] all() {
        return Arrays.copyOf(times, count);
    }

    /** A percentile, by linear interpolation between the two nearest times. */
    public double percentile(double percent) {
        double[] sorted = all();
        Arrays.sort(sorted);
        double place = percent / 100 * (count - 1);
        int below = (int) place;
        int above = Math.min(below + 1, count - 1);
        return sorted[below] + (sorted[above] - sorted[below]) * (place - below);
    }
}
