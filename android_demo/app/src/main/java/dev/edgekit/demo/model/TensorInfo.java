package dev.edgekit.demo.model;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.json.JSONArray;
import org.json.JSONException;
import org.json.JSONObject;

/** An input or an output as the bundle's manifest tells it. */
public final class TensorInfo {
    public final String name;
    /** A numpy name: {@code float32}, {@code int8}, ... */
    public final String dtype;
    public final int[] shape;
    /** 0 where the tensor is not quantized. */
    public final double scale;
    public final int zeroPoint;
    /** Null where the tensor takes no picture, or it is not known how one becomes numbers. */
    public final PictureInfo picture;
    /** Whether its shape is that of a picture, known or not. */
    public final boolean pictureShaped;
    /** Empty where there are none. */
    public final List<String> labels;

    TensorInfo(JSONObject from) throws JSONException {
        name = from.getString("name");
        dtype = from.getString("dtype");
        JSONArray sizes = from.getJSONArray("shape");
        shape = new int[sizes.length()];
        for (int i = 0; i < shape.length; i++) {
            shape[i] = sizes.getInt(i);
        }
        boolean quantized = !from.isNull("scale");
        scale = quantized ? from.getDouble("scale") : 0;
        zeroPoint = quantized ? from.getInt("zero_point") : 0;
        picture = from.isNull("picture") ? null : new PictureInfo(from.getJSONObject("picture"));
        pictureShaped = from.optBoolean("picture_shaped", false);
        JSONArray names = from.optJSONArray("labels");
        List<String> found = new ArrayList<String>();
        for (int i = 0; names != null && i < names.length(); i++) {
            found.add(names.getString(i));
        }
        labels = Collections.unmodifiableList(found);
    }

    public boolean isQuantized() {
        return scale != 0;
    }

    /** How many values the tensor holds. */
    public int elements() {
        int total = 1;
        for (int size : shape) {
            total *= size;
        }
        return total;
    }

    public int bytes() {
        return elements() * Numbers.width(dtype);
    }

    /** The tensor in one line, such as {@code image int8 [1, 64, 64, 3]}. */
    @Override
    public String toString() {
        StringBuilder text = new StringBuilder(name).append(' ').append(dtype).append(" [");
        for (int i = 0; i < shape.length; i++) {
            text.append(i == 0 ? "" : ", ").append(shape[i]);
        }
        return text.append(']').toString();
    }
}
