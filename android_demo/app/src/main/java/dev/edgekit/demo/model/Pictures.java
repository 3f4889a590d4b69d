package dev.edgekit.demo.model;

import android.graphics.Bitmap;
import java.nio.ByteBuffer;

/** From a picture to the numbers of an input: the same as edgekit does when it calibrates and evaluates. */
public final class Pictures {
    private Pictures() {}

    /** Fill an input from a picture of any size. */
    public static void fill(Bitmap picture, TensorInfo tensor, ByteBuffer to) {
        PictureInfo how = tensor.picture;
        int[] pixels = new int[picture.getWidth() * picture.getHeight()];
        picture.getPixels(pixels, 0, picture.getWidth(), 0, 0, picture.getWidth(), picture.getHeight());
        int[] planes = fit(planes(pixels, how.channels), picture.getWidth(), picture.getHeight(), how);
        to.clear();
        for (int i = 0; i < how.width * how.height; i++) {
            for (int c = 0; c < how.channels; c++) {
                int from = how.bgr ? how.channels - 1 - c : c;
                float value = planes[i * how.channels + from];
                if (how.factor != 1) {
                    value *= how.factor;
                }
                // Always: less 0 and over 1 changes nothing.
                value = (value - each(how.mean, c)) / each(how.std, c);
                Numbers.putReal(to, tensor, value);
            }
        }
        to.rewind();
    }

    /** Bring interleaved channels to the size of an input. */
    static int[] fit(int[] values, int width, int height, PictureInfo how) {
        switch (how.filter) {
            case "antialias":
                return Resampling.fit(values, width, height, how.channels, how);
            case "bilinear":
            case "nearest":
                return Interpolation.fit(values, width, height, how.channels, how);
            default:
                throw new IllegalArgumentException("this app does not know the filter " + how.filter);
        }
    }

    private static float each(float[] numbers, int channel) {
        return numbers[numbers.length == 1 ? 0 : channel];
    }

    /** Bytes of the channels, side by side; one channel is luma by ITU-R 601-2, rounded as Pillow rounds it. */
    private static int[] planes(int[] pixels, int channels) {
        int[] values = new int[pixels.length * channels];
        for (int i = 0; i < pixels.length; i++) {
            int red = pixels[i] >> 16 & 0xff;
            int green = pixels[i] >> 8 & 0xff;
            int blue = pixels[i] & 0xff;
            if (channels == 1) {
                values[i] = red * 19595 + green * 38470 + blue * 7471 + 0x8000 >> 16;
            } else {
                values[3 * i] = red;
                values[3 * i + 1] = green;
                values[3 * i + 2] = blue;
            }
        }
        return values;
    }
}
