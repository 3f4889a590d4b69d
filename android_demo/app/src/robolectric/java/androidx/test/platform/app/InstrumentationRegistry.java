/* Stands in for androidx.test, of which Robolectric needs this much and Maven Central has nothing. */
package androidx.test.platform.app;

import android.app.Instrumentation;
import android.os.Bundle;

public final class InstrumentationRegistry {
    private static Instrumentation instrumentation;

    private InstrumentationRegistry() {}

    public static Instrumentation getInstrumentation() {
        return instrumentation;
    }

    public static void registerInstance(Instrumentation registered, Bundle arguments) {
        instrumentation = registered;
    }
}
