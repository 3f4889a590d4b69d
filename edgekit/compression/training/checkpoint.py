"""Everything that the training of a piece needs to go on."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from edgekit.files.saved_training import SavedTraining, load_training, save_training


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
    arrays = {"variable": state.values, "best": state.best or []}
    save_training(path, SavedTraining(_whose(state.piece, state.seed), asdict(state.position), arrays))


def load_checkpoint(path: Path, *, piece: int, seed: int) -> TrainingState | None:
    """Return what :func:`save_checkpoint` wrote of a piece.

    None where there is none, or it is that of an earlier piece: a process can be killed when a piece is noted as done
    and its checkpoint is not yet gone.

    Raises:
        UsageError: it is no checkpoint.
    """
    found = load_training(path)
    if found is None or found.whose != _whose(piece, seed):
        return None
    history = [EpochRecord(**each) for each in found.position["history"]]
    position = Position(**{**found.position, "history": history})
    return TrainingState(
        piece, seed, position, list(found.arrays.get("variable", ())), list(found.arrays.get("best", ())) or None
    )


def _whose(piece: int, seed: int) -> str:
    return f"piece {piece}, seed {seed}"
