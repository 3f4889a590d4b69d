"""Exports networks to float .tflite files and holds their twins against the runtime, in a process of its own.

    python tests/twin/parities.py operators
    python tests/twin/parities.py files FILE...
    python tests/twin/parities.py matrix FOLDER CASE...
    python tests/twin/parities.py made PHOTOS [--untrained] CASE...

Prints, as JSON, by name: the largest error in shares of the output's range, the operators of the file, and those that
the twin does not know; of what is made here also how far each of the two is from the same graph in float64, and how the
simulated int8 file agrees with the real one. After the operators come the kernels of integers, as ``kernels``.
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
from kernel_files import gradients, parted, untried
from operator_models import MODELS
from simulating import held
from tensorflow.python.framework.convert_to_constants import convert_variables_to_constants_v2

from edgekit.inspection.decoding import read_graph
from edgekit.inspection.graph import Subgraph
from edgekit.twin.network import Network

SAMPLES = 6
CALIBRATED, LEARNED, HELD = 32, 672, 200
"""Photos that give an int8 file its ranges, photos that the matrix knows, and others to compare on."""


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
    order = order_of(subgraph, len(inputs))
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


def order_of(subgraph: Subgraph, count: int) -> list[int]:
    """Which of the inputs that were exported each input of the file is."""
    places = {f"input_{n}": n for n in range(count)}
    return [places.get(subgraph.tensors[i].name.partition(":")[0], n) for n, i in enumerate(subgraph.inputs)]


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


def called(model: Any) -> Any:
    """A Keras model as a function of its inputs."""
    return lambda *given: model(list(given) if given[1:] else given[0], training=False)


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
    elif kind == "made":
        from matrix_making import FEEDS, made, photos_of
        from matrix_models import CASES

        photos, *names = arguments
        trained = names[0] != "--untrained"
        for name in names if trained else names[1:]:
            case = CASES[name]
            model, _ = made(case, Path(photos), trained=trained)
            # The first are those that the matrix calibrates on; the last were not trained on.
            seen, _ = photos_of(Path(photos), case.size, count=LEARNED + HELD)
            chosen = np.concatenate([seen[:CALIBRATED], seen[LEARNED:]])
            inputs = list(FEEDS[case.feed](chosen).values())
            yield name, exported(called(model), inputs), inputs
    else:
        import keras
        import matrix_layers  # noqa: F401  registers its layers

        folder, *names = arguments
        for name in names:
            model = keras.models.load_model(Path(folder, f"{name}.keras"), compile=False)
            with np.load(Path(folder, f"{name}.npz")) as archive:
                inputs = [archive[each.name] for each in model.inputs]
            yield name, exported(called(model), inputs), inputs


def main() -> None:
    kind, *arguments = sys.argv[1:]
    found: dict[str, Any] = {}
    for name, content, inputs in cases(kind, arguments):
        found[name] = compared(content, inputs, exactly=kind == "made")
        if kind == "made" and not found[name]["unknown"]:
            subgraph = read_graph(content, name=name).subgraphs[0]
            samples = [inputs[place] for place in order_of(subgraph, len(inputs))]
            found[name] |= held(content, samples, precision="int8", calibrated=CALIBRATED).figures
    if kind == "operators":
        found["kernels"] = {"parted": parted(), "untried": untried(), "gradients": gradients()}
    sys.stdout.write(json.dumps(found) + "\n")


if __name__ == "__main__":
    main()
