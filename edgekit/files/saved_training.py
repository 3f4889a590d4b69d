"""How far a training has come, in one file that is whole or not there: it goes on as if nothing had happened."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
from numpy.lib.npyio import NpzFile

from edgekit.errors import UsageError
from edgekit.files import write_bytes
from edgekit.files.array_faults import ARRAY_FAULTS

SAVE_EVERY_S = 60.0
"""How often it is written in the midst of an epoch: that much work is lost at most, and a step."""
_WHOSE, _POSITION = "whose", "position"


@dataclass(frozen=True, slots=True)
class SavedTraining:
    """What is there of a training."""

    whose: str
    """What is trained, how and on what. One of another training is of no use."""
    position: Mapping[str, Any]
    """How far it has come, as JSON values."""
    arrays: Mapping[str, Sequence[Any]]
    """All numbers that it needs, by a name for each kind; those of a kind are in a fixed order."""


def save_training(path: Path, training: SavedTraining) -> None:
    """Write it in place of what was there. Raises OutputError."""
    content = BytesIO()
    arrays = {
        f"{kind}_{number}": np.asarray(values)
        for kind, columns in training.arrays.items()
        for number, values in enumerate(columns)
    }
    position = np.array(json.dumps(training.position))
    np.savez(content, allow_pickle=False, **{_WHOSE: np.array(training.whose), _POSITION: position}, **arrays)
    write_bytes(path, content.getvalue())


def load_training(path: Path) -> SavedTraining | None:
    """Return what :func:`save_training` wrote; None where there is nothing.

    Raises:
        UsageError: it is something else.
    """
    try:
        if not path.exists():
            return None
        # Not np.load, which takes any file of numpy's.
        with path.open("rb") as stream, NpzFile(stream) as archive:
            arrays: dict[str, dict[int, Any]] = {}
            for name in set(archive.files) - {_WHOSE, _POSITION}:
                kind, _, number = name.rpartition("_")
                arrays.setdefault(kind, {})[int(number)] = archive[name]
            ordered = {kind: [found[number] for number in sorted(found)] for kind, found in arrays.items()}
            return SavedTraining(str(archive[_WHOSE]), json.loads(str(archive[_POSITION])), ordered)
    except (*ARRAY_FAULTS, KeyError, AttributeError) as error:
        raise UsageError(
            f"{path} is no checkpoint of a training: {error}", hint=f"remove {path} to begin anew, or name another"
        ) from error
