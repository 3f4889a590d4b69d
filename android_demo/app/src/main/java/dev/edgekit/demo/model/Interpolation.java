package dev.edgekit.demo.model;

/**
 * The filters "bilinear" and "nearest": those of tf.image.resize, rounded to whole levels. Pictures are cropped before
 * and padded after, to whole pixels. As edgekit does it in Python, in float too, to the bit.
 */
final class Interpolation {
    private Interpolation() {}

    /** Bring interleaved channels to the size of an input, the way that the input asks for. */
    static int[] fit(int[] values, int width, int height, int channels, PictureInfo how) {
        switch (how.resize) {
            case "stretch":
                return scaled(values, 0, 0, width, height, width, channels, how.width, how.height, how.filter);
            case "crop":
                return cropped(values, width, height, channels, how);
            case "pad":
                return padded(values, width, height, channels, how);
            default:
                throw new IllegalArgumentException("this app cannot resize by " + how.resize);
        }
    }

    private static int[] cropped(int[] values, int width, int height, int channels, PictureInfo how) {
        int rows = (int) Math.max(Math.min(height, (long) width * how.height / how.width), 1);
        int columns = (int) Math.max(Math.min(width, (long) height * how.width / how.height), 1);
        return scaled(
                values, (width - columns) / 2, (height - rows) / 2, columns, rows, width, channels, how.width,
                how.height, how.filter);
    }

    private static int[] padded(int[] values, int width, int height, int channels, PictureInfo how) {
        double ratio = Math.max((double) width / how.width, (double) height / how.height);
        int rows = Math.max((int) (height / ratio), 1);
        int columns = Math.max((int) (width / ratio), 1);
        int top = (int) ((how.height - height / ratio) / 2);
        int left = (int) ((how.width - width / ratio) / 2);
        int[] inner = scaled(values, 0, 0, width, height, width, channels, columns, rows, how.filter);
        return how.padded(inner, columns, rows, channels, left, top);
    }

    /** A part of the picture, whose rows have {@code stride} pixels, in another size. */
    private static int[] scaled(
            int[] values, int left, int top, int width, int height, int stride, int channels, int newWidth,
            int newHeight, String filter) {
        boolean nearest = filter.equals("nearest");
        Places rows = new Places(height, newHeight, nearest);
        Places columns = new Places(width, newWidth, nearest);
        int[] made = new int[newWidth * newHeight * channels];
        for (int y = 0; y < newHeight; y++) {
            int above = (top + rows.before[y]) * stride;
            int below = (top + rows.after[y]) * stride;
            for (int x = 0; x < newWidth; x++) {
                int west = left + columns.before[x];
                int east = left + columns.after[x];
                for (int c = 0; c < channels; c++) {
                    float first = between(
                            values[(above + west) * channels + c], values[(above + east) * channels + c],
                            columns.share[x]);
                    float second = between(
                            values[(below + west) * channels + c], values[(below + east) * channels + c],
                            columns.share[x]);
                    made[(y * newWidth + x) * channels + c] = (int) Math.rint(between(first, second, rows.share[y]));
                }
            }
        }
        return made;
    }

    private static float between(float one, float other, float share) {
        return one + (other - one) * share;
    }

    /** For each new pixel the old ones before and after it, and how near it is to the latter. */
    private static final class Places {
        final int[] before;
        final int[] after;
        final float[] share;

        Places(int size, int newSize, boolean nearest) {
            before = new int[newSize];
            after = new int[newSize];
            share = new float[newSize];
            float step = (float) ((double) size / newSize);
            for (int i = 0; i < newSize; i++) {
                float centre = (i + 0.5f) * step;
                if (nearest) {
                    before[i] = (int) centre;
                    after[i] = before[i];
                } else {
                    float at = centre - 0.5f;
                    float low = (float) Math.floor(at);
                    before[i] = Math.max((int) low, 0);
                    after[i] = Math.min((int) low + 1, size - 1);
                    share[i] = at - low;
                }
            }
        }
    }
}
