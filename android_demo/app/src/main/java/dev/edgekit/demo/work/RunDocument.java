package dev.edgekit.demo.work;

import android.app.ActivityManager;
import android.content.Context;
import android.os.Build;
import dev.edgekit.demo.model.Bundle;
import dev.edgekit.demo.model.Sample;
import java.util.List;
import org.json.JSONArray;
import org.json.JSONException;
import org.json.JSONObject;

/** A benchmark as the run file that edgekit reads: {@code edgekit check --run}, {@code edgekit report}. */
public final class RunDocument {
    private static final String SCHEMA = "edgekit.run/2";
    private static final String RUNTIME = "tensorflow-lite 2.16.1";
    /** A run as long as this has a time line. */
    private static final double LEAST_SUSTAINED_S = 60;
    private static final String[] NOT_TOLD = {
        "others_cores", "busiest", "busiest_cores", "voluntary_switches", "involuntary_switches", "memory_stall_share"
    };

    private RunDocument() {}

    /** The document as text: an entry for each measurement. */
    public static String of(Context context, Bundle bundle, List<Measurement> measured) {
        try {
            JSONObject document = new JSONObject();
            document.put("schema", SCHEMA);
            document.put("file", bundle.modelFile);
            document.put("artifact_sha256", bundle.sha256);
            document.put("device", "app:" + Build.MANUFACTURER + " " + Build.MODEL);
            JSONArray runs = new JSONArray();
            for (Measurement each : measured) {
                runs.put(entry(context, each));
            }
            document.put("runs", runs);
            // Not indented: it is shared through an intent, which takes less than a megabyte.
            return document.toString();
        } catch (JSONException error) {
            // Only numbers that JSON cannot hold end here, and a time that was measured is none.
            throw new IllegalStateException(error);
        }
    }

    private static JSONObject entry(Context context, Measurement run) throws JSONException {
        JSONObject entry = new JSONObject();
        entry.put("threads", run.settings.threads);
        entry.put("init_ms", run.initMs);
        entry.put("first_ms", run.firstMs);
        entry.put("warmup_ms", array(run.warmUp));
        entry.put("steady", timings(run.times));
        entry.put("peak_memory_bytes", run.peakBytes > 0 ? (Object) run.peakBytes : JSONObject.NULL);
        entry.put("baseline_memory_bytes", run.baselineBytes);
        entry.put("outputs_sha256", JSONObject.NULL);
        entry.put("seed", 0);
        entry.put("environment", environment(context));
        entry.put("engine", run.settings.xnnpack ? "demo app" : "demo app, without XNNPACK");
        entry.put("settled", run.settled);
        entry.put("stopped_early", run.stoppedEarly);
        entry.put("instructions", new JSONArray());
        entry.put("load_ms", JSONObject.NULL);
        entry.put("idle", run.idleTimes.length == 0 ? JSONObject.NULL : idle(run));
        entry.put("sustained", run.settings.seconds < LEAST_SUSTAINED_S ? JSONObject.NULL : sustained(run));
        entry.put("conditions", conditions(run));
        JSONArray taints = new JSONArray();
        if (run.hot()) {
            taints.put("the phone's thermal status was " + Thermal.name(run.hottest()) + " while it ran");
        }
        if (run.outOfSight) {
            taints.put("the app was not in front while it ran");
        }
        entry.put("taints", taints);
        entry.put("discarded", new JSONArray());
        entry.put("memory", new JSONArray());
        entry.put("instruction_classes", JSONObject.NULL);
        entry.put("ops", JSONObject.NULL);
        entry.put("blocks", new JSONArray());
        entry.put("inputs", run.onGolden ? "the first sample of the golden pack" : "random values of the app's own");
        return entry;
    }

    private static JSONObject idle(Measurement run) throws JSONException {
        return new JSONObject().put("gap_ms", run.settings.idleMs).put("timings", timings(run.idleTimes));
    }

    private static JSONObject sustained(Measurement run) throws JSONException {
        JSONArray timeline = new JSONArray();
        for (Measurement.Window window : run.windows) {
            JSONObject point = new JSONObject();
            point.put("at_s", window.atS);
            point.put("count", window.count);
            point.put("median_ms", window.medianMs);
            point.put("max_ms", window.mostMs);
            point.put("temperature_c", JSONObject.NULL);
            point.put("clock_mhz", JSONObject.NULL);
            point.put("throttled",
                    window.thermal == Thermal.UNKNOWN ? JSONObject.NULL : Thermal.throttles(window.thermal));
            timeline.put(point);
        }
        JSONObject told = new JSONObject();
        told.put("asked_s", run.settings.seconds);
        told.put("window_s", Measurement.windowMs(run.settings) / 1000);
        told.put("timeline", timeline);
        return told;
    }

    private static JSONObject conditions(Measurement run) throws JSONException {
        JSONArray snapshots = new JSONArray();
        JSONArray unknown = new JSONArray();
        for (Look look : run.looks) {
            snapshots.put(look.document());
        }
        unknown.put("temperature").put("clock").put("governor");
        if (run.hottest() == Thermal.UNKNOWN) {
            unknown.put("throttling");
        }
        unknown.put("load of others").put("memory pressure");
        JSONObject told = new JSONObject();
        told.put("snapshots", snapshots);
        told.put("timed_s", run.elapsedMs / 1000);
        for (String name : NOT_TOLD) {
            told.put(name, JSONObject.NULL);
        }
        told.put("unknown", unknown);
        return told;
    }

    private static JSONObject timings(double[] times) throws JSONException {
        Sample sample = Sample.of(times);
        double median = sample.percentile(50);
        Sample deviations = new Sample();
        for (double time : times) {
            deviations.add(Math.abs(time - median));
        }
        JSONObject told = new JSONObject();
        told.put("count", times.length);
        told.put("p50_ms", median);
        told.put("p90_ms", sample.percentile(90));
        told.put("p99_ms", sample.percentile(99));
        told.put("min_ms", sample.percentile(0));
        told.put("mad_ms", deviations.percentile(50));
        told.put("samples_ms", array(times));
        return told;
    }

    private static JSONObject environment(Context context) throws JSONException {
        ActivityManager.MemoryInfo memory = new ActivityManager.MemoryInfo();
        ((ActivityManager) context.getSystemService(Context.ACTIVITY_SERVICE)).getMemoryInfo(memory);
        JSONObject told = new JSONObject();
        told.put("machine", String.valueOf(System.getProperty("os.arch")));
        told.put("system", "Android " + Build.VERSION.RELEASE + ", API " + Build.VERSION.SDK_INT);
        told.put("cpu_model", Build.VERSION.SDK_INT >= Build.VERSION_CODES.S ? Build.SOC_MODEL : Build.HARDWARE);
        // By this name profiles know a phone.
        told.put("board", Build.MODEL);
        told.put("cores", Runtime.getRuntime().availableProcessors());
        told.put("memory_bytes", Math.max(1, memory.totalMem));
        told.put("python", "none");
        told.put("runtime", RUNTIME);
        told.put("load_average", JSONObject.NULL);
        told.put("emulated", Build.HARDWARE.contains("ranchu") || Build.HARDWARE.contains("goldfish"));
        return told;
    }

    private static JSONArray array(double[] numbers) throws JSONException {
        JSONArray made = new JSONArray();
        for (double number : numbers) {
            made.put(number);
        }
        return made;
    }
}
