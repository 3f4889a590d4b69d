package dev.edgekit.demo;

import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertFalse;
import static org.junit.Assert.assertNotNull;
import static org.junit.Assert.assertTrue;

import android.app.Activity;
import android.content.Context;
import android.content.Intent;
import android.graphics.Bitmap;
import android.graphics.BitmapFactory;
import android.graphics.Canvas;
import android.graphics.Color;
import android.os.Bundle;
import android.os.Looper;
import android.os.PowerManager;
import android.view.View;
import android.view.ViewGroup;
import android.view.WindowManager;
import android.widget.Button;
import android.widget.ImageView;
import android.widget.TextView;
import dev.edgekit.demo.work.Session;
import dev.edgekit.demo.work.Work;
import java.io.File;
import java.io.FileOutputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import org.json.JSONArray;
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
import org.robolectric.shadows.ShadowLooper;

/** Every screen, on real models with the runtime's own native library. What is expected was computed by edgekit. */
@RunWith(RobolectricTestRunner.class)
@GraphicsMode(GraphicsMode.Mode.NATIVE)
@Config(sdk = 34, qualifiers = "w400dp-h860dp-xhdpi")
public class AppTest {
    /** Folders with bundles, and {@code expected.json} beside them. */
    static final File BUNDLES = new File(System.getProperty("app.bundles"));
    static final File SCREENSHOTS = new File(System.getProperty("app.screenshots"));
    private static final long PATIENCE_MS = 120_000;

    interface Condition {
        boolean holds();
    }

    static Session session() {
        return ((DemoApplication) RuntimeEnvironment.getApplication()).session;
    }

    /** Work is done on a thread of its own, and shown on this one. */
    static void await(String what, Condition until) throws Exception {
        long end = System.currentTimeMillis() + PATIENCE_MS;
        while (!until.holds()) {
            assertTrue("waited in vain for " + what, System.currentTimeMillis() < end);
            Thread.sleep(5);
            Shadows.shadowOf(Looper.getMainLooper()).idle();
        }
    }

    /** What the screens still work on would be shown while the next test is set up, when there is no app. */
    static void awaitWork() throws Exception {
        Shadows.shadowOf(Looper.getMainLooper()).idle();
        final boolean[] through = {false};
        session().work.start(new Work.Job<Void>() {
            @Override
            protected Void work() {
                return null;
            }

            @Override
            protected void done(Void nothing) {
                through[0] = true;
            }

            @Override
            protected void failed(String sentence) {}
        });
        await("the work to end", () -> through[0]);
    }

    @After
    public void workEnds() throws Exception {
        // What is done then may start a second piece of work: the first sample, after the checkup.
        awaitWork();
        awaitWork();
    }

    static boolean lit(Activity activity) {
        return (activity.getWindow().getAttributes().flags & WindowManager.LayoutParams.FLAG_KEEP_SCREEN_ON) != 0;
    }

    static void give(String bundle) {
        session().open(new FolderStorage(new File(BUNDLES, bundle)), RuntimeEnvironment.getApplication().getCacheDir());
    }

    private static ActivityController<MainActivity> open(String bundle) throws Exception {
        give(bundle);
        return shown(Robolectric.buildActivity(MainActivity.class).setup());
    }

    /** Wait for what is seen at once: the checkup, and the model's first answer. */
    private static ActivityController<MainActivity> shown(ActivityController<MainActivity> controller) throws Exception {
        await("the checkup", () -> session().checkup != null || session().failure != null);
        boolean tries = session().failure == null
                && !(session().bundle.isImageClassifier() && session().bundle.samples.isEmpty());
        await("the first answer", () -> !tries || !results(controller.get()).isEmpty());
        ShadowLooper.idleMainLooper();
        return controller;
    }

    private static String text(Activity activity, int id) {
        return String.valueOf(((TextView) activity.findViewById(id)).getText());
    }

    private static List<String> lines(View view) {
        List<String> found = new ArrayList<>();
        if (view instanceof TextView) {
            found.add(String.valueOf(((TextView) view).getText()));
        } else if (view instanceof ViewGroup) {
            for (int i = 0; i < ((ViewGroup) view).getChildCount(); i++) {
                found.addAll(lines(((ViewGroup) view).getChildAt(i)));
            }
        }
        return found;
    }

    private static List<String> results(Activity activity) {
        return lines(activity.findViewById(R.id.results));
    }

    private static void press(Activity activity, int row, int which) {
        ((ViewGroup) activity.findViewById(row)).getChildAt(which).performClick();
    }

