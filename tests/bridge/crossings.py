"""Carries models to tf-keras and back, in a process of its own; tests read what it prints.

    python tests/bridge/crossings.py CASE...

A CASE is one of the conversion matrix, or one of ``OWN``. Prints, as JSON, for each: the largest differences both ways
as a share of the outputs' range, and what the models at both ends and in the middle are; then what is refused.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
os.environ["CUDA_VISIBLE_DEVICES"] = "-1"
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import keras
import numpy as np
import tf_keras
from matrix_models import CASES

import edgekit

RAW = edgekit.Recipe(value_range="raw")


def of_tf_keras() -> Any:
    """One that was never of Keras 3: its relu6, additions and multiplications are functions of TensorFlow."""
    return tf_keras.applications.MobileNetV3Small(weights=None, input_shape=(64, 64, 3), classes=10, alpha=0.75)


def made_of_everything() -> Any:
    """What two libraries are most likely to see otherwise."""
    layers, ops = keras.layers, keras.ops
    norm = layers.Normalization(name="norm")
    norm.adapt(np.random.default_rng(0).normal(3, 2, (64, 8, 8, 3)).astype(np.float32))
    photo = keras.Input((8, 8, 3), name="photo")
    x = layers.Conv2D(6, 3, padding="same", kernel_regularizer="l2", activation="hard_sigmoid")(norm(photo))
    x = layers.LeakyReLU(negative_slope=0.1)(layers.BatchNormalization(trainable=False)(x))
    x = ops.relu6(x * 3.0 - 1.0) / 6.0 + ops.silu(x)
    x = layers.Conv2D(6, 1, activation="hard_silu", kernel_constraint=keras.constraints.MaxNorm(2.0))(x)
    x = ops.transpose(ops.reshape(x, (-1, 64, 6)), (0, 2, 1))[:, :, 1:]
    x = layers.TimeDistributed(layers.Dense(5, activation="gelu"))(x)
    x = layers.LayerNormalization()(x)
    x = layers.GroupNormalization(1)(x)
    x = layers.Dropout(0.3)(x, training=False)
    mean, largest = ops.mean(x, axis=1), ops.max(x, axis=1)
    return keras.Model({"photo": photo}, {"scores": layers.Dense(4)(mean), "sizes": ops.softmax(largest)}, name="all")


def sequential() -> Any:
    layers = keras.layers
    inner = keras.Sequential([layers.Input((4, 4, 6)), layers.ReLU(), layers.Flatten()], name="inner")
    return keras.Sequential([layers.Input((8, 8, 3)), layers.Conv2D(6, 3, 2, "same"), inner, layers.Dense(3)])


OWN = {each.__name__: each for each in (of_tf_keras, made_of_everything, sequential)}


def samples_of(model: Any, size: int) -> dict[str, Any]:
    generator = np.random.default_rng(0)
    found = {}
    for tensor in model.inputs:
        shape, dtype = (8, *(each or size for each in tensor.shape[1:])), getattr(tensor.dtype, "name", tensor.dtype)
        whole = generator.integers(0, 64, shape) if dtype == "int32" else generator.random(shape)
        found[tensor.name] = whole.astype(dtype)
    return found


def difference(first: Any, second: Any, given: dict[str, Any]) -> float:
    """The largest, as a share of the range: counted here anew, and not by edgekit."""
    values = list(given.values())
    names = [tensor.name for tensor in first.inputs]
    both = []
    for model in (first, second):
        argument = dict(zip(names, values, strict=True)) if isinstance(getattr(model, "input", None), dict) else values
        results = model(argument if isinstance(argument, dict) or len(values) > 1 else values[0], training=False)
        both.append([np.asarray(each) for each in keras.tree.flatten(results)])
    return max(float(np.abs(a - b).max() / (np.ptp(a) or np.abs(a).max())) for a, b in zip(*both, strict=True))


def crossed(name: str) -> dict[str, Any]:
    keras.utils.set_random_seed(1)
    model = OWN[name]() if name in OWN else CASES[name].build()
    size = 32 if name in OWN else CASES[name].size
    given = samples_of(model, size)
    recipe = RAW if any(values.ndim == 4 for values in given.values()) else None
    if name == "of_tf_keras":
        middle = edgekit.from_tf_keras(model, samples=given, recipe=recipe)
        back = edgekit.to_tf_keras(middle, samples=given, recipe=recipe)
    else:
        middle = edgekit.to_tf_keras(model, samples=given, recipe=recipe)
        back = edgekit.from_tf_keras(middle, samples=given, recipe=recipe)
    return {
        "there": difference(model, middle, given),
        "back": difference(model, back, given),
        "libraries": [each.__class__.__module__.partition(".")[0] for each in (model, middle, back)],
        "kinds": [type(each).__name__ for each in (model, middle, back)],
        "parameters": [each.count_params() for each in (model, middle, back)],
        "trained": [sum(int(np.prod(v.shape)) for v in each.trainable_weights) for each in (model, middle, back)],
    }


class Doubled(keras.layers.Layer):
    def call(self, x: Any) -> Any:
        return x * 2.0


def refusals() -> dict[str, list[str | None]]:
    """What is said of models that are not carried over, and where a model changes on the way."""
    layers = keras.layers
    pair = keras.Input((2,))
    inner = keras.Model(pair, Doubled(name="mine")(pair), name="inside")
    cases = {
        "custom": lambda: keras.Model(pair, layers.Dense(2)(inner(pair))),
        "lambda": lambda: keras.Sequential([layers.Input((2,)), layers.Lambda(lambda x: x + 1, name="code")]),
        "subclassed": CASES["subclassed_memory"].build,
        "unbuilt": lambda: keras.Sequential([layers.Dense(2)], name="early"),
        "operation": lambda: keras.Model(pair, keras.ops.erf(pair)),
        "activation": lambda: keras.Sequential([layers.Input((2,)), layers.Dense(2, "sparsemax", name="odd")]),
        "key": lambda: keras.Sequential([layers.Input((8, 8, 3)), layers.Resizing(4, 4, antialias=True, name="small")]),
        "path": lambda: "model.keras",
        "other library": lambda: tf_keras.Sequential([tf_keras.Input((2,)), tf_keras.layers.Dense(2)]),
    }
    samples = np.ones((4, 2), np.float32)
    told = {name: refused(edgekit.to_tf_keras, make(), samples) for name, make in cases.items()}
    old = tf_keras.Input((2,))
    told["hard_sigmoid"] = refused(
        edgekit.from_tf_keras, tf_keras.Model(old, tf_keras.layers.Dense(2, "hard_sigmoid", name="hard")(old)), samples
    )
    plain = keras.Sequential([layers.Input((2,)), layers.Dense(2)])
    told["samples"] = refused(edgekit.to_tf_keras, plain, np.ones((4, 3), np.float32))
    # A layer of the library that computes otherwise than it says.
    layers.Dense.call = lambda self, x, training=None: keras.ops.matmul(x, self.kernel) * 1.0001
    told["unequal"] = refused(edgekit.to_tf_keras, plain, samples)
    return told


def refused(verb: Any, model: Any, samples: Any) -> list[str | None]:
    try:
        verb(model, samples=samples)
    except edgekit.EdgekitError as error:
        return [type(error).__name__, error.message, error.hint]
    return ["nothing", "", ""]


def main() -> None:
    told = {name: crossed(name) for name in sys.argv[1:]}
    sys.stdout.write(json.dumps(told | {"refusals": refusals()}) + "\n")


if __name__ == "__main__":
    main()
