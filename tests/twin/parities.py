"""Exports networks to float .tflite files and holds their twins against the runtime, in a process of its own.

    python tests/twin/parities.py operators
    python tests/twin/parities.py files FILE...
    python tests/twin/parities.py matrix FOLDER CASE...
    python tests/twin/parities.py untrained PHOTOS APPLICATION...

Prints, as JSON, by name: the largest error in shares of the output's range, the operators of the file, and those that
the twin does not know; of applications also how far each of the two is from the same graph in float64.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "2"
os.environ["CUDA_VISIBLE_DEVICES"] = "-1"
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import numpy as np
import tensorflow as tf
from ai_edge_litert.interpreter import Interpreter
from operator_models import MODELS
from tensorflow.python.framework.convert_to_constants import convert_variables_to_constants_v2

from edgekit.inspection.decoding import read_graph
from edgekit.twin.network import Network

SAMPLES = 6


def exported(call: Any, inputs: list[Any]) -> bytes:
    """The .tflite for a batch of one."""
    specs = [tf.TensorSpec((1, *value.shape[1:]), value.dtype, name=f"input_{n}") for n, value in enumerate(inputs)]

    @tf.function(input_signature=specs, autograph=False)
    def traced(*values: Any) -> list[Any]:
        return tf.nest.flatten(call(*values))

    frozen = convert_variables_to_constants_v2(traced.get_concrete_function())
    return bytes(tf.lite.TFLiteConverter.from_concrete_functions([frozen]).convert())


def compared(content: bytes, inputs: list[Any], *, exactly: bool) -> dict[str, Any]:
    subgraph = read_graph(content, name="the file").subgraphs[0]
    network = Network(subgraph)
    operators = [operator.name for operator in subgraph.operators]
    if network.unknown:
        return {"unknown": [str(each) for each in network.unknown], "operators": operators}
    interpreter = Interpreter(model_content=content)
    interpreter.allocate_tensors()
    places = {f"input_{n}": n for n in range(len(inputs))}
    order = [places.get(subgraph.tensors[i].name.partition(":")[0], n) for n, i in enumerate(subgraph.inputs)]
    wanted = []
    for sample in range(SAMPLES):
        for index, place in zip(subgraph.inputs, order, strict=True):
            interpreter.set_tensor(index, inputs[place][sample : sample + 1])
        interpreter.invoke()
        wanted.append([interpreter.get_tensor(index) for index in subgraph.outputs])
    given = {i: tf.constant(inputs[place][:SAMPLES, None]) for i, place in zip(subgraph.inputs, order, strict=True)}
    got = {index: value.numpy() for index, value in network(given).items()}
    real = {index: np.stack([each[place] for each in wanted]) for place, index in enumerate(subgraph.outputs)}
    error = furthest(real, got)
    figures = {"error": error, "operators": operators, "unknown": []}
    if exactly:
        exact = in_double(network, given)
        figures |= {"twin_to_exact": furthest(exact, got), "runtime_to_exact": furthest(exact, real)}
    return figures


def furthest(one: dict[int, Any], other: dict[int, Any]) -> float:
    """The largest difference, as a share of the range of the output."""
    worst = 0.0
    for index, values in one.items():
        wide = values.astype(np.float64)
        span = np.ptp(wide) or np.abs(wide).max() or 1.0
        worst = max(worst, float(np.abs(wide - other[index]).max() / span))
    return worst


def in_double(network: Network, given: dict[int, Any]) -> dict[int, Any]:
    """The same graph with the same weights in float64."""
    floats = {tensor.index for tensor in network.subgraph.tensors if tensor.dtype == "float32"} & network._known.keys()
    results = network(
        {index: tf.cast(value, tf.float64) if value.dtype == tf.float32 else value for index, value in given.items()},
        constants={index: tf.constant(network.known(index), tf.float64) for index in floats},
    )
    assert all(value.dtype == tf.float64 for value in results.values())
    return {index: value.numpy() for index, value in results.items()}


def cases(kind: str, arguments: list[str]) -> Iterator[tuple[str, bytes, list[Any]]]:
    generator = np.random.default_rng(0)
    if kind == "operators":
        for name, (call, shapes) in MODELS.items():
            inputs = [generator.normal(size=(SAMPLES, *shape)).astype(np.float32) for shape in shapes]
            yield name, exported(call, inputs), inputs
    elif kind == "files":
        for path in map(Path, arguments):
            content = path.read_bytes()
            subgraph = read_graph(content, name=path.name).subgraphs[0]
            shapes = [subgraph.tensors[index].shape[1:] for index in subgraph.inputs]
            yield path.stem, content, [generator.random((SAMPLES, *shape), np.float32) for shape in shapes]
    elif kind == "untrained":
        from matrix_making import made
        from matrix_models import CASES

        photos, *names = arguments
        for name in names:
            model, samples = made(CASES[name], Path(photos), trained=False)
            yield (
                name,
                exported(lambda photo, net=model: net(photo, training=False), inputs := list(samples.values())),
                inputs,
            )
    else:
        import keras
        import matrix_layers  # noqa: F401  registers its layers

        folder, *names = arguments
        for name in names:
            model = keras.models.load_model(Path(folder, f"{name}.keras"), compile=False)
            with np.load(Path(folder, f"{name}.npz")) as archive:
                inputs = [archive[each.name] for each in model.inputs]
            yield (
                name,
                exported(lambda *given, net=model: net(list(given) if given[1:] else given[0], training=False), inputs),
                inputs,
            )


def main() -> None:
    kind, *arguments = sys.argv[1:]
    found = {
        name: compared(content, inputs, exactly=kind == "untrained") for name, content, inputs in cases(kind, arguments)
    }
    sys.stdout.write(json.dumps(found) + "\n")


if __name__ == "__main__":
    main()
