package dev.edgekit.demo;

import android.app.Activity;
import android.view.ViewGroup;
import dev.edgekit.demo.model.Bundle;
import dev.edgekit.demo.model.TensorInfo;
import dev.edgekit.demo.work.Session;
import java.text.NumberFormat;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import org.json.JSONObject;

/** What is known of the model: from the bundle's manifest, and from the sidecar where there is one. */
final class AboutScreen extends Screen {
    private boolean filled;

    AboutScreen(Activity activity, Session session) {
        super(activity, session, R.layout.screen_about);
    }

    @Override
    void changed() {
        if (session.bundle == null || filled) {
            return;
        }
        filled = true;
        Bundle bundle = session.bundle;
        JSONObject sidecar = bundle.sidecar == null ? new JSONObject() : bundle.sidecar;
        fact(R.string.about_model, bundle.name + "\nSHA-256 " + bundle.sha256 + tensors(bundle));
        fact(R.string.about_precision, bundle.precision);
        fact(R.string.about_size, activity.getString(
                R.string.bytes, NumberFormat.getIntegerInstance(Locale.US).format(bundle.sizeBytes)));
        fact(R.string.about_accuracy, accuracy(sidecar.optJSONObject("accuracy")));
        fact(R.string.about_fidelity, fidelity(sidecar.optJSONObject("fidelity")));
        fact(R.string.about_origin, origin(sidecar.optJSONObject("origin")));
        fact(R.string.about_samples, samples(sidecar.optJSONObject("samples")));
        fact(R.string.about_pictures, bundle.pictureSource);
        fact(R.string.about_versions, versions(sidecar.optJSONObject("versions")));
        fact(R.string.about_app, activity.getString(R.string.about_app_text, bundle.edgekit));
    }

    private void fact(int heading, String text) {
        ViewGroup list = find(R.id.facts);
        line(list, R.style.Heading, activity.getString(heading)).setAccessibilityHeading(true);
        line(list, R.style.Body, text == null ? activity.getString(R.string.unknown) : text);
    }

    private static String tensors(Bundle bundle) {
        StringBuilder text = new StringBuilder();
        describe(text, "in", bundle.inputs);
        describe(text, "out", bundle.outputs);
        return text.toString();
    }

    private static void describe(StringBuilder text, String way, List<TensorInfo> tensors) {
        for (TensorInfo tensor : tensors) {
            text.append('\n').append(way).append(": ").append(tensor);
        }
    }

    private static String accuracy(JSONObject from) {
        if (from == null || from.isNull("value")) {
            return null;
        }
        return String.format(
                Locale.US, "%.1f %% of %d samples right, %.2f points below the float model",
                100 * from.optDouble("value"), from.optInt("total"), from.optDouble("drop_points"));
    }

    private static String fidelity(JSONObject from) {
        if (from == null || from.isNull("snr_db")) {
            return null;
        }
        String agreed = from.isNull("top1_agreement") ? "" : String.format(
                Locale.US, ", the same answer for %.1f %%", 100 * from.optDouble("top1_agreement"));
        return String.format(Locale.US, "SNR %.1f dB", from.optDouble("snr_db")) + agreed;
    }

    private static String origin(JSONObject from) {
        return from == null ? null : from.optString("path") + " (" + from.optString("format") + ")";
    }

    private static String samples(JSONObject from) {
        return from == null ? null : from.optInt("count") + " samples of " + from.optString("path");
    }

    private static String versions(JSONObject from) {
        if (from == null) {
            return null;
        }
        StringBuilder text = new StringBuilder();
        for (Iterator<String> names = from.keys(); names.hasNext(); ) {
            String name = names.next();
            text.append(text.length() == 0 ? "" : "\n").append(name).append(' ').append(from.optString(name));
        }
        return text.toString();
    }
}
