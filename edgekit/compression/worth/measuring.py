"""What a version of the model is worth on a device: its files, their size and cost, and how often they are right."""

from __future__ import annotations

import dataclasses
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edgekit.accuracy import (
    AccuracyComparison,
    Answers,
    compare_answers,
    guessing_note,
    labels_of,
    read_answers,
    require_labels,
)
from edgekit.artifact import Artifact
from edgekit.compression.compression import Version, VersionFile
from edgekit.compression.recipes.gauges import Gauge
from edgekit.compression.worth.gains import SPARSE, bought
from edgekit.conversion import convert
from edgekit.data import CalibrationSet
from edgekit.errors import ConversionError, InferenceError, UnsuitedDevice
from edgekit.fidelity import PARITY_LIMIT, Fidelity, FidelityMeter, ParityMeter
from edgekit.files import sha256_of
from edgekit.inspection import inspect
from edgekit.metrics import Evidence, Metric
from edgekit.processes.worker import Worker
from edgekit.progress import Progress, Step
from edgekit.quantization.sparse_weights import why_none, with_sparse_weights
from edgekit.runner import benchmark, infer
from edgekit.runs import RunResult
from edgekit.sources import Source

_ORIGINAL = ("float32", "float16", "int8")
_STAGE = ("float32", "int8")


