"""The work of ``edgekit convert --precision int8`` as one would write it by hand: what edgekit is held against.

    python scripts/benchmarks/bare_convert.py MODEL.h5 SAMPLES.npy OUTPUT.tflite

Nothing in it is slower than it need be: one process, one run over the samples, no files in between.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "2"
os.environ["CUDA_VISIBLE_DEVICES"] = "-1"

import keras
import numpy as np
import tensorflow as tf
from ai_edge_litert.interpreter import Interpreter
from ai_edge_quantizer import quantizer, recipe

_THREADS = os.cpu_count()
_PARITY_SAMPLES, _FIDELITY_SAMPLES = 16, 64


class DepthwiseConv2D(keras.layers.DepthwiseConv2D):
    """Drops the key that old files carry."""

    def __init__(self, *args, groups=1, **kwargs):  # noqa: ARG002  # dropping it is the point
        super().__init__(*args, **kwargs)


def outputs_of(content, samples):
    interpreter = Interpreter(model_content=content, num_threads=_THREADS)
    interpreter.allocate_tensors()
    given = interpreter.get_input_details()[0]["index"]
    wanted = interpreter.get_output_details()[0]["index"]
    outputs = []
    for sample in samples:
        interpreter.set_tensor(given, sample[None])
        interpreter.invoke()
        outputs.append(interpreter.get_tensor(wanted)[0])
    return np.stack(outputs)


def main(model_path, samples_path, output_path):
    samples = np.load(samples_path)
    model = keras.models.load_model(model_path, compile=False, custom_objects={"DepthwiseConv2D": DepthwiseConv2D})
    content = bytes(tf.lite.TFLiteConverter.from_keras_model(model).convert())

    reference = np.asarray(model(samples[:_PARITY_SAMPLES], training=False))
    error = np.abs(reference - outputs_of(content, samples[:_PARITY_SAMPLES])).max()
    if error > 1e-4 * np.ptp(reference):
        sys.exit(f"the float export is off by {error}")

    work = quantizer.Quantizer(bytearray(content))
    work.add_static_config(".*", recipe.TFLOperationName.ALL_SUPPORTED, 8, 8)
    for boundary in (recipe.TFLOperationName.INPUT, recipe.TFLOperationName.OUTPUT):
        work.update_quantization_recipe(".*", boundary, algorithm_key=recipe.AlgorithmName.NO_QUANTIZE)
    ((key, signature),) = Interpreter(model_content=content).get_signature_list().items()
    (name,) = signature["inputs"]
    ranges = work.calibrate({key: [{name: sample[None]} for sample in samples]}, num_threads=_THREADS)
    quantized = bytes(work.quantize(ranges).quantized_model)

    wanted, got = (outputs_of(each, samples[:_FIDELITY_SAMPLES]) for each in (content, quantized))
    snr = 10 * np.log10(np.square(wanted).sum() / np.square(wanted - got).sum())
    agreement = (wanted.argmax(1) == got.argmax(1)).mean()
    Path(output_path).write_bytes(quantized)
    print(f"{len(quantized)} bytes, parity {error:.2g}, SNR {snr:.1f} dB, top-1 as float {agreement:.1%}")


if __name__ == "__main__":
    main(*sys.argv[1:])
