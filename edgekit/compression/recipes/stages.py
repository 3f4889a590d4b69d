"""What a stage can be, and what it trains with: one table. To add a kind of stage, add a class and a line here."""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Self

from edgekit.compression.recipes.fields import (
    constructed,
    require_among,
    require_share,
    require_texts,
    require_whole,
)
from edgekit.errors import RecipeError, unknown_name
from edgekit.recipe import KEPT, PRECISIONS, precision_named

OPTIMIZERS = ("adam", "adamw", "sgd", "rmsprop")
SCHEDULES = ("constant", "cosine", "step", "exponential", "plateau")
SPARSITY_SCHEDULES = ("polynomial", "constant")
SPARSITY_PATTERNS = ("unstructured", "2:4")
SPREADS = ("dense", "even")
AUGMENTATIONS = ("flip", "shift", "contrast")
IMPORTANCES = ("l1", "l2", "bn_scale", "taylor")
"""``l1``, ``l2``: norms of the filters, each layer's mean being 1 (Li et al. 2017). ``bn_scale``: the scale of the
batch normalization (Liu et al. 2017). ``taylor``: how much the loss is expected to change, to first order (Molchanov et
al. 2019), which needs data."""


@dataclass(frozen=True, slots=True)
class Training:
    """How a stage trains."""

    epochs: int = 10
    batch_size: int = 32
    optimizer: str = "adam"
    learning_rate: float = 1e-3
    """The largest of the schedule."""
    schedule: str = "cosine"
    """``cosine`` and ``exponential`` fall over the whole stage, ``step`` every ``step_epochs``, ``plateau`` when the
    validation loss has not become less for ``patience`` epochs."""
    warm_up: float = 0.0
    """Share of the steps in which the rate rises from 0."""
    decay: float = 0.1
    """What ``step`` and ``plateau`` multiply the rate with, and what ``exponential`` leaves of it at the end."""
    step_epochs: int = 5
    patience: int = 3
    early_stopping: int | None = None
    """Epochs without a lower validation loss after which it ends, with the best weights; None: it does not. They are
    counted from when a rising sparsity is reached: before that, a lower loss is one of fewer zeros."""
    accumulate: int = 1
    """Batches whose gradients are averaged before a step."""
    augment: tuple[str, ...] = ()
    """``flip`` left and right, ``shift`` by up to an eighth, ``contrast``: for pictures, anew in each epoch."""
    distill: bool | None = None
    """Whether the teacher is learned from; None: where there is a [distillation]."""

    def __post_init__(self) -> None:
        for name, least in (("epochs", 0), ("batch_size", 1), ("step_epochs", 1), ("patience", 1), ("accumulate", 1)):
            require_whole(name, getattr(self, name), least=least)
        if self.early_stopping is not None:
            require_whole("early_stopping", self.early_stopping, least=1)
        require_among("optimizer", self.optimizer, OPTIMIZERS)
        require_among("schedule", self.schedule, SCHEDULES)
        if not self.learning_rate > 0:
            raise RecipeError(f"learning_rate is {self.learning_rate:g}, but must be above 0")
        require_share("warm_up", self.warm_up)
        require_share("decay", self.decay, above=0.0)
        object.__setattr__(self, "augment", require_texts("augment", self.augment))
        for each in self.augment:
            require_among("augmentation", each, AUGMENTATIONS)

    def to_mapping(self) -> dict[str, Any]:
        """Return what is not None, as TOML has it."""
        return {name: value for name, value in dataclasses.asdict(self).items() if value is not None}

    @classmethod
    def from_mapping(cls, values: Mapping[str, Any], *, where: str) -> Self:
        """Return what a table says. Raises RecipeError."""
        return constructed(cls, values, where=where)


