/* Stands in for androidx.test, of which Robolectric needs this much and Maven Central has nothing. */
package androidx.test.runner.intent;

public final class IntentMonitorRegistry {
    private IntentMonitorRegistry() {}

    public static void registerInstance(IntentMonitor registered) {}
}
