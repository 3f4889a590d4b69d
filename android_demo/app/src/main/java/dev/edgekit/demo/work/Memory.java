package dev.edgekit.demo.work;

import java.io.BufferedReader;
import java.io.FileReader;
import java.io.FileWriter;
import java.io.IOException;

/** What this process holds, by the kernel's own count. */
final class Memory {
    private Memory() {}

    /** Let the largest count anew from what is held now. False where the system does not let this app. */
    static boolean forgetPeak() {
        try {
            FileWriter order = new FileWriter("/proc/self/clear_refs");
            try {
                order.write("5");
            } finally {
                order.close();
            }
            return true;
        } catch (IOException error) {
            return false;
        }
    }

    /** Bytes of a line of /proc/self/status, such as {@code VmHWM}; -1 where it is not told. */
    static long bytes(String what) {
        try {
            BufferedReader lines = new BufferedReader(new FileReader("/proc/self/status"));
            try {
                for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                    if (line.startsWith(what + ":")) {
                        return 1024 * Long.parseLong(line.replaceAll("[^0-9]", ""));
                    }
                }
            } finally {
                lines.close();
            }
        } catch (IOException error) {
            return -1;
        }
        return -1;
    }
}
