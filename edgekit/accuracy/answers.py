"""From the scores that a file gives to the class that it names."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edgekit.errors import CalibrationError

NO_ANSWER = -1
"""The answer where the scores hold NaN; it is never right."""
_THRESHOLD = 0.5
# A quantized sigmoid may go a step beyond.
_SLACK = 0.01


@dataclass(frozen=True, slots=True)
class Answers:
    """The class that one file named for each sample."""

    file: str
    """As it was given, for sentences."""
    sha256: str
    chosen: tuple[int, ...]
    """In the order of the samples."""
    known: int | None
    """How many classes the file knows; None where it gives class numbers, which tell no end."""


def read_answers(values: NDArray[Any], *, file: str, sha256: str) -> Answers:
    """Return the answers that an output gives.

    Args:
        values: [samples, classes] scores, of which the largest counts (the first of several); [samples, 1]
            probabilities of class 1, which is named above 0.5; or [samples] or [samples, 1] integers, which are the
            classes. Further dimensions of 1 do not matter.
        file: whose output it is.
        sha256: of that file.

    Raises:
        CalibrationError: the output holds no class scores, or a single score that is no probability.
    """
    flat = values.reshape(len(values), -1)
    if values.dtype.kind in "iu" and flat.shape[1] == 1:
        return Answers(file, sha256, _listed(flat[:, 0]), None)
    if values.dtype.kind not in "f" or flat.shape[1] != max(values.shape[1:], default=1) or not flat.shape[1]:
        raise CalibrationError(
            f"{file} gives {values.dtype} of the shape {list(values.shape[1:])} for each sample: no class scores",
            hint="accuracy is for classifiers; without labels, fidelity tells how near a file is to the float one",
        )
    unclear = np.isnan(flat).any(axis=1)
    if flat.shape[1] > 1:
        chosen, known = flat.argmax(axis=1), flat.shape[1]
    else:
        _require_probability(flat[~unclear], file=file)
        chosen, known = (flat[:, 0] > _THRESHOLD).astype(np.int64), 2
    return Answers(file, sha256, _listed(np.where(unclear, NO_ANSWER, chosen)), known)


def _listed(chosen: NDArray[Any]) -> tuple[int, ...]:
    return tuple(int(number) for number in chosen)


def _require_probability(scores: NDArray[Any], *, file: str) -> None:
    low, high = float(scores.min(initial=1.0)), float(scores.max(initial=0.0))
    if low < -_SLACK or high > 1 + _SLACK:
        raise CalibrationError(
            f"{file} gives a single score, from {low:.3g} to {high:.3g}: that is no probability, so it cannot be told "
            "where one class ends and the other begins",
            hint="let the model end with a sigmoid, or with one score for each class",
        )
