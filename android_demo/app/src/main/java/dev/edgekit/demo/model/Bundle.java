package dev.edgekit.demo.model;

import java.io.ByteArrayOutputStream;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.json.JSONArray;
import org.json.JSONException;
import org.json.JSONObject;

/** What the app was built around: everything that is said of the model is read from here. */
public final class Bundle {
    private static final String SCHEMA = "edgekit.bundle/1";

    public final String name;
    public final String edgekit;
    public final String modelFile;
    public final String sha256;
    public final long sizeBytes;
    public final String precision;
    /** From where it is known how pictures become numbers, as a sentence. */
    public final String pictureSource;
    public final List<TensorInfo> inputs;
    public final List<TensorInfo> outputs;
    /** Paths of pictures, as {@link #open} takes them. */
    public final List<String> samples;
    /** What is known of how the model was made; null where the model came without its sidecar. */
    public final JSONObject sidecar;

    private final Storage storage;
    private final String goldenFile;

    private Bundle(Storage storage) throws IOException, JSONException {
        this.storage = storage;
        JSONObject manifest = new JSONObject(text("manifest.json"));
        if (!SCHEMA.equals(manifest.optString("schema"))) {
            throw new IOException("its manifest is " + manifest.optString("schema") + ", not " + SCHEMA);
        }
        name = manifest.getString("name");
        edgekit = manifest.getString("edgekit");
        JSONObject model = manifest.getJSONObject("model");
        modelFile = model.getString("file");
        sha256 = model.getString("sha256");
        sizeBytes = model.getLong("size_bytes");
        precision = model.getString("precision");
        pictureSource = manifest.getString("picture_source");
        inputs = tensors(manifest.getJSONArray("inputs"));
        outputs = tensors(manifest.getJSONArray("outputs"));
        List<String> pictures = new ArrayList<String>();
        JSONArray listed = manifest.getJSONArray("samples");
        for (int i = 0; i < listed.length(); i++) {
            pictures.add(listed.getString(i));
        }
        samples = Collections.unmodifiableList(pictures);
        goldenFile = manifest.isNull("golden_pack") ? null : manifest.getString("golden_pack");
        sidecar = manifest.isNull("sidecar") ? null : new JSONObject(text(manifest.getString("sidecar")));
    }

    /** Read what is there. */
    public static Bundle read(Storage storage) throws IOException {
        try {
            return new Bundle(storage);
        } catch (FileNotFoundException error) {
            throw new IOException("this app was built without a model: edgekit bundle android MODEL.tflite makes one with it");
        } catch (JSONException error) {
            throw new IOException("its manifest is damaged: " + error.getMessage());
        }
    }

    /** Whether it is one picture in and one row of scores out. */
    public boolean isImageClassifier() {
        if (inputs.size() != 1 || outputs.size() != 1 || inputs.get(0).picture == null) {
            return false;
        }
        int[] shape = outputs.get(0).shape;
        return shape.length == 2 && shape[0] == 1 && shape[1] > 1;
    }

    /** Whether it would take a picture, were it known how. */
    public boolean lacksPictureHandling() {
        return inputs.size() == 1 && inputs.get(0).picture == null && inputs.get(0).pictureShaped;
    }

    public boolean hasGoldenPack() {
        return goldenFile != null;
    }

    public GoldenPack goldenPack() throws IOException {
        return GoldenPack.read(open(goldenFile));
    }

    public InputStream open(String file) throws IOException {
        return storage.open(file);
    }

    /** The model's bytes, mapped from the installed app: they are stored in it as they are. */
    public ByteBuffer mapModel() throws IOException {
        return storage.map(modelFile);
    }

    static byte[] all(InputStream from) throws IOException {
        try {
            return rest(from);
        } finally {
            from.close();
        }
    }

    /** Everything up to the end, or to the end of a zip's entry; the stream stays open. */
    static byte[] rest(InputStream from) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        byte[] piece = new byte[16384];
        for (int read = from.read(piece); read >= 0; read = from.read(piece)) {
            bytes.write(piece, 0, read);
        }
        return bytes.toByteArray();
    }

    private String text(String file) throws IOException {
        return new String(all(open(file)), StandardCharsets.UTF_8);
    }

    private static List<TensorInfo> tensors(JSONArray from) throws JSONException {
        List<TensorInfo> found = new ArrayList<TensorInfo>();
        for (int i = 0; i < from.length(); i++) {
            found.add(new TensorInfo(from.getJSONObject(i)));
        }
        return Collections.unmodifiableList(found);
    }
}
