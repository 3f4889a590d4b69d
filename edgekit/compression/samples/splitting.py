"""Which samples are trained on, validated on and tested on: by a hash of their content, so that no copy leaks."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from edgekit.compression.recipes.recipe import SplitShares
from edgekit.errors import CalibrationError


@dataclass(frozen=True, slots=True)
class Split:
    """Places of samples, each list sorted; together they are all but those left out."""

    train: NDArray[np.intp]
    validation: NDArray[np.intp]
    test: NDArray[np.intp]
    left_out: int = 0
    """Samples that are among those for testing too, and are not trained on."""
    apart: int | None = None
    """Samples for testing that were given on their own; None: ``test`` are those."""

    def __str__(self) -> str:
        leaked = f"; {self.left_out} that are also among those for testing are left out" if self.left_out else ""
        parts = (
            f"{len(self.train)} samples to train on",
            f"{len(self.validation)} to validate",
            f"{len(self.test)} to test" if self.apart is None else f"{self.apart} given apart to test",
        )
        return ", ".join(parts) + leaked


def split(
    sample_ids: Sequence[str],
    labels: Sequence[int] | None,
    shares: SplitShares,
    *,
    seed: int,
    apart: Sequence[str] | None = None,
) -> Split:
    """Split samples so that each class has its share in each part, and samples of the same content are together.

    The same sample lands in the same part whatever else is there, but for the rounding within its class.

    Args:
        sample_ids: SHA-256 of each sample's content.
        labels: the class of each; None: all are of one.
        shares: of validation and test.
        seed: of the order.
        apart: SHA-256 of samples for testing that are given on their own: no part for testing is split off then, and
            none of these is trained on.

    Raises:
        CalibrationError: nothing would be left to train on.
    """
    classes: dict[int, dict[bytes, list[int]]] = {}
    first_class: dict[str, int] = {}
    left_out, given_apart = 0, frozenset(apart or ())
    for place, sample_id in enumerate(sample_ids):
        if sample_id in given_apart:
            left_out += 1
            continue
        # A copy in another class folder goes where the first one goes.
        label = first_class.setdefault(sample_id, 0 if labels is None else labels[place])
        key = hashlib.sha256(f"{seed}/{sample_id}".encode()).digest()
        classes.setdefault(label, {}).setdefault(key, []).append(place)
    parts: tuple[list[int], list[int], list[int]] = ([], [], [])
    for contents in classes.values():
        test = 0.0 if apart is not None else shares.test
        ends = np.rint(np.cumsum([test, shares.validation]) * len(contents)).astype(int).tolist()
        for position, key in enumerate(sorted(contents)):
            part = 2 if position < ends[0] else 1 if position < ends[1] else 0
            parts[part].extend(contents[key])
    train, validation, tested = (np.array(sorted(part), np.intp) for part in parts)
    if left_out == len(sample_ids):
        raise CalibrationError(
            f"all {left_out} samples are among those for testing as well, so none are left to train on",
            hint="give others for testing (--test), or none: then a share of the samples is held out",
        )
    if not len(train):
        raise CalibrationError(
            f"of {len(sample_ids)} samples none are left to train on"
            + (f", as {left_out} are among those for testing as well" if left_out else ""),
            hint="give more samples, or smaller shares in [split]",
        )
    return Split(train, validation, tested, left_out, None if apart is None else len(apart))
