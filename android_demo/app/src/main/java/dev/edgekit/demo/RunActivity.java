package dev.edgekit.demo;

import android.app.Activity;
import android.content.Intent;
import android.os.Bundle;
import android.view.WindowManager;
import android.widget.TextView;
import dev.edgekit.demo.model.AssetStorage;
import dev.edgekit.demo.work.Session;

/** Measures what a computer asks for over adb, and shows that it does. The manifest says who may start it. */
public final class RunActivity extends Activity implements Session.Listener {
    static final String REQUEST = "request";

    private Session session;

    @Override
    protected void onCreate(Bundle state) {
        super.onCreate(state);
        setContentView(R.layout.run);
        // A screen that goes dark slows the processor down.
        getWindow().addFlags(WindowManager.LayoutParams.FLAG_KEEP_SCREEN_ON);
        session = ((DemoApplication) getApplication()).session;
        session.listen(this);
        session.open(new AssetStorage(getAssets()), getCacheDir());
        String request = textOf(getIntent());
        if (state == null) {
            session.requests.take(request, this);
        } else {
            session.requests.lost(request, this);
        }
        changed();
    }

    @Override
    protected void onNewIntent(Intent intent) {
        super.onNewIntent(intent);
        setIntent(intent);
        session.requests.take(textOf(intent), this);
        changed();
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
        if (session.requests.working()) {
            status.setText(R.string.requested);
            return;
        }
        getWindow().clearFlags(WindowManager.LayoutParams.FLAG_KEEP_SCREEN_ON);
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
