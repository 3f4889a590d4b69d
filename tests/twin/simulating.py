"""Holds a simulated file against the real one under the real runtime, in a process of its own.

    python tests/twin/simulating.py FLOAT PHOTOS PRECISION

PHOTOS is an .npz with ``photo``, of which the first 40 are calibrated on and all others compared. Prints, as JSON, the
share of photos with the same top-1, and the share of outputs that differ by one step of 1/256 at most; then what two
epochs on those 40 leave of zeros and shared weights that are to be kept, and what a loss that is no number ends in.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "2"
os.environ["CUDA_VISIBLE_DEVICES"] = "-1"

import numpy as np
import tensorflow as tf

from edgekit.errors import ConversionError
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


def _sides(graph: Graph) -> tuple[Any, Any]:
    return graph.signatures[0].inputs, graph.signatures[0].outputs


def main() -> None:
    path, photos, precision = Path(sys.argv[1]), np.load(sys.argv[2])["photo"], sys.argv[3]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        float_file, samples = folder / "float.tflite", folder / "samples.npy"
        float_file.write_bytes(path.read_bytes())
        np.save(samples, photos[:CALIBRATED])
        quantizer = Quantizer()
        quantizer.open(path=str(float_file), inputs=["photo"], outputs=["scores"], progress=silent)
        # It has given the file a signature, where there was none.
        original = read_graph(float_file.read_bytes(), name=path.name)
        (inputs,), (outputs,) = ([name for name, _ in side] for side in _sides(original))
        quantizer.open(path=str(float_file), inputs=[inputs], outputs=[outputs], progress=silent)
        common = {
            "precision": precision, "integer_io": False, "int16": [], "floating": [], "left_out": [],
            "files": [str(samples)], "count": CALIBRATED, "progress": silent,
        }  # fmt: skip
        told = quantizer.probe(output=str(folder / "probe.tflite"), **common)
        placed = placement(
            read_graph((folder / "probe.tflite").read_bytes(), name="the probe"),
            original,
            probed=told["probed"],
            name=path.name,
        )
        simulation = Simulation(
            placed, network=Network(placed.subgraph, values=placed.values), ranges=told["starts"]["mse"]
        )
        (folder / "trained.tflite").write_bytes(with_constants(float_file.read_bytes(), simulation.trained()))
        quantizer.quantize(
            ranges="minmax", weight_block=None, trained=str(folder / "trained.tflite"),
            given=simulation.trained_ranges(), output=str(folder / "real.tflite"), **common,
        )  # fmt: skip
        execution = Execution(folder / "real.tflite", inputs=[inputs], outputs=[outputs])
        compared = photos[CALIBRATED:]
        real = np.stack([execution.run([photo[None]])[0].ravel() for photo in compared])
    (given,) = simulation.network.inputs
    (told_by,) = simulation.network.targets
    got = simulation({given: tf.constant(compared[:, None])})[told_by].numpy().reshape(real.shape)
    figures = {
        "top1": float(np.mean(real.argmax(1) == got.argmax(1))),
        "within_one_step": float(np.mean(np.abs(real - got) <= 1.01 / 256)),
        "photos": len(compared),
        "distinct": len({row.tobytes() for row in real}),
    }
    if precision == "int8":
        figures |= trained(placed, told["starts"]["minmax"], photos[:CALIBRATED])
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
    try:
        taught(simulation, photos, scale=np.nan)
    except ConversionError as error:
        figures["not a number"] = error.message
    return figures


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
