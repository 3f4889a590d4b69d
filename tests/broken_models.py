"""Makes networks that int8 breaks, each for one known reason, once per session of tests; see conftest.py.

    python tests/broken_models.py FOLDER PHOTOS [NETWORK...]

One network is trained on the sign-language photos and is sound. The others are that network, changed so that its
function stays the same (what one layer is scaled up by, the next is scaled down by), or its first layers with another
end, trained on the same photos. Inputs are 0..1.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "2"
os.environ["CUDA_VISIBLE_DEVICES"] = "-1"

import keras
import numpy as np
import tensorflow as tf
from photo_model import SIZE, load, split
from tensorflow.python.framework.convert_to_constants import convert_variables_to_constants_v2

Tensor = keras.KerasTensor
layers = keras.layers

CALIBRATION = 200


def convolution(x: Tensor, name: str, filters: int, *, size: int = 1, strides: int = 1, relu: bool = True) -> Tensor:
    x = layers.Conv2D(filters, size, strides=strides, padding="same", use_bias=False, name=f"{name}_conv")(x)
    return activated(x, name, relu=relu)


def depthwise(x: Tensor, name: str, *, strides: int = 1) -> Tensor:
    x = layers.DepthwiseConv2D(3, strides=strides, padding="same", use_bias=False, name=f"{name}_conv")(x)
    return activated(x, name, relu=True)


def activated(x: Tensor, name: str, *, relu: bool, gain: float = 1.0) -> Tensor:
    start = keras.initializers.Constant(gain)
    x = layers.BatchNormalization(momentum=0.9, gamma_initializer=start, name=f"{name}_norm")(x)
    # ReLU without a bound: what is scaled by a positive number before it can be scaled back behind it.
    return layers.ReLU(name=f"{name}_relu")(x) if relu else x


def build() -> keras.Model:
    image = keras.Input((SIZE, SIZE, 3), name="photo")
    x = convolution(image, "stem", 16, size=3, strides=2)
    x = layers.Concatenate(name="joined")([convolution(x, "point", 12), convolution(x, "area", 12, size=3)])
    for index, (filters, strides) in enumerate(((40, 2), (64, 1), (64, 2), (96, 1))):
        x = convolution(depthwise(x, f"depth{index}", strides=strides), f"width{index}", filters)
    return keras.Model(image, classified(layers.GlobalAveragePooling2D()(x)), name="sound")


def classified(x: Tensor) -> Tensor:
    return layers.Dense(10, activation="softmax", name="digit")(x)


def fit(model: keras.Model, values: np.ndarray, labels: np.ndarray, *, epochs: int) -> None:
    batch = 64
    rate = keras.optimizers.schedules.CosineDecay(3e-3, epochs * len(values) // batch)
    model.compile(keras.optimizers.Adam(rate), "sparse_categorical_crossentropy")
    model.fit(values, labels, batch_size=batch, epochs=epochs, verbose=0)


def rescaled(sound: keras.Model, norm: str, reader: str, factor: float, *, channels: Any, read: Any) -> keras.Model:
    """Scale channels of a normalization up, and the weights of the depthwise layer that reads them down."""
    model = keras.models.clone_model(sound)
    model.set_weights(sound.get_weights())
    scaled, other = model.get_layer(f"{norm}_norm"), model.get_layer(f"{reader}_conv")
    gamma, beta, *rest = scaled.get_weights()
    gamma[channels] *= factor
    beta[channels] *= factor
    scaled.set_weights([gamma, beta, *rest])
    (kernel,) = other.get_weights()
    kernel[:, :, read] /= factor
    other.set_weights([kernel])
    return model


def with_unused_class(sound: keras.Model) -> keras.Model:
    """An eleventh class that is never meant, as padded heads have it: its score is always -2000."""
    kernel, bias = sound.get_layer("digit").get_weights()
    head = layers.Dense(11, activation="softmax", name="digit_or_none")
    model = keras.Model(sound.input, head(sound.get_layer("digit").input))
    head.set_weights([np.pad(kernel, ((0, 0), (0, 1))), np.append(bias, -2000.0)])
    return model


def with_quantities(sound: keras.Model) -> keras.Model:
    """A head of two quantities, as regression has them: one in thousands, the other in tenths."""
    kernel, _ = sound.get_layer("digit").get_weights()
    head = layers.Dense(2, name="quantities")
    model = keras.Model(sound.input, head(sound.get_layer("digit").input))
    head.set_weights([kernel[:, :2] * np.array([1000.0, 0.1]), np.zeros(2)])
    return model


def retrained(
    sound: keras.Model, after: str, end: Callable[[Tensor], Tensor], photos: tuple[np.ndarray, np.ndarray], epochs: int
) -> keras.Model:
    """Put another end behind the first layers, and train it alone, on what these give."""
    trunk = keras.Model(sound.input, sound.get_layer(f"{after}_relu").output)
    features = trunk.predict(photos[0], batch_size=64, verbose=0)
    taken = keras.Input(features.shape[1:])
    head = keras.Model(taken, end(taken))
    fit(head, features, photos[1], epochs=epochs)
    image = keras.Input((SIZE, SIZE, 3), name="photo")
    return keras.Model(image, head(trunk(image)))


def silu_end(x: Tensor) -> Tensor:
    """A third power, whose values reach into the thousands, into SiLU, of which only 0..6 is used."""
    x = layers.Conv2D(64, 1, use_bias=False, name="bent_conv")(depthwise(x, "before"))
    x = activated(x, "bent", relu=False, gain=2.0)
    x = layers.Multiply(name="cube")([layers.Multiply(name="square")([x, x]), x])
    x = layers.ReLU(6.0, name="bound")(layers.Activation("silu", name="silu")(x))
    x = convolution(depthwise(x, "behind", strides=2), "last", 96)
    return classified(layers.GlobalAveragePooling2D()(x))


def attention_end(x: Tensor) -> Tensor:
    """Attention over 8 x 144 places at once, so that a share is near 1/1152 where int8 has steps of 1/256."""
    height, width, channels = x.shape[1:]
    calm = keras.regularizers.L2(1e-4)
    scores = layers.Conv2D(8, 1, activity_regularizer=calm, name="scores")(x)
    shares = layers.Softmax(name="shares")(layers.Reshape((height * width * 8,))(scores))
    values = layers.Reshape((height * width, channels))(x)
    x = layers.Dot(axes=(1, 1), name="attended")([layers.Reshape((height * width, 8))(shares), values])
    x = layers.Dense(64, use_bias=False, name="mixed")(layers.Flatten()(x))
    return classified(activated(x, "mixed", relu=True))


def exported(model: keras.Model) -> bytes:
    """The float .tflite for a batch of one: quicker than by way of edgekit, which would start TensorFlow once more."""
    photo = tf.TensorSpec((1, SIZE, SIZE, 3), tf.float32, name="photo")
    call = tf.function(lambda photo: model(photo, training=False), input_signature=[photo], autograph=False)
    frozen = convert_variables_to_constants_v2(call.get_concrete_function())
    return bytes(tf.lite.TFLiteConverter.from_concrete_functions([frozen]).convert())


def main() -> None:
    folder, photos = Path(sys.argv[1]), Path(sys.argv[2])
    split(folder, photos)
    keras.utils.set_random_seed(3)
    train, test = load(folder / "train"), load(folder / "test")
    shuffled = np.random.default_rng(0).permutation(len(train[0]))[:CALIBRATION]
    calibration = train[0][shuffled]
    np.save(folder / "calibration.npy", calibration)
    # One photo that somebody forgot to divide by 255.
    np.save(folder / "outlier.npy", np.concatenate([calibration[:-1], calibration[-1:] * 255]))
    np.savez(folder / "test.npz", photo=test[0], labels=test[1])

    sound = build()
    fit(sound, *train, epochs=12)
    widths = keras.Model(sound.input, sound.get_layer("width0_relu").output).predict(train[0][:64], verbose=0)
    order = np.argsort(widths.max((0, 1, 2)))
    middle, narrow = [order[len(order) // 2]], [order[0]]
    models: dict[str, Callable[[], keras.Model]] = {
        "sound": lambda: sound,
        "silu": lambda: retrained(sound, "width0", silu_end, train, 8),
        "concatenation": lambda: rescaled(sound, "area", "depth0", 1000.0, channels=slice(None), read=slice(12, 24)),
        "wide_channel": lambda: rescaled(sound, "width0", "depth1", 500.0, channels=middle, read=middle),
        "tiny_softmax": lambda: retrained(sound, "width1", attention_end, train, 10),
        "wide_final_layer": lambda: with_unused_class(sound),
        "outlier": lambda: sound,
        "per_tensor_weights": lambda: rescaled(sound, "width0", "depth1", 1 / 64, channels=narrow, read=narrow),
    }
    correct = {}
    for name in sys.argv[3:] or models:
        model = models[name]()
        model.save(folder / f"{name}.keras")
        (folder / f"{name}.tflite").write_bytes(exported(model))
        correct[name] = int((model.predict(test[0], verbose=0).argmax(1) == test[1]).sum())
    (folder / "quantities.tflite").write_bytes(exported(with_quantities(sound)))
    (folder / "accuracy.json").write_text(json.dumps({"correct": correct, "total": len(test[1])}))


if __name__ == "__main__":
    main()
