package dev.edgekit.demo.work;

import android.content.Context;
import android.content.Intent;
import android.content.IntentFilter;
import android.os.BatteryManager;
import java.io.Serializable;
import org.json.JSONArray;
import org.json.JSONException;
import org.json.JSONObject;

/** One look at the phone between two inferences: how hot it says that it is, and its battery. */
public final class Look implements Serializable {
    private static final long serialVersionUID = 1;

    public final double atS;
    public final String phase;
    public final int thermal;
    /** NaN where it is not told. */
    public final double batteryPercent;
    /** NaN where it is not told. In °C; of processors and skin an app is told nothing. */
    public final double batteryC;
    public final boolean charging;

    private Look(double atS, String phase, int thermal, Intent battery) {
        this.atS = atS;
        this.phase = phase;
        this.thermal = thermal;
        int level = battery == null ? -1 : battery.getIntExtra(BatteryManager.EXTRA_LEVEL, -1);
        int whole = battery == null ? -1 : battery.getIntExtra(BatteryManager.EXTRA_SCALE, -1);
        batteryPercent = level < 0 || whole <= 0 ? Double.NaN : 100.0 * level / whole;
        int tenths = battery == null ? Integer.MIN_VALUE
                : battery.getIntExtra(BatteryManager.EXTRA_TEMPERATURE, Integer.MIN_VALUE);
        batteryC = tenths == Integer.MIN_VALUE ? Double.NaN : tenths / 10.0;
        charging = battery != null && battery.getIntExtra(BatteryManager.EXTRA_PLUGGED, 0) != 0;
    }

    static Look take(Context context, String phase, double atS) {
        // The last state that the system told; nothing is registered.
        Intent battery = context.registerReceiver(null, new IntentFilter(Intent.ACTION_BATTERY_CHANGED));
        return new Look(atS, phase, Thermal.now(context), battery);
    }

    JSONObject document() throws JSONException {
        JSONObject told = new JSONObject();
        told.put("at_s", atS);
        told.put("phase", phase);
        told.put("temperature_c", JSONObject.NULL);
        told.put("clocks_mhz", new JSONArray());
        told.put("governor", JSONObject.NULL);
        told.put("throttle_flags", JSONObject.NULL);
        told.put("throttle_count", JSONObject.NULL);
        told.put("cooling_steps", JSONObject.NULL);
        told.put("thermal_status", thermal == Thermal.UNKNOWN ? JSONObject.NULL : Thermal.name(thermal));
        told.put("battery_percent", orNull(batteryPercent));
        told.put("battery_c", orNull(batteryC));
        told.put("charging", Double.isNaN(batteryPercent) ? JSONObject.NULL : charging);
        return told;
    }

    static Object orNull(double number) {
        return Double.isNaN(number) ? JSONObject.NULL : (Object) number;
    }
}
