"""What stored values become before the model sees them: value range and colour order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edgekit.artifact import PictureHandling
from edgekit.data.matching import shape_text
from edgekit.data.pictures.picture_inputs import channels_of, picture_inputs
from edgekit.data.supply import Medium
from edgekit.errors import CalibrationError
from edgekit.recipe import VALUE_RANGES, Colour, Recipe, ValueRange, value_range_named
from edgekit.tensors import TensorSpec

_RAW = "raw"


@dataclass(frozen=True, slots=True)
class Preprocessing:
    """What was done to the samples, for the record."""

    text: str
    """Sentences for people."""
    value_range: str | None
    """The name of the range that was used; None where arrays were taken as they stand."""
    resize: str | None
    """None where nothing was resized."""
    colour: str | None
    """``rgb`` or ``bgr``; None where there are no three channels, or arrays were taken as they stand."""

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True, slots=True)
class Scaling:
    """The value range and channel order of one input."""

    value_range: ValueRange
    colour: Colour | None
    """None for one channel."""


def scale(values: NDArray[Any], scaling: Scaling) -> NDArray[Any]:
    """Return values of 0..255, with channels in RGB order, in the range and order of ``scaling``.

    Args:
        values: [height, width, channels], or [height, width].
        scaling: what to make of them.

    Returns:
        float32 of the same shape; for ``raw`` the dtype that was given.
    """
    if scaling.colour is Colour.BGR:
        values = values[..., ::-1]
    target = scaling.value_range
    if target.name == _RAW:
        return values
    # In float32, because that is what keras.applications computes in.
    scaled = values.astype(np.float32) * np.float32(target.factor)
    return (scaled - np.asarray(target.mean, np.float32)) / np.asarray(target.std, np.float32)


def scalings(
    dtypes: Mapping[str, np.dtype[Any]],
    *,
    inputs: Sequence[TensorSpec],
    recipe: Recipe,
    own_scaling: str | None,
    known: PictureHandling | None = None,
) -> dict[str, Scaling]:
    """Return how each input that takes pictures is scaled; an input that is missing is taken as it stands.

    Stored bytes (uint8) are pictures of 0..255: for a float input the value range must be known. Other arrays are
    taken as they stand, unless the recipe names a value range or a colour order.

    Args:
        dtypes: input name to dtype of the samples as they are stored.
        inputs: of the model.
        recipe: its ``value_range`` and ``colour`` are used.
        own_scaling: name of the model's own Rescaling or Normalization layer, or None.
        known: what is told elsewhere: it counts for stored bytes where the recipe says nothing of pictures.

    Raises:
        CalibrationError: the range is not known, or it does not fit the input.
    """
    pictures = picture_inputs(inputs)
    if not pictures and (recipe.value_range not in {None, _RAW} or recipe.colour is not None):
        shapes = ", ".join(f"{spec.name} takes {shape_text(spec.shape[1:])}" for spec in inputs)
        raise CalibrationError(
            f"a value range and a colour order are for images, and no input of the model is one: {shapes}",
            hint="leave out --range and --colour, and give arrays as the model takes them",
        )
    found = {}
    for spec in inputs:
        if spec.name in pictures:
            scaling = _scaling(spec, dtypes[spec.name], recipe=recipe, own_scaling=own_scaling, known=known)
            if scaling is not None:
                found[spec.name] = scaling
    return found


def _scaling(
    spec: TensorSpec,
    dtype: np.dtype[Any],
    *,
    recipe: Recipe,
    own_scaling: str | None,
    known: PictureHandling | None,
) -> Scaling | None:
    takes_integers = np.dtype(spec.dtype).kind != "f"
    if known is not None and dtype == np.uint8 and not takes_integers:
        recipe = replace(recipe, value_range=known.value_range, colour=known.colour)
    name = recipe.value_range
    if name is None:
        if dtype == np.uint8 and not takes_integers and own_scaling is None:
            choices = "; ".join(f"{choice.name}: {choice.summary}" for choice in VALUE_RANGES.values())
            raise CalibrationError(
                f"input '{spec.name}' takes {spec.dtype}, the samples are stored as 0..255, and the model has no layer "
                f"of its own that scales them: say what range it was trained on ({choices})",
                hint='--range NAME, or --range "mean=M;std=S" on 0..255',
            )
        if dtype != np.uint8 and recipe.colour is None:
            return None
        name = _RAW
    value_range = value_range_named(name)
    if takes_integers and name != _RAW:
        raise CalibrationError(
            f"input '{spec.name}' takes {spec.dtype}, so values cannot be scaled to '{name}' ({value_range.summary})",
            hint="--range raw: an integer input takes 0..255 as stored",
        )
    return Scaling(value_range, _colour(spec, value_range, recipe=recipe))


def _colour(spec: TensorSpec, value_range: ValueRange, *, recipe: Recipe) -> Colour | None:
    per_channel = max(len(value_range.mean), len(value_range.std)) == 3
    if channels_of(spec) == 1:
        if per_channel:
            raise CalibrationError(
                f"value range '{value_range.name}' is for three channels, but input '{spec.name}' takes one",
                hint='choose a range with one number for all channels, such as unit or "mean=127.5;std=127.5"',
            )
        if recipe.colour is not None:
            raise CalibrationError(
                f"input '{spec.name}' takes one channel, so there is no colour order to choose",
                hint="leave out --colour",
            )
        return None
    colour = value_range.colour if recipe.colour is None else Colour(recipe.colour)
    if per_channel and value_range.name in VALUE_RANGES and colour is not value_range.colour:
        raise CalibrationError(
            f"value range '{value_range.name}' is defined for {value_range.colour} channels, not for {colour}",
            hint='leave out --colour, or write --range "mean=M,M,M;std=S,S,S" in the order of the channels',
        )
    return colour


def described(
    found: Mapping[str, Scaling],
    *,
    inputs: Sequence[TensorSpec],
    recipe: Recipe,
    own_scaling: str | None,
    media: Mapping[str, Medium],
) -> Preprocessing:
    """Return the record of what :func:`scalings` found, and of what the samples were before they were numbers."""
    several = len(inputs) > 1
    parts = []
    for spec in inputs:
        scaling, medium = found.get(spec.name), media.get(spec.name)
        told = [] if medium is None else [medium.text]
        if scaling is not None:
            told.append(f"values '{scaling.value_range.name}' ({scaling.value_range.summary})")
            told.append(scaling.colour.upper() if scaling.colour else "one channel")
        text = ", ".join(told or ["arrays as they stand"])
        if scaling is not None and recipe.value_range is None and own_scaling is not None:
            text += f"; the model scales them itself in '{own_scaling}'"
        parts.append(f"{spec.name}: {text}" if several else text)
    first = next(iter(found.values()), None)
    return Preprocessing(
        text="; ".join(parts),
        value_range=first.value_range.name if first else None,
        resize=next((medium.resize for medium in media.values() if medium.resize), None),
        colour=str(first.colour) if first and first.colour else None,
    )
