"""All choices that turn a model into an artifact. Frozen; read from and written to TOML with strict keys."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from edgekit.errors import RecipeError, unknown_name
from edgekit.files import load_toml, write_toml
from edgekit.recipe.open_sizes import input_shapes
from edgekit.recipe.precision import WEIGHT_BLOCKS, precision_named
from edgekit.recipe.preprocessing import (
    DEFAULT_FILTER,
    Colour,
    Filter,
    PreprocessingChoices,
    Resize,
    SoundLength,
    feature_names,
    value_range_named,
)
from edgekit.recipe.range_statistics import DEFAULT_RANGE_STATISTIC, range_statistic_named

_OPTIONAL_NAMES: dict[str, tuple[str, ...]] = {
    "filter": tuple(Filter),
    "colour": tuple(Colour),
    "sound_length": tuple(SoundLength),
}
"""Choices of a recipe that are None or one of these."""
KEPT = ("sparsity", "clusters")
"""What fine-tuning can leave as it is."""


class Choices(PreprocessingChoices, total=False):
    """The choices of a recipe that can be given one by one; see :class:`Recipe` for what they mean."""

    io: str
    ranges: str
    weight_block: int | None
    samples: int
    seed: int
    input_shape: str | None
    int16_operators: Sequence[str]
    float_operators: Sequence[str]
    left_out: Sequence[str]
    finetune: bool
    epochs: int | None
    keep: Sequence[str]
    sparse_weights: bool


@dataclass(frozen=True, slots=True)
class Recipe:
    """Every choice of one conversion; ``dataclasses.replace`` makes variants.

    Raises RecipeError when a value is not valid.
    """

    precision: str | None = None
    """None: ``int8`` with calibration samples, ``dynamic_int8`` without."""
    io: str = "float"
    """``float``: the artifact takes and gives float32. ``int``: the integers of its precision."""
    ranges: str = DEFAULT_RANGE_STATISTIC
    """A name from ``RANGE_STATISTICS``: how the ranges of activations follow from the samples."""
    weight_block: int | None = None
    """How many 4-bit weights in a row share a scale, in layers where they divide: one of ``WEIGHT_BLOCKS``. None: a
    whole row, which is an output channel."""
    samples: int = 200
    """How many samples are chosen for calibration, at most."""
    seed: int = 0
    """Seed of that choice."""
    value_range: str | None = None
    """A name from ``VALUE_RANGES`` or ``"mean=...;std=..."``; None: ``raw`` where the model scales by itself."""
    resize: str = Resize.STRETCH
    filter: str | None = None
    """``antialias``, ``bilinear`` or ``nearest``; None: ``antialias``, and the samples tell so where images shrink."""
    colour: str | None = None
    """``rgb`` or ``bgr``; None: as the value range is defined."""
    features: str | None = None
    """What feeds which input: ``"image=image/encoded,label=image/label"`` names features of a record, columns of a
    table, arrays of an archive or keys of a dictionary. None: they are found where only one way fits."""
    input_shape: str | None = None
    """Sizes for inputs whose own are open: ``"1,224,224,3"``, or ``"NAME=1,224,224,3;NAME=1,10"`` where there are
    several. None: all are fixed but the batch, which is always 1."""
    sample_rate: int | None = None
    """Values per second that sounds must have; None: any, if it is the same for all."""
    sound_length: str | None = None
    """``crop``, ``pad`` or ``fit``; None: a sound of another length than the model's input is refused."""
    int16_operators: tuple[str, ...] = ()
    """Operators of an ``int8`` artifact that compute with int16 activations: names of the tensors that they write in
    the float file, as ``inspect --ops`` tells them."""
    float_operators: tuple[str, ...] = ()
    """Operators of an ``int8`` artifact that stay in float32, by the same names."""
    left_out: tuple[str, ...] = ()
    """SHA-256 of chosen samples that are not calibrated on all the same."""
    finetune: bool = False
    """Whether an ``int8`` or ``int8x4`` artifact is trained further under its own rounding, on the samples."""
    epochs: int | None = None
    """How often fine-tuning sees each sample; None: as often as about 400 steps take."""
    keep: tuple[str, ...] = ()
    """What fine-tuning leaves as it is, names from ``KEPT``: ``sparsity``, so that weights which are zero stay zero;
    ``clusters``, so that weights which share a value go on sharing one."""
    sparse_weights: bool = False
    """Whether a ``float32`` artifact stores the weights of 1x1 convolutions without their zeros, where at least two of
    three are zero. The file is smaller; the runtime's sparse kernels, which 64-bit Arm has, start from it."""

    def __post_init__(self) -> None:
        if self.precision is not None:
            _require_type("precision", self.precision, str)
            precision_named(self.precision)
        _require_name("io", self.io, ("float", "int"))
        _require_type("ranges", self.ranges, str)
        range_statistic_named(self.ranges)
        if self.weight_block is not None:
            _require_type("weight_block", self.weight_block, int)
            if self.weight_block not in WEIGHT_BLOCKS:
                valid = ", ".join(map(str, WEIGHT_BLOCKS))
                raise RecipeError(f"weight_block is {self.weight_block}, but must be one of {valid}")
        _require_name("resize", self.resize, tuple(Resize))
        for key, names in _OPTIONAL_NAMES.items():
            if getattr(self, key) is not None:
                _require_name(key, getattr(self, key), names)
        if self.features is not None:
            _require_type("features", self.features, str)
            feature_names(self.features)
        if self.input_shape is not None:
            _require_type("input_shape", self.input_shape, str)
            input_shapes(self.input_shape)
        if self.value_range is not None:
            _require_type("value_range", self.value_range, str)
            value_range_named(self.value_range)
        self._set_lists()
        self._check_finetuning()
        _require_type("samples", self.samples, int)
        _require_type("seed", self.seed, int)
        if self.samples < 1:
            raise RecipeError(f"samples is {self.samples}, but at least 1 is needed")
        if self.seed < 0:
            raise RecipeError(f"seed is {self.seed}, but must be 0 or more")
        if self.sample_rate is not None:
            _require_type("sample_rate", self.sample_rate, int)
            if self.sample_rate < 1:
                raise RecipeError(f"sample_rate is {self.sample_rate}, but must be 1 or more")

    def _set_lists(self) -> None:
        """Take lists, as TOML has them, for tuples. Raises RecipeError."""
        for name in ("int16_operators", "float_operators", "left_out", "keep"):
            object.__setattr__(self, name, _texts(name, getattr(self, name)))
        twice = sorted(set(self.int16_operators) & set(self.float_operators))
        if twice:
            raise RecipeError(f"'{twice[0]}' is among int16_operators and float_operators, but can only be one of them")

    @property
    def open_on_pictures(self) -> bool:
        """Whether it says nothing of what becomes of pictures, so that what is known elsewhere may count."""
        return (self.value_range, self.resize, self.filter, self.colour) == (None, Resize.STRETCH, None, None)

    @property
    def used_filter(self) -> Filter:
        """The filter that images are resized by."""
        return DEFAULT_FILTER if self.filter is None else Filter(self.filter)

    def _check_finetuning(self) -> None:
        for name in ("finetune", "sparse_weights"):
            if not isinstance(getattr(self, name), bool):
                raise RecipeError(f"{name} is {getattr(self, name)!r}, but must be true or false")
        for name in self.keep:
            _require_name("keep", name, KEPT)
        if self.epochs is not None:
            _require_type("epochs", self.epochs, int)
            if self.epochs < 1:
                raise RecipeError(f"epochs is {self.epochs}, but must be 1 or more")
        for name in ("epochs", "keep"):
            if getattr(self, name) and not self.finetune:
                raise RecipeError(
                    f"{name} is about fine-tuning, which is not asked for", hint=f"add --finetune, or leave {name} out"
                )

    def to_mapping(self) -> dict[str, Any]:
        """Return the choices that are made (not None, no empty list, not off) under their names."""
        values = {field.name: getattr(self, field.name) for field in dataclasses.fields(self)}
        return {name: _plain(value) for name, value in values.items() if not _unmade(value)}

    @classmethod
    def chosen(cls, recipe: Recipe | None, choices: Mapping[str, Any]) -> Recipe:
        """Return ``recipe``, or the default one, with single choices over it.

        Raises RecipeError: it is no recipe, or a key or value is not valid.
        """
        if not isinstance(recipe, Recipe | None):
            raise RecipeError(
                f"the recipe is {recipe!r}, but must be a Recipe",
                hint="read a file with Recipe.load(path), or take Recipe(...) with the choices",
            )
        return cls.from_mapping({**(recipe or cls()).to_mapping(), **choices})

    @classmethod
    def from_mapping(cls, choices: Mapping[str, Any]) -> Recipe:
        """Return the recipe with these choices. Raises RecipeError on an unknown key or a bad value."""
        valid = [field.name for field in dataclasses.fields(cls)]
        for key in choices:
            if key not in valid:
                raise RecipeError(unknown_name("recipe key", key, valid), hint="correct the key or leave it out")
        return cls(**choices)

    @classmethod
    def load(cls, path: str | Path) -> Recipe:
        """Read a recipe from TOML. Raises RecipeError that names the file."""
        return load_toml(path, cls.from_mapping, what="recipe", error=RecipeError)

    def save(self, path: Path) -> None:
        """Write the recipe as TOML, whole or not at all."""
        write_toml(path, self.to_mapping())


def _texts(key: str, value: object) -> tuple[str, ...]:
    if not isinstance(value, list | tuple) or not all(isinstance(item, str) for item in value):
        raise RecipeError(f"{key} is {value!r}, but must be a list of texts")
    return tuple(value)


def _unmade(value: Any) -> bool:
    # The number 0 is a choice, and equal to False.
    return value is None or value is False or value == ()


def _plain(value: Any) -> Any:
    if isinstance(value, tuple):
        return list(value)
    return str(value) if isinstance(value, StrEnum) else value


def _require_type(name: str, value: object, kind: type) -> None:
    if not isinstance(value, kind) or isinstance(value, bool):
        raise RecipeError(f"{name} is {value!r}, but must be of type {kind.__name__}")


def _require_name(name: str, value: object, valid: tuple[str, ...]) -> None:
    if value not in valid:
        raise RecipeError(unknown_name(name, str(value), valid))
