"""``evaluate`` and ``compare_accuracy``: files on a device, held against the labels of the samples."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from contextlib import AbstractContextManager
from pathlib import Path

from edgekit.accuracy import (
    Accuracy,
    AccuracyComparison,
    compare_answers,
    count_right,
    labels_of,
    require_labels,
)
from edgekit.artifact import Artifact, recorded_pictures
from edgekit.devices import Device, opened
from edgekit.inspection import Inspection
from edgekit.progress import Progress, silent
from edgekit.recipe import Recipe
from edgekit.runner.evaluation.answering import Asking, ask_all, scores_of
from edgekit.runner.evaluation.checkpoint import Subject, digest_of
from edgekit.runner.evaluation.labelled_data import LabelledData, LabelledSamples, gathered
from edgekit.runner.evaluation.lineage import lineage_notes
from edgekit.runner.evaluation.resuming import resumable
from edgekit.runner.plan import FIRST_TIMEOUT, require_seconds, require_whole
from edgekit.runner.subject import inspect_runnable


def evaluate(
    file: str | Path | Artifact,
    samples: LabelledData,
    *,
    recipe: Recipe | None = None,
    device: str | Device = "local",
    output: str | None = None,
    threads: int = 1,
    timeout: float = 600.0,
    first_timeout: float = FIRST_TIMEOUT,
    checkpoint: str | Path | None = None,
    progress: Progress = silent,
) -> Accuracy:
    """Count how often a .tflite file names the class that the samples are labelled with.

    The class is the index of the largest score; of a single score, which must be a probability, 1 where it is above
    0.5; an integer output is the class itself.

    The samples are sent in pieces, and the answers to each are kept on this machine: after a cut link or Ctrl-C the
    same call goes on where it was, and runs nothing twice.

    Args:
        file: the path, or the artifact.
        samples: with labels: a folder with one folder per class, an .npz or a dictionary of arrays, one of them
            ``labels``, what else :func:`edgekit.collect` takes, or what it gave. Class folders count from 0 in the
            order of their names.
        recipe: its choices on samples say how those that are not collected yet are read and preprocessed: all of
            them are taken. Where it says nothing of pictures, the sidecar beside the file does.
        device: an address, or a device that is open and stays so.
        output: the name of the output with the scores; needed where there are several.
        threads: number of threads of the runtime.
        timeout: seconds for each piece of at most 500 samples.
        first_timeout: seconds for loading and the first sample of each piece together.
        checkpoint: the file in which the answers are kept on the way; it is gone when all are there. None: one in the
            user's cache folder, where the device is given by its address and is not this machine.
        progress: told each step.

    Raises:
        CalibrationError: the samples have no labels, or labels that are not those of the file's classes, or the file
            gives no class scores.
        UsageError: the output is unknown, or the checkpoint is of another evaluation.
        OutputError: the checkpoint that was named cannot be written.
        EdgekitError: whatever :func:`infer` raises.
    """
    _require_limits(threads, timeout, first_timeout)
    facts = inspect_runnable(file)
    scores_of(facts, output)
    with _ready(samples, facts, recipe=recipe, progress=progress) as ready:
        labels = labels_of(ready)
        asking = Asking(ready, output, threads, timeout, first_timeout, progress)
        subject = _subject(device, [facts], asking)
        with resumable(checkpoint, subject, device=device, progress=progress) as kept, opened(device) as machine:
            answers = ask_all(machine, facts, asking, kept=kept)
            require_labels(answers, labels)
            address = machine.address
    return _confessing(count_right(answers, labels), address=address)


def compare_accuracy(
    reference: str | Path | Artifact,
    artifact: str | Path | Artifact,
    *,
    samples: LabelledData,
    recipe: Recipe | None = None,
    device: str | Device = "local",
    output: str | None = None,
    threads: int = 1,
    timeout: float = 600.0,
    first_timeout: float = FIRST_TIMEOUT,
    checkpoint: str | Path | None = None,
    progress: Progress = silent,
) -> AccuracyComparison:
    """Run a file and the float one that it was made from on the same labelled samples, once each.

    Args:
        reference: the float file.
        artifact: the file that is judged; if it is the same file, it runs once.
        samples: as for :func:`evaluate`, preprocessed for the inputs of ``reference``.
        recipe: as for :func:`evaluate`.
        device: as for :func:`evaluate`; both run there.
        output: the name of the output with the scores, in both files.
        threads: as for :func:`evaluate`.
        timeout: as for :func:`evaluate`.
        first_timeout: as for :func:`evaluate`.
        checkpoint: as for :func:`evaluate`; the answers of both files are in it.
        progress: told each step.

    Returns:
        Both accuracies, and what is lost with its interval. Its notes tell where the two are not files of one model.

    Raises:
        CalibrationError: as for :func:`evaluate`; also where the two files have not the same classes.
        UsageError: as for :func:`evaluate`.
        OutputError: as for :func:`evaluate`.
        EdgekitError: whatever :func:`infer` raises.
    """
    _require_limits(threads, timeout, first_timeout)
    facts, judged = inspect_runnable(reference), inspect_runnable(artifact)
    for each in (facts, judged):
        scores_of(each, output)
    # The same file runs once.
    files = [facts] if judged.sha256 == facts.sha256 else [facts, judged]
    with _ready(samples, facts, judged, recipe=recipe, progress=progress) as ready:
        labels = labels_of(ready)
        asking = Asking(ready, output, threads, timeout, first_timeout, progress)
        subject = _subject(device, files, asking)
        with resumable(checkpoint, subject, device=device, progress=progress) as kept, opened(device) as machine:
            before = ask_all(machine, facts, asking, kept=kept)
            # Labels that do not fit should not cost the second run.
            require_labels(before, labels)
            after = before if len(files) == 1 else ask_all(machine, judged, asking, kept=kept)
            address = machine.address
    comparison = compare_answers(before, after, labels)
    accuracy = _confessing(comparison.accuracy, address=address)
    notes = (*accuracy.notes, *lineage_notes(facts, judged))
    return dataclasses.replace(comparison, accuracy=dataclasses.replace(accuracy, notes=notes))


def _ready(
    samples: LabelledData, *files: Inspection, recipe: Recipe | None, progress: Progress
) -> AbstractContextManager[LabelledSamples]:
    """Give the samples for the first file; of several the first that has a sidecar tells what becomes of pictures."""
    told = (recorded_pictures(each.path, sha256=each.sha256) for each in files)
    known = next((handling for handling in told if handling is not None), None)
    return gathered(samples, inputs=files[0].inputs, recipe=recipe, progress=progress, known=known)


def _require_limits(threads: int, timeout: float, first_timeout: float) -> None:
    require_whole("threads", threads, least=1, most=256)
    require_seconds("timeout", timeout)
    require_seconds("first_timeout", first_timeout)


def _subject(device: str | Device, files: Sequence[Inspection], asking: Asking) -> Subject:
    return Subject(
        device=device if isinstance(device, str) else device.address,
        files=tuple(facts.sha256 for facts in files),
        samples=digest_of(asking.samples.files, asking.samples.labels),
        count=len(asking.samples),
        threads=asking.threads,
        output=asking.output,
    )


def _confessing(accuracy: Accuracy, *, address: str) -> Accuracy:
    """Say where it was seen, if that was not here: runtimes round differently."""
    if address == "local":
        return accuracy
    return dataclasses.replace(accuracy, notes=(*accuracy.notes, f"the answers are those of {address}"))
