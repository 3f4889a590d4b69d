"""Both files on the same samples: how far their outputs agree, and which of them is right more often."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edgekit.accuracy import AccuracyComparison, compare_answers, labels_of, read_answers
from edgekit.artifact import PictureHandling, Sidecar
from edgekit.data import CalibrationSet
from edgekit.devices import Device, opened
from edgekit.errors import CalibrationError, RecipeError, UsageError, unknown_name
from edgekit.fidelity import Fidelity, FidelityMeter
from edgekit.inspection import Inspection
from edgekit.progress import Progress, Step
from edgekit.recipe import PreprocessingChoices, Recipe, Resize
from edgekit.runner import LabelledSamples, infer
from edgekit.runner.evaluation.labelled_data import as_taken, gathered

Outputs = Mapping[str, NDArray[Any]]

_PREPROCESSING = tuple(PreprocessingChoices.__annotations__)


@dataclass(frozen=True, slots=True)
class Agreement:
    """What was seen on samples."""

    samples: str
    fidelity: Fidelity | None
    accuracy: AccuracyComparison | None
    unknown: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Side:
    """One of the two files."""

    facts: Inspection
    recipe: Recipe
    """Says what is done to samples before this file sees them."""
    known: PictureHandling | None = None
    """What becomes of pictures where the recipe leaves that open. Arrays of real numbers stay as they are."""


def side_of(
    facts: Inspection,
    *,
    asked: Recipe | None,
    choices: Mapping[str, Any],
    own: Sidecar | None,
    other: Sidecar | None,
) -> Side:
    """Return a file with the preprocessing that was asked for, else its sidecar's, else that of the other file.

    Single choices lie over it.

    Raises:
        RecipeError: a choice is not about preprocessing, or its value is not valid.
    """
    for name in choices:
        if name not in _PREPROCESSING:
            raise RecipeError(unknown_name("choice of preprocessing", name, _PREPROCESSING))
    told = own or other
    if asked is not None or told is None:
        return Side(facts, Recipe.chosen(asked, choices))
    handling = next(iter(told.pictures.values()), None)
    if handling is None:
        return Side(facts, Recipe.chosen(told.recipe, choices))
    # What is said of the pictures of the conversion is not said of arrays, which may be given this time.
    unsaid = dataclasses.replace(told.recipe, value_range=None, resize=Resize.STRETCH, filter=None, colour=None)
    recipe = Recipe.chosen(unsaid, choices)
    if recipe.open_on_pictures:
        return Side(facts, recipe, handling)
    found: dict[str, Any] = {"value_range": handling.value_range, "resize": handling.resize}
    if "value_range" not in choices:
        # Another range may be defined for another order of the channels.
        found["colour"] = handling.colour
    return Side(facts, Recipe.chosen(told.recipe, {**found, **choices}))


def agreement(
    a: Side, b: Side, samples: Any, *, scores: str | None, device: str | Device, threads: int, progress: Progress
) -> Agreement:
    """Run both files on the samples, each preprocessed for it.

    Raises:
        CalibrationError: the samples cannot be used as given, or their labels are not those of the classes.
        UsageError: the output is unknown.
        EdgekitError: whatever :func:`edgekit.infer` raises.
    """
    with opened(device) as machine, _gathered(a, b, samples, progress) as (for_a, for_b):
        outputs: list[dict[str, NDArray[Any]]] = []
        for side, ready in ((a, for_a), (b, for_b)):
            if outputs and side.facts.sha256 == a.facts.sha256 and ready is for_a:
                outputs.append(outputs[0])
                continue
            progress(Step(f"running {side.facts.path.name} on {len(ready)} samples"))
            outputs.append(infer(side.facts.path, ready, device=machine, threads=threads))
        path, how = getattr(for_a, "path", "the samples given"), getattr(for_a, "preprocessing", "as given")
        unknown: list[str] = []
        fidelity = _fidelity(a, b, *outputs, unknown=unknown)
        accuracy = _accuracy(a, b, *outputs, samples=for_a, scores=scores, unknown=unknown)
    return Agreement(f"{len(for_a)} of {path} ({how})", fidelity, accuracy, tuple(unknown))


@contextmanager
def _gathered(a: Side, b: Side, samples: Any, progress: Progress) -> Iterator[tuple[LabelledSamples, LabelledSamples]]:
    with gathered(samples, inputs=a.facts.inputs, recipe=a.recipe, progress=progress, known=a.known) as for_a:
        if for_a is samples or _taken(a) == _taken(b):
            yield for_a, for_a
            return
        # The order is that of the seed: sample by sample, both files are to see the same.
        recipe = dataclasses.replace(b.recipe, seed=a.recipe.seed)
        with gathered(samples, inputs=b.facts.inputs, recipe=recipe, progress=progress, known=b.known) as for_b:
            if _told_apart(for_a) != _told_apart(for_b):
                counts = " and ".join(f"{len(each)} for {side.facts.path}" for side, each in ((a, for_a), (b, for_b)))
                raise CalibrationError(
                    f"the two files cannot be given the same samples: {counts} could be read, not all of them the same "
                    "ones or not in the same order",
                    hint="take out the samples that cannot be read, and give them in an order that does not change",
                )
            yield for_a, for_b


def _told_apart(samples: LabelledSamples) -> tuple[str, ...]:
    """Return what tells the samples of one source apart, in the order used."""
    if not isinstance(samples, CalibrationSet):
        return tuple(map(str, range(len(samples))))
    # Hashes are of what a file takes of a sample, and that may be more or less than the other one takes.
    return samples.names if samples.mixed else samples.sample_ids


def _taken(side: Side) -> tuple[Any, ...]:
    """Return what the samples of a file depend on, as long as all of them are taken."""
    specs = tuple(as_taken(spec, recipe=side.recipe, known=side.known) for spec in side.facts.inputs)
    return (specs, side.known, *(getattr(side.recipe, name) for name in _PREPROCESSING))


def _fidelity(a: Side, b: Side, ours: Outputs, theirs: Outputs, *, unknown: list[str]) -> Fidelity | None:
    pairs = _paired(ours, theirs)
    if pairs is None:
        shapes = [
            ", ".join(f"{name} {list(values.shape[1:])}" for name, values in each.items()) for each in (ours, theirs)
        ]
        unknown.append(
            f"how far the outputs agree is not known: {a.facts.path} gives {shapes[0]}, and {b.facts.path} {shapes[1]}"
        )
        return None
    taken = [spec.shape for spec in a.facts.inputs]
    meter = FidelityMeter(synthetic=False, scores=taken != [spec.shape for spec in a.facts.outputs])
    for index in range(len(pairs[0][0])):
        meter.add(*([side[index : index + 1] for side in sides] for sides in zip(*pairs, strict=True)))
    return meter.result()


def _paired(ours: Outputs, theirs: Outputs) -> list[tuple[NDArray[Any], NDArray[Any]]] | None:
    """Return the outputs in pairs: by name where the names are the same, else by place; None where they do not fit."""
    if len(ours) != len(theirs):
        return None
    order = list(ours) if ours.keys() == theirs.keys() else list(theirs)
    pairs = [(values, theirs[name]) for values, name in zip(ours.values(), order, strict=True)]
    fit = all(
        mine.shape == other.shape and mine.dtype.kind in "biuf" and other.dtype.kind in "biuf" for mine, other in pairs
    )
    return pairs if fit else None


def _accuracy(
    a: Side,
    b: Side,
    ours: Outputs,
    theirs: Outputs,
    *,
    samples: LabelledSamples,
    scores: str | None,
    unknown: list[str],
) -> AccuracyComparison | None:
    if not samples.labels:
        unknown.append("accuracy is not known: the samples have no labels")
        return None
    answers = []
    for side, outputs in ((a, ours), (b, theirs)):
        if scores is None and len(outputs) != 1:
            unknown.append(
                f"accuracy is not known: {side.facts.path} has several outputs, of which --scores names none: "
                f"{', '.join(outputs)}"
            )
            return None
        name = next(iter(outputs)) if scores is None else scores
        if name not in outputs:
            raise UsageError(f"{side.facts.path}: {unknown_name('output', name, outputs)}")
        try:
            read = read_answers(np.asarray(outputs[name]), file=str(side.facts.path), sha256=side.facts.sha256)
        except CalibrationError as error:
            unknown.append(f"accuracy is not known: {error.message}")
            return None
        answers.append(read)
    if answers[0].known != answers[-1].known:
        unknown.append(f"accuracy is not compared: {a.facts.path} and {b.facts.path} have not the same classes")
        return None
    before, after = answers
    return compare_answers(before, after, labels_of(samples))
