/* Stands in for androidx.test, of which Robolectric needs this much and Maven Central has nothing. */
package androidx.test.runner.lifecycle;

public final class ApplicationLifecycleMonitorRegistry {
    private ApplicationLifecycleMonitorRegistry() {}

    public static void registerInstance(ApplicationLifecycleMonitor registered) {}
}
