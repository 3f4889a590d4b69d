package dev.edgekit.demo;

import android.content.Context;
import android.graphics.Canvas;
import android.graphics.Paint;
import android.graphics.Path;
import android.util.AttributeSet;
import android.view.View;
import java.util.Locale;

/** Medians of latency over the time of a run, from zero up. */
public final class LatencyChart extends View {
    private final Paint line = new Paint(Paint.ANTI_ALIAS_FLAG);
    private final Paint grid = new Paint(Paint.ANTI_ALIAS_FLAG);
    private final Paint text = new Paint(Paint.ANTI_ALIAS_FLAG);
    private double[] medians = new double[0];

    public LatencyChart(Context context, AttributeSet attributes) {
        super(context, attributes);
        float unit = getResources().getDisplayMetrics().density;
        line.setColor(context.getColor(R.color.accent));
        line.setStyle(Paint.Style.STROKE);
        line.setStrokeWidth(2 * unit);
        line.setStrokeJoin(Paint.Join.ROUND);
        grid.setColor(context.getColor(R.color.track));
        grid.setStrokeWidth(unit);
        text.setColor(context.getColor(R.color.text_quiet));
        text.setTextSize(12 * getResources().getDisplayMetrics().scaledDensity);
    }

    /** Show medians in milliseconds, in the order of time. */
    public void show(double[] of, String told) {
        medians = of;
        setContentDescription(told);
        invalidate();
    }

    @Override
    protected void onDraw(Canvas canvas) {
        super.onDraw(canvas);
        float unit = getResources().getDisplayMetrics().density;
        float margin = 12 * unit;
        double most = 0;
        for (double ms : medians) {
            most = Math.max(most, ms);
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
        if (medians.length == 0) {
            return;
        }
        canvas.drawText(label, margin, high + text.getTextSize() / 3, text);
        Path path = new Path();
        for (int i = 0; i < medians.length; i++) {
            float x = medians.length == 1 ? left : left + (right - left) * i / (medians.length - 1);
            float y = (float) (low - (low - high) * medians[i] / top);
            if (i == 0) {
                path.moveTo(x, y);
            } else {
                path.lineTo(x, y);
            }
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