    private static void shoot(Activity activity, String name) throws Exception {
        View root = activity.getWindow().getDecorView();
        ShadowLooper.idleMainLooper();
        int width = root.getWidth();
        int height = root.getHeight();
        assertTrue("nothing is laid out", width > 0 && height > 0);
        Bitmap bitmap = Bitmap.createBitmap(width, height, Bitmap.Config.ARGB_8888);
        Canvas canvas = new Canvas(bitmap);
        canvas.drawColor(activity.getColor(R.color.background));
        root.draw(canvas);
        SCREENSHOTS.mkdirs();
        try (OutputStream file = new FileOutputStream(new File(SCREENSHOTS, name + ".png"))) {
            assertTrue(bitmap.compress(Bitmap.CompressFormat.PNG, 100, file));
        }
    }

    private static JSONObject expected() throws Exception {
        byte[] content = Files.readAllBytes(new File(BUNDLES, "expected.json").toPath());
        return new JSONObject(new String(content, StandardCharsets.UTF_8));
    }

    /** {@code *} stands for anything, and {@code ~} before a score for as near to it as the kernels' versions let it be. */
    private static void same(String where, String wanted, String got, double tolerance) {
        if (wanted.startsWith("~")) {
            assertEquals(where, Double.parseDouble(wanted.substring(1)), Double.parseDouble(got), tolerance);
        } else if (!wanted.equals("*")) {
            assertEquals(where, wanted, got);
        }
    }

    private void agrees(String bundle) throws Exception {
        JSONObject wanted = expected().getJSONObject(bundle);
        MainActivity activity = open(bundle).get();
        assertEquals(null, session().failure);
        assertEquals(wanted.getString("name"), text(activity, R.id.name));
        assertTrue(text(activity, R.id.golden), text(activity, R.id.golden).startsWith(wanted.getString("golden")));
        assertTrue(text(activity, R.id.latency), text(activity, R.id.latency).matches("p50 [0-9.]+ ms .*"));
        JSONArray presses = wanted.getJSONArray("answers");
        for (int i = 0; i < presses.length(); i++) {
            JSONArray answer = presses.getJSONArray(i);
            ((ViewGroup) activity.findViewById(R.id.results)).removeAllViews();
            press(activity, R.id.choices, i);
            await(bundle + " to answer", () -> results(activity).size() >= answer.length());
            for (int k = 0; k < answer.length(); k++) {
                same(bundle + ", sample " + (i + 1), answer.getString(k), results(activity).get(k),
                        wanted.getDouble("tolerance"));
            }
        }
    }

    @Test
    public void resnetAgrees() throws Exception {
        agrees("resnet");
    }

    @Test
    public void wakeWordsAgree() throws Exception {
        agrees("visual-wake-words");
    }

    @Test
    public void keywordsAgree() throws Exception {
        agrees("keywords");
    }

    @Test
    public void imagenetAgrees() throws Exception {
        agrees("imagenet");
    }

    @Test
    public void floatAgrees() throws Exception {
        agrees("float");
    }

    @Test
    public void theInstalledBundleIsTheOneThatOpens() throws Exception {
        MainActivity activity = Robolectric.buildActivity(MainActivity.class).setup().get();
        await("the checkup", () -> session().checkup != null || session().failure != null);
        JSONObject wanted = expected().getJSONObject("installed");
        assertEquals(null, session().failure);
        assertEquals(wanted.getString("name"), text(activity, R.id.name));
        assertTrue(text(activity, R.id.golden).startsWith(wanted.getString("golden")));
    }

    /** All three screens, and that a screen reader has a word for whatever can be pressed or is drawn. */
    private static void shootAll(MainActivity activity, String how) throws Exception {
        shoot(activity, "try-" + how);
        isTold(activity.getWindow().getDecorView());
        activity.findViewById(R.id.tab_benchmark).performClick();
        measureShortly(activity);
        shoot(activity, "benchmark-" + how);
        isTold(activity.getWindow().getDecorView());
        activity.findViewById(R.id.tab_about).performClick();
        shoot(activity, "about-" + how);
        isTold(activity.getWindow().getDecorView());
    }

    private static void isTold(View view) {
        if (view.isClickable() || view instanceof ImageView || view instanceof LatencyChart) {
            CharSequence told = view.getContentDescription();
            CharSequence text = view instanceof TextView ? ((TextView) view).getText() : null;
            boolean hidden = view.getImportantForAccessibility() == View.IMPORTANT_FOR_ACCESSIBILITY_NO;
            assertTrue(view + " is not told", hidden || told != null && told.length() > 0 || text != null && text.length() > 0);
        }
        for (int i = 0; view instanceof ViewGroup && i < ((ViewGroup) view).getChildCount(); i++) {
            isTold(((ViewGroup) view).getChildAt(i));
        }
    }

