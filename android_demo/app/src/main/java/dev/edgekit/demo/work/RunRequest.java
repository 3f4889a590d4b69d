package dev.edgekit.demo.work;

import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import org.json.JSONArray;
import org.json.JSONException;
import org.json.JSONObject;

/** What is asked for from outside, read strictly: whoever asks may be anybody. */
public final class RunRequest {
    static final String SCHEMA = "edgekit.app_request/1";
    private static final List<String> KEYS =
            Arrays.asList("schema", "id", "threads", "seconds", "xnnpack", "idle_ms");
    private static final int MOST_LETTERS = 4096;
    private static final int MOST_ENTRIES = 8;
    private static final int MOST_THREADS = 16;
    private static final double LEAST_SECONDS = 0.1;
    private static final double MOST_SECONDS = 600;
    private static final double MOST_IDLE_MS = 10_000;

    public final String id;
    public final Settings[] settings;

    private RunRequest(String id, Settings[] settings) {
        this.id = id;
        this.settings = settings;
    }

    /** The id of a request that may be wrong in all else; null where it has none that can be part of a file's name. */
    public static String idOf(String text) {
        try {
            Object id = text == null || text.length() > MOST_LETTERS ? null : new JSONObject(text).opt("id");
            return id instanceof String && ((String) id).matches("[0-9a-fA-F]{1,64}") ? (String) id : null;
        } catch (JSONException error) {
            return null;
        } catch (StackOverflowError error) {
            // Nested beyond reason.
            return null;
        }
    }

    /** Read a request. Throws IllegalArgumentException with a sentence. */
    public static RunRequest parse(String text) {
        require(text != null, "the request is not there: it is the text 'request' of the intent");
        require(text.length() <= MOST_LETTERS, "the request has more than " + MOST_LETTERS + " letters");
        String id = idOf(text);
        require(id != null, "the request is not JSON, or its id is not of 1 to 64 digits 0-9, a-f");
        try {
            JSONObject from = new JSONObject(text);
            require(SCHEMA.equals(from.opt("schema")),
                    "the request is of schema '" + from.opt("schema") + "', and this app knows " + SCHEMA);
            for (Iterator<String> names = from.keys(); names.hasNext(); ) {
                String name = names.next();
                require(KEYS.contains(name), "the request has '" + name + "', and this app knows " + KEYS);
            }
            double seconds = number(from, "seconds", LEAST_SECONDS, MOST_SECONDS);
            double idleMs = from.has("idle_ms") ? number(from, "idle_ms", 0, MOST_IDLE_MS) : 0;
            require(from.opt("xnnpack") instanceof Boolean, "xnnpack is neither true nor false");
            Object threads = from.opt("threads");
            require(threads instanceof JSONArray, "threads is no list of numbers");
            JSONArray counts = (JSONArray) threads;
            require(counts.length() >= 1 && counts.length() <= MOST_ENTRIES,
                    "threads has " + counts.length() + " entries, and 1 to " + MOST_ENTRIES + " are taken");
            Settings[] settings = new Settings[counts.length()];
            for (int i = 0; i < settings.length; i++) {
                Object count = counts.get(i);
                require(count instanceof Integer && (Integer) count >= 1 && (Integer) count <= MOST_THREADS,
                        "threads has " + count + ", and whole numbers from 1 to " + MOST_THREADS + " are taken");
                settings[i] = new Settings((Integer) count, from.getBoolean("xnnpack"), seconds, idleMs);
            }
            return new RunRequest(id, settings);
        } catch (JSONException error) {
            throw new IllegalArgumentException("the request is damaged: " + error.getMessage());
        }
    }

    private static double number(JSONObject from, String name, double least, double most) {
        Object found = from.opt(name);
        double number = found instanceof Number ? ((Number) found).doubleValue() : Double.NaN;
        require(number >= least && number <= most,
                name + " is " + found + ", and numbers from " + least + " to " + most + " are taken");
        return number;
    }

    private static void require(boolean holds, String sentence) {
        if (!holds) {
            throw new IllegalArgumentException(sentence);
        }
    }
}
