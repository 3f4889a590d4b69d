package dev.edgekit.demo.model;

import java.io.Closeable;
import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.Map;
import org.tensorflow.lite.Interpreter;

/** One interpreter with buffers for its inputs and outputs. Not for two threads at once. */
public final class Runner implements Closeable {
    public final ByteBuffer[] inputs;
    public final ByteBuffer[] outputs;
    /** Milliseconds to make the interpreter. */
    public final double initMs;

    private final Interpreter interpreter;
    private final Map<Integer, Object> results = new HashMap<Integer, Object>();

    public Runner(Bundle bundle, ByteBuffer model, int threads, boolean xnnpack) {
        long start = System.nanoTime();
        Interpreter.Options options = new Interpreter.Options();
        options.setNumThreads(threads);
        options.setUseXNNPACK(xnnpack);
        interpreter = new Interpreter(model, options);
        try {
            for (int i = 0; i < bundle.inputs.size(); i++) {
                interpreter.resizeInput(i, bundle.inputs.get(i).shape, true);
            }
            interpreter.allocateTensors();
            inputs = buffers(bundle.inputs);
            outputs = buffers(bundle.outputs);
        } catch (RuntimeException error) {
            interpreter.close();
            throw error;
        }
        initMs = (System.nanoTime() - start) / 1e6;
        for (int i = 0; i < outputs.length; i++) {
            results.put(i, outputs[i]);
        }
    }

    /** Run once on what the inputs hold. Returns milliseconds of the inference alone. */
    public double run() {
        for (ByteBuffer buffer : inputs) {
            buffer.rewind();
        }
        for (ByteBuffer buffer : outputs) {
            buffer.rewind();
        }
        interpreter.runForMultipleInputsOutputs(inputs, results);
        return interpreter.getLastNativeInferenceDurationNanoseconds() / 1e6;
    }

    @Override
    public void close() {
        interpreter.close();
    }

    private static ByteBuffer[] buffers(java.util.List<TensorInfo> tensors) {
        ByteBuffer[] made = new ByteBuffer[tensors.size()];
        for (int i = 0; i < made.length; i++) {
            made[i] = Numbers.buffer(tensors.get(i).bytes());
        }
        return made;
    }
}