    /** No button's text is larger than the button, whatever screen it is on. */
    private static void nothingIsCutOff(View view) {
        if (view instanceof Button && ((Button) view).getLayout() != null) {
            Button button = (Button) view;
            int room = button.getHeight() - button.getPaddingTop() - button.getPaddingBottom();
            assertTrue(button.getText() + " is cut off", button.getLayout().getHeight() <= room);
        }
        for (int i = 0; view instanceof ViewGroup && i < ((ViewGroup) view).getChildCount(); i++) {
            nothingIsCutOff(((ViewGroup) view).getChildAt(i));
        }
    }

    @Test
    public void everyScreenIsDrawn() throws Exception {
        MainActivity activity = open("resnet").get();
        shootAll(activity, "light");
        assertTrue(lines(activity.findViewById(R.id.facts)).toString().contains("SHA-256 "));
    }

    @Test
    @Config(qualifiers = "+night")
    public void darkModeIsDark() throws Exception {
        MainActivity activity = open("resnet").get();
        shootAll(activity, "dark");
        for (String screen : new String[] {"try", "benchmark", "about"}) {
            Bitmap shot = BitmapFactory.decodeFile(new File(SCREENSHOTS, screen + "-dark.png").getPath());
            assertTrue(screen, Color.luminance(shot.getPixel(4, 4)) < 0.1f);
        }
    }

    @Test
    public void largeFontsCutNothingOff() throws Exception {
        RuntimeEnvironment.setFontScale(2.0f);
        MainActivity activity = open("float").get();
        shoot(activity, "try-large-font");
        nothingIsCutOff(activity.getWindow().getDecorView());
        activity.findViewById(R.id.tab_benchmark).performClick();
        shoot(activity, "benchmark-large-font");
        nothingIsCutOff(activity.getWindow().getDecorView());
        activity.findViewById(R.id.tab_about).performClick();
        shoot(activity, "about-large-font");
    }

    private static void measureShortly(MainActivity activity) throws Exception {
        activity.findViewById(R.id.start).performClick();
        await("some windows", () -> session().benchmark.seen != null && session().benchmark.seen.windows.size() >= 2);
        assertTrue(lit(activity));
        activity.findViewById(R.id.start).performClick();
        await("the end of the run", () -> !session().benchmark.running);
        assertFalse(lit(activity));
        ShadowLooper.idleMainLooper();
    }

    @Test
    public void aRunIsSharedAsARunFile() throws Exception {
        MainActivity activity = open("float").get();
        activity.findViewById(R.id.tab_benchmark).performClick();
        press(activity, R.id.threads, 1);
        heat(PowerManager.THERMAL_STATUS_SEVERE);
        assertFalse(activity.findViewById(R.id.share).isEnabled());
        measureShortly(activity);
        assertEquals(null, session().benchmark.failure);
        activity.findViewById(R.id.share).performClick();
        Intent chooser = Shadows.shadowOf(activity).getNextStartedActivity();
        Intent send = chooser.getParcelableExtra(Intent.EXTRA_INTENT);
        Files.write(new File(SCREENSHOTS.getParentFile(), "run.json").toPath(),
                send.getStringExtra(Intent.EXTRA_TEXT).getBytes(StandardCharsets.UTF_8));
        assertTrue(text(activity, R.id.numbers), text(activity, R.id.numbers).contains("p90"));
        assertTrue(text(activity, R.id.thermal), text(activity, R.id.thermal).startsWith("Thermal status: severe\nThrottled"));
        String told = String.valueOf(activity.findViewById(R.id.chart).getContentDescription());
        assertTrue(told, told.matches("Latency over time: \\d+ runs .*Thermal status: severe"));
        shoot(activity, "benchmark-hot");
    }

    private static void heat(int status) {
        PowerManager power = (PowerManager) RuntimeEnvironment.getApplication().getSystemService(Context.POWER_SERVICE);
        Shadows.shadowOf(power).setCurrentThermalStatus(status);
    }