@dataclass(frozen=True, slots=True)
class Finetune:
    """Trains all weights; zeros that ``prune`` made stay zeros."""

    summary: ClassVar[str] = "train all weights"
    rank: ClassVar[int] = 3

    trainable: tuple[str, ...] = ("*",)
    """Patterns of the layers that are trained; the others are frozen in this stage, their batch statistics too."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "trainable", require_texts("trainable", self.trainable))
        if not self.trainable:
            raise RecipeError("trainable is empty, so nothing would be trained", hint='name layers, or write ["*"]')


@dataclass(frozen=True, slots=True)
class Distill:
    """Trains all weights on the teacher's outputs; may come first as well as after what it is to heal."""

    summary: ClassVar[str] = "learn from the teacher"
    rank: ClassVar[int | None] = None


GOALS = ("macs", "parameters", "instructions", "latency")
"""What channel pruning can be held to."""


@dataclass(frozen=True, slots=True)
class ChannelPrune:
    """Takes whole channels out, the least important first, and trains after each step."""

    summary: ClassVar[str] = "take whole channels out"
    rank: ClassVar[int] = 1

    macs: float | None = None
    """Share of the multiply-accumulates that is to be left."""
    parameters: float | None = None
    """Share of the weights that is to be left."""
    instructions: float | None = None
    """Share of the instructions that is to be left of the int8 file, as ``device`` counts them."""
    device: str | None = None
    """Address of the emulated board that counts, such as ``emulated:rpi4``; None: the one that is measured on."""
    latency: float | None = None
    """Share of the latency that is to be left of the int8 file, as it is predicted for ``profile``: nothing runs."""
    profile: str | None = None
    """Name or path of the profile."""
    layers: Mapping[str, float] = field(default_factory=dict)
    """By pattern of layer names, the share of its channels that is to be left."""
    spared: tuple[str, ...] = ()
    """Patterns of layers that keep all channels."""
    importance: str = "l1"
    steps: int = 1
    """In how many cuts, with ``epochs`` of training after each."""
    least: float = 0.1
    """Share of each layer's channels that is left at least."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "spared", require_texts("spared", self.spared))
        require_among("importance", self.importance, IMPORTANCES)
        require_whole("steps", self.steps, least=1)
        require_share("least", self.least)
        goals = [name for name in GOALS if getattr(self, name) is not None]
        for name in goals:
            require_share(name, getattr(self, name), above=0.0)
        for pattern, share in self.layers.items():
            if isinstance(share, bool) or not isinstance(share, int | float):
                raise RecipeError(f"layers.'{pattern}' is {share!r}, but must be a share, 0 to 1")
            require_share(f"layers.'{pattern}'", share, above=0.0)
        if len(goals) > 1 or not (goals or self.layers):
            raise RecipeError(
                f"channel-prune needs one goal: {', '.join(GOALS[:-1])} or {GOALS[-1]}, the share that is to be left",
                hint="write macs = 0.5; or layers = { PATTERN = 0.5 } alone",
            )
        for given, lacking, value in (
            ("device", "instructions", "0.5"),
            ("latency", "profile", '"rpi4"'),
            ("profile", "latency", "0.5"),
        ):
            if getattr(self, given) is not None and getattr(self, lacking) is None:
                raise RecipeError(f"channel-prune has {given}, but no {lacking}", hint=f"write {lacking} = {value}")

    @property
    def goal(self) -> str | None:
        """The name of the goal; None where only ``layers`` are told."""
        return next((name for name in GOALS if getattr(self, name) is not None), None)


@dataclass(frozen=True, slots=True)
class Prune:
    """Sets single weights to zero, more and more of them, and trains the others around them."""

    summary: ClassVar[str] = "set single weights to zero"
    rank: ClassVar[int] = 2

    sparsity: float
    """Share of each kernel's weights that are zero at the end; of ``2:4`` at most 0.5."""
    schedule: str = "polynomial"
    """``polynomial``: from ``initial`` by the third power; ``constant``: all at ``begin``."""
    initial: float = 0.0
    begin: float = 0.0
    """Share of the steps after which it begins."""
    end: float = 0.7
    """Share of the steps after which it has reached ``sparsity``."""
    pattern: str = "unstructured"
    """Or ``2:4``: two of each four inputs of a channel."""
    block: int = 1
    """Side of the square blocks of inputs and outputs that are zero as a whole."""
    layers: tuple[str, ...] = ("*",)
    """Patterns of the layers that it is about."""
    spared: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for name in ("sparsity", "initial", "begin", "end"):
            require_share(name, getattr(self, name))
        if self.sparsity in {0, 1}:
            raise RecipeError(
                f"sparsity is {self.sparsity:g}, which would leave {'every' if not self.sparsity else 'no'} weight",
                hint="give a share between: 0.8 sets four of five weights to zero",
            )
        require_among("schedule of sparsity", self.schedule, SPARSITY_SCHEDULES)
        require_among("pattern of sparsity", self.pattern, SPARSITY_PATTERNS)
        require_whole("block", self.block, least=1)
        for name in ("layers", "spared"):
            object.__setattr__(self, name, require_texts(name, getattr(self, name)))
        if self.begin > self.end:
            raise RecipeError(f"begin is {self.begin:g}, but must not be after end, {self.end:g}")
        if self.pattern == "2:4" and (self.sparsity > 0.5 or self.block > 1):
            raise RecipeError(
                "2:4 leaves two of four weights: sparsity can be 0.5 at most, and there are no blocks",
                hint='write sparsity = 0.5, or leave out pattern = "2:4"',
            )


