package dev.edgekit.demo.model;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;
import org.json.JSONArray;
import org.json.JSONException;
import org.json.JSONObject;

/** A few inputs, and what the model must answer to them on any machine: FILE.tflite.golden.npz. */
public final class GoldenPack {
    private final Map<String, NumpyArray> arrays = new HashMap<String, NumpyArray>();
    private final JSONArray inputs;
    private final JSONArray outputs;
    public final int samples;

    private GoldenPack(InputStream from) throws IOException, JSONException {
        byte[] about = null;
        ZipInputStream archive = new ZipInputStream(from);
        try {
            for (ZipEntry entry = archive.getNextEntry(); entry != null; entry = archive.getNextEntry()) {
                String name = entry.getName().replace(".npy", "");
                byte[] content = Bundle.rest(archive);
                if (name.equals("about")) {
                    about = content;
                } else {
                    arrays.put(name, NumpyArray.parse(content));
                }
            }
        } finally {
            archive.close();
        }
        if (about == null) {
            throw new IOException("the golden pack says nothing of itself");
        }
        int start = 10 + ((about[8] & 0xff) | (about[9] & 0xff) << 8);
        JSONObject document =
                new JSONObject(new String(about, start, about.length - start, StandardCharsets.US_ASCII));
        inputs = document.getJSONArray("inputs");
        outputs = document.getJSONArray("outputs");
        samples = array(inputs, 0, "array").shape[0];
    }

    static GoldenPack read(InputStream from) throws IOException {
        try {
            return new GoldenPack(from);
        } catch (JSONException error) {
            throw new IOException("the golden pack is damaged: " + error.getMessage());
        }
    }

    /** Copy a sample's values into an input, in the numbers that the file takes. */
    public void fill(int sample, int input, ByteBuffer to) throws IOException {
        to.clear();
        array(inputs, input, "array").copyRow(sample, to);
        to.rewind();
    }

    /** Whether the pack was made for these inputs and outputs; a sentence where it was not, else null. */
    public String unfit(Bundle bundle) throws IOException {
        if (inputs.length() != bundle.inputs.size() || outputs.length() != bundle.outputs.size()) {
            return "it is for a model with other inputs or outputs";
        }
        for (int i = 0; i < inputs.length(); i++) {
            NumpyArray values = array(inputs, i, "array");
            if (values.row() * Numbers.width(values.dtype) != bundle.inputs.get(i).bytes()) {
                return "its samples are not of the size of input " + bundle.inputs.get(i).name;
            }
        }
        return null;
    }

    /** A sentence about the first output that is off for this sample; null where all agree. */
    public String disagreement(int sample, Bundle bundle, ByteBuffer[] got) throws IOException {
        try {
            for (int i = 0; i < outputs.length(); i++) {
                JSONObject about = outputs.getJSONObject(i);
                NumpyArray expected = array(outputs, i, "array");
                NumpyArray places = about.isNull("positions") ? null : array(outputs, i, "positions");
                double tolerance = about.getDouble("tolerance");
                String dtype = bundle.outputs.get(i).dtype;
                for (int k = 0; k < expected.row(); k++) {
                    int at = places == null ? k : (int) places.at(0, k);
                    double wanted = expected.at(sample, k);
                    double real = Numbers.get(got[i], dtype, at);
                    boolean same = Double.isNaN(wanted) ? Double.isNaN(real) : Math.abs(real - wanted) <= tolerance;
                    if (!same) {
                        return "sample " + (sample + 1) + ", output " + about.getString("name") + ": " + real
                                + " where " + wanted + " was expected (± " + tolerance + ")";
                    }
                }
            }
            return null;
        } catch (JSONException error) {
            throw new IOException("the golden pack is damaged: " + error.getMessage());
        }
    }

    private NumpyArray array(JSONArray entries, int index, String key) throws IOException {
        try {
            NumpyArray found = arrays.get(entries.getJSONObject(index).getString(key));
            if (found == null) {
                throw new IOException("the golden pack lacks an array");
            }
            return found;
        } catch (JSONException error) {
            throw new IOException("the golden pack is damaged: " + error.getMessage());
        }
    }
}
