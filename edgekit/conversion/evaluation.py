"""Accuracy on labelled samples of what was made, against the float model, before anything is written."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from edgekit.accuracy import Answers, Labels, compare_answers, guessing_note, labels_of, require_labels
from edgekit.conversion.artifacts import Made
from edgekit.conversion.targets import Target
from edgekit.data import ALL_SAMPLES, CalibrationSet, collect
from edgekit.errors import CalibrationError
from edgekit.files import sha256_of
from edgekit.processes.spool import Spool, spool_of
from edgekit.processes.worker import Worker
from edgekit.progress import Progress
from edgekit.recipe import Arithmetic, Recipe
from edgekit.sources import Description

_FLOAT = "the float model"


@dataclass(frozen=True, slots=True)
class LabelledEvaluation:
    """Labelled samples on the disk, and what the float model answers to them."""

    spool: Spool
    samples: CalibrationSet
    labels: Labels
    reference: Answers

    def by(self, path: Path) -> LabelledEvaluation:
        """Return the same with ``path`` as the float file: one that computes the same, but says more of itself."""
        return dataclasses.replace(self, reference=dataclasses.replace(self.reference, sha256=sha256_of(path)))


def examine_float(
    evaluate: Any,
    quantizer: Worker,
    *,
    path: Path,
    description: Description,
    recipe: Recipe,
    folder: Path,
    progress: Progress,
) -> LabelledEvaluation:
    """Collect all labelled samples, preprocessed as for calibration, and run the float model on them.

    Args:
        evaluate: whatever ``collect`` takes, with labels.
        quantizer: the child process that runs files; the float one is open there.
        path: the float file.
        description: of the model.
        recipe: says how the samples are preprocessed.
        folder: the work folder.
        progress: told each step.

    Raises:
        CalibrationError: the samples cannot be used, have no labels, or not those of the model's classes; or the
            model gives no class scores.
    """
    if len(description.outputs) != 1:
        names = ", ".join(spec.name for spec in description.outputs)
        raise CalibrationError(
            f"the model has several outputs ({names}), and which of them holds the scores cannot be told",
            hint="convert to float32 as well, then: edgekit evaluate FILE --float FLOAT --samples PATH --scores NAME",
        )
    samples = collect(
        evaluate,
        inputs=description.inputs,
        recipe=recipe,
        folder=folder / "labelled",
        own_scaling=description.own_scaling,
        limit=ALL_SAMPLES,
        progress=progress,
    )
    labels = labels_of(samples)
    spool = spool_of(samples, description.inputs)
    reference = _answers(quantizer, path, spool, name=_FLOAT, progress=progress)
    require_labels(reference, labels)
    return LabelledEvaluation(spool, samples, labels, reference)


def examined(
    item: Made, evaluation: LabelledEvaluation, *, quantizer: Worker, target: Target, progress: Progress
) -> Made:
    """Return what was made with its accuracy.

    float32 is the float file, with or without metadata and a signature, and is not run again.
    """
    reference = evaluation.reference
    name = target.path.name
    if target.precision.arithmetic is Arithmetic.FLOAT:
        answers = dataclasses.replace(reference, file=name, sha256=sha256_of(item.path))
    else:
        answers = _answers(quantizer, item.path, evaluation.spool, name=name, progress=progress)
    return dataclasses.replace(item, accuracy=compare_answers(reference, answers, evaluation.labels))


def evaluation_notes(evaluation: LabelledEvaluation, calibration: CalibrationSet | None) -> Iterator[str]:
    """Give the sentences that a user should know about the evaluation.

    Args:
        evaluation: the labelled samples.
        calibration: those calibrated on; None where there are none, or their check has told which are labelled too.
    """
    samples = evaluation.samples
    yield from samples.told("labelled ")
    guessing = guessing_note(evaluation.reference, evaluation.labels)
    if guessing is not None:
        yield guessing
    known = set() if calibration is None else set(calibration.sample_ids)
    shared = sum(sample_id in known for sample_id in samples.sample_ids)
    if shared:
        yield (
            f"{shared} of the {len(samples)} labelled samples were calibrated on too: on others, accuracy may be less"
        )


def _answers(quantizer: Worker, path: Path, spool: Spool, *, name: str, progress: Progress) -> Answers:
    told = quantizer.request(
        "answers", path=str(path), name=name, sha256=sha256_of(path), **spool.request(), progress=progress
    )
    return Answers(**{**told, "chosen": tuple(told["chosen"])})