@dataclass(slots=True)
class Measuring:
    """Measures one version after the other, each against the first.

    Args:
        trainer: the child process that has the models.
        folder: the work folder.
        calibration: samples for int8, of those that are trained on.
        held_out: samples for testing; None: there are none, and nothing is told of accuracy.
        outputs: names of the model's outputs, in its order.
        scored: whether labels say what the only output should be.
        devices: addresses of devices to measure on as well.
        progress: told each step.
    """

    trainer: Worker
    folder: Path
    calibration: CalibrationSet
    held_out: CalibrationSet | None
    scored: bool
    devices: Sequence[str]
    progress: Progress
    notes: list[str] = field(default_factory=list)
    _reference: Answers | None = None
    _first: list[NDArray[Any]] | None = None
    _gauged: dict[str, float] = field(default_factory=dict)

    def measure(
        self,
        name: str,
        source: dict[str, Any],
        costs: Mapping[str, int],
        *,
        before: Version | None,
        weights: Mapping[str, Mapping[str, int]] | None = None,
    ) -> Version:
        """Export a model, make files of it, and run them.

        Args:
            name: of the version.
            source: where the model is, as the child process takes it.
            costs: its ``macs`` and ``parameters``.
            before: the version that it was made of; None of the original.
            weights: of a stage about single weights, what was counted of them: by layer ``weights``, ``zeros`` and
                ``values``.

        Raises:
            ConversionError: its float file cannot be made, or is not the model.
            UnsuitedDevice: a device tells nothing of it; of the original already, before anything is trained.
        """
        number = len(list(self.folder.glob("version-*")))
        place = self.folder / f"version-{number}"
        place.mkdir()
        exported = place / "exported.tflite"
        self.trainer.request("export", source=source, output=str(exported), progress=self.progress)
        files = []
        for artifact in self._artifacts(name, exported, place, _ORIGINAL if before is None else _STAGE):
            precision = str(artifact.provenance.recipe.precision)
            self.progress(Step(f"{name}: measuring {precision}"))
            files.append(self._measured(name, precision, artifact, source))
        lacking = None
        if weights is not None:
            sparse, lacking = self._sparse(name, exported, place, source)
            files += sparse
        told = None
        if before is not None:
            told = bought(name, before, tuple(files), parameters=costs["parameters"], weights=weights, sparse=lacking)
        return Version(name, costs["macs"], costs["parameters"], tuple(files), told, weights)

    def _sparse(
        self, name: str, exported: Path, place: Path, source: dict[str, Any]
    ) -> tuple[list[VersionFile], str | None]:
        """Make and run the float file whose weights are stored without zeros; where there is none, say why."""
        if not with_sparse_weights(exported.read_bytes())[1]:
            return [], why_none(exported.read_bytes())
        self.progress(Step(f"{name}: measuring {SPARSE}"))
        try:
            made = convert(exported, place / "sparse.tflite", precision="float32", sparse_weights=True)
            return [self._measured(name, SPARSE, made.artifact, source)], None
        # Runtimes differ in what they take of it, and training should not be lost for that.
        except (ConversionError, InferenceError) as error:
            self.notes.append(f"{name}: there is no {SPARSE} file: {error.message}")
            return [], None

    def measure_artifact(self, name: str, artifact: Artifact, source: dict[str, Any], *, before: Version) -> Version:
        """Run an artifact that a stage itself made of the model ``before``; else as :meth:`measure`."""
        self.progress(Step(f"{name}: measuring {artifact.precision}"))
        files = (self._measured(name, artifact.precision, artifact, source),)
        return Version(
            name, before.macs, before.parameters, files, bought(name, before, files, parameters=before.parameters)
        )

    def gauged(self, gauge: Gauge, model: Path, source: Source) -> float:
        """Make the int8 file of a model, and return what it needs; of one that was asked of before, at once.

        Args:
            gauge: what reads it.
            model: a Keras file, which may be another the next time.
            source: how such a model is loaded.

        Raises:
            ConversionError: the file cannot be made.
            EdgekitError: whatever the gauge raises.
        """
        key = f"{gauge} {sha256_of(model)}"
        if key not in self._gauged:
            self.progress(Step(f"reading {gauge}"))
            place = self.folder / f"gauged-{len(self._gauged)}"
            place.mkdir()
            # The child process knows models by their paths.
            copy = place / f"model{model.suffix}"
            shutil.copyfile(model, copy)
            exported = place / "exported.tflite"
            asked = dataclasses.replace(source, path=copy).to_json()
            self.trainer.request("export", source=asked, output=str(exported), progress=self.progress)
            self._gauged[key] = gauge.read(self._made(exported, place, ["int8"])[0].path)
        return self._gauged[key]

    def _artifacts(self, name: str, exported: Path, place: Path, precisions: Sequence[str]) -> Sequence[Artifact]:
        self.progress(Step(f"{name}: making {', '.join(precisions)}"))
        try:
            return self._made(exported, place, precisions)
        except ConversionError as error:
            # What was trained should not be lost because one file of the table cannot be made.
            self.notes.append(f"{name}: there is no int8 file: {error.message}")
            return self._made(exported, place, [each for each in precisions if each != "int8"])

    def _made(self, exported: Path, place: Path, precisions: Sequence[str]) -> Sequence[Artifact]:
        samples = {key: np.load(file) for key, file in self.calibration.files.items()}
        return convert(
            exported,
            place,
            precision=precisions,
            calibration=samples if "int8" in precisions else None,
            samples_check=False,
            samples=max(1, len(self.calibration)),
        ).artifacts

    def _measured(self, name: str, precision: str, artifact: Artifact, source: dict[str, Any]) -> VersionFile:
        facts = inspect(artifact.path)
        accuracy: AccuracyComparison | None = None
        fidelity: Fidelity | None = None
        if self.held_out is not None:
            outputs = list(infer(artifact.path, self.held_out).values())
            if precision in {"float32", SPARSE}:
                self._require_the_model(name, outputs, source)
            if self.scored and self.held_out.labels is not None:
                accuracy = self._accuracy(f"{name}, {precision}", facts.sha256, outputs)
            elif self._first is None:
                self._first = outputs
            else:
                fidelity = _fidelity(self._first, outputs)
        return VersionFile(
            precision,
            facts.size_bytes,
            facts.zipped_bytes,
            facts.macs,
            accuracy,
            fidelity,
            {address: self._on(address, artifact, f"{name}, {precision}") for address in self.devices},
        )

    def _accuracy(self, file: str, sha256: str, outputs: Sequence[NDArray[Any]]) -> AccuracyComparison:
        assert self.held_out is not None  # noqa: S101  # for the type checker: _measured() asked
        labels = labels_of(self.held_out)
        answers = read_answers(outputs[0], file=file, sha256=sha256)
        if self._reference is None:
            require_labels(answers, labels)
            self._reference = answers
            guessing = guessing_note(answers, labels)
            if guessing is not None and file.startswith("original"):
                # Said at once, as what comes now takes long.
                self.notes.append(f"{guessing}; is the value range the one that it was trained with?")
                self.progress(Step(f"warning: {self.notes[-1]}"))
        return compare_answers(self._reference, answers, labels)

    def _require_the_model(self, name: str, outputs: Sequence[NDArray[Any]], source: dict[str, Any]) -> None:
        """Raise ConversionError unless the float file gives what the Keras model gives."""
        assert self.held_out is not None  # noqa: S101  # for the type checker: _measured() asked
        place = self.folder / "reference.npz"
        samples = {
            "files": [str(file) for file in self.held_out.files.values()],
            "labels": None,
            "places": list(range(len(self.held_out))),
        }
        self.trainer.request("predict", source=source, samples=samples, output=str(place), progress=self.progress)
        meter = ParityMeter(synthetic=False)
        with np.load(place) as archive:
            columns = [archive[f"arr_{index}"] for index in range(len(archive.files))]
        for index in range(len(self.held_out)):
            meter.add([column[index] for column in columns], [column[index] for column in outputs])
        parity = meter.result()
        if not parity.proven:
            raise ConversionError(
                f"{name}: the float file is not the model: its outputs are off by {parity.relative_error:.2g} of their "
                f"range (limit {PARITY_LIMIT:g})",
                hint="convert the model on its own to see what it is",
            )

    def _on(self, address: str, artifact: Artifact, file: str) -> Metric:
        run = benchmark(artifact.path, device=address).best
        found = figure_of(run)
        if run.tainted and found.evidence is Evidence.MEASURED:
            self.notes.append(f"{file}: its {found.name} is no answer, as the run on {address} was {_tainted(run)}")
        return found


def figure_of(run: RunResult) -> Metric:
    """Return what a run says of a file: its instructions where they were counted, or its median latency.

    Raises:
        UnsuitedDevice: it has neither, as an emulated machine's seconds are not those of any device.
    """
    counted = run.instruction_count
    if counted is not None:
        return counted
    if run.environment.emulated:
        raise UnsuitedDevice(
            f"{run.device} is emulated, so that its times say nothing, and it does not count instructions",
            hint="'edgekit emulator install' makes a counter for emulated boards; or leave out this --device",
        )
    source = f"median on {run.device}"
    return Metric(
        "latency",
        run.steady.p50_ms,
        "ms",
        Evidence.MEASURED,
        f"{source}, {_tainted(run)}" if run.tainted else source,
    )


def _tainted(run: RunResult) -> str:
    return f"tainted: {'; '.join(run.taints)}"


def _fidelity(reference: Sequence[NDArray[Any]], outputs: Sequence[NDArray[Any]]) -> Fidelity:
    meter = FidelityMeter(synthetic=False)
    for index in range(len(reference[0])):
        meter.add([each[index : index + 1] for each in reference], [each[index : index + 1] for each in outputs])
    return meter.result()
