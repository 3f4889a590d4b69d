"""A recipe as a list of pieces, each of which cuts or trains once: what is done is never done again."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from edgekit.compression.recipe import CompressionRecipe, Distillation
from edgekit.compression.stages import ChannelPrune, ClusterWeights, Prune, Stage, Training


@dataclass(frozen=True, slots=True)
class Cut:
    """Channels are taken out."""

    stage: int
    name: str
    settings: Mapping[str, Any]
    """As ``cutting.cut_model`` takes them."""


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


def pieces_of(recipe: CompressionRecipe, *, costs: Mapping[str, Any]) -> list[Cut | Train]:
    """Return what there is to do, in order; ``costs`` are the original's, as ``cutting.surveyed`` tells them."""
    return [piece for number, stage in enumerate(recipe.stages) for piece in _pieces(recipe, number, stage, costs)]


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
            yield Train(number, name, stage.training, distillation, constraint, kept)
        return
    for step in range(1, stage.what.steps + 1):
        told = name if stage.what.steps == 1 else f"{name}, step {step} of {stage.what.steps}"
        yield Cut(number, told, _settings(stage.what, step, costs))
        if trains:
            yield Train(number, told, stage.training, distillation)


def stage_name(number: int, stage: Stage) -> str:
    """Return what a stage is called in tables."""
    return f"{number + 1} {stage.kind}"


def _settings(what: ChannelPrune, step: int, costs: Mapping[str, Any]) -> dict[str, Any]:
    """Return the settings of one cut of several: each takes away the same share of what is left."""
    goal = "macs" if what.macs is not None else "parameters" if what.parameters is not None else None
    share = what.macs if what.macs is not None else what.parameters
    part = step / what.steps
    return {
        "goal": goal,
        "allowed": None if goal is None or share is None else costs[goal] * share**part,
        "layers": {pattern: each**part for pattern, each in what.layers.items()},
        "spared": list(what.spared),
        "importance": what.importance,
        "least": what.least,
        "channels": costs["channels"],
    }


def as_table(value: Any) -> dict[str, Any]:
    """Return a value of a dataclass as a table of JSON."""
    return dataclasses.asdict(value)
