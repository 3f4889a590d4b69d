"""A recipe as a list of pieces, each of which cuts or trains once: what is done is never done again."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from edgekit.compression.recipes.gauges import GAUGES, Gauge
from edgekit.compression.recipes.recipe import CompressionRecipe, Distillation
from edgekit.compression.recipes.stages import (
    STAGES,
    ChannelPrune,
    ClusterWeights,
    Finetune,
    Prune,
    QuantizeFinetune,
    Stage,
    Training,
)


@dataclass(frozen=True, slots=True)
class Cut:
    """Channels are taken out."""

    stage: int
    name: str
    settings: Mapping[str, Any]
    """As ``channels.cutting.cut_model`` takes them."""
    gauge: Gauge | None = None
    """What the int8 file is held to, in place of a count on paper."""
    share: float = 1.0
    """Of what the original needs by it, as much as may be left."""


@dataclass(frozen=True, slots=True)
class Train:
    """All weights are trained."""

    stage: int
    name: str
    training: Training
    distillation: Distillation | None
    constraint: Prune | ClusterWeights | None = None
    """What the weights are held to, beside what they learn."""
    keep_zeros: bool = False
    """Whether weights that are zero stay so, as an earlier stage made them."""
    trainable: tuple[str, ...] = ("*",)
    """Patterns of the layers that are trained."""


def pieces_of(recipe: CompressionRecipe, *, costs: Mapping[str, Any]) -> list[Cut | Train]:
    """Return what there is to do to the Keras model, in order.

    ``costs`` are the original's, as ``channels.cutting.surveyed`` tells them. A stage that makes the artifact is none
    of them.
    """
    stages = [each for each in enumerate(recipe.stages) if not isinstance(each[1].what, QuantizeFinetune)]
    return [piece for number, stage in stages for piece in _pieces(recipe, number, stage, costs)]


def _pieces(recipe: CompressionRecipe, number: int, stage: Stage, costs: Mapping[str, Any]) -> Iterator[Cut | Train]:
    learned = stage.training.distill
    if stage.kind == "distill" or (learned is None and recipe.distillation is not None):
        learned = True
    distillation = (recipe.distillation or Distillation()) if learned else None
    name = stage_name(number, stage)
    trains = stage.training.epochs > 0
    if not isinstance(stage.what, ChannelPrune):
        constraint = stage.what if isinstance(stage.what, Prune | ClusterWeights) else None
        pruned = any(isinstance(each.what, Prune) for each in recipe.stages[:number])
        kept = pruned and not (isinstance(constraint, ClusterWeights) and not constraint.keep_zeros)
        if trains or constraint is not None:
            trainable = stage.what.trainable if isinstance(stage.what, Finetune) else ("*",)
            yield Train(number, name, stage.training, distillation, constraint, kept, trainable)
        return
    for step in range(1, stage.what.steps + 1):
        told = name if stage.what.steps == 1 else f"{name}, step {step} of {stage.what.steps}"
        yield _cut(number, told, stage.what, step, costs)
        if trains:
            yield Train(number, told, stage.training, distillation)


def stage_name(number: int, stage: Stage) -> str:
    """Return what a stage is called in tables."""
    return f"{number + 1} {stage.kind}"


def _cut(number: int, name: str, what: ChannelPrune, step: int, costs: Mapping[str, Any]) -> Cut:
    """Return one cut of several: each takes away the same share of what is left."""
    part = step / what.steps
    share = 1.0 if what.goal is None else getattr(what, what.goal) ** part
    gauge = Gauge(what.goal, what.device or what.profile or "") if what.goal in GAUGES else None
    settings = {
        "goal": None if what.goal is None else what.goal if gauge is None else "macs",
        # Held to a gauge, how much of them may be left is found by trying.
        "allowed": None if what.goal is None else costs["macs"] if gauge else costs[what.goal] * share,
        "layers": {pattern: each**part for pattern, each in what.layers.items()},
        "spared": list(what.spared),
        "importance": what.importance,
        "least": what.least,
        "channels": costs["channels"],
    }
    return Cut(number, name, settings, gauge, share)


def as_table(value: Any) -> dict[str, Any]:
    """Return a value of a dataclass as a table of JSON."""
    return dataclasses.asdict(value)


def constraint_table(piece: Train) -> dict[str, Any] | None:
    """Return what the weights are held to as a table of JSON, with its kind; None where they are free."""
    if piece.constraint is None:
        return None
    kind = next(name for name, each in STAGES.items() if isinstance(piece.constraint, each))
    return {"kind": kind, **as_table(piece.constraint)}
