package dev.edgekit.demo.model;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** An array as numpy's .npy files hold it. Format: https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html */
final class NumpyArray {
    private static final Pattern HEADER = Pattern.compile(
            "'descr': *'([<>|=])([a-z])(\\d+)'.*'fortran_order': *(True|False).*'shape': *\\(([^)]*)\\)");

    final String dtype;
    final int[] shape;
    private final ByteBuffer values;

    private NumpyArray(String dtype, int[] shape, ByteBuffer values) {
        this.dtype = dtype;
        this.shape = shape;
        this.values = values;
    }

    static NumpyArray parse(byte[] file) throws IOException {
        if (file.length < 10 || (file[0] & 0xff) != 0x93 || file[1] != 'N' || file[2] != 'U') {
            throw new IOException("an array of the golden pack is no .npy file");
        }
        ByteBuffer bytes = ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN);
        boolean first = file[6] == 1;
        int start = first ? 10 : 12;
        int length = first ? bytes.getShort(8) & 0xffff : bytes.getInt(8);
        String header = new String(file, start, length, StandardCharsets.US_ASCII);
        Matcher found = HEADER.matcher(header);
        if (!found.find() || found.group(1).equals(">") || found.group(4).equals("True")) {
            throw new IOException("an array of the golden pack is of another kind: " + header.trim());
        }
        int[] shape = sizes(found.group(5));
        String dtype = name(found.group(2), Integer.parseInt(found.group(3)));
        int wanted = Numbers.width(dtype);
        for (int size : shape) {
            wanted *= size;
        }
        if (file.length - start - length != wanted) {
            throw new IOException("an array of the golden pack is cut off");
        }
        bytes.position(start + length);
        return new NumpyArray(dtype, shape, bytes.slice().order(ByteOrder.LITTLE_ENDIAN));
    }

    /** How many values one row along the first axis holds. */
    int row() {
        int total = 1;
        for (int i = 1; i < shape.length; i++) {
            total *= shape[i];
        }
        return total;
    }

    double at(int sample, int index) {
        return Numbers.get(values, dtype, sample * row() + index);
    }

    /** Copy one row's bytes. */
    void copyRow(int sample, ByteBuffer to) {
        int bytes = row() * Numbers.width(dtype);
        for (int i = 0; i < bytes; i++) {
            to.put(values.get(sample * bytes + i));
        }
    }

    private static int[] sizes(String from) {
        String plain = from.replace(" ", "");
        if (plain.endsWith(",")) {
            plain = plain.substring(0, plain.length() - 1);
        }
        if (plain.isEmpty()) {
            return new int[0];
        }
        String[] parts = plain.split(",");
        int[] shape = new int[parts.length];
        for (int i = 0; i < parts.length; i++) {
            shape[i] = Integer.parseInt(parts[i]);
        }
        return shape;
    }

    private static String name(String kind, int bytes) throws IOException {
        switch (kind) {
            case "b":
                return "bool";
            case "i":
                return "int" + 8 * bytes;
            case "u":
                if (bytes == 1) {
                    return "uint8";
                }
                break;
            case "f":
                return "float" + 8 * bytes;
            default:
                break;
        }
        throw new IOException("an array of the golden pack holds numbers that this app does not know: " + kind + bytes);
    }
}
