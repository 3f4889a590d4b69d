"""How samples are read, and what is done to them before a model sees them: the choices, and what they can be."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum
from typing import TypedDict

from edgekit.errors import RecipeError, unknown_name


class Resize(StrEnum):
    """How an image is brought to the model's input size."""

    STRETCH = "stretch"
    """Scaled to the size, aspect ratio ignored (what ``keras.utils.image_dataset_from_directory`` does)."""
    CROP = "crop"
    """Scaled to cover the size, then cropped at the centre."""
    PAD = "pad"
    """Scaled to fit inside the size, then padded with black."""


class Filter(StrEnum):
    """How the pixels of another size are computed. They differ where an image shrinks."""

    ANTIALIAS = "antialias"
    """Bilinear, over all pixels that fall together: Pillow's ``BILINEAR``, ``tf.image.resize(antialias=True)``,
    ``keras.utils.load_img(interpolation="bilinear")``."""
    BILINEAR = "bilinear"
    """Between the four nearest pixels: ``keras.utils.image_dataset_from_directory``, ``keras.layers.Resizing`` and
    ``tf.image.resize`` as they are called without more ado."""
    NEAREST = "nearest"
    """The nearest pixel: ``keras.utils.load_img`` and ``flow_from_directory`` without more ado."""


DEFAULT_FILTER = Filter.ANTIALIAS
"""Keras itself has no one default. This one keeps most of a photo, and is what artifacts were made with before there
was a choice; it is told wherever an image shrinks and no filter was named."""


class Colour(StrEnum):
    """Order of an image's colour channels."""

    RGB = "rgb"
    BGR = "bgr"


class SoundLength(StrEnum):
    """What becomes of a sound that is longer or shorter than the model's input."""

    CROP = "crop"
    """A longer one loses its end; a shorter one is refused."""
    PAD = "pad"
    """A shorter one gets silence at its end; a longer one is refused."""
    FIT = "fit"
    """Either, as it needs (what ``tf.audio.decode_wav`` does with ``desired_samples``)."""


@dataclass(frozen=True, slots=True)
class ValueRange:
    """What an image's 0..255 becomes: ``(value * factor - mean) / std``, per channel in the colour order used."""

    name: str
    factor: float
    mean: tuple[float, ...]
    std: tuple[float, ...]
    colour: Colour
    """The channel order that the range is defined for, and that is used unless another is asked for."""
    summary: str


VALUE_RANGES: dict[str, ValueRange] = {
    value_range.name: value_range
    for value_range in (
        ValueRange("raw", 1.0, (0.0,), (1.0,), Colour.RGB, "0..255, as stored"),
        ValueRange("unit", 1 / 255, (0.0,), (1.0,), Colour.RGB, "0..1"),
        ValueRange("signed", 1 / 127.5, (1.0,), (1.0,), Colour.RGB, "-1..1"),
        # Both are keras.applications.imagenet_utils.preprocess_input, modes "torch" and "caffe".
        ValueRange(
            "imagenet-torch",
            1 / 255,
            (0.485, 0.456, 0.406),
            (0.229, 0.224, 0.225),
            Colour.RGB,
            "0..1, ImageNet's mean and deviation per channel taken out",
        ),
        ValueRange(
            "imagenet-caffe",
            1.0,
            (103.939, 116.779, 123.68),
            (1.0,),
            Colour.BGR,
            "0..255 BGR, ImageNet's mean per channel taken out",
        ),
    )
}


def value_range_named(text: str) -> ValueRange:
    """Return the range called ``text``, or the one that ``"mean=M[,M,M];std=S[,S,S]"`` describes (on 0..255).

    Raises RecipeError that lists the valid names.
    """
    if text in VALUE_RANGES:
        return VALUE_RANGES[text]
    if text.startswith("mean="):
        try:
            keys = dict(part.split("=", 1) for part in text.split(";"))
            mean = tuple(float(number) for number in keys.pop("mean").split(","))
            std = tuple(float(number) for number in keys.pop("std").split(","))
        except (ValueError, KeyError):
            mean, std, keys = (), (), {"bad": ""}
        lengths_fit = len(mean) in (1, 3) and len(std) in (1, 3)
        finite = all(map(math.isfinite, mean + std))
        if keys or not lengths_fit or not finite or any(number <= 0 for number in std):
            raise RecipeError(
                f"value range '{text}' is not understood",
                hint='write it as "mean=127.5;std=127.5" or with three numbers each, std above 0',
            )
        return ValueRange(text, 1.0, mean, std, Colour.RGB, f"(0..255 - {mean}) / {std}")
    raise RecipeError(unknown_name("value range", text, VALUE_RANGES) + ', or "mean=M[,M,M];std=S[,S,S]"')


LABEL = "label"
"""The word for the label where features are named."""


def feature_names(text: str) -> dict[str, str]:
    """Return what ``"INPUT=FEATURE,...,label=FEATURE"`` says, as input name (or ``label``) to feature name.

    Raises RecipeError.
    """
    names: dict[str, str] = {}
    for part in text.split(","):
        target, _, feature = (piece.strip() for piece in part.partition("="))
        if not target or not feature or target in names:
            raise RecipeError(
                f"features '{text}' are not understood",
                hint='write each input once with the feature that feeds it: "image=image/encoded,label=image/label"',
            )
        names[target] = feature
    return names


class PreprocessingChoices(TypedDict, total=False):
    """The choices of a recipe that say how samples are read, and what is done to them before a model sees them."""

    value_range: str | None
    resize: str
    filter: str | None
    colour: str | None
    features: str | None
    sample_rate: int | None
    sound_length: str | None