@dataclass(frozen=True, slots=True)
class ClusterWeights:
    """Lets the weights of each kernel share a few values, and trains these."""

    summary: ClassVar[str] = "let weights share values"
    rank: ClassVar[int] = 4

    clusters: int = 16
    """Values of each kernel; zero is one more where zeros are kept."""
    keep_zeros: bool = True
    """Whether weights that are zero stay so."""
    spread: str = "dense"
    """``dense``: values lie where weights are many (k-means), which changes the weights least. ``even``: they have
    equal distances, so that some serve many weights: a zip of the file is smaller."""
    layers: tuple[str, ...] = ("*",)
    """Patterns of the layers that it is about."""
    spared: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        require_whole("clusters", self.clusters, least=2)
        require_among("spread of shared values", self.spread, SPREADS)
        for name in ("layers", "spared"):
            object.__setattr__(self, name, require_texts(name, getattr(self, name)))


@dataclass(frozen=True, slots=True)
class QuantizeFinetune:
    """Makes the artifact itself, trained under its own rounding: what ``edgekit convert --finetune`` does.

    It trains the ``.tflite`` and not the Keras model, so of what other stages say of training it has its own epochs
    alone.
    """

    summary: ClassVar[str] = "make the .tflite, fine-tuned under its own rounding"
    rank: ClassVar[int] = 5

    precision: str = "int8"
    epochs: int | None = None
    """How often it sees each sample; None: as often as about 400 steps take."""
    keep: tuple[str, ...] | None = None
    """Names from ``recipe.KEPT``; None: what the stages before made, zeros of ``prune`` and values of ``cluster``."""

    def __post_init__(self) -> None:
        if not precision_named(self.precision).trainable:
            able = " or ".join(name for name, each in PRECISIONS.items() if each.trainable)
            raise RecipeError(
                f"quantize-finetune is for {able}, which {self.precision} is not",
                hint="leave the stage out, and convert the model that comes of the others",
            )
        if self.epochs is not None:
            require_whole("epochs", self.epochs, least=1)
        if self.keep is not None:
            object.__setattr__(self, "keep", require_texts("keep", self.keep))
            for name in self.keep or ():
                require_among("keep", name, KEPT)


Kind = Finetune | Distill | ChannelPrune | Prune | ClusterWeights | QuantizeFinetune
STAGES: dict[str, type[Kind]] = {
    "distill": Distill,
    "channel-prune": ChannelPrune,
    "prune": Prune,
    "finetune": Finetune,
    "cluster": ClusterWeights,
    "quantize-finetune": QuantizeFinetune,
}


