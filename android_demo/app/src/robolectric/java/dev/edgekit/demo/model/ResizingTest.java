package dev.edgekit.demo.model;

import static org.junit.Assert.assertArrayEquals;
import static org.junit.Assert.assertTrue;

import java.io.File;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import org.json.JSONArray;
import org.json.JSONObject;
import org.junit.Test;
import org.junit.runner.RunWith;
import org.robolectric.RobolectricTestRunner;
import org.robolectric.annotation.Config;
import org.robolectric.annotation.GraphicsMode;

/** Pictures of many sizes, by every filter and shape, become the very levels that edgekit's own reader gives. */
@RunWith(RobolectricTestRunner.class)
// As all tests here: another mode has classes of its own, and the runtime's library is loaded for one set of them.
@GraphicsMode(GraphicsMode.Mode.NATIVE)
@Config(sdk = 34)
public class ResizingTest {
    private static int[] numbers(JSONArray from) throws Exception {
        int[] made = new int[from.length()];
        for (int i = 0; i < made.length; i++) {
            made[i] = from.getInt(i);
        }
        return made;
    }

    @Test
    public void everyFilterAgreesWithEdgekit() throws Exception {
        File file = new File(System.getProperty("app.bundles"), "resizing.json");
        JSONArray cases = new JSONArray(new String(Files.readAllBytes(file.toPath()), StandardCharsets.UTF_8));
        assertTrue(cases.length() >= 80);
        for (int i = 0; i < cases.length(); i++) {
            JSONObject each = cases.getJSONObject(i);
            int[] made = Pictures.fit(
                    numbers(each.getJSONArray("values")), each.getInt("width"), each.getInt("height"),
                    new PictureInfo(each.getJSONObject("picture")));
            assertArrayEquals(each.getString("told"), numbers(each.getJSONArray("expected")), made);
        }
    }
}
