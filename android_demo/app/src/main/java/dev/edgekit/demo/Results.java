package dev.edgekit.demo;

import android.view.View;
import android.view.ViewGroup;
import android.widget.ProgressBar;
import android.widget.TextView;
import dev.edgekit.demo.model.Bundle;
import dev.edgekit.demo.model.Numbers;
import dev.edgekit.demo.model.TensorInfo;
import java.nio.ByteBuffer;
import java.util.Locale;

/** What a model answered, as views. */
final class Results {
    private static final int TOP = 5;
    private static final int FEW = 16;

    private final Screen screen;
    private final ViewGroup list;

    Results(Screen screen, ViewGroup list) {
        this.screen = screen;
        this.list = list;
    }

    /** The best classes with bars. Bars show shares of the way from the least to the greatest possible or seen score. */
    void scores(TensorInfo output, ByteBuffer values) {
        int count = output.elements();
        double[] scores = new double[count];
        double least = 0;
        double most = 1;
        for (int i = 0; i < count; i++) {
            scores[i] = Numbers.real(values, output, i);
            least = Math.min(least, scores[i]);
            most = Math.max(most, scores[i]);
        }
        boolean[] taken = new boolean[count];
        for (int place = 0; place < Math.min(TOP, count); place++) {
            int best = -1;
            for (int i = 0; i < count; i++) {
                if (!taken[i] && (best < 0 || scores[i] > scores[best])) {
                    best = i;
                }
            }
            taken[best] = true;
            String label = output.labels.isEmpty()
                    ? screen.activity.getString(R.string.class_number, best) : output.labels.get(best);
            row(label, scores[best], (scores[best] - least) / (most - least));
        }
    }

    /** Every input and output with its first values. */
    void numbers(Bundle bundle, ByteBuffer[] inputs, ByteBuffer[] outputs) {
        for (int i = 0; i < outputs.length; i++) {
            TensorInfo tensor = bundle.outputs.get(i);
            screen.line(list, R.style.Heading, screen.activity.getString(R.string.raw_output, tensor));
            screen.line(list, R.style.Body, values(tensor, outputs[i]));
        }
        for (int i = 0; i < inputs.length; i++) {
            TensorInfo tensor = bundle.inputs.get(i);
            screen.line(list, R.style.Heading, screen.activity.getString(R.string.raw_input, tensor));
            screen.line(list, R.style.Body, values(tensor, inputs[i]));
        }
    }

    private void row(String label, double score, double share) {
        View row = screen.activity.getLayoutInflater().inflate(R.layout.row_result, list, false);
        String value = String.format(Locale.US, "%.4f", score);
        ((TextView) row.findViewById(R.id.label)).setText(label);
        ((TextView) row.findViewById(R.id.value)).setText(value);
        ((ProgressBar) row.findViewById(R.id.bar)).setProgress((int) Math.round(1000 * share));
        // Read out as one thing.
        row.setContentDescription(screen.activity.getString(R.string.row, label, value));
        list.addView(row);
    }

    private static String values(TensorInfo tensor, ByteBuffer from) {
        int count = tensor.elements();
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < Math.min(FEW, count); i++) {
            text.append(i == 0 ? "" : "  ").append(String.format(Locale.US, "%.4g", Numbers.real(from, tensor, i)));
        }
        if (count > FEW) {
            text.append("  … ").append(count).append(" values");
        }
        return text.toString();
    }
}
