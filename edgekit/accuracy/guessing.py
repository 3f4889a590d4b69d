"""Whether the answers are any better than guessing, and what a model that has collapsed says instead."""

from __future__ import annotations

from collections import Counter
from math import sqrt

from edgekit.accuracy.answers import NO_ANSWER, Answers
from edgekit.accuracy.labels import Labels

_LEAST_SAMPLES = 30
_DEVIATIONS = 2
"""Of the number that guessing gets right: of 40 guessing models, one has more."""
_NEARLY_ALL = 0.9
_FEW = 3


def guessing_note(answers: Answers, labels: Labels) -> str | None:
    """Return a sentence where no more is right than guessing would get right; None where more is, or few were asked."""
    total = len(labels)
    classes = answers.known if answers.known is not None else len(labels.names)
    if total < _LEAST_SAMPLES or classes < 2:
        return None
    right = sum(answer == label for answer, label in zip(answers.chosen, labels.numbers, strict=True))
    chance = 1 / classes
    if right > total * chance + _DEVIATIONS * sqrt(total * chance * (1 - chance)):
        return None
    return f"{right} of {total} right, chance is {100 * chance:.2g} %: {_manner(answers, labels, classes)}"


def _manner(answers: Answers, labels: Labels, classes: int) -> str:
    """Return how the model answers: nearly always the same, or a few classes of many, or as if it guessed."""
    counted = Counter(answers.chosen).most_common(_FEW)
    most = 1 if classes < 2 * _FEW else _FEW
    reached = 0
    for place, (_, count) in enumerate(counted[:most], start=1):
        reached += count
        if reached >= _NEARLY_ALL * len(answers.chosen):
            named = [_name(answer, labels) for answer, _ in counted[:place]]
            return (
                f"{answers.file} answers {'' if reached == len(labels) else 'nearly '}everything {' or '.join(named)}"
            )
    return f"{answers.file} might as well guess"


def _name(answer: int, labels: Labels) -> str:
    return "with NaN" if answer == NO_ANSWER else f"'{labels.name(answer)}'"
