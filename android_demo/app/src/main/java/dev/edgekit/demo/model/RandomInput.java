package dev.edgekit.demo.model;

import java.nio.ByteBuffer;
import java.util.Random;

/** Values for an input that no golden pack fills: on zeros alone some kernels have less to do. */
public final class RandomInput {
    private RandomInput() {}

    /** Fill with the same values each time: floats from 0 to 1, bytes of their whole range. */
    public static void fill(TensorInfo input, ByteBuffer buffer) {
        Random random = new Random(0);
        if (input.dtype.equals("float32")) {
            for (int i = 0; i < input.elements(); i++) {
                buffer.putFloat(4 * i, random.nextFloat());
            }
        } else if (input.dtype.equals("int8") || input.dtype.equals("uint8")) {
            for (int i = 0; i < input.elements(); i++) {
                buffer.put(i, (byte) random.nextInt(256));
            }
        }
        // Wider whole numbers may be places in a table, of which only the first is there for sure.
    }
}
