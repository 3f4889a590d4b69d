"""Quantization-aware fine-tuning of the artifact's own graph: a file that post-training made, trained further."""

from __future__ import annotations

import dataclasses
import importlib.util
import math
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from edgekit.accuracy import Answers, labels_of, require_classes, require_labels
from edgekit.artifact.finetuning import FineTuning, HeldOut
from edgekit.conversion.artifacts import Made
from edgekit.conversion.float_export import FloatExport
from edgekit.conversion.making import compared, left_out, quantized
from edgekit.conversion.targets import Target
from edgekit.data import CalibrationSet
from edgekit.errors import CalibrationError, ConversionError, MissingExtra
from edgekit.fidelity import Fidelity
from edgekit.files import sha256_of
from edgekit.inspection.decoding import read_graph
from edgekit.processes.spool import Spool
from edgekit.processes.worker import SAVING_S, Worker, WorkerDied
from edgekit.progress import Progress, Step
from edgekit.recipe import Recipe
from edgekit.tensors import TensorSpec
from edgekit.units import format_count

_MODEL = "the float model"
_EVERY = 5
"""One sample of so many is held out, to judge on."""
FEWEST = 10
"""Samples that it takes at least."""
_MOST_OUTLIERS = 0.05
"""The largest share of the samples that are outliers: more are none."""
_STEPS = 400
"""How many steps are taken where the number of epochs is not told, about."""
_EPOCHS = (4, 40)
_SMALL = 500
"""Samples below which fewer are taken at once."""


@dataclass(frozen=True, slots=True)
class _Samples:
    """The samples that a file learns from, and those that it is judged on, by number."""

    trained: tuple[int, ...]
    held_out: tuple[int, ...]
    outliers: tuple[int, ...]
    """Those that stretch a range alone, where they are few: nothing is learned from them, and nothing judged."""
    labels: tuple[int, ...] | None
    """Of all samples of the spool."""

    @property
    def batch(self) -> int:
        """How many are taken at once."""
        return 16 if len(self.trained) < _SMALL else 32

    def epochs(self, asked: int | None) -> int:
        """Return how often each is seen."""
        if asked is not None:
            return asked
        least, most = _EPOCHS
        return min(most, max(least, math.ceil(_STEPS * self.batch / len(self.trained))))


def require_trainable(targets: Sequence[Target]) -> None:
    """Raise MissingExtra where a target is to be fine-tuned, and TensorFlow is not installed."""
    if any(target.recipe.finetune for target in targets) and not importlib.util.find_spec("tensorflow"):
        raise MissingExtra("tensorflow", purpose="fine-tuning")


def require_tunable(samples: CalibrationSet, outputs: Sequence[TensorSpec]) -> None:
    """Raise CalibrationError where nothing can be learned from samples, or their labels are not the model's.

    Asked before anything is made of them; what only running the model tells is found later.
    """
    _require_enough(len(samples))
    if samples.labels and (classes := _classes(outputs)):
        require_classes(labels_of(samples), known=classes, file=_MODEL)


def fine_tuned(
    made: Made, target: Target, exported: FloatExport, quantizer: Worker, *, folder: Path, progress: Progress
) -> Made:
    """Return the fine-tuned file, or ``made`` where that is no worse on samples that were held out.

    Args:
        made: the file by post-training quantization on all samples.
        target: what is made.
        exported: the float file, and the samples.
        quantizer: the child process where the float file is open.
        folder: the work folder.
        progress: told each step.

    Raises:
        CalibrationError: there are too few samples, or labels that are not the model's.
        ConversionError: the model cannot be trained, or its loss is no number any more.
        UsageError: the checkpoint is that of another fine-tuning.
    """
    recipe, spool = target.recipe, exported.spool
    place = folder / f"{target.precision.name}.finetuning"
    place.mkdir()
    samples = _samples(recipe, exported, quantizer, progress=progress)
    base = quantized(
        recipe, exported, quantizer, path=place / "before.tflite", held_out=samples.held_out, progress=progress
    )
    probe = quantizer.request(
        "probe",
        precision=recipe.precision,
        integer_io=recipe.io == "int",
        int16=list(recipe.int16_operators),
        floating=list(recipe.float_operators),
        left_out=sorted({*left_out(recipe, spool), *samples.held_out, *samples.outliers}),
        output=str(place / "probe.tflite"),
        **spool.request(),
        progress=progress,
    )
    try:
        told, opened, error = _trained(target, exported, samples, probe, folder=place, progress=progress)
    except BaseException as end:
        # Only now, when the child has ended, is it known what it has saved.
        if not isinstance(end, Exception) and target.checkpoint is not None and target.checkpoint.exists():
            end.add_note(f"how far fine-tuning came is in {target.checkpoint}")
        raise
    after = quantized(
        recipe,
        exported,
        quantizer,
        path=place / "after.tflite",
        held_out=(*samples.held_out, *samples.outliers),
        trained=place / "trained.tflite",
        given=told["ranges"],
        progress=progress,
    )
    seen = [compared(quantizer, each.path, spool, samples.held_out, progress=progress) for each in (base, after)]
    chosen = None
    if samples.labels is not None or (_classes(exported.description.outputs) and seen[0].top1_agreement is not None):
        paths = (exported.path, base.path, after.path)
        chosen = _chosen(paths, samples, spool, quantizer, folder=place, progress=progress)
    figures, exchanged = _judged(seen, chosen, samples)
    record = FineTuning(
        epochs=samples.epochs(recipe.epochs),
        trained_on=len(samples.trained),
        held_out=len(samples.held_out),
        labels=samples.labels is not None,
        ranges=told["start"],
        twin_error=error,
        losses=tuple(told["losses"]),
        frozen=tuple(opened["unknown"]),
        before=figures[0],
        after=figures[1],
        kept=figures[1].merit > figures[0].merit,
        gained=None if exchanged is None else exchanged[0],
        lost=None if exchanged is None else exchanged[1],
    )
    notes = (f"{target.precision.name} {record}", *_further_notes(record, samples))
    if not record.kept:
        return dataclasses.replace(made, finetuning=record, notes=(*made.notes, *notes))
    fidelity = compared(quantizer, after.path, spool, samples.held_out, progress=progress)
    return dataclasses.replace(
        after, fidelity=fidelity, finetuning=record, untuned=made.path, notes=(*after.notes, *notes)
    )


