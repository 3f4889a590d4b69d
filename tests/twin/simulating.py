"""Holds a simulated file against the real one under the real runtime, in a process of its own.

    python tests/twin/simulating.py FLOAT SAMPLES PRECISION [agreement]

SAMPLES is an .npz with an array for each input of the file, in its order, of which the first 40 samples are calibrated
on and all others compared. Prints, as JSON, the share of samples with the same top-1, and the share of outputs that
differ by one step of the quantized file at most, or by none; then, for int8 without a last word, what two epochs on
those 40 leave of zeros and shared weights that are to be kept, and what a loss that is no number ends in.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path
from types import SimpleNamespace
from typing import Any

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "2"
os.environ["CUDA_VISIBLE_DEVICES"] = "-1"

import numpy as np
import tensorflow as tf

from edgekit.errors import ConversionError, UsageError
from edgekit.inspection.decoding import read_graph
from edgekit.inspection.graph import Graph
from edgekit.progress import silent
from edgekit.quantization.execution import Execution
from edgekit.quantization.quantizer import Quantizer
from edgekit.twin.network import Network
from edgekit.twin.objective import Objective
from edgekit.twin.placement import Ranges, Roundings, placement
from edgekit.twin.simulation import Simulation
from edgekit.twin.training import TrainingPlan, train
from edgekit.twin.writing import with_constants

CALIBRATED = 40


@dataclass(frozen=True)
class Pair:
    """A simulated file, what the real one gave beside it, and where both came from."""

    placed: Roundings
    starts: dict[str, Ranges]
    figures: dict[str, Any]


def held(content: bytes, samples: list[Any], *, precision: str, calibrated: int) -> Pair:
    """Quantize a float file in earnest, simulate that, and compare both.

    Args:
        content: the float file.
        samples: an array for each of its inputs, in its own order.
        precision: what it is quantized to, with float inputs and outputs.
        calibrated: how many samples give the ranges. All others are compared.
    """
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        float_file = folder / "float.tflite"
        float_file.write_bytes(content)
        files = [folder / f"samples{number}.npy" for number in range(len(samples))]
        for file, values in zip(files, samples, strict=True):
            np.save(file, values[:calibrated])
        bare = read_graph(content, name="the file").subgraphs[0]
        sides = [[f"{side}{n}" for n in range(len(of))] for side, of in (("in", bare.inputs), ("out", bare.outputs))]
        quantizer = Quantizer()
        quantizer.open(path=str(float_file), inputs=sides[0], outputs=sides[1], progress=silent)
        # It has given the file a signature, where there was none.
        original = read_graph(float_file.read_bytes(), name="the file")
        inputs, outputs = _names(original)
        quantizer.open(path=str(float_file), inputs=inputs, outputs=outputs, progress=silent)
        common = {
            "precision": precision, "integer_io": False, "int16": [], "floating": [], "left_out": [],
            "files": [str(file) for file in files], "count": calibrated, "progress": silent,
        }  # fmt: skip
        told = quantizer.probe(output=str(folder / "probe.tflite"), **common)
        probe = read_graph((folder / "probe.tflite").read_bytes(), name="the probe")
        placed = placement(probe, original, probed=told["probed"], name="the file")
        network = Network(placed.subgraph, values=placed.values)
        simulation = Simulation(placed, network=network, ranges=told["starts"]["mse"])
        (folder / "trained.tflite").write_bytes(with_constants(float_file.read_bytes(), simulation.trained()))
        quantizer.quantize(
            ranges="minmax", weight_block=None, trained=str(folder / "trained.tflite"),
            given=simulation.trained_ranges(), output=str(folder / "real.tflite"), **common,
        )  # fmt: skip
        execution = Execution(folder / "real.tflite", inputs=inputs, outputs=outputs)
        compared = [values[calibrated:] for values in samples]
        told_by_real = [execution.run([values[None] for values in each]) for each in zip(*compared, strict=True)]
        steps = _steps(read_graph((folder / "real.tflite").read_bytes(), name="the real file"))
    if network.unknown or set(network.inputs) - set(placed.subgraph.inputs):
        return Pair(placed, told["starts"], {"unknown": [str(each) for each in network.unknown]})
    own = {index: place for place, index in enumerate(original.subgraphs[0].inputs)}
    given = {index: compared[own[placed.twins[index]]][:, None] for index in network.inputs}
    ends = [index for index in placed.subgraph.outputs if index in network.targets]
    got = simulated(simulation, given, wanted=ends)
    real = [np.stack(values).reshape(len(values), -1) for values in zip(*told_by_real, strict=True)]
    differ = [np.abs(one - other) / step for one, other, step in zip(real, got, steps, strict=True)]
    rivals = [(one.argmax(1), other.argmax(1)) for one, other in zip(real, got, strict=True) if one.shape[1] > 1]
    return Pair(placed, told["starts"], {
        "top1": float(np.mean([one == other for one, other in rivals])),
        "within_one_step": float(np.mean(np.concatenate([each.ravel() for each in differ]) <= 1.01)),
        "same": float(np.mean(np.concatenate([each.ravel() for each in differ]) <= 0.01)),
        "photos": len(compared[0]),
        "distinct": len({row.tobytes() for row in real[0]}),
        "unknown": [],
    })  # fmt: skip


def simulated(simulation: Simulation, given: dict[int, Any], *, wanted: list[int]) -> list[Any]:
    """What each output is, [samples, values], computed in batches."""
    count, batch = len(next(iter(given.values()))), 50
    parts = [
        simulation(
            {index: tf.constant(values[start : start + batch]) for index, values in given.items()}, wanted=wanted
        )
        for start in range(0, count, batch)
    ]
    return [np.concatenate([part[index].numpy() for part in parts]).reshape(count, -1) for index in wanted]


def _names(graph: Graph) -> tuple[list[str], list[str]]:
    """The names of inputs and outputs, in the order of the graph's own."""
    first, signature = graph.subgraphs[0], graph.signatures[0]
    by_tensor = {tensor: name for name, tensor in (*signature.inputs, *signature.outputs)}
    return [by_tensor[index] for index in first.inputs], [by_tensor[index] for index in first.outputs]


