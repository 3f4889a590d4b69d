package dev.edgekit.demo.work;

import android.app.ActivityManager;
import android.content.Context;
import android.os.Build;
import dev.edgekit.demo.model.Bundle;
import dev.edgekit.demo.model.Sample;
import org.json.JSONArray;
import org.json.JSONException;
import org.json.JSONObject;

/** A benchmark as the run file that edgekit reads: {@code edgekit check --run}, {@code edgekit report}. */
public final class RunDocument {
    private static final String SCHEMA = "edgekit.run/2";
    private static final String RUNTIME = "tensorflow-lite 2.16.1";

    private RunDocument() {}

    /** The document as text. */
    public static String of(Context context, Bundle bundle, Benchmark run) {
        try {
            JSONObject document = new JSONObject();
            document.put("schema", SCHEMA);
            document.put("file", bundle.modelFile);
            document.put("artifact_sha256", bundle.sha256);
            document.put("device", "app:" + Build.MANUFACTURER + " " + Build.MODEL);
            document.put("runs", new JSONArray().put(entry(context, run)));
            return document.toString(2);
        } catch (JSONException error) {
            // Only numbers that JSON cannot hold end here, and a time that was measured is none.
            throw new IllegalStateException(error);
        }
    }

    private static JSONObject entry(Context context, Benchmark run) throws JSONException {
        JSONObject entry = new JSONObject();
        entry.put("threads", run.threads);
        entry.put("init_ms", run.initMs);
        entry.put("first_ms", run.firstMs);
        entry.put("warmup_ms", array(run.warmUp));
        entry.put("steady", timings(run.times));
        entry.put("peak_memory_bytes", run.peakBytes);
        entry.put("baseline_memory_bytes", run.baselineBytes);
        entry.put("outputs_sha256", JSONObject.NULL);
        entry.put("seed", 0);
        entry.put("environment", environment(context));
        entry.put("engine", run.xnnpack ? "demo app" : "demo app, without XNNPACK");
        entry.put("settled", true);
        entry.put("stopped_early", run.stoppedEarly());
        entry.put("instructions", new JSONArray());
        entry.put("load_ms", JSONObject.NULL);
        entry.put("idle", JSONObject.NULL);
        entry.put("sustained", JSONObject.NULL);
        entry.put("conditions", JSONObject.NULL);
        JSONArray taints = new JSONArray();
        if (run.tainted()) {
            taints.put("the phone's thermal status was " + Thermal.name(run.hottest) + " while it ran");
        }
        entry.put("taints", taints);
        entry.put("discarded", new JSONArray());
        entry.put("memory", new JSONArray());
        entry.put("instruction_classes", JSONObject.NULL);
        entry.put("ops", JSONObject.NULL);
        entry.put("blocks", new JSONArray());
        return entry;
    }

    private static JSONObject timings(double[] times) throws JSONException {
        Sample sample = new Sample();
        for (double time : times) {
            sample.add(time);
        }
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
        told.put("board", Build.MANUFACTURER + " " + Build.MODEL);
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
