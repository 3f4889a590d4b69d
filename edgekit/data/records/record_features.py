"""Which features of a record feed which inputs, and what they become."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edgekit.data.item_supply import Item
from edgekit.data.labels import class_number
from edgekit.data.matching import LABEL_NAMES, named_features, require_kind, require_shape, shape_for, shape_text
from edgekit.data.pictures.picture_inputs import PictureReader, picture_inputs
from edgekit.data.records.tf_example import values_of
from edgekit.data.supply import array_id
from edgekit.errors import CalibrationError
from edgekit.recipe import LABEL, Recipe
from edgekit.tensors import TensorSpec

_HINT = 'name them: features="INPUT=FEATURE,label=FEATURE", as in "image=image/encoded,label=image/class/label"'
_SIGNATURES = (b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"GIF8")

Features = Mapping[str, Any]
"""Of one record, by name; see :mod:`edgekit.data.records.tf_example`."""


@dataclass(frozen=True, slots=True)
class Assignment:
    """Which feature of every record is read for what."""

    inputs: dict[str, str]
    """Input name to feature name."""
    label: str | None


def assign(features: Features, *, inputs: Sequence[TensorSpec], recipe: Recipe, where: str) -> Assignment:
    """Return what the recipe names, and find the rest where only one way fits.

    An input takes the feature of its own name, else the only one that has its size or is an image. The label is the
    only whole number whose name, or the part of it after the last slash, is ``label``, ``labels`` or ``y``.

    Args:
        features: of the first record.
        inputs: of the model.
        recipe: its ``features`` are used.
        where: the record in a sentence.

    Raises:
        CalibrationError: a feature is unknown, or more or fewer than one fit.
    """
    named: dict[str, str] = {}
    if recipe.features is not None:
        named = named_features(recipe.features, valid=features, inputs=inputs, kind="feature", where=where)
    names, pictures = {spec.name for spec in inputs}, picture_inputs(inputs)
    label = named.pop(LABEL, None) if LABEL not in names else None
    if recipe.features is None:
        label = _only(name for name in features if name not in names and _is_label(name, features[name]))
    named = {**{name: name for name in names if name in features}, **named}
    for spec in inputs:
        if spec.name not in named:
            free = [name for name in features if name not in {*named.values(), label}]
            fitting = [name for name in free if _may_feed(features[name], spec, is_picture=spec.name in pictures)]
            if len(fitting) != 1:
                told = "several features fit" if fitting else "no feature fits"
                raise CalibrationError(f"{where}: {told} input '{spec}': {_described(features)}", hint=_HINT)
            named[spec.name] = fitting[0]
    return Assignment({spec.name: named[spec.name] for spec in inputs}, label)


def content_of(
    features: Features, assignment: Assignment, *, inputs: Sequence[TensorSpec], reader: PictureReader, where: str
) -> Item:
    """Return what one record gives to the inputs.

    Raises:
        Unreadable: it holds an image that is damaged.
        CalibrationError: a feature is missing, or is not what the input takes.
    """
    pictures = picture_inputs(inputs)
    values: dict[str, NDArray[Any]] = {}
    images: dict[str, bytes] = {}
    for spec in inputs:
        held = _held(features, assignment.inputs[spec.name], where=where)
        if not isinstance(held, list):
            values[spec.name] = _shaped(held, spec, is_picture=spec.name in pictures, where=where)
            continue
        if len(held) != 1 or spec.name not in pictures:
            raise CalibrationError(
                f"input '{spec.name}' takes {shape_text(spec.shape[1:])} for each sample, but {where} gives "
                f"{len(held)} times bytes in feature '{assignment.inputs[spec.name]}'",
                hint="bytes can only be an image, and only for an input that takes images",
            )
        if _are_pixels(held[0], spec):
            values[spec.name] = np.frombuffer(held[0], np.uint8).reshape([size or 0 for size in spec.shape[1:]])
        else:
            values[spec.name] = reader.read(held[0], spec)
            images[spec.name] = held[0]
    return Item(_content_id(values, images), values)


def label_of(features: Features, assignment: Assignment, *, where: str) -> int:
    """Return the class that a record belongs to. Raises CalibrationError where it is no whole number from 0."""
    held = _held(features, str(assignment.label), where=where)
    return class_number(held[0] if isinstance(held, list) and held else held, where=where)


def image_inputs(features: Features, assignment: Assignment, *, inputs: Sequence[TensorSpec]) -> list[TensorSpec]:
    """Return the inputs that are fed image files, and not numbers or bare pixels."""
    held = {spec.name: values_of(features[assignment.inputs[spec.name]]) for spec in inputs}
    return [
        spec
        for spec, values in ((spec, held[spec.name]) for spec in inputs)
        if isinstance(values, list) and values and not _are_pixels(values[0], spec)
    ]


def _held(features: Features, name: str, *, where: str) -> list[bytes] | NDArray[Any]:
    if name not in features:
        raise CalibrationError(
            f"{where} has no feature '{name}', but {_described(features)}",
            hint="leave the record out, or name a feature that all records have",
        )
    return values_of(features[name])


def _shaped(held: NDArray[Any], spec: TensorSpec, *, is_picture: bool, where: str) -> NDArray[Any]:
    require_kind(held.dtype, spec, where=where)
    shape = shape_for(held.size, spec)
    if shape is None:
        require_shape(held.shape, spec, where=where, hint="write as many values as the input takes, for every record")
    elif is_picture and held.dtype == np.int64 and held.min() >= 0 and held.max() <= 255:
        # TFRecords have no bytes but in strings: these are pixels as stored, and a value range must be known.
        held = held.astype(np.uint8)
    return held.reshape(shape or ())


def _content_id(values: Mapping[str, NDArray[Any]], images: Mapping[str, bytes]) -> str:
    parts = {name: hashlib.sha256(content).hexdigest() for name, content in images.items()}
    if not parts:
        return array_id(list(values.values()))
    # The id of a single image is that of its file in a folder.
    ids = [parts.get(name) or array_id([array]) for name, array in values.items()]
    return ids[0] if len(ids) == 1 else hashlib.sha256("".join(ids).encode()).hexdigest()


def _may_feed(feature: Any, spec: TensorSpec, *, is_picture: bool) -> bool:
    held = values_of(feature)
    if isinstance(held, list):
        return is_picture and len(held) == 1 and (is_image(held[0]) or _are_pixels(held[0], spec))
    return shape_for(held.size, spec) is not None and (held.dtype.kind == "i" or np.dtype(spec.dtype).kind == "f")


def _are_pixels(content: bytes, spec: TensorSpec) -> bool:
    return shape_for(len(content), spec) == spec.shape[1:] and not is_image(content)


def is_image(content: bytes) -> bool:
    """Return whether bytes begin as an image file does."""
    return content.startswith(_SIGNATURES)


def _is_label(name: str, feature: Any) -> bool:
    held = values_of(feature)
    whole = not isinstance(held, list) and held.dtype == np.int64 and held.size == 1
    return whole and name.rsplit("/", 1)[-1] in LABEL_NAMES


def _only(names: Iterable[str]) -> str | None:
    found = list(names)
    return found[0] if len(found) == 1 else None


def _described(features: Features) -> str:
    parts = []
    for name in sorted(features):
        held = values_of(features[name])
        if isinstance(held, list):
            parts.append(f"{name} ({'an image' if any(map(is_image, held)) else 'bytes'})")
        else:
            parts.append(f"{name} ({held.size} {held.dtype})")
    return ", ".join(parts)