def with_accuracy(after: Made, before: Made, *, precision: str) -> Made:
    """Return the fine-tuned file with a sentence on what labelled samples say of it and of the file without."""
    if after.accuracy is None or before.accuracy is None:
        return after
    note = (
        f"{precision} on the labelled samples: {before.accuracy.accuracy.value:.1%} right by post-training, "
        f"{after.accuracy.accuracy.value:.1%} fine-tuned, {after.accuracy.reference.value:.1%} by the float model"
    )
    return dataclasses.replace(after, notes=(*after.notes, note))


def _samples(recipe: Recipe, exported: FloatExport, quantizer: Worker, *, progress: Progress) -> _Samples:
    spool = exported.spool
    if spool.calibration is None:
        raise CalibrationError("fine-tuning needs samples, and none were given", hint="add --calibration PATH")
    given = spool.first(spool.count, without=left_out(recipe, spool))
    stretching = quantizer.request("stretching", **spool.request(), progress=progress)
    few = len(stretching) <= _MOST_OUTLIERS * spool.count
    outliers = tuple(number for number in stretching if few and number in set(given))
    usable = [number for number in given if number not in set(outliers)]
    _require_enough(len(usable))
    held_out = usable[_EVERY - 1 :: _EVERY]
    trained = tuple(number for number in usable if number not in set(held_out))
    return _Samples(trained, tuple(held_out), outliers, _labels(exported, quantizer, progress=progress))


def _require_enough(count: int) -> None:
    if count < FEWEST:
        raise CalibrationError(
            f"fine-tuning needs at least {FEWEST} samples, and {count} {'was' if count == 1 else 'were'} given: one of "
            f"{_EVERY} is held out to judge on",
            hint="give more with --calibration and --samples, or leave --finetune out",
        )


def _classes(outputs: Sequence[TensorSpec]) -> int | None:
    """Return how many classes the model gives scores for; None where it gives none."""
    if len(outputs) != 1 or len(outputs[0].shape) != 2 or not outputs[0].dtype.startswith("float"):
        return None
    classes = outputs[0].shape[1] or 0
    return classes if classes > 1 else None


def _labels(exported: FloatExport, quantizer: Worker, *, progress: Progress) -> tuple[int, ...] | None:
    """Return the labels of the samples; None where there are none, or the model gives no class scores.

    Raises:
        CalibrationError: they are not those of the model's classes.
    """
    calibration = exported.spool.calibration
    if calibration is None or not calibration.labels or _classes(exported.description.outputs) is None:
        return None
    labels = labels_of(calibration)
    told = quantizer.request(
        "answers",
        path=str(exported.path),
        name=_MODEL,
        sha256=sha256_of(exported.path),
        **exported.spool.request(),
        progress=progress,
    )
    require_labels(Answers(**{**told, "chosen": tuple(told["chosen"])}), labels)
    return labels.numbers


