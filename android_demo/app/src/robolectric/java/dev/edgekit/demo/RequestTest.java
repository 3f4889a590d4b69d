package dev.edgekit.demo;

import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertFalse;
import static org.junit.Assert.assertNotNull;
import static org.junit.Assert.assertTrue;

import android.content.ComponentName;
import android.content.Context;
import android.content.Intent;
import android.content.pm.ActivityInfo;
import android.os.BatteryManager;
import android.os.Bundle;
import android.os.PowerManager;
import android.widget.TextView;
import dev.edgekit.demo.model.Numbers;
import dev.edgekit.demo.model.RandomInput;
import dev.edgekit.demo.model.TensorInfo;
import dev.edgekit.demo.work.Measurement;
import dev.edgekit.demo.work.Requests;
import java.io.File;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import org.json.JSONObject;
import org.junit.After;
import org.junit.Test;
import org.junit.runner.RunWith;
import org.robolectric.Robolectric;
import org.robolectric.RobolectricTestRunner;
import org.robolectric.RuntimeEnvironment;
import org.robolectric.Shadows;
import org.robolectric.android.controller.ActivityController;
import org.robolectric.annotation.Config;
import org.robolectric.annotation.GraphicsMode;

/** Runs that are asked for from outside. */
@RunWith(RobolectricTestRunner.class)
// As all tests here: another mode has classes of its own, and the runtime's library is loaded for one set of them.
@GraphicsMode(GraphicsMode.Mode.NATIVE)
@Config(sdk = 34)
public class RequestTest {
    private static final String GOOD =
            "{\"schema\": \"edgekit.app_request/1\", \"id\": \"%s\", \"threads\": [1, 2], \"seconds\": %s,"
                    + " \"xnnpack\": true, \"idle_ms\": %s}";

    private static ActivityController<RunActivity> ask(String request) {
        Intent intent = new Intent("edgekit.action.RUN").putExtra("request", request);
        return Robolectric.buildActivity(RunActivity.class, intent);
    }

    private static void give(String bundle) {
        AppTest.give(bundle);
    }

    private static File file(String name) {
        return new File(RuntimeEnvironment.getApplication().getExternalFilesDir("runs"), name);
    }

    private static JSONObject answer(String id) throws Exception {
        byte[] content = Files.readAllBytes(file("run-" + id + ".json").toPath());
        return new JSONObject(new String(content, StandardCharsets.UTF_8));
    }

    private static String error(String id) throws Exception {
        JSONObject answer = answer(id);
        assertEquals("edgekit.app_error/1", answer.getString("schema"));
        assertFalse(file("run-" + id + ".json.part").exists());
        return answer.getString("error");
    }

    private static void awaitTheEnd() throws Exception {
        AppTest.await("the answer", () -> !AppTest.session().requests.working());
    }

    @Test
    public void aRequestIsAnsweredByARunFile() throws Exception {
        Intent battery = new Intent(Intent.ACTION_BATTERY_CHANGED)
                .putExtra(BatteryManager.EXTRA_LEVEL, 3).putExtra(BatteryManager.EXTRA_SCALE, 4)
                .putExtra(BatteryManager.EXTRA_TEMPERATURE, 315)
                .putExtra(BatteryManager.EXTRA_PLUGGED, BatteryManager.BATTERY_PLUGGED_USB);
        RuntimeEnvironment.getApplication().sendStickyBroadcast(battery);
        Context context = RuntimeEnvironment.getApplication();
        Shadows.shadowOf((PowerManager) context.getSystemService(Context.POWER_SERVICE))
                .setCurrentThermalStatus(PowerManager.THERMAL_STATUS_LIGHT);
        give("float");
        ActivityController<RunActivity> controller = ask(String.format(GOOD, "c0ffee", "0.6", "5")).setup();
        assertTrue(file("run-c0ffee.json.part").exists());
        // Turned about, and asked for something else in between.
        controller.recreate();
        controller.newIntent(new Intent().putExtra("request", String.format(GOOD, "bad", "0.6", "0")));
        assertEquals("another run is going on: c0ffee", error("bad"));
        assertTrue(AppTest.lit(controller.get()));
        awaitTheEnd();
        assertFalse(AppTest.lit(controller.get()));
        assertFalse(file("run-c0ffee.json.part").exists());
        Files.copy(file("run-c0ffee.json").toPath(), new File(AppTest.SCREENSHOTS.getParentFile(), "requested.json").toPath());
        TextView status = controller.get().findViewById(R.id.status);
        assertTrue(status.getText().toString(), status.getText().toString().endsWith("run-c0ffee.json"));
        // And again on the same screen.
        assertTrue(file("run-c0ffee.json").setLastModified(System.currentTimeMillis() - 4_000_000));
        controller.newIntent(new Intent().putExtra("request", String.format(GOOD, "c0ffee2", "0.4", "0")));
        assertTrue(AppTest.lit(controller.get()));
        // What nobody fetched goes at last.
        assertFalse(file("run-c0ffee.json").exists());
        // Home is pressed in the middle: of two runs, the first was in front when it began.
        controller.pause().stop();
        awaitTheEnd();
        assertFalse(AppTest.lit(controller.get()));
        JSONObject second = answer("c0ffee2");
        assertEquals("edgekit.run/2", second.getString("schema"));
        for (int i = 0; i < 2; i++) {
            String taints = second.getJSONArray("runs").getJSONObject(i).getJSONArray("taints").toString();
            assertTrue(taints, taints.contains("the app was not in front while it ran"));
        }
    }

