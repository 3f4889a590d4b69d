"""``evaluate`` and ``compare_accuracy``: files on a device, held against the labels of the samples."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from edgekit.accuracy import (
    Accuracy,
    AccuracyComparison,
    Answers,
    compare_answers,
    count_right,
    labels_of,
    read_answers,
    require_labels,
)
from edgekit.artifact import Artifact
from edgekit.devices import Device, opened
from edgekit.errors import UsageError, unknown_name
from edgekit.progress import Progress, Step, silent
from edgekit.recipe import Recipe
from edgekit.runner.inference import infer
from edgekit.runner.labelled_data import LabelledData, LabelledSamples, gathered
from edgekit.runner.plan import FIRST_TIMEOUT
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
    progress: Progress = silent,
) -> Accuracy:
    """Count how often a .tflite file names the class that the samples are labelled with.

    The class is the index of the largest score; of a single score, which must be a probability, 1 where it is above
    0.5; an integer output is the class itself.

    Args:
        file: the path, or the artifact.
        samples: with labels: a folder with one folder per class, an .npz or a dictionary of arrays, one of them
            ``labels``, what else :func:`edgekit.collect` takes, or what it gave. Class folders count from 0 in the
            order of their names.
        recipe: its choices on samples say how those that are not collected yet are read and preprocessed: all of
            them are taken.
        device: an address, or a device that is open and stays so.
        output: the name of the output with the scores; needed where there are several.
        threads: number of threads of the runtime.
        timeout: seconds for all samples.
        first_timeout: seconds for loading and the first sample together.
        progress: told each step.

    Raises:
        CalibrationError: the samples have no labels, or labels that are not those of the file's classes, or the file
            gives no class scores.
        UsageError: the output is unknown.
        EdgekitError: whatever :func:`infer` raises.
    """
    facts = inspect_runnable(file)
    run = partial(infer, device=device, threads=threads, timeout=timeout, first_timeout=first_timeout)
    with gathered(samples, inputs=facts.inputs, recipe=recipe, progress=progress) as ready:
        labels = labels_of(ready)
        answers = _answers(file, ready, output=output, run=run, progress=progress)
    require_labels(answers, labels)
    return count_right(answers, labels)


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
        timeout: seconds for all samples, for each file.
        first_timeout: as for :func:`evaluate`.
        progress: told each step.

    Returns:
        Both accuracies, and what is lost with its interval.

    Raises:
        CalibrationError: as for :func:`evaluate`; also where the two files have not the same classes.
        UsageError: the output is unknown.
        EdgekitError: whatever :func:`infer` raises.
    """
    facts = inspect_runnable(reference)
    same = inspect_runnable(artifact).sha256 == facts.sha256
    with (
        gathered(samples, inputs=facts.inputs, recipe=recipe, progress=progress) as ready,
        opened(device) as machine,
    ):
        labels = labels_of(ready)
        run = partial(infer, device=machine, threads=threads, timeout=timeout, first_timeout=first_timeout)
        ask = partial(_answers, samples=ready, output=output, run=run, progress=progress)
        before = ask(reference)
        # Labels that do not fit should not cost the second run.
        require_labels(before, labels)
        after = before if same else ask(artifact)
    return compare_answers(before, after, labels)


def _answers(
    file: str | Path | Artifact,
    samples: LabelledSamples,
    *,
    output: str | None,
    run: Callable[[str | Path | Artifact, LabelledSamples], dict[str, NDArray[Any]]],
    progress: Progress,
) -> Answers:
    facts = inspect_runnable(file)
    names = [spec.name for spec in facts.outputs]
    if output is None and len(names) != 1:
        raise UsageError(
            f"{facts.path} has several outputs: name the one with the scores: {', '.join(names)}",
            hint="output=NAME, on the command line --scores NAME",
        )
    name = names[0] if output is None else output
    if name not in names:
        raise UsageError(f"{facts.path}: {unknown_name('output', name, names)}")
    progress(Step(f"running {facts.path.name} on {len(samples)} labelled samples"))
    outputs = run(file, samples)
    return read_answers(outputs[name], file=str(facts.path), sha256=facts.sha256)