def _trained(
    target: Target,
    exported: FloatExport,
    samples: _Samples,
    probe: dict[str, Any],
    *,
    folder: Path,
    progress: Progress,
) -> tuple[dict[str, Any], dict[str, Any], float]:
    """Train; return what came of it, what the twin knows of the file, and its error."""
    name, recipe, checkpoint = "the model", target.recipe, target.checkpoint
    path, files = str(exported.path), exported.spool.request()["files"]
    inputs = _input_tensors(exported)
    with ExitStack() as stack:
        grace_s = {} if checkpoint is None else {"grace_s": SAVING_S}
        tuner = stack.enter_context(Worker("edgekit.twin.tuner", folder=folder, **grace_s))
        try:
            opened: dict[str, Any] = tuner.request("open", path=path, name=name, inputs=inputs, progress=progress)
            _require_weights(opened)
            for unknown in opened["unknown"]:
                progress(Step(f"not trained through: {unknown}"))
            recorder = stack.enter_context(Worker("edgekit.twin.recorder", folder=folder))
            recorder.request(
                "record",
                path=path,
                inputs=inputs,
                tensors=list(dict.fromkeys([*opened["targets"], *opened["before"], *opened["given"]])),
                files=files,
                samples=list(samples.trained),
                folder=str(folder),
                progress=progress,
            )
            common = {"files": files, "samples": list(samples.trained)}
            error: float = tuner.request("prove", folder=str(folder), **common, progress=progress)
            labels = samples.labels
            told: dict[str, Any] = tuner.request(
                "tune",
                probe=str(folder / "probe.tflite"),
                probed=probe["probed"],
                starts=probe["starts"],
                **common,
                labels=None if labels is None else [labels[number] for number in samples.trained],
                keep=list(recipe.keep),
                epochs=samples.epochs(recipe.epochs),
                batch=samples.batch,
                seed=recipe.seed,
                output=str(folder / "trained.tflite"),
                checkpoint=None if checkpoint is None else str(checkpoint.absolute()),
                progress=progress,
            )
        except WorkerDied as death:
            saved = checkpoint is not None and checkpoint.exists()
            further = f"how far it came is in {checkpoint}: go on from there" if saved else "convert without --finetune"
            raise ConversionError(
                f"fine-tuning {death.how}", hint=f"{death.hint}; {further}" if death.hint else further, log=death.log
            ) from death
    return told, opened, error


def _input_tensors(exported: FloatExport) -> list[int]:
    """Return the float file's input tensors in the order of the samples' files."""
    graph = read_graph(exported.path.read_bytes(), name=str(exported.path))
    named = dict(next(each for each in graph.signatures if each.subgraph == 0).inputs)
    return [named[spec.name] for spec in exported.description.inputs]


def _require_weights(opened: dict[str, Any]) -> None:
    if opened["trained"]:
        return
    unknown = opened["unknown"]
    reason = f"{unknown[0]}, and everything else waits for it" if unknown else "it has no weights"
    raise ConversionError(
        f"the model cannot be fine-tuned: {reason}",
        hint="leave --finetune out: post-training quantization takes it",
    )


def _chosen(
    paths: Sequence[Path], samples: _Samples, spool: Spool, quantizer: Worker, *, folder: Path, progress: Progress
) -> list[tuple[int, ...]]:
    """Return the class that each file names for each sample that was held out."""
    files = []
    for number, file in enumerate(spool.request()["files"]):
        files.append(folder / f"held-out-{number}.npy")
        np.save(files[-1], np.load(file, mmap_mode="r")[list(samples.held_out)])
    told = (
        quantizer.request(
            "answers",
            path=str(path),
            name=path.name,
            sha256=sha256_of(path),
            files=[str(file) for file in files],
            count=len(samples.held_out),
            progress=progress,
        )
        for path in paths
    )
    return [tuple(each["chosen"]) for each in told]


def _judged(
    seen: Sequence[Fidelity], chosen: Sequence[tuple[int, ...]] | None, samples: _Samples
) -> tuple[tuple[HeldOut, HeldOut], tuple[int, int] | None]:
    """Return what the files before and after came to, and how many samples were gained and lost by what decided.

    Args:
        seen: both files against the float file, on the samples that were held out.
        chosen: the classes that the float file and both files name; None where there are none to name.
        samples: with the labels, where there are some.
    """
    before, after = (HeldOut(each.snr_db, each.top1_agreement, None) for each in seen)
    if chosen is None:
        return (before, after), None
    wanted, first, second = chosen
    if samples.labels is not None:
        labels = tuple(samples.labels[number] for number in samples.held_out)
        before = dataclasses.replace(before, correct=_alike(first, labels))
        after = dataclasses.replace(after, correct=_alike(second, labels))
        wanted = labels if before.correct != after.correct else wanted
    if before.merit[:2] == after.merit[:2]:
        return (before, after), None
    rights = [(one == best, other == best) for one, other, best in zip(first, second, wanted, strict=True)]
    return (before, after), (rights.count((False, True)), rights.count((True, False)))


def _alike(answers: Sequence[int], wanted: Sequence[int]) -> int:
    return sum(answer == best for answer, best in zip(answers, wanted, strict=True))


def _further_notes(record: FineTuning, samples: _Samples) -> list[str]:
    notes = [f"not trained through: {each}" for each in record.frozen]
    if samples.outliers:
        told = format_count(len(samples.outliers), "sample")
        notes.append(
            f"fine-tuning passed over {told} of which each stretches a range alone; edgekit samples names them"
        )
    return notes
