package dev.edgekit.demo.model;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** Numbers in buffers, by the name of their type. */
public final class Numbers {
    private Numbers() {}

    /** Bytes of one value. */
    public static int width(String dtype) {
        switch (dtype) {
            case "bool":
            case "int8":
            case "uint8":
                return 1;
            case "int16":
                return 2;
            case "int32":
            case "float32":
                return 4;
            case "int64":
            case "float64":
                return 8;
            default:
                throw new IllegalArgumentException("this app does not know numbers of type " + dtype);
        }
    }

    /** The value at a place, as it is stored. */
    public static double get(ByteBuffer from, String dtype, int index) {
        int at = index * width(dtype);
        switch (dtype) {
            case "bool":
            case "uint8":
                return from.get(at) & 0xff;
            case "int8":
                return from.get(at);
            case "int16":
                return from.getShort(at);
            case "int32":
                return from.getInt(at);
            case "float32":
                return from.getFloat(at);
            case "int64":
                return from.getLong(at);
            default:
                return from.getDouble(at);
        }
    }

    /** The real number that a stored one stands for. */
    public static double real(ByteBuffer from, TensorInfo tensor, int index) {
        double stored = get(from, tensor.dtype, index);
        return tensor.isQuantized() ? (float) ((stored - tensor.zeroPoint) * tensor.scale) : stored;
    }

    /** Write a real number at the buffer's position as the tensor stores it. */
    public static void putReal(ByteBuffer to, TensorInfo tensor, float value) {
        if (!tensor.isQuantized()) {
            switch (tensor.dtype) {
                case "float32":
                    to.putFloat(value);
                    return;
                case "uint8":
                case "int8":
                    to.put((byte) Math.round(value));
                    return;
                default:
                    throw new IllegalArgumentException("pictures do not become numbers of type " + tensor.dtype);
            }
        }
        // In float, and to even, as numpy rounds: a double here would fall the other way now and then.
        float steps = (float) Math.rint(value / (float) tensor.scale) + tensor.zeroPoint;
        switch (tensor.dtype) {
            case "int8":
                to.put((byte) Math.max(-128, Math.min(127, steps)));
                return;
            case "uint8":
                to.put((byte) (int) Math.max(0, Math.min(255, steps)));
                return;
            case "int16":
                to.putShort((short) Math.max(-32768, Math.min(32767, steps)));
                return;
            default:
                throw new IllegalArgumentException("pictures do not become numbers of type " + tensor.dtype);
        }
    }

    public static ByteBuffer buffer(int bytes) {
        return ByteBuffer.allocateDirect(bytes).order(ByteOrder.nativeOrder());
    }
}
