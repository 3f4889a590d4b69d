"""Everything that training needs to go on as if nothing had happened, in one file that is whole or not there."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np

from edgekit.files import write_bytes


@dataclass(slots=True)
class EpochRecord:
    """What is logged of an epoch."""

    epoch: int
    """From 1."""
    loss: float
    validation_loss: float | None
    validation_accuracy: float | None
    learning_rate: float
    """Of the last step."""
    seconds: float


@dataclass(slots=True)
class Position:
    """How far training has come."""

    epoch: int = 0
    """Epochs that are done."""
    batch: int = 0
    """Batches that are done of the next."""
    loss_sum: float = 0.0
    """Of these."""
    best_loss: float | None = None
    since_best: int = 0
    """Epochs without a lower validation loss."""
    reductions: int = 0
    """How often the schedule ``plateau`` has lowered the rate."""
    stopped: bool = False
    """Whether it ended early."""
    history: list[EpochRecord] = field(default_factory=list)


def save_checkpoint(path: Path, position: Position, variables: list[Any], best: list[Any] | None) -> None:
    """Write a checkpoint in place of the last one. Raises OutputError."""
    content = BytesIO()
    arrays: dict[str, Any] = {f"variable_{index}": np.asarray(each) for index, each in enumerate(variables)}
    arrays |= {f"best_{index}": np.asarray(each) for index, each in enumerate(best or ())}
    np.savez(content, position=np.array(json.dumps(asdict(position))), **arrays)
    write_bytes(path, content.getvalue())


def load_checkpoint(path: Path) -> tuple[Position, list[Any], list[Any] | None] | None:
    """Return what :func:`save_checkpoint` wrote; None where there is none."""
    if not path.exists():
        return None
    with np.load(path) as archive:
        document = json.loads(str(archive["position"]))
        position = Position(**{**document, "history": [EpochRecord(**each) for each in document["history"]]})
        variables = [archive[f"variable_{index}"] for index in range(_count(archive.files, "variable_"))]
        best = [archive[f"best_{index}"] for index in range(_count(archive.files, "best_"))]
    return position, variables, best or None


def _count(names: list[str], prefix: str) -> int:
    return sum(name.startswith(prefix) for name in names)