def _steps(graph: Graph) -> list[float]:
    """What one step of each output is: of the integers from which the file makes the real numbers."""
    subgraph = graph.subgraphs[0]
    written = {operator.outputs[0]: operator for operator in subgraph.operators}
    last = [written[index] for index in subgraph.outputs]
    assert {operator.name for operator in last} == {"DEQUANTIZE"}
    stored = [subgraph.tensors[operator.inputs[0]].quantization for operator in last]
    return [float(each.scales[0]) for each in stored if each is not None]


def main() -> None:
    path, samples, precision = Path(sys.argv[1]), list(np.load(sys.argv[2]).values()), sys.argv[3]
    pair = held(path.read_bytes(), samples, precision=precision, calibrated=CALIBRATED)
    figures = pair.figures
    if precision == "int8" and not sys.argv[4:]:
        figures |= trained(pair.placed, pair.starts["minmax"], samples[0][:CALIBRATED])
    sys.stdout.write(json.dumps(figures) + "\n")


def trained(placed: Roundings, ranges: Ranges, photos: Any) -> dict[str, Any]:
    """Of weights of which half were made zero and the rest have 16 values, what is left of that; and the losses."""
    values = {index: thinned(value) if value.ndim > 1 else value for index, value in placed.values.items()}
    network = Network(placed.subgraph, values=values)
    thin = replace(placed, values=values)
    figures: dict[str, Any] = {}
    for keep in ("sparsity", "clusters"):
        simulation = Simulation(thin, network=network, ranges=ranges, keep=[keep])
        before = simulation.trained()
        figures[f"losses {keep}"] = taught(simulation, photos, scale=1.0)
        after = simulation.trained()
        figures[f"kept {keep}"] = len(simulation.kept)
        figures["zeros"] = all((after[i][before[i] == 0] == 0).all() for i in simulation.kept)
        figures["moved"] = max(float(np.abs(after[i] - before[i]).max()) for i in simulation.kept)
        if keep == "clusters":
            figures["values"] = max(np.unique(after[i]).size for i in simulation.kept)
    figures |= gone_on()
    try:
        taught(simulation, photos, scale=np.nan)
    except ConversionError as error:
        figures["not a number"] = error.message
    return figures


def gone_on() -> dict[str, Any]:
    """Whether training that ended after three of four steps goes on to the same bits; and why not on another's."""
    with tempfile.TemporaryDirectory() as name:
        saved, figures, ends = Path(name) / "checkpoint.npz", {}, []
        for steps, path in ((5, None), (3, saved), (5, saved)):
            # In place of a file, three weights and a range.
            line = SimpleNamespace(variables=([tf.Variable(tf.ones(3))], [tf.Variable([0.1])]))
            line.network = SimpleNamespace(inputs=[0])
            asked = count(1)
            try:
                losses = fitted(
                    line, TrainingPlan(2, 4, 0, path, "mine"), stopping=lambda a=asked, s=steps: next(a) == s
                )
            except SystemExit:
                figures["steps"] = len(json.loads(str(np.load(saved)["position"]))["losses"])
            else:
                ends.append([losses, *(each.numpy() for group in line.variables for each in group)])
        figures["same bits"] = all(np.array_equal(one, other) for one, other in zip(*ends, strict=True))
        try:
            fitted(line, TrainingPlan(2, 4, 0, saved, "another"))
        except UsageError as error:
            figures["another's"] = error.message.replace(name, "")
    return figures


def fitted(line: Any, plan: TrainingPlan, **more: Any) -> list[float]:
    def loss(of: Any, inputs: Any, wanted: Any) -> Any:
        (weights,), (scale,) = of.variables
        return tf.reduce_mean((tf.reduce_sum(inputs[0] * weights, 1) * tf.exp(scale) - wanted["y"]) ** 2)

    values = np.random.default_rng(0).normal(size=(8, 3)).astype(np.float32)
    aim = SimpleNamespace(loss=loss, wanted=lambda places: {"y": tf.constant(values[places].sum(1) * 3)})
    samples = range(len(values))
    return train(line, aim, inputs=lambda places: [values[places]], samples=samples, plan=plan, progress=silent, **more)


def thinned(values: Any) -> Any:
    """Half of the weights zero, the others rounded to multiples of an eighth of the largest."""
    kept = np.where(np.abs(values) < np.median(np.abs(values)), 0, values)
    step = np.abs(values).max() / 8
    return (np.round(kept / step) * step).astype(np.float32)


def taught(simulation: Simulation, photos: Any, *, scale: float) -> list[float]:
    (target,) = simulation.network.targets
    wanted = np.eye(10, dtype=np.float32)[np.arange(len(photos)) % 10][:, None] * np.float32(scale)
    return train(
        simulation,
        Objective({target: wanted}, before={}, labels=None),
        inputs=lambda places: [photos[places][:, None]],
        samples=range(len(photos)),
        plan=TrainingPlan(epochs=2, batch=20, seed=0),
        progress=silent,
    )


if __name__ == "__main__":
    main()
