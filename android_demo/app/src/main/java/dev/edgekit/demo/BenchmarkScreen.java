package dev.edgekit.demo;

import android.app.Activity;
import android.content.Intent;
import android.os.Bundle;
import android.view.View;
import android.view.ViewGroup;
import android.widget.Button;
import android.widget.TextView;
import dev.edgekit.demo.work.Benchmark;
import dev.edgekit.demo.work.RunDocument;
import dev.edgekit.demo.work.Session;
import dev.edgekit.demo.work.Thermal;
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
            threadButtons[i] = option(R.id.threads, String.valueOf(THREADS[i]), 0, i);
        }
        packButtons[0] = option(R.id.xnnpack, activity.getString(R.string.on), 1, 0);
        packButtons[1] = option(R.id.xnnpack, activity.getString(R.string.off), 1, 1);
        timeButtons[0] = option(R.id.duration, activity.getString(R.string.ten_seconds), 2, 0);
        timeButtons[1] = option(R.id.duration, activity.getString(R.string.five_minutes), 2, 1);
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
        select(threadButtons, threads, running);
        select(packButtons, pack, running);
        select(timeButtons, time, running);
        Button start = find(R.id.start);
        start.setEnabled(session.checkup != null);
        start.setText(running ? R.string.stop : R.string.start);
        boolean finished = run != null && !running && run.failure == null;
        find(R.id.share).setEnabled(finished);
        showChart(run);
    }

    private void showChart(Benchmark run) {
        LatencyChart chart = find(R.id.chart);
        TextView numbers = find(R.id.numbers);
        TextView thermal = find(R.id.thermal);
        if (run == null) {
            chart.show(new double[0], activity.getString(R.string.chart, activity.getString(R.string.chart_empty)));
            return;
        }
        if (run.failure != null) {
            numbers.setText(activity.getString(R.string.bench_failed, run.failure));
            numbers.setTextColor(activity.getColor(R.color.bad));
            return;
        }
        String line = run.times.length == 0 ? "" : activity.getString(
                R.string.bench_line, run.times.length, String.format(Locale.US, "%.1f", run.elapsedMs / 1000),
                MainActivity.milliseconds(run.percentile(50)), MainActivity.milliseconds(run.percentile(90)),
                MainActivity.milliseconds(run.percentile(99)), MainActivity.milliseconds(run.percentile(0)));
        chart.show(run.windows.all(), activity.getString(R.string.chart, line));
        numbers.setText(line);
        numbers.setTextColor(activity.getColor(R.color.text));
        String status = activity.getString(R.string.thermal, Thermal.name(run.thermal));
        thermal.setText(run.tainted() ? status + "\n" + activity.getString(R.string.tainted) : status);
    }

    private Button option(int row, String text, final int what, final int which) {
        Button button = choice((ViewGroup) find(row), text);
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
        session.benchmark = new Benchmark(THREADS[threads], pack == 0, SECONDS[time]);
        session.benchmark.start(session, activity);
        changed();
    }

    private void share() {
        String document = RunDocument.of(activity, session.bundle, session.benchmark);
        Intent send = new Intent(Intent.ACTION_SEND)
                .setType("application/json")
                .putExtra(Intent.EXTRA_SUBJECT, activity.getString(R.string.share_title, session.bundle.name))
                .putExtra(Intent.EXTRA_TEXT, document);
        activity.startActivity(Intent.createChooser(send, activity.getString(R.string.share)));
    }
}
