package dev.edgekit.demo.model;

import org.json.JSONArray;
import org.json.JSONException;
import org.json.JSONObject;

/** What a picture becomes before an input takes it. */
public final class PictureInfo {
    public final int width;
    public final int height;
    /** 1 or 3. */
    public final int channels;
    /** {@code stretch}, {@code crop} or {@code pad}. */
    public final String resize;
    public final String filter;
    public final boolean bgr;
    /** 0..255 is multiplied by this, less the mean, over the deviation, in this order and in float. */
    public final float factor;
    public final float[] mean;
    public final float[] std;

    PictureInfo(JSONObject from) throws JSONException {
        width = from.getInt("width");
        height = from.getInt("height");
        channels = from.getInt("channels");
        resize = from.getString("resize");
        filter = from.optString("filter", "antialias");
        bgr = "bgr".equals(from.optString("colour"));
        factor = (float) from.getDouble("factor");
        mean = floats(from.getJSONArray("mean"));
        std = floats(from.getJSONArray("std"));
    }

    /** A picture of this size, black but for a smaller one in it. */
    int[] padded(int[] inner, int columns, int rows, int channels, int left, int top) {
        int[] room = new int[width * height * channels];
        for (int y = 0; y < rows; y++) {
            System.arraycopy(
                    inner, y * columns * channels, room, ((y + top) * width + left) * channels, columns * channels);
        }
        return room;
    }

    private static float[] floats(JSONArray from) throws JSONException {
        float[] numbers = new float[from.length()];
        for (int i = 0; i < numbers.length; i++) {
            numbers[i] = (float) from.getDouble(i);
        }
        return numbers;
    }
}