    @Test
    public void aTurnedScreenKeepsItsState() throws Exception {
        ActivityController<MainActivity> controller = open("float");
        ((ViewGroup) controller.get().findViewById(R.id.results)).removeAllViews();
        press(controller.get(), R.id.choices, 1);
        await("an answer", () -> results(controller.get()).size() > 10);
        List<String> before = results(controller.get());
        controller.recreate();
        await("the answer again", () -> results(controller.get()).size() > 10);
        assertEquals(before.subList(0, 10), results(controller.get()).subList(0, 10));
        controller.get().findViewById(R.id.tab_about).performClick();
        controller.recreate();
        assertNotNull(controller.get().findViewById(R.id.facts));
    }

    @Test
    public void aModelThatDoesNotLoadSaysSo() throws Exception {
        MainActivity activity = open("broken").get();
        assertTrue(text(activity, R.id.golden), text(activity, R.id.golden).startsWith("This model does not run here: "));
        assertEquals("Broken", text(activity, R.id.name));
        assertFalse(activity.findViewById(R.id.pick).isShown());
        activity.findViewById(R.id.tab_benchmark).performClick();
        assertFalse(activity.findViewById(R.id.start).isEnabled());
        activity.findViewById(R.id.tab_try).performClick();
        shoot(activity, "broken-light");
    }

    @Test
    public void aGoldenPackThatIsNotMetIsRed() throws Exception {
        MainActivity activity = open("changed").get();
        assertTrue(text(activity, R.id.golden), text(activity, R.id.golden).startsWith("Golden pack failed on this phone: "));
    }

    @Test
    public void aPickedPhotoIsClassified() throws Exception {
        MainActivity activity = open("resnet").get();
        activity.findViewById(R.id.pick).performClick();
        Intent asked = Shadows.shadowOf(activity).getNextStartedActivity();
        assertEquals(Intent.ACTION_GET_CONTENT, asked.getAction());
        File photo = new File(BUNDLES, "resnet/" + session().bundle.samples.get(1));
        ((ViewGroup) activity.findViewById(R.id.results)).removeAllViews();
        android.net.Uri place = android.net.Uri.fromFile(photo);
        Shadows.shadowOf(activity.getContentResolver()).registerInputStream(place, Files.newInputStream(photo.toPath()));
        Shadows.shadowOf(activity).receiveResult(asked, Activity.RESULT_OK, new Intent().setData(place));
        JSONArray answers = expected().getJSONObject("resnet").getJSONArray("answers");
        await("the answer", () -> results(activity).size() > 10);
        assertEquals(answers.getJSONArray(1).getString(1), results(activity).get(1));
        assertFalse(results(activity).get(1).equals(answers.getJSONArray(0).getString(1)));
    }

    @Test
    public void aPhotoThatWasTakenAndARunOutliveTheProcess() throws Exception {
        ActivityController<MainActivity> controller = open("float");
        controller.get().findViewById(R.id.camera).performClick();
        Intent asked = Shadows.shadowOf(controller.get()).getNextStartedActivity();
        File photo = new File(BUNDLES, "float/" + session().bundle.samples.get(2));
        Bitmap taken = BitmapFactory.decodeFile(photo.getPath());
        ((ViewGroup) controller.get().findViewById(R.id.results)).removeAllViews();
        Shadows.shadowOf(controller.get()).receiveResult(asked, Activity.RESULT_OK, new Intent().putExtra("data", taken));
        JSONObject about = expected().getJSONObject("float");
        await("the answer", () -> results(controller.get()).size() > 10);
        String wanted = results(controller.get()).get(1);
        same("the photo", about.getJSONArray("answers").getJSONArray(2).getString(1), wanted, about.getDouble("tolerance"));
        controller.get().findViewById(R.id.tab_benchmark).performClick();
        press(controller.get(), R.id.threads, 2);
        measureShortly(controller.get());
        String numbers = text(controller.get(), R.id.numbers);
        Bundle state = new Bundle();
        controller.saveInstanceState(state).pause().stop().destroy();
        ((DemoApplication) RuntimeEnvironment.getApplication()).session = new Session();
        give("float");
        ActivityController<MainActivity> again = Robolectric.buildActivity(MainActivity.class).setup(state);
        await("the checkup", () -> session().checkup != null);
        ShadowLooper.idleMainLooper();
        assertEquals(numbers, text(again.get(), R.id.numbers));
        assertTrue(((ViewGroup) again.get().findViewById(R.id.threads)).getChildAt(2).isSelected());
        assertTrue(again.get().findViewById(R.id.share).isEnabled());
        again.get().findViewById(R.id.tab_try).performClick();
        await("the answer again", () -> results(again.get()).size() > 10);
        assertEquals(wanted, results(again.get()).get(1));
    }
}