@dataclass(frozen=True, slots=True)
class Stage:
    """One stage of a recipe."""

    kind: str
    """A name of ``STAGES``."""
    what: Kind
    """Its own choices."""
    training: Training = field(default_factory=Training)

    def __post_init__(self) -> None:
        require_among("kind of stage", self.kind, STAGES)

    def to_mapping(self, *, defaults: Training | None = None) -> dict[str, Any]:
        """Return all choices as TOML has them; of those on training, such as ``defaults`` does not say already."""
        own = {key: value for key, value in dataclasses.asdict(self.what).items() if value is not None and value != {}}
        said = {} if defaults is None else defaults.to_mapping()
        training = {} if isinstance(self.what, QuantizeFinetune) else self.training.to_mapping()
        training = {key: value for key, value in training.items() if key not in said or said[key] != value}
        # A name that both have, as the schedule of sparsity and of the rate, means the stage's own.
        return {"kind": self.kind, **training, **own}

    @classmethod
    def from_mapping(cls, values: Mapping[str, Any], *, defaults: Training) -> Self:
        """Return the stage that a table describes; what it does not say of training, ``defaults`` do.

        Raises:
            RecipeError: a key or a value is not valid.
        """
        kind = values.get("kind")
        if not isinstance(kind, str):
            raise RecipeError("a [[stage]] has no kind", hint=f"add kind = one of {', '.join(STAGES)}")
        require_among("kind of stage", kind, STAGES)
        own = [each.name for each in dataclasses.fields(STAGES[kind])]
        trains = STAGES[kind] is not QuantizeFinetune
        trained = [each.name for each in dataclasses.fields(Training)] if trains else []
        for key in values:
            if key not in {"kind", *own, *trained}:
                raise RecipeError(unknown_name(f"key of stage '{kind}'", key, dict.fromkeys([*own, *trained])))
        given = {key: value for key, value in values.items() if key in trained and key not in own}
        return cls(
            kind,
            constructed(STAGES[kind], {key: values[key] for key in own if key in values}, where=f"stage '{kind}'"),
            Training.from_mapping({**dataclasses.asdict(defaults), **given}, where=f"stage '{kind}'"),
        )


def require_order(stages: Sequence[Stage], *, new_head: bool = False) -> None:
    """Raise RecipeError where a stage would undo an earlier one, or comes too early to be of use.

    Args:
        stages: in the order that is asked for.
        new_head: whether there is a last layer that has learned nothing before the first stage.
    """
    lasting = [stage for stage in stages if stage.what.rank is not None and not isinstance(stage.what, Finetune)]
    undone = [pair for pair in itertools.pairwise(lasting) if _rank(pair[0]) > _rank(pair[1])]
    for before, after in (*undone, *(() if new_head else _finetuned_too_early(stages))):
        right = ", ".join(each.kind for each in sorted((s for s in stages if s.what.rank is not None), key=_rank))
        raise RecipeError(
            f"stage '{before.kind}' comes before '{after.kind}', which would undo it", hint=f"the order is: {right}"
        )
    for stage, after in itertools.pairwise(stages):
        # The artifact is made of the clustered model, and keeps what its weights share.
        made_of_it = isinstance(stage.what, ClusterWeights) and isinstance(after.what, QuantizeFinetune)
        if isinstance(stage.what, ClusterWeights | QuantizeFinetune) and not made_of_it:
            raise RecipeError(
                f"stage '{stage.kind}' comes before '{after.kind}', which would undo it", hint=f"{stage.kind} last"
            )
    if all(isinstance(stage.what, QuantizeFinetune) for stage in stages):
        raise RecipeError(
            "quantize-finetune alone leaves the Keras model as it is",
            hint="that is what 'edgekit convert --finetune' is for; or put a stage before it",
        )


def _rank(stage: Stage) -> int:
    return stage.what.rank or 0


def _finetuned_too_early(stages: Sequence[Stage]) -> Iterator[tuple[Stage, Stage]]:
    """Give each fine-tuning before the first cut, and that cut. One between two cuts heals what the first has done."""
    cut = next((number for number, each in enumerate(stages) if isinstance(each.what, ChannelPrune | Prune)), 0)
    yield from ((each, stages[cut]) for each in stages[:cut] if isinstance(each.what, Finetune))
