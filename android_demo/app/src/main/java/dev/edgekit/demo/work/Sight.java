package dev.edgekit.demo.work;

import android.app.Activity;
import android.app.Application;
import android.os.Bundle;

/** Whether a window of the app is seen: one that is not has the slow cores, and a screen that is dark slows down all. */
public final class Sight implements Application.ActivityLifecycleCallbacks {
    private int started;
    private volatile boolean seen;
    private volatile int losses;

    /** A window is on the screen now. */
    boolean seen() {
        return seen;
    }

    /** How often the last window went out of sight; a turned screen makes another window, and is none. */
    int losses() {
        return losses;
    }

    @Override
    public void onActivityStarted(Activity activity) {
        started++;
        seen = true;
    }

    @Override
    public void onActivityStopped(Activity activity) {
        started--;
        if (started == 0 && !activity.isChangingConfigurations()) {
            seen = false;
            losses++;
        }
    }

    @Override
    public void onActivityCreated(Activity activity, Bundle state) {}

    @Override
    public void onActivityResumed(Activity activity) {}

    @Override
    public void onActivityPaused(Activity activity) {}

    @Override
    public void onActivitySaveInstanceState(Activity activity, Bundle state) {}

    @Override
    public void onActivityDestroyed(Activity activity) {}
}
