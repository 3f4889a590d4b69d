package dev.edgekit.demo;

import android.app.Application;
import dev.edgekit.demo.work.Session;

/** Holds what outlives a screen. */
public final class DemoApplication extends Application {
    public Session session = new Session();

    @Override
    public void onCreate() {
        super.onCreate();
        registerActivityLifecycleCallbacks(session.sight);
    }
}
