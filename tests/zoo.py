"""Makes the models that the tests use, once per session, in a process of its own: it needs TensorFlow.

python tests/zoo.py FOLDER SHARED_DATA
"""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path
from typing import Any

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "2"
os.environ["CUDA_VISIBLE_DEVICES"] = "-1"

import keras
import numpy as np
import tensorflow as tf

MLPERF = ("ic_resnet8", "vww_mobilenet", "ad_autoencoder", "sww_dscnn1d")


class OldDepthwise(keras.layers.DepthwiseConv2D):
    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Any:
        return keras.layers.DepthwiseConv2D.from_config({k: v for k, v in config.items() if k != "groups"})


def mlperf_tiny(folder: Path, data: Path) -> None:
    """A .keras and a SavedModel of each reference model."""
    for name in MLPERF:
        model = keras.models.load_model(
            data / "mlperf_tiny" / f"{name}.h5", compile=False, custom_objects={"DepthwiseConv2D": OldDepthwise}
        )
        model.save(folder / f"{name}.keras")
        model.export(str(folder / f"{name}_saved"), verbose=False)


def well_formed(folder: Path) -> None:
    keras.utils.set_random_seed(7)
    tiny = keras.Sequential([keras.Input((4,), name="x"), keras.layers.Dense(3, activation="softmax", name="scores")])
    tiny.save(folder / "tiny.keras")
    tiny.save(folder / "tiny_k3.h5")
    tiny.save_weights(folder / "tiny.weights.h5")

    left, right = keras.Input((4,), name="left"), keras.Input((2, 3), name="right")
    joined = keras.layers.Concatenate()([left, keras.layers.Flatten()(right)])
    two = keras.Model(
        [right, left], [keras.layers.Dense(2, name="narrow")(joined), keras.layers.Dense(5, name="wide")(left)]
    )
    two.save(folder / "two.keras")
    two.export(str(folder / "two_saved"), verbose=False)
    (folder / "two.tflite").write_bytes(tf.lite.TFLiteConverter.from_saved_model(str(folder / "two_saved")).convert())

    image = keras.Input((16, 16, 3), name="image")
    hidden = keras.layers.Rescaling(1 / 255, name="scale")(image)
    hidden = keras.layers.Conv2D(8, 3, activation="relu")(hidden)
    hidden = keras.layers.GlobalAveragePooling2D()(hidden)
    scaled = keras.Model(image, keras.layers.Dense(10)(hidden), name="scaled")
    scaled.save(folder / "scaled.keras")

    outer = keras.Input((16, 16, 3))
    keras.Model(outer, keras.layers.Softmax()(scaled(outer))).save(folder / "nested.keras")

    steps = keras.Input((12, 5))
    keras.Model(steps, keras.layers.Dense(2)(keras.layers.LSTM(6)(steps))).save(folder / "lstm.keras")

    keras.Model(steps, keras.layers.Dense(2)(keras.layers.GRU(6)(steps))).save(folder / "gru.keras")
    keras.Model(steps, keras.layers.Dense(2)(keras.layers.LSTM(6, unroll=True)(steps))).save(folder / "unrolled.keras")

    words = keras.Input((6,), dtype="int32", name="words")
    keras.Model(words, keras.layers.Dense(2)(keras.layers.Flatten()(keras.layers.Embedding(30, 4)(words)))).save(
        folder / "embedding.keras"
    )

    positive = keras.Input((4,))
    raised = keras.layers.Dense(4)(keras.layers.ReLU()(keras.layers.Dense(4)(positive)))
    keras.Model(positive, keras.ops.log(keras.ops.relu(raised))).save(folder / "log.keras")

    keyed = keras.Input((4,))
    keras.Model(keyed, {"b": keras.layers.Dense(2)(keyed), "a": keras.layers.Dense(3)(keyed)}).save(
        folder / "keyed.keras"
    )

    class Plain(tf.Module):
        def __init__(self) -> None:
            super().__init__()
            self.weight = tf.Variable(np.arange(12, dtype=np.float32).reshape(4, 3) / 10)

        @tf.function(input_signature=[tf.TensorSpec((None, 4), tf.float32, name="x")])
        def serve(self, x: Any) -> dict[str, Any]:
            return {"y": tf.nn.relu(tf.matmul(x, self.weight))}

    plain = Plain()
    tf.saved_model.save(plain, str(folder / "plain_saved"), signatures=plain.serve.get_concrete_function())
    tf.saved_model.save(plain, str(folder / "unsigned_saved"))


@keras.saving.register_keras_serializable(package="zoo")
class InverseErf(keras.layers.Layer):
    def call(self, x: Any) -> Any:
        return tf.math.erfinv(x * 0.5)


@keras.saving.register_keras_serializable(package="zoo")
class Scale(keras.layers.Layer):
    def call(self, x: Any) -> Any:
        return x * 2.0


@keras.saving.register_keras_serializable(package="zoo")
class Dies(keras.layers.Layer):
    """Takes the process down while it is traced, as an LLVM abort does."""

    def call(self, x: Any) -> Any:
        if os.environ.get("ZOO_ALIVE") != "1":
            os.abort()
        return x


@keras.saving.register_keras_serializable(package="zoo")
class Endless(keras.layers.Layer):
    """Loads, but is never done being traced at a batch of one."""

    def call(self, x: Any) -> Any:
        while x.shape[0] == 1:
            time.sleep(0.1)
        return x


@keras.saving.register_keras_serializable(package="zoo")
class Chance(keras.layers.Layer):
    def call(self, x: Any) -> Any:
        return x + tf.random.uniform((1, 8))


def awkward(folder: Path) -> None:
    os.environ["ZOO_ALIVE"] = "1"
    x = keras.Input((8,))

    def save(layer: Any, name: str) -> None:
        keras.Model(x, keras.layers.Dense(2, name="head")(layer(keras.layers.Dense(8)(x)))).save(folder / name)

    save(InverseErf(name="my_erfinv"), "erfinv.keras")
    save(Scale(name="my_scale"), "custom.keras")
    save(Scale(name="my_scale"), "custom.h5")
    save(Dies(name="fatal"), "dies.keras")
    save(Endless(name="loop"), "endless.keras")
    save(Chance(name="dice"), "chance.keras")
    save(keras.layers.Lambda(lambda t: t * 2, name="doubled"), "lambda.keras")
    save(keras.layers.Lambda(lambda t: t * 2, name="doubled"), "lambda.h5")
    free = keras.Input((None, None, 3), name="photo")
    keras.Model(free, keras.layers.GlobalAveragePooling2D()(keras.layers.Conv2D(4, 3)(free))).save(
        folder / "free_size.keras"
    )


def main() -> None:
    folder, data = Path(sys.argv[1]), Path(sys.argv[2])
    mlperf_tiny(folder, data)
    well_formed(folder)
    awkward(folder)


if __name__ == "__main__":
    main()
