"""Makes channels of models dead, takes them out, and tells how far the outputs moved: for the tests beside it.

    python tests/dead_channels.py FOLDER DATA CASE...

Leaves CASE.json for each model of the conversion matrix.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "2"
os.environ["CUDA_VISIBLE_DEVICES"] = "-1"

import keras
import numpy as np
from matrix_models import CASES

from edgekit.compression.channels.choosing import Limits, chosen, everything, groups_of
from edgekit.compression.channels.importance import scores
from edgekit.compression.channels.layer_rules import rule_of
from edgekit.compression.channels.rebuilding import rebuilt
from edgekit.compression.channels.tracing import Role, macs, parameters, traced
from edgekit.errors import EdgekitError


def sequential() -> Any:
    """A Sequential model inside of one, the inner one with fewer channels than it was built for."""
    layers = keras.layers
    inner = keras.Sequential([layers.SeparableConv2D(32, 3, padding="same"), layers.PReLU(shared_axes=[1, 2])])
    return keras.Sequential(
        [
            keras.Input((16, 16, 3)),
            layers.Conv2D(24, 3, strides=2, activation="relu"),
            layers.DepthwiseConv2D(3, depth_multiplier=2, padding="same"),
            inner,
            layers.MaxPooling2D(),
            layers.Flatten(),
            layers.Dense(32, activation="relu"),
            layers.Dense(4),
        ]
    )


def squeezed() -> Any:
    """Squeeze and excite: a gate of one value for each channel."""
    layers = keras.layers
    image = keras.Input((16, 16, 3))
    x = layers.Conv2D(32, 3, activation="relu")(image)
    gate = layers.Dense(8, activation="relu")(layers.GlobalAveragePooling2D()(x))
    gate = layers.Reshape((1, 1, 32))(layers.Dense(32, activation="sigmoid")(gate))
    x = layers.Multiply()([x, gate])
    return keras.Model(image, layers.Dense(4)(layers.GlobalMaxPooling2D()(x)))


BUILDERS: dict[str, Any] = {name: case.build for name, case in CASES.items()} | {
    "sequential": sequential,
    "squeezed": squeezed,
}


def trial(name: str) -> dict[str, Any]:
    keras.backend.clear_session()
    keras.utils.set_random_seed(1)
    generator = np.random.default_rng(0)
    model = BUILDERS[name]()
    for weight in model.weights:
        # Nothing may be 0 by its initializer: what is dead is to be dead by what is done below.
        if len(weight.shape) == 1:
            weight.assign(generator.uniform(0.5, 1.5, weight.shape).astype(np.float32))
    inputs = [_values(generator, tensor) for tensor in model.inputs]
    trace = traced(model, rule_of)
    found = scores(trace, "l1")
    roots = trace.bundles.roots()
    at_random = np.where(np.isfinite(found), generator.random(len(roots))[roots], np.nan)
    limits = Limits(lambda keep: macs(trace, keep), 0.5, {}, (), 0.1, {})
    try:
        keep = chosen(trace, at_random, limits)
    except EdgekitError as error:
        return {"groups": len(groups_of(trace)), "refused": error.message}
    for each in trace.bindings:
        if each.role is not Role.READS:
            weight = each.layer.weights[each.weight]
            values = np.moveaxis(weight.numpy(), each.axis, 0)
            values[~keep[each.ids]] = 0
            weight.assign(np.moveaxis(values, 0, each.axis))
    before = _outputs(model, inputs)
    smaller = rebuilt(model, trace, keep)
    after = _outputs(smaller, inputs)
    again = traced(smaller, rule_of)
    return {
        "groups": len(groups_of(trace)),
        "error": max(float(np.abs(a - b).max() / np.ptp(a)) for a, b in zip(before, after, strict=True)),
        "spread": min(float(np.ptp(a)) for a in before),
        "macs": macs(trace, keep) / macs(trace, everything(trace)),
        "macs_again": macs(again, everything(again)) / macs(trace, everything(trace)),
        "parameters": [smaller.count_params(), parameters(trace, model, keep), model.count_params()],
        "odd": [int(keep[g.roots].sum()) for g in groups_of(trace) if _is_odd(int(keep[g.roots].sum()), g)],
        "kinds": sorted({type(layer).__module__.split(".")[0] for layer in smaller._flatten_layers()}),
    }


def _is_odd(left: int, group: Any) -> bool:
    return left % group.multiple != 0 and left != len(group.roots)


def _values(generator: np.random.Generator, tensor: Any) -> Any:
    shape = (2, *(size or 48 for size in tensor.shape[1:]))
    if "int" in str(tensor.dtype):
        return generator.integers(0, 60, shape).astype(np.int32)
    return generator.random(shape, np.float32)


def _outputs(model: Any, inputs: list[Any]) -> list[Any]:
    outputs = model(inputs if len(inputs) > 1 else inputs[0], training=False)
    return [keras.ops.convert_to_numpy(each) for each in keras.tree.flatten(outputs)]


def main() -> None:
    folder, _, *names = sys.argv[1:]
    for name in names:
        Path(folder, f"{name}.json").write_text(json.dumps(trial(name)))


if __name__ == "__main__":
    main()
