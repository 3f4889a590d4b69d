package dev.edgekit.demo;

import android.app.Activity;
import android.content.Intent;
import android.os.Bundle;
import android.view.View;
import android.view.ViewGroup;
import android.widget.Button;
import android.widget.TextView;
import dev.edgekit.demo.work.Benchmark;
import dev.edgekit.demo.work.Measurement;
import dev.edgekit.demo.work.RunDocument;
import dev.edgekit.demo.work.Session;
import dev.edgekit.demo.work.Settings;
import dev.edgekit.demo.work.Thermal;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Locale;

/** Measure the model: threads, XNNPACK, and for how long. */
final class BenchmarkScreen extends Screen {
    private static final int[] THREADS = {1, 2, 4};
    private static final int[] SECONDS = {10, 300};
    private static final String STATE_THREADS = "threads";
    private static final String STATE_XNNPACK = "xnnpack";
    private static final String STATE_SECONDS = "seconds";

    private final Button[] threadButtons = new Button[THREADS.length];
    private final Button[] packButtons = new Button[2];
    private final Button[] timeButtons = new Button[SECONDS.length];
    private int threads;
    private int pack;
    private int time;

    BenchmarkScreen(Activity activity, Session session) {
        super(activity, session, R.layout.screen_benchmark);
        for (int i = 0; i < THREADS.length; i++) {
            threadButtons[i] = option(R.id.threads, R.string.threads, String.valueOf(THREADS[i]), 0, i);
        }
        packButtons[0] = option(R.id.xnnpack, R.string.xnnpack, activity.getString(R.string.on), 1, 0);
        packButtons[1] = option(R.id.xnnpack, R.string.xnnpack, activity.getString(R.string.off), 1, 1);
        timeButtons[0] = option(R.id.duration, R.string.duration, activity.getString(R.string.ten_seconds), 2, 0);
        timeButtons[1] = option(R.id.duration, R.string.duration, activity.getString(R.string.five_minutes), 2, 1);
        find(R.id.start).setOnClickListener(new View.OnClickListener() {
            @Override
            public void onClick(View view) {
                startOrStop();
            }
        });
        find(R.id.share).setOnClickListener(new View.OnClickListener() {
            @Override
            public void onClick(View view) {
                share();
            }
        });
    }

    @Override
    void save(Bundle state) {
        state.putInt(STATE_THREADS, threads);
        state.putInt(STATE_XNNPACK, pack);
        state.putInt(STATE_SECONDS, time);
    }

    @Override
    void restore(Bundle state) {
        threads = state.getInt(STATE_THREADS, 0);
        pack = state.getInt(STATE_XNNPACK, 0);
        time = state.getInt(STATE_SECONDS, 0);
    }

    @Override
    void changed() {
        Benchmark run = session.benchmark;
        boolean running = run != null && run.running;
        keepLit(activity, running);
        select(threadButtons, threads, running);
        select(packButtons, pack, running);
        select(timeButtons, time, running);
        Button start = find(R.id.start);
        start.setEnabled(session.checkup != null);
        start.setText(running ? R.string.stop : R.string.start);
        boolean finished = run != null && !running && run.failure == null;
        find(R.id.share).setEnabled(finished);
        if (run == null) {
            chart().show(new ArrayList<Measurement.Window>(), activity.getString(
                    R.string.chart, activity.getString(R.string.chart_empty)));
        } else if (run.failure != null) {
            TextView numbers = find(R.id.numbers);
            numbers.setText(activity.getString(R.string.bench_failed, run.failure));
            numbers.setTextColor(activity.getColor(R.color.bad));
        } else if (run.seen != null) {
            show(run.seen, running);
        }
    }

    private LatencyChart chart() {
        return find(R.id.chart);
    }

    private void show(Measurement seen, boolean running) {
        TextView numbers = find(R.id.numbers);
        TextView thermal = find(R.id.thermal);
        String line = activity.getString(
                R.string.bench_line, seen.count, String.format(Locale.US, "%.1f", seen.elapsedMs / 1000),
                MainActivity.milliseconds(seen.percentile(50)), MainActivity.milliseconds(seen.percentile(90)),
                MainActivity.milliseconds(seen.percentile(99)), MainActivity.milliseconds(seen.percentile(0)));
        if (seen.count > seen.times.length) {
            line += "\n" + activity.getString(R.string.bench_first, seen.times.length);
        }
        Measurement.Window last = seen.windows.get(seen.windows.size() - 1);
        String now = running ? "\n" + activity.getString(R.string.bench_now, MainActivity.milliseconds(last.medianMs)) : "";
        String status = activity.getString(R.string.thermal, Thermal.name(last.thermal));
        chart().show(seen.windows, activity.getString(R.string.chart, line + ". " + status));
        // Read out at the end, and not four times a second.
        numbers.setAccessibilityLiveRegion(
                running ? View.ACCESSIBILITY_LIVE_REGION_NONE : View.ACCESSIBILITY_LIVE_REGION_POLITE);
        numbers.setText(line + now);
        numbers.setTextColor(activity.getColor(R.color.text));
        thermal.setText(
                status + (seen.hot() ? "\n" + activity.getString(R.string.tainted) : "")
                        + (seen.outOfSight ? "\n" + activity.getString(R.string.out_of_sight) : ""));
    }

    private Button option(int row, int heading, String text, final int what, final int which) {
        Button button = choice((ViewGroup) find(row), text);
        // The number alone says little to who does not see the heading.
        button.setContentDescription(activity.getString(R.string.option, activity.getString(heading), text));
        button.setOnClickListener(new View.OnClickListener() {
            @Override
            public void onClick(View view) {
                if (what == 0) {
                    threads = which;
                } else if (what == 1) {
                    pack = which;
                } else {
                    time = which;
                }
                changed();
            }
        });
        return button;
    }

    private static void select(Button[] row, int which, boolean running) {
        for (int i = 0; i < row.length; i++) {
            row[i].setSelected(i == which);
            row[i].setEnabled(!running);
        }
    }

    private void startOrStop() {
        Benchmark run = session.benchmark;
        if (run != null && run.running) {
            run.stop();
            return;
        }
        session.benchmark = new Benchmark(new Settings(THREADS[threads], pack == 0, SECONDS[time], 0));
        session.benchmark.start(session, activity);
        changed();
    }

    private void share() {
        String document = RunDocument.of(activity, session.bundle, Collections.singletonList(session.benchmark.seen));
        Intent send = new Intent(Intent.ACTION_SEND)
                .setType("application/json")
                .putExtra(Intent.EXTRA_SUBJECT, activity.getString(R.string.share_title, session.bundle.name))
                .putExtra(Intent.EXTRA_TEXT, document);
        activity.startActivity(Intent.createChooser(send, activity.getString(R.string.share)));
    }
}
