package dev.edgekit.demo.work;

import java.io.File;
import java.io.FileInputStream;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.ObjectInputStream;
import java.io.ObjectOutputStream;

/** The last measurement, in a file: the system may end an app that is out of sight. */
final class LastRun {
    private static final String FILE = "last-run";

    private LastRun() {}

    /** Keep it, with the hash of the model that it is of. */
    static void keep(File folder, String sha256, Measurement run) throws IOException {
        ObjectOutputStream stream = new ObjectOutputStream(new FileOutputStream(new File(folder, FILE)));
        try {
            stream.writeObject(sha256);
            stream.writeObject(run);
        } finally {
            stream.close();
        }
    }

    /** What was kept; null where there is none, or none of this model by this version of the app. */
    static Measurement read(File folder, String sha256) {
        try {
            ObjectInputStream stream = new ObjectInputStream(new FileInputStream(new File(folder, FILE)));
            try {
                return sha256.equals(stream.readObject()) ? (Measurement) stream.readObject() : null;
            } finally {
                stream.close();
            }
        } catch (IOException error) {
            return null;
        } catch (ClassNotFoundException error) {
            return null;
        } catch (RuntimeException error) {
            // A file that was cut off.
            return null;
        }
    }
}
