package dev.edgekit.demo;

import android.content.Context;
import android.graphics.Canvas;
import android.graphics.Paint;
import android.graphics.Path;
import android.util.AttributeSet;
import android.view.View;
import dev.edgekit.demo.work.Measurement;
import dev.edgekit.demo.work.Thermal;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** Medians of latency over the time of a run, from zero up; below them, in red, when the phone throttled. */
public final class LatencyChart extends View {
    private final Paint line = new Paint(Paint.ANTI_ALIAS_FLAG);
    private final Paint grid = new Paint(Paint.ANTI_ALIAS_FLAG);
    private final Paint text = new Paint(Paint.ANTI_ALIAS_FLAG);
    private final Paint hot = new Paint();
    private List<Measurement.Window> windows = new ArrayList<Measurement.Window>();

    public LatencyChart(Context context, AttributeSet attributes) {
        super(context, attributes);
        float unit = getResources().getDisplayMetrics().density;
        line.setColor(context.getColor(R.color.accent));
        line.setStyle(Paint.Style.STROKE);
        line.setStrokeWidth(2 * unit);
        line.setStrokeJoin(Paint.Join.ROUND);
        grid.setColor(context.getColor(R.color.track));
        grid.setStrokeWidth(unit);
        hot.setColor(context.getColor(R.color.bad));
        text.setColor(context.getColor(R.color.text_quiet));
        text.setTextSize(12 * getResources().getDisplayMetrics().scaledDensity);
    }

    /** Show windows in the order of time; {@code told} is for who does not see them. */
    public void show(List<Measurement.Window> of, String told) {
        windows = of;
        setContentDescription(told);
        invalidate();
    }

    @Override
    protected void onDraw(Canvas canvas) {
        super.onDraw(canvas);
        float unit = getResources().getDisplayMetrics().density;
        float margin = 12 * unit;
        double most = 0;
        for (Measurement.Window window : windows) {
            most = Math.max(most, window.medianMs);
        }
        double top = most == 0 ? 1 : nice(most);
        String label = String.format(Locale.US, "%.3g ms", top);
        float left = margin + Math.max(text.measureText(label), text.measureText("0")) + 6 * unit;
        float right = getWidth() - margin;
        float low = getHeight() - margin;
        float high = margin + text.getTextSize() / 2;
        canvas.drawLine(left, low, right, low, grid);
        canvas.drawLine(left, high, right, high, grid);
        canvas.drawText("0", margin, low, text);
        if (windows.isEmpty()) {
            return;
        }
        canvas.drawText(label, margin, high + text.getTextSize() / 3, text);
        Path path = new Path();
        double whole = windows.get(windows.size() - 1).atS;
        float before = left;
        for (int i = 0; i < windows.size(); i++) {
            Measurement.Window window = windows.get(i);
            float x = whole == 0 ? left : left + (right - left) * (float) (window.atS / whole);
            float y = (float) (low - (low - high) * window.medianMs / top);
            if (i == 0) {
                path.moveTo(left, y);
            }
            path.lineTo(x, y);
            if (Thermal.throttles(window.thermal)) {
                canvas.drawRect(before, low, x, low + 6 * unit, hot);
            }
            before = x;
        }
        canvas.drawPath(path, line);
    }

    /** The next of 1, 2 or 5 times a power of ten. */
    private static double nice(double least) {
        double power = Math.pow(10, Math.floor(Math.log10(least)));
        double[] steps = {1, 2, 5, 10};
        for (double step : steps) {
            if (step * power >= least) {
                return step * power;
            }
        }
        return 10 * power;
    }
}
