"""Makes MobileNetV2 with random weights in three precisions, in a process of its own: it needs TensorFlow.

python tests/prediction/large_network.py FOLDER
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
os.environ["CUDA_VISIBLE_DEVICES"] = "-1"

import keras
import tensorflow as tf
from ai_edge_quantizer import quantizer, recipe


def main() -> None:
    folder = Path(sys.argv[1])
    keras.utils.set_random_seed(7)
    model = keras.applications.MobileNetV2(weights=None, input_tensor=keras.Input(batch_shape=(1, 224, 224, 3)))
    converter = tf.lite.TFLiteConverter.from_keras_model(model)
    plain = folder / "float32.tflite"
    plain.write_bytes(converter.convert())
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    converter.target_spec.supported_types = [tf.float16]
    (folder / "float16.tflite").write_bytes(converter.convert())
    dynamic = quantizer.Quantizer(str(plain), recipe.dynamic_wi8_afp32())
    (folder / "dynamic_int8.tflite").write_bytes(bytes(dynamic.quantize().quantized_model))


if __name__ == "__main__":
    main()
