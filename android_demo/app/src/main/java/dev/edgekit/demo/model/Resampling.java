package dev.edgekit.demo.model;

/**
 * The filter "antialias": resizing as Pillow 13 does it, bilinear and with its fixed-point rounding, so that the model
 * sees the very pixels here that it was calibrated and evaluated on. Android's own scaling skips pixels when it makes a
 * picture smaller.
 */
final class Resampling {
    // Pillow's: 8 bits of the result and 2 to spare.
    private static final int PRECISION = 32 - 8 - 2;

    private Resampling() {}

    /** Bring interleaved channels to the size of an input, the way that the input asks for. */
    static int[] fit(int[] values, int width, int height, int channels, PictureInfo how) {
        switch (how.resize) {
            case "stretch":
                return resize(values, width, height, channels, 0, 0, width, height, how.width, how.height);
            case "crop":
                return cropped(values, width, height, channels, how);
            case "pad":
                return padded(values, width, height, channels, how);
            default:
                throw new IllegalArgumentException("this app cannot resize by " + how.resize);
        }
    }

    private static int[] cropped(int[] values, int width, int height, int channels, PictureInfo how) {
        double ratio = (double) how.width / how.height;
        double have = (double) width / height;
        double across = have > ratio ? ratio * height : width;
        double down = have < ratio ? width / ratio : height;
        double left = (width - across) * 0.5;
        double top = (height - down) * 0.5;
        return resize(
                values, width, height, channels, (float) left, (float) top, (float) (left + across),
                (float) (top + down), how.width, how.height);
    }

    private static int[] padded(int[] values, int width, int height, int channels, PictureInfo how) {
        double ratio = (double) how.width / how.height;
        double have = (double) width / height;
        int across = how.width;
        int down = how.height;
        if (have > ratio) {
            down = (int) Math.rint((double) height / width * how.width);
        } else if (have < ratio) {
            across = (int) Math.rint((double) width / height * how.height);
        }
        if (across == 0 || down == 0) {
            return new int[how.width * how.height * channels];
        }
        int[] inner = resize(values, width, height, channels, 0, 0, width, height, across, down);
        int left = across == how.width ? 0 : (int) Math.rint((how.width - across) * 0.5);
        int top = across == how.width ? (int) Math.rint((how.height - down) * 0.5) : 0;
        return how.padded(inner, across, down, channels, left, top);
    }

    private static int[] resize(
            int[] values, int width, int height, int channels, float left, float top, float right, float bottom,
            int newWidth, int newHeight) {
        boolean across = newWidth != width || left != 0 || right != width;
        boolean down = newHeight != height || top != 0 || bottom != height;
        Weights columns = new Weights(width, left, right, newWidth);
        Weights rows = new Weights(height, top, bottom, newHeight);
        // Each pass rounds, so their order counts. Pillow 13 takes rows first where these become much fewer.
        if (newHeight < height && height - newHeight > 2 * (width - newWidth)) {
            int[] lower = down ? down(values, width, channels, rows) : values;
            return across ? across(lower, width, newHeight, channels, columns) : lower;
        }
        int[] narrower = across ? across(values, width, height, channels, columns) : values;
        return down ? down(narrower, newWidth, channels, rows) : narrower;
    }

    private static int[] across(int[] values, int width, int height, int channels, Weights weights) {
        int size = weights.first.length;
        int[] made = new int[size * height * channels];
        for (int y = 0; y < height; y++) {
            for (int x = 0; x < size; x++) {
                for (int c = 0; c < channels; c++) {
                    int sum = 1 << PRECISION - 1;
                    for (int k = 0; k < weights.parts[x].length; k++) {
                        sum += values[(y * width + weights.first[x] + k) * channels + c] * weights.parts[x][k];
                    }
                    made[(y * size + x) * channels + c] = clip(sum);
                }
            }
        }
        return made;
    }

    private static int[] down(int[] values, int width, int channels, Weights weights) {
        int size = weights.first.length;
        int row = width * channels;
        int[] made = new int[size * row];
        for (int y = 0; y < size; y++) {
            for (int x = 0; x < row; x++) {
                int sum = 1 << PRECISION - 1;
                for (int k = 0; k < weights.parts[y].length; k++) {
                    sum += values[(weights.first[y] + k) * row + x] * weights.parts[y][k];
                }
                made[y * row + x] = clip(sum);
            }
        }
        return made;
    }

    private static int clip(int sum) {
        return Math.max(0, Math.min(255, sum >> PRECISION));
    }

    /** For each new pixel the first old one that counts, and how much it and those after it do. */
    private static final class Weights {
        final int[] first;
        final int[][] parts;

        Weights(int size, float from, float to, int newSize) {
            first = new int[newSize];
            parts = new int[newSize][];
            double scale = (double) (to - from) / newSize;
            double reach = Math.max(scale, 1.0);
            for (int i = 0; i < newSize; i++) {
                double centre = from + (i + 0.5) * scale;
                int low = Math.max(0, (int) (centre - reach + 0.5));
                int high = Math.min(size, (int) (centre + reach + 0.5));
                double[] weights = new double[high - low];
                double total = 0;
                for (int k = 0; k < weights.length; k++) {
                    weights[k] = Math.max(0, 1 - Math.abs((k + low - centre + 0.5) * (1.0 / reach)));
                    total += weights[k];
                }
                first[i] = low;
                parts[i] = new int[weights.length];
                for (int k = 0; k < weights.length; k++) {
                    double part = total == 0 ? weights[k] : weights[k] / total;
                    parts[i][k] = (int) (0.5 + part * (1 << PRECISION));
                }
            }
        }
    }
}
