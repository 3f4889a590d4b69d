"""A chain of stages that makes a model smaller or faster. Frozen; read from and written to TOML with strict keys."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

import tomli_w

from edgekit.compression.recipes.fields import (
    constructed,
    require_among,
    require_share,
    require_texts,
    require_whole,
)
from edgekit.compression.recipes.gauges import counting
from edgekit.compression.recipes.stages import GOALS, STAGES, ChannelPrune, Stage, Training, require_order
from edgekit.errors import RecipeError, unknown_name
from edgekit.files import load_toml, write_toml
from edgekit.recipe import PreprocessingChoices, Recipe

ORIGINAL = "original"
"""What the model that was given is called as a teacher."""
_READING = tuple(PreprocessingChoices.__annotations__)


@dataclass(frozen=True, slots=True)
class Distillation:
    """A teacher whose outputs are learned, beside the labels or in their place."""

    teacher: str = ORIGINAL
    """``original``: the model as it was given; else the path of another Keras model, from the recipe file's folder."""
    temperature: float = 4.0
    """Of the soft targets: above 1 the teacher's second choices count more (Hinton et al. 2015)."""
    weight: float = 0.9
    """Share of the soft targets in the loss; the labels have the rest. Without labels it is all."""
    features: tuple[str, ...] = ()
    """Layers whose outputs are matched as well: ``NAME``, or ``NAME=NAME OF THE TEACHER'S``."""
    feature_weight: float = 1.0
    """Of the mean squared error of the features, which are scaled to the teacher's."""

    def __post_init__(self) -> None:
        require_share("distillation.weight", self.weight)
        if not self.temperature > 0:
            raise RecipeError(f"distillation.temperature is {self.temperature:g}, but must be above 0")
        object.__setattr__(self, "features", require_texts("distillation.features", self.features))

    @property
    def taught_by(self) -> str:
        """The teacher in a sentence."""
        return f"the {self.teacher}" if self.teacher == ORIGINAL else self.teacher


@dataclass(frozen=True, slots=True)
class Head:
    """A new last layer, for other classes than the model was trained for: it is there before the first stage."""

    classes: int
    dropout: float = 0.0
    """Share of the features that are left out while it learns."""

    def __post_init__(self) -> None:
        require_whole("head.classes", self.classes, least=2)
        require_share("head.dropout", self.dropout)


@dataclass(frozen=True, slots=True)
class SplitShares:
    """How the samples are split, by a hash of their content, each class alike."""

    validation: float = 0.1
    test: float = 0.2
    """Ignored where samples for testing are given on their own."""

    def __post_init__(self) -> None:
        for name in ("validation", "test"):
            require_share(f"split.{name}", getattr(self, name))
        if self.validation + self.test > 0.9:
            raise RecipeError(f"split leaves {1 - self.validation - self.test:.0%} of the samples to train on")


