/* Stands in for androidx.test, of which Robolectric needs this much and Maven Central has nothing. */
package androidx.test.runner.lifecycle;

import android.app.Activity;

public interface ActivityLifecycleMonitor {
    Stage getLifecycleStageOf(Activity activity);
}
