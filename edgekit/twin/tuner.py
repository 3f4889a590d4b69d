"""The child process that has TensorFlow: trains a simulated file. The same samples and seed give the same bytes."""

from __future__ import annotations

import os

# Read when TensorFlow is imported. The log is for errors; no GPU is wanted, and one that adds in another order less.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "1")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")

import faulthandler
import hashlib
import json
from collections.abc import Mapping
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edgekit.errors import ConversionError
from edgekit.fidelity import PARITY_LIMIT
from edgekit.inspection.decoding import read_graph
from edgekit.inspection.graph import Graph
from edgekit.processes.serving import serve
from edgekit.processes.spool import read_samples
from edgekit.processes.stopping import Stopping
from edgekit.progress import Progress, Step
from edgekit.twin.network import Network
from edgekit.twin.objective import Objective, softmax_before
from edgekit.twin.placement import Roundings, placement
from edgekit.twin.simulation import Simulation
from edgekit.twin.training import Batch, TrainingPlan, train
from edgekit.twin.writing import with_constants

_PROVEN_ON = 16
_JUDGED_ON = 256


class Tuner:
    """Holds the float file and what it gave between requests."""

    def __init__(self) -> None:
        import tensorflow as tf

        tf.config.threading.set_intra_op_parallelism_threads(1)
        tf.config.threading.set_inter_op_parallelism_threads(1)
        tf.config.experimental.enable_op_determinism()
        self._name = ""
        self._content = b""
        self._graph: Graph | None = None
        self._own_inputs: list[int] = []
        self._folder = Path()

    def open(self, *, path: str, name: str, inputs: list[int], progress: Progress) -> dict[str, Any]:
        """Read the float file; tell what of it can be computed.

        Args:
            path: of the file.
            name: the model in a sentence.
            inputs: its tensors, in the order of the samples' files.
            progress: told each step.
        """
        progress(Step("reading the float file's graph"))
        self._name, self._content = name, Path(path).read_bytes()
        self._graph = read_graph(self._content, name=name)
        self._own_inputs = inputs
        self._network = network = Network(self._graph.subgraphs[0])
        return {
            "unknown": [str(each) for each in network.unknown],
            "trained": len(network.trained & {i for each in network.operators for i in each.inputs}),
            "given": [index for index in network.inputs if index not in inputs],
            "targets": list(network.targets),
            "before": [number for number in map(self._before, network.targets) if number is not None],
        }

    def prove(self, *, folder: str, files: list[str], samples: list[int], progress: Progress) -> float:
        """Hold the twin against what the float file gave; return the largest error, in shares of a target's range.

        Raises:
            ConversionError: the twin computes something else.
        """
        import tensorflow as tf

        progress(Step("proving that the twin computes what the runtime computes"))
        network, self._folder = self._network, Path(folder)
        first = np.arange(min(len(samples), _PROVEN_ON))
        given = self._given(files, samples, network, twins={index: index for index in network.inputs})
        got = network({index: tf.constant(v) for index, v in zip(network.inputs, given(first), strict=True)})
        worst = 0.0
        for index, values in got.items():
            wanted = self._recorded(index)[first].astype(np.float64)
            spread = float(np.ptp(self._recorded(index))) or float(np.abs(wanted).max(initial=0.0)) or 1.0
            worst = max(worst, float(np.abs(wanted - values.numpy()).max(initial=0.0)) / spread)
        if not worst <= PARITY_LIMIT:
            raise ConversionError(
                f"{self._name} cannot be fine-tuned: the twin that would be trained is off by {worst:.2g} of the "
                f"outputs' range (limit {PARITY_LIMIT:g})",
                hint="convert without --finetune",
            )
        return worst

    def tune(
        self,
        *,
        probe: str,
        probed: dict[str, tuple[float, float]],
        starts: dict[str, dict[str, tuple[float, float]]],
        files: list[str],
        samples: list[int],
        labels: list[int] | None,
        keep: list[str],
        epochs: int,
        batch: int,
        seed: int,
        output: str,
        checkpoint: str | None,
        progress: Progress,
    ) -> dict[str, Any]:
        """Train, and write the float file with the trained weights.

        Args:
            probe: a file that was quantized with the ranges ``probed``.
            probed: see ``placement``.
            starts: by name, the ranges of all tensors; training begins with the best of them.
            files: of the samples.
            samples: the numbers of those that the float file was recorded on.
            labels: of ``samples``.
            keep: what stays as it is, of ``sparsity`` and ``clusters``.
            epochs: how often each sample is seen.
            batch: how many at once.
            seed: of their order.
            output: where the float file goes.
            checkpoint: the file in which it is written how far it has come; None: nowhere.
            progress: told each step.
        """
        progress(Step("reading where the quantizer rounds"))
        quantized = read_graph(Path(probe).read_bytes(), name="the quantized file")
        placed = placement(quantized, self._opened, probed=probed, name=self._name)
        network = Network(placed.subgraph, values=placed.values)
        objective = self._objective(placed, network, labels)
        inputs = self._given(files, samples, network, twins=placed.twins)
        first = np.arange(min(len(samples), _JUDGED_ON))
        simulations = {
            name: Simulation(placed, network=network, ranges=ranges, keep=keep) for name, ranges in starts.items()
        }
        if keep and not all(simulation.kept for simulation in simulations.values()):
            raise ConversionError(
                f"{self._name} has no {' or '.join(keep)} to keep: none of its weights are",
                hint="leave --keep out, or give the model as it was pruned or clustered",
            )
        losses: dict[str, float] = {}
        for name, simulation in simulations.items():
            progress(Step("finding ranges to begin with", len(losses), len(simulations)))
            losses[name] = objective.mean(simulation, inputs=inputs, places=first)
        start = min(losses, key=lambda name: losses[name])
        simulation = simulations[start]
        whose = self._whose(Path(probe), [starts, samples, labels, keep, epochs, batch, seed])
        plan = TrainingPlan(epochs, batch, seed, None if checkpoint is None else Path(checkpoint), whose)
        stopping = Stopping()
        # What cannot save has nothing to do before it ends.
        with nullcontext() if checkpoint is None else stopping.heard():
            told = train(
                simulation,
                objective,
                inputs=inputs,
                samples=range(len(samples)),
                plan=plan,
                stopping=stopping,
                progress=progress,
            )
        Path(output).write_bytes(with_constants(self._content, simulation.trained()))
        return {
            "ranges": simulation.trained_ranges(),
            "start": start,
            "losses": [losses[start], *told],
            "kept": len(simulation.kept),
        }

    def _whose(self, probe: Path, choices: list[Any]) -> str:
        """Return a hash of all that the training follows from: that the float file gave the same follows from it."""
        import tensorflow as tf

        digest = hashlib.sha256(self._content)
        digest.update(probe.read_bytes())
        digest.update(json.dumps([tf.__version__, choices]).encode())
        return digest.hexdigest()

    def _objective(self, placed: Roundings, network: Network, labels: list[int] | None) -> Objective:
        graph = self._opened.subgraphs[0]
        targets, before = {}, {}
        for index in network.targets:
            twin = placed.twins.get(index)
            if twin is None or not graph.tensors[twin].floating:
                continue
            targets[index] = self._recorded(twin)
            number = softmax_before(placed.subgraph, index)
            if number is not None and number in placed.twins:
                before[index] = (number, self._recorded(placed.twins[number]))
        return Objective(targets, before=before, labels=None if labels is None else np.asarray(labels, np.int64))

    def _given(self, files: list[str], samples: list[int], network: Network, *, twins: Mapping[int, int]) -> Batch:
        numbers = np.asarray(samples, np.intp)
        own = {index: place for place, index in enumerate(self._own_inputs)}

        def give(places: NDArray[np.intp]) -> list[NDArray[Any]]:
            read = read_samples(files, numbers[places])
            found = []
            for index in network.inputs:
                twin = twins[index]
                # The file's own batch, which is 1, stands behind the samples.
                found.append(read[own[twin]][:, None] if twin in own else np.array(self._recorded(twin)[places]))
            return found

        return give

    def _recorded(self, index: int) -> NDArray[Any]:
        values: NDArray[Any] = np.load(self._folder / f"{index}.npy", mmap_mode="r")
        return values

    def _before(self, index: int) -> int | None:
        return softmax_before(self._opened.subgraphs[0], index)

    @property
    def _opened(self) -> Graph:
        if self._graph is None:
            raise ConversionError("the tuner was asked before a file was opened")
        return self._graph


if __name__ == "__main__":
    # Where TensorFlow dies, the log tells which Python line it was at.
    faulthandler.enable()
    tuner = Tuner()
    serve({"open": tuner.open, "prove": tuner.prove, "tune": tuner.tune})
