package dev.edgekit.demo;

import android.app.Activity;
import android.content.Intent;
import android.os.Bundle;
import android.widget.TextView;
import dev.edgekit.demo.model.AssetStorage;
import dev.edgekit.demo.work.Session;

/** Measures what a computer asks for over adb, and shows that it does. The manifest says who may start it. */
public final class RunActivity extends Activity implements Session.Listener {
    static final String REQUEST = "request";

    private Session session;
    /** A request that is not taken before the window is seen: what runs behind a locked screen is slow. */
    private Intent pending;
    private boolean started;

    @Override
    protected void onCreate(Bundle state) {
        super.onCreate(state);
        setContentView(R.layout.run);
        session = ((DemoApplication) getApplication()).session;
        session.listen(this);
        session.open(new AssetStorage(getAssets()), getCacheDir());
        // From the list of recent apps the old request comes again, and nobody waits for its answer.
        boolean old = (getIntent().getFlags() & Intent.FLAG_ACTIVITY_LAUNCHED_FROM_HISTORY) != 0;
        if (state == null && !old) {
            pending = getIntent();
        } else {
            session.requests.lost(textOf(getIntent()), this);
        }
        changed();
    }

    @Override
    protected void onStart() {
        super.onStart();
        started = true;
        takePending();
    }

    @Override
    protected void onStop() {
        started = false;
        super.onStop();
    }

    @Override
    protected void onNewIntent(Intent intent) {
        super.onNewIntent(intent);
        setIntent(intent);
        pending = intent;
        if (started) {
            takePending();
        }
    }

    private void takePending() {
        if (pending != null) {
            String request = textOf(pending);
            pending = null;
            session.requests.take(request, this);
            changed();
        }
    }

    @Override
    protected void onDestroy() {
        session.forget(this);
        super.onDestroy();
    }

    @Override
    public void changed() {
        TextView name = findViewById(R.id.name);
        TextView status = findViewById(R.id.status);
        if (session.bundle != null) {
            name.setText(session.bundle.name);
        }
        Screen.keepLit(this, session.requests.working());
        if (session.requests.working()) {
            status.setText(R.string.requested);
            return;
        }
        String sentence = session.requests.sentence;
        status.setText(sentence == null ? getString(R.string.requested_lost) : getString(R.string.requested_done, sentence));
    }

    /** An intent of another app can hold anything, also what cannot be read. */
    private static String textOf(Intent intent) {
        try {
            return intent.getStringExtra(REQUEST);
        } catch (RuntimeException error) {
            return null;
        }
    }
}
