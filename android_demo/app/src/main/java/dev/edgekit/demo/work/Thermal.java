package dev.edgekit.demo.work;

import android.content.Context;
import android.os.Build;
import android.os.PowerManager;

/** How hot the phone says that it is. */
public final class Thermal {
    public static final int UNKNOWN = -1;
    private static final String[] NAMES = {"none", "light", "moderate", "severe", "critical", "emergency", "shutdown"};

    private Thermal() {}

    /** A status of PowerManager, or UNKNOWN: phones before Android 10 do not tell. */
    public static int now(Context context) {
        if (Build.VERSION.SDK_INT < Build.VERSION_CODES.Q) {
            return UNKNOWN;
        }
        PowerManager power = (PowerManager) context.getSystemService(Context.POWER_SERVICE);
        return power.getCurrentThermalStatus();
    }

    public static String name(int status) {
        return status < 0 || status >= NAMES.length ? "unknown" : NAMES[status];
    }

    /** Whether the phone says that it slows down: from "light" on, which by Android's words is throttling already. */
    public static boolean throttles(int status) {
        return status >= 1;
    }
}
