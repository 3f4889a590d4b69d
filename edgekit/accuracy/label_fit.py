"""Whether the labels are those of the file's classes, in the same order."""

from __future__ import annotations

import numpy as np

from edgekit.accuracy.answers import NO_ANSWER, Answers
from edgekit.accuracy.labels import Labels
from edgekit.errors import CalibrationError
from edgekit.units import format_count

# Of sets of the smallest size, answers by pure chance reach all of these together in fewer than 3 of 1,000.
_LEAST_SAMPLES = 30
_LEAST_PER_CLASS = 10
_LEAST_SHARE = 0.6
_TIMES_BETTER = 3


def require_labels(answers: Answers, labels: Labels) -> None:
    """Raise CalibrationError where the labels cannot be those of this file's classes, or are in another order."""
    require_possible(answers, labels)
    _require_no_mixup(answers, labels)


def require_possible(answers: Answers, labels: Labels) -> None:
    """Raise CalibrationError unless there is an answer for each label, and a class for each."""
    if len(answers.chosen) != len(labels):
        raise CalibrationError(
            f"{answers.file} gave {len(answers.chosen)} answers, but {labels.where} have {len(labels)} labels"
        )
    require_classes(labels, known=answers.known, file=answers.file)


def require_classes(labels: Labels, *, known: int | None, file: str) -> None:
    """Raise CalibrationError unless there is a class for each label.

    Args:
        labels: of the samples.
        known: how many classes the file knows; None where it gives class numbers, which tell no end.
        file: what is called so in the error.
    """
    lowest, highest = min(labels.numbers), max(labels.numbers)
    if lowest < 0 or (known is not None and highest >= known):
        told = "class numbers" if known is None else f"scores for {known} classes"
        raise CalibrationError(
            f"the labels go from {lowest} to {highest}, but {file} has {told}, from 0",
            hint="the samples belong to another model, or there is a folder too many",
        )
    if labels.names and known is not None and len(labels.names) != known:
        raise CalibrationError(
            f"{labels.where} have {format_count(len(labels.names), 'class folder')}, but {file} has scores for {known} "
            "classes, so it cannot be told which folder is which class",
            hint="the folders, sorted by name, must be the model's classes: make an empty one for a class that is "
            "missing",
        )


def _require_no_mixup(answers: Answers, labels: Labels) -> None:
    """Raise where classes that are hardly ever named would mostly be right in another order.

    Class folders are numbered in the order of their names ("0", "1", "10", "2"), as Keras does, and a model that was
    trained with another order would seem to know nothing. A single class that is always taken for another, too few
    samples to tell, and answers that are no good in any order, are left alone. So is a model that answers one or two
    classes to everything: another order has a class of its own for each, so only classes count that are mostly given
    an answer which no other class is mostly given.
    """
    numbers, chosen = np.asarray(labels.numbers), np.asarray(answers.chosen)
    seen, label_index = np.unique(numbers, return_inverse=True)
    if len(numbers) < max(_LEAST_SAMPLES, _LEAST_PER_CLASS * len(seen)):
        return
    # Loaded on use: it takes a third of a second.
    from scipy.optimize import linear_sum_assignment

    named, answer_index = np.unique(chosen, return_inverse=True)
    counts = np.zeros((len(seen), len(named)), np.int64)
    np.add.at(counts, (label_index, answer_index), 1)
    counts[:, named == NO_ANSWER] = 0
    rows, columns = linear_sum_assignment(counts, maximize=True)
    moved = seen[rows] != named[columns]
    rows, columns = rows[moved], columns[moved]
    concerned = np.isin(numbers, seen[rows])
    favourites, sizes = counts.argmax(axis=1), np.bincount(label_index)
    own = np.bincount(favourites, minlength=len(named))[columns] == 1
    firm = (favourites[rows] == columns) & own & (2 * counts[rows, columns] > sizes[rows])
    rows, columns = rows[firm], columns[firm]
    right, best = int(np.sum((numbers == chosen) & concerned)), int(counts[rows, columns].sum())
    total = int(concerned.sum())
    if len(rows) < 2 or total < _LEAST_SAMPLES or best < max(_LEAST_SHARE * total, _TIMES_BETTER * right):
        return
    examples = [
        f"'{labels.name(int(seen[row]))}' is number {seen[row]}, and mostly answered {named[column]}"
        for row, column in zip(rows, columns, strict=True)
    ]
    raise CalibrationError(
        f"{labels.where} have classes in another order than {answers.file}: of {total} answers to {len(rows)} classes, "
        f"{right} are right as they are numbered, and {best} would be in another order ({'; '.join(examples[:3])})",
        hint="classes are numbered from 0 in the order of the folders' names: rename the folders, such as 00, 01, ... "
        "10, or correct the labels",
    )