@dataclass(frozen=True, slots=True)
class CompressionRecipe:
    """Everything that is chosen for one compression.

    Raises RecipeError when a value is not valid, or the stages are in an order that undoes one of them.
    """

    stages: tuple[Stage, ...]
    training: Training = field(default_factory=Training)
    """What stages train with, unless they say otherwise."""
    distillation: Distillation | None = None
    """Where it is given, every stage that trains learns from the teacher, unless it says ``distill = false``."""
    head: Head | None = None
    """None: the model keeps the one that it has."""
    split: SplitShares = field(default_factory=SplitShares)
    reading: Mapping[str, Any] = field(default_factory=dict)
    """How samples are read and preprocessed: the choices of a :class:`edgekit.Recipe` that say it."""
    seed: int = 0
    """Of the split, the order of samples, augmentation, dropout."""

    def __post_init__(self) -> None:
        require_whole("seed", self.seed, least=0)
        if not self.stages:
            raise RecipeError("the recipe has no stage", hint=f"add a [[stage]] with kind = one of {', '.join(STAGES)}")
        require_order(self.stages, new_head=self.head is not None)
        if self.head is not None and self.distillation is not None and self.distillation.teacher == ORIGINAL:
            raise RecipeError(
                "the original knows nothing of the classes of a new [head], and cannot teach them",
                hint="name a teacher that does: teacher = PATH; or leave [distillation] out",
            )
        for key in self.reading:
            if key not in _READING:
                raise RecipeError(unknown_name("key of [data]", key, _READING))
        Recipe.from_mapping(self.reading)

    @property
    def sample_recipe(self) -> Recipe:
        """How samples are read, as the rest of edgekit takes it."""
        return Recipe.from_mapping({**self.reading, "seed": self.seed})

    def with_reading(self, choices: Mapping[str, Any]) -> CompressionRecipe:
        """Return the same with other choices of how samples are read."""
        return dataclasses.replace(self, reading={**self.reading, **choices})

    def with_goal(self, goal: str, share: float, *, at: str | None = None) -> CompressionRecipe:
        """Return the same with another goal of its channel pruning.

        Args:
            goal: a name of ``stages.GOALS``.
            share: how much of that is to be left, above 0 to 1.
            at: for ``instructions`` the address of the device that counts, for ``latency`` the profile.

        Raises:
            RecipeError: no stage of it takes channels out, or several do, or the goal is not valid.
        """
        require_among("goal of channel-prune", goal, GOALS)
        where = {"instructions": "device", "latency": "profile"}.get(goal)
        goals: dict[str, Any] = {
            **dict.fromkeys((*GOALS, "device", "profile")),
            goal: share,
            **({} if where is None else {where: at}),
        }
        cuts = sum(isinstance(each.what, ChannelPrune) for each in self.stages)
        if not cuts:
            raise RecipeError(f"{goal} is a goal of channel-prune, and the recipe has no such stage")
        if cuts > 1:
            # Every share is one of the original: with the same one, all cuts but the first would take nothing.
            raise RecipeError(
                f"{goal} is the goal of one channel-prune, and the recipe has {cuts} of them",
                hint="say in the recipe how much each is to leave; or write one of them, with steps = "
                f"{cuts}: it trains after each step",
            )
        stages = (
            dataclasses.replace(each, what=dataclasses.replace(each.what, **goals))
            if isinstance(each.what, ChannelPrune)
            else each
            for each in self.stages
        )
        return dataclasses.replace(self, stages=tuple(stages))

    def counted_on(self, devices: Sequence[str]) -> CompressionRecipe:
        """Return the same with a device for each cut that is held to instructions and names none.

        Args:
            devices: the addresses that versions are measured on.

        Raises:
            RecipeError: none of these counts instructions, or several do.
        """
        if not any(_lacks_device(each) for each in self.stages):
            return self
        able = counting(devices)
        if not able:
            raise RecipeError(
                "channel-prune has instructions, but no device that counts them",
                hint='write device = "emulated:rpi4" beside it, or give that with --device',
            )
        if able[1:]:
            raise RecipeError(
                f"channel-prune has instructions, and several devices count them: {', '.join(able)}",
                hint=f'write beside it which one is meant: device = "{able[0]}"',
            )
        stages = (
            dataclasses.replace(each, what=dataclasses.replace(each.what, device=able[0]))
            if isinstance(each.what, ChannelPrune) and _lacks_device(each)
            else each
            for each in self.stages
        )
        return dataclasses.replace(self, stages=tuple(stages))

    def to_mapping(self) -> dict[str, Any]:
        """Return all choices under the names that TOML has for them."""
        document: dict[str, Any] = {"seed": self.seed}
        if self.reading:
            document["data"] = dict(self.reading)
        document["split"] = dataclasses.asdict(self.split)
        document["training"] = self.training.to_mapping()
        if self.distillation is not None:
            document["distillation"] = dataclasses.asdict(self.distillation)
        if self.head is not None:
            document["head"] = dataclasses.asdict(self.head)
        return {**document, "stage": [stage.to_mapping() for stage in self.stages]}

    @classmethod
    def from_mapping(cls, document: Mapping[str, Any]) -> Self:
        """Return the recipe that TOML describes. Raises RecipeError on an unknown key or a bad value."""
        valid = ("seed", "data", "split", "head", "training", "distillation", "stage")
        for key in document:
            if key not in valid:
                raise RecipeError(unknown_name("key of a compression recipe", key, valid))
        stages = document.get("stage", [])
        if not isinstance(stages, Sequence) or not all(isinstance(each, Mapping) for each in stages):
            raise RecipeError("'stage' must be a list of tables", hint='write [[stage]] above kind = "..."')
        training = Training.from_mapping(_table(document, "training"), where="training")
        distillation = _table(document, "distillation")
        return cls(
            stages=tuple(Stage.from_mapping(each, defaults=training) for each in stages),
            training=training,
            distillation=(
                constructed(Distillation, distillation, where="distillation") if "distillation" in document else None
            ),
            head=constructed(Head, _table(document, "head"), where="head") if "head" in document else None,
            split=constructed(SplitShares, _table(document, "split"), where="split"),
            reading=_table(document, "data"),
            seed=document.get("seed", 0),
        )

    @classmethod
    def load(cls, path: str | Path) -> Self:
        """Read a recipe from TOML. Raises RecipeError that names the file.

        The path of a teacher counts from the recipe's folder, and is absolute from then on.
        """
        loaded = load_toml(path, cls.from_mapping, what="compression recipe", error=RecipeError)
        learned = loaded.distillation
        if learned is None or learned.teacher == ORIGINAL:
            return loaded
        teacher = str(Path(path).absolute().parent / learned.teacher)
        return dataclasses.replace(loaded, distillation=dataclasses.replace(learned, teacher=teacher))

    def to_toml(self) -> str:
        """Return the recipe as :meth:`load` reads it: a stage says of training what ``[training]`` does not."""
        return tomli_w.dumps(self._short())

    def save(self, path: Path) -> None:
        """Write the recipe as TOML, whole or not at all."""
        write_toml(path, self._short())

    def _short(self) -> dict[str, Any]:
        return {**self.to_mapping(), "stage": [stage.to_mapping(defaults=self.training) for stage in self.stages]}


def _lacks_device(stage: Stage) -> bool:
    what = stage.what
    return isinstance(what, ChannelPrune) and what.instructions is not None and what.device is None


def _table(document: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    found = document.get(key, {})
    if not isinstance(found, Mapping):
        raise RecipeError(f"'{key}' is {found!r}, but must be a table", hint=f"write [{key}] and its keys below it")
    return found
