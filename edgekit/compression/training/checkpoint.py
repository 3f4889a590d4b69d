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
    at_goal: bool = False
    """Whether the weights are all that they are held to; what was better before does not count."""
    best_loss: float | None = None
    since_best: int = 0
    """Epochs without a lower validation loss."""
    reductions: int = 0
    """How often the schedule ``plateau`` has lowered the rate."""
    stopped: bool = False
    """Whether it ended early."""
    history: list[EpochRecord] = field(default_factory=list)


@dataclass(slots=True)
class TrainingState:
    """Where the training of one piece is: all that a checkpoint holds."""

    piece: int
    """Its number in the run."""
    seed: int
    position: Position = field(default_factory=Position)
    values: list[Any] = field(default_factory=list)
    """Of all variables: the model's, the optimizer's and what the weights are held to; empty before the first step."""
    best: list[Any] | None = None
    """The model's at ``position.best_loss``; None where there is no going back to them."""


def save_checkpoint(path: Path, state: TrainingState) -> None:
    """Write a checkpoint in place of the last one. Raises OutputError."""
    content = BytesIO()
    arrays: dict[str, Any] = {f"variable_{index}": np.asarray(each) for index, each in enumerate(state.values)}
    arrays |= {f"best_{index}": np.asarray(each) for index, each in enumerate(state.best or ())}
    whose = np.array([state.piece, state.seed])
    np.savez(content, whose=whose, position=np.array(json.dumps(asdict(state.position))), **arrays)
    write_bytes(path, content.getvalue())


def load_checkpoint(path: Path, *, piece: int, seed: int) -> TrainingState | None:
    """Return what :func:`save_checkpoint` wrote of a piece.

    None where there is none, or it is that of an earlier piece: a process can be killed when a piece is noted as done
    and its checkpoint is not yet gone.
    """
    if not path.exists():
        return None
    with np.load(path) as archive:
        if [int(each) for each in archive["whose"]] != [piece, seed]:
            return None
        document = json.loads(str(archive["position"]))
        position = Position(**{**document, "history": [EpochRecord(**each) for each in document["history"]]})
        variables = [archive[f"variable_{index}"] for index in range(_count(archive.files, "variable_"))]
        best = [archive[f"best_{index}"] for index in range(_count(archive.files, "best_"))]
    return TrainingState(piece, seed, position, variables, best or None)


def _count(names: list[str], prefix: str) -> int:
    return sum(name.startswith(prefix) for name in names)
