package dev.edgekit.demo;

import android.app.Activity;
import android.content.Intent;
import android.os.Bundle;
import android.view.View;
import android.widget.Button;
import android.widget.FrameLayout;
import android.widget.TextView;
import dev.edgekit.demo.model.AssetStorage;
import dev.edgekit.demo.model.Checkup;
import dev.edgekit.demo.work.Session;
import java.util.Locale;

/** The one window: what the model is and whether it works here above, and one of three screens below. */
public final class MainActivity extends Activity implements Session.Listener {
    private static final String STATE_TAB = "tab";

    private final Button[] tabs = new Button[3];
    private final Screen[] screens = new Screen[3];
    private Session session;
    private int tab;

    @Override
    protected void onCreate(Bundle state) {
        super.onCreate(state);
        setContentView(R.layout.main);
        session = ((DemoApplication) getApplication()).session;
        screens[0] = new TryScreen(this, session);
        screens[1] = new BenchmarkScreen(this, session);
        screens[2] = new AboutScreen(this, session);
        int[] buttons = {R.id.tab_try, R.id.tab_benchmark, R.id.tab_about};
        for (int i = 0; i < tabs.length; i++) {
            final int which = i;
            tabs[i] = findViewById(buttons[i]);
            tabs[i].setOnClickListener(new View.OnClickListener() {
                @Override
                public void onClick(View view) {
                    open(which);
                }
            });
        }
        for (Screen screen : screens) {
            screen.restore(state == null ? Bundle.EMPTY : state);
        }
        open(state == null ? 0 : state.getInt(STATE_TAB));
        session.listen(this);
        session.open(new AssetStorage(getAssets()), getCacheDir());
        changed();
    }

    @Override
    protected void onDestroy() {
        // The session lives on, and must not hold a window that is gone.
        session.forget(this);
        super.onDestroy();
    }

    @Override
    protected void onSaveInstanceState(Bundle state) {
        super.onSaveInstanceState(state);
        state.putInt(STATE_TAB, tab);
        for (Screen screen : screens) {
            screen.save(state);
        }
    }

    @Override
    protected void onActivityResult(int request, int result, Intent data) {
        super.onActivityResult(request, result, data);
        if (result == RESULT_OK && data != null) {
            ((TryScreen) screens[0]).received(data);
        }
    }

    @Override
    public void changed() {
        TextView name = findViewById(R.id.name);
        TextView hash = findViewById(R.id.hash);
        if (session.bundle != null) {
            name.setText(session.bundle.name);
            hash.setText(getString(R.string.hash, session.bundle.precision, session.bundle.sha256.substring(0, 12)));
        }
        showCheckup();
        for (Screen screen : screens) {
            screen.changed();
        }
    }

    private void open(int which) {
        tab = which;
        FrameLayout room = findViewById(R.id.screen);
        room.removeAllViews();
        room.addView(screens[which].view());
        for (int i = 0; i < tabs.length; i++) {
            tabs[i].setSelected(i == which);
        }
        screens[which].changed();
    }

    private void showCheckup() {
        TextView golden = findViewById(R.id.golden);
        TextView latency = findViewById(R.id.latency);
        TextView how = findViewById(R.id.latency_how);
        Checkup found = session.checkup;
        if (session.failure != null) {
            golden.setText(getString(R.string.failed) + ": " + session.failure);
            golden.setTextColor(getColor(R.color.bad));
        }
        if (found == null) {
            return;
        }
        if (found.disagreement != null) {
            golden.setText(getString(R.string.golden_failed, found.disagreement));
        } else if (found.goldenSamples == 0) {
            golden.setText(R.string.golden_none);
        } else {
            golden.setText(getString(R.string.golden_passed, found.goldenSamples));
        }
        boolean bad = found.disagreement != null;
        golden.setTextColor(getColor(bad ? R.color.bad : found.goldenSamples == 0 ? R.color.text : R.color.good));
        latency.setText(getString(
                R.string.latency, milliseconds(found.steady.percentile(50)), milliseconds(found.steady.percentile(90)),
                milliseconds(found.firstMs)));
        how.setText(getString(R.string.latency_how, found.steady.count(), found.threads));
        latency.setVisibility(View.VISIBLE);
        how.setVisibility(View.VISIBLE);
    }

    /** Three digits that count. */
    static String milliseconds(double ms) {
        return ms < 1 ? String.format(Locale.US, "%.3f", ms)
                : ms < 10 ? String.format(Locale.US, "%.2f", ms)
                : String.format(Locale.US, "%.1f", ms);
    }
}
