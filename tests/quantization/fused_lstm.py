"""Makes fused_lstm.tflite: Keras 2's recurrent layer for a batch of one, which becomes one operator with variables.

python tests/quantization/fused_lstm.py

The file lies beside this, for it takes 14 s to make and needs tf_keras.
"""

from __future__ import annotations

from pathlib import Path

import tensorflow as tf
import tf_keras


def main() -> None:
    tf_keras.utils.set_random_seed(1)
    steps = tf_keras.Input((12, 5), batch_size=1)
    model = tf_keras.Model(steps, tf_keras.layers.Dense(2)(tf_keras.layers.LSTM(6)(steps)))
    content = tf.lite.TFLiteConverter.from_keras_model(model).convert()
    Path(__file__).with_name("fused_lstm.tflite").write_bytes(content)


if __name__ == "__main__":
    main()