    @Test
    public void aRunThatNobodyWaitsForEnds() throws Exception {
        give("float");
        double usual = Requests.goneAfterS;
        Requests.goneAfterS = 0.3;
        try {
            Files.write(file("run-a.json.waits").toPath(), new byte[1]);
            ask(String.format(GOOD, "a", "600", "0")).setup();
            awaitTheEnd();
            assertEquals(0, file("x").getParentFile().list().length);
        } finally {
            Requests.goneAfterS = usual;
        }
    }

    @Test
    public void theListOfRecentAppsStartsNoRun() throws Exception {
        give("float");
        Intent again = new Intent("edgekit.action.RUN").putExtra("request", String.format(GOOD, "b", "600", "0"));
        again.addFlags(Intent.FLAG_ACTIVITY_LAUNCHED_FROM_HISTORY);
        Robolectric.buildActivity(RunActivity.class, again).setup();
        assertFalse(AppTest.session().requests.working());
        assertEquals(0, file("x").getParentFile().list().length);
    }

    @Test
    public void aWarmUpSettlesWhenItsWindowsAgree() {
        assertFalse(Measurement.agree(new double[] {1, 1, 1, 1, 1, 1, 1, 1}));
        assertTrue(Measurement.agree(new double[] {9, 1, 1, 9, 1, 1.05, 1, 1.05, 1.05, 2}));
        assertFalse(Measurement.agree(new double[] {9, 1, 1, 9, 1, 1.06, 1, 1.06, 1.06, 2}));
    }

    @Test
    public void whatNoGoldenPackFillsIsNotZeros() throws Exception {
        give("float");
        AppTest.await("the bundle", () -> AppTest.session().bundle != null);
        TensorInfo input = AppTest.session().bundle.inputs.get(0);
        ByteBuffer[] buffers = {Numbers.buffer(input.bytes()), Numbers.buffer(input.bytes())};
        double total = 0;
        for (ByteBuffer each : buffers) {
            RandomInput.fill(input, each);
        }
        for (int i = 0; i < input.elements(); i++) {
            float value = buffers[0].getFloat(4 * i);
            assertTrue(value >= 0 && value < 1);
            total += value;
        }
        assertEquals(0.5, total / input.elements(), 0.05);
        assertEquals(buffers[0], buffers[1]);
    }

    @After
    public void workEnds() throws Exception {
        AppTest.awaitWork();
    }

    @Test
    public void whatIsNoRequestIsAnsweredByASentence() throws Exception {
        give("float");
        String good = String.format(GOOD, "1", "0.1", "0");
        String[][] wrong = {
            {"malformed", null, "the request is not there"},
            {"malformed", "text", "the request is not JSON"},
            {"malformed", good.replace("\"1\"", "\"../../1\""), "its id is not of 1 to 64 digits"},
            {"malformed", good.replace("\"1\"", "17"), "its id is not of 1 to 64 digits"},
            {"malformed", good + new String(new char[5000]).replace('\0', ' '), "more than 4096 letters"},
            {"malformed", new String(new char[4000]).replace('\0', '['), "not JSON"},
            {"1", good.replace("request/1", "request/9"), "of schema 'edgekit.app_request/9'"},
            {"1", good.replace("\"idle_ms\"", "\"idle\""), "has 'idle'"},
            {"1", good.replace("0.1", "601"), "seconds is 601, and numbers from 0.1 to 600.0"},
            {"1", good.replace("0.1", "\"long\""), "seconds is long"},
            {"1", good.replace("[1, 2]", "[]"), "threads has 0 entries"},
            {"1", good.replace("[1, 2]", "[1, 17]"), "threads has 17, and whole numbers from 1 to 16"},
            {"1", good.replace("[1, 2]", "[1.5]"), "threads has 1.5"},
            {"1", good.replace("[1, 2]", "4"), "threads is no list"},
            {"1", good.replace("true", "\"yes\""), "xnnpack is neither true nor false"},
        };
        ActivityController<RunActivity> controller = ask(wrong[0][1]).setup();
        for (String[] each : wrong) {
            controller.newIntent(new Intent().putExtra("request", each[1]));
            assertTrue(each[2] + ", not: " + error(each[0]), error(each[0]).contains(each[2]));
            assertTrue(file("run-" + each[0] + ".json").delete());
        }
        assertEquals(0, file("x").getParentFile().list().length);
    }

    @Test
    public void aModelThatDoesNotLoadIsTheAnswer() throws Exception {
        give("broken");
        ask(String.format(GOOD, "ab", "0.1", "0")).setup();
        awaitTheEnd();
        assertEquals(AppTest.session().failure, error("ab"));
    }

    @Test
    public void anAppThatWasEndedWhileItRanSaysSo() throws Exception {
        give("float");
        Files.write(file("run-dead.json.part").toPath(), new byte[0]);
        ask(String.format(GOOD, "dead", "0.1", "0")).setup(new Bundle());
        assertEquals("the system ended the app while it ran", error("dead"));
    }

    @Test
    public void onlyTheShellMayAsk() throws Exception {
        Context context = RuntimeEnvironment.getApplication();
        ComponentName name = new ComponentName(context.getPackageName(), "edgekit.demo.RunActivity");
        ActivityInfo found = context.getPackageManager().getActivityInfo(name, 0);
        assertNotNull(found);
        assertTrue(found.exported);
        assertEquals("android.permission.DUMP", found.permission);
        assertEquals(RunActivity.class.getName(), found.targetActivity);
    }
}
