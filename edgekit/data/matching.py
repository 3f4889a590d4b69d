"""Whether an array is what an input takes: its name, shape and kind of numbers."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from edgekit.errors import CalibrationError, unknown_name
from edgekit.recipe import LABEL, feature_names
from edgekit.tensors import TensorSpec

LABEL_NAMES = ("labels", "label", "y")
"""An array of one of these names holds the labels, unless an input has that name."""

_KINDS = {"f": "biuf", "i": "biu", "u": "biu", "b": "b"}
_KIND_NAMES = {"O": "Python objects", "U": "text", "S": "text", "V": "records", "c": "complex numbers", "M": "dates"}

T = TypeVar("T")


def shape_text(shape: Sequence[int | None]) -> str:
    """Return a shape for a sentence: ``96x96x3``, ``?x40``, ``one number``."""
    return "x".join("?" if size is None else str(size) for size in shape) or "one number"


def by_input(
    arrays: Mapping[str, T], *, inputs: Sequence[TensorSpec], where: str, features: str | None = None
) -> tuple[dict[str, T], T | None]:
    """Return the arrays under the inputs' names in the inputs' order, and the labels if there are some.

    Without ``features``, the only array is taken for the only input, whatever its name, and none may be left over.

    Args:
        arrays: what was given, by name.
        inputs: of the model.
        where: what was given in a sentence.
        features: of the recipe: which array feeds which input, and which one holds the labels.

    Raises:
        CalibrationError: a name is unknown, or an input has no array.
    """
    names = [spec.name for spec in inputs]
    feeds = ",".join(f"{name}=NAME" for name in names)
    hint = (
        f"give one array for each input, under its name: {', '.join(names)}; or say which feeds which: "
        f'features="{feeds}"'
    )
    found = dict(arrays)
    if features is not None:
        named = named_features(features, valid=arrays, inputs=inputs, kind="name", where=where)
        found = {**{name: found[name] for name in names if name in found}, **{k: arrays[v] for k, v in named.items()}}
        labels = found.pop(LABEL) if LABEL in named and LABEL not in names else None
    else:
        label_name = next((name for name in LABEL_NAMES if name in found and name not in names), None)
        labels = found.pop(label_name) if label_name is not None and len(found) > 1 else None
        if len(inputs) == 1 and len(found) == 1:
            return {names[0]: next(iter(found.values()))}, labels
        for name in found:
            if name not in names:
                raise CalibrationError(f"{where}: {unknown_name('input', name, names)}", hint=hint)
    for name in names:
        if name not in found:
            raise CalibrationError(f"{where} has no array for input '{name}'", hint=hint)
    return {name: found[name] for name in names}, labels


def named_features(
    features: str, *, valid: Iterable[str], inputs: Sequence[TensorSpec], kind: str, where: str
) -> dict[str, str]:
    """Return what the recipe's ``features`` say, as input name (or ``label``) to a name among ``valid``.

    Raises:
        CalibrationError: an input, or a name, is unknown. ``kind`` is what such a name is called.
    """
    names = [spec.name for spec in inputs]
    targets = [*names, *([] if LABEL in names else [LABEL])]
    known = list(valid)
    named = feature_names(features)
    for target, name in named.items():
        if target not in targets:
            raise CalibrationError(
                f"features '{features}': {unknown_name('input', target, targets)}",
                hint="write INPUT=NAME, with the model's inputs and label on the left",
            )
        if name not in known:
            raise CalibrationError(
                f"{where}: {unknown_name(kind, name, known)}", hint=f"features '{features}' name what is not there"
            )
    return named


def as_array(value: Any, *, where: str, hint: str) -> NDArray[Any]:
    """Return ``value`` as an array. Raises CalibrationError where it cannot be one."""
    try:
        return np.asarray(value)
    # Any object can be given as a sample, and raise anything when it is made an array.
    except Exception as error:
        raise CalibrationError(f"{where} cannot be made an array of numbers: {error}", hint=hint) from error


def shape_for(count: int, spec: TensorSpec) -> tuple[int, ...] | None:
    """Return the shape of a sample of ``count`` numbers for ``spec``, one open size filled in; None if none fits."""
    sizes = spec.shape[1:]
    known = math.prod(size for size in sizes if size is not None)
    filled = tuple(count // max(known, 1) if size is None else size for size in sizes)
    return filled if sizes.count(None) <= 1 and math.prod(filled) == count > 0 else None


def fits(shape: Sequence[int], spec: TensorSpec) -> bool:
    """Return whether a sample of this shape, without a batch dimension, is what ``spec`` takes."""
    wanted = spec.shape[1:]
    return len(shape) == len(wanted) and all(
        size is None or size == got for size, got in zip(wanted, shape, strict=True)
    )


def require_shape(shape: Sequence[int], spec: TensorSpec, *, where: str, hint: str) -> None:
    """Raise CalibrationError unless a sample of this shape is what ``spec`` takes."""
    if fits(shape, spec):
        return
    wanted = spec.shape[1:]
    counts = ""
    if len(wanted) == len(shape) == 3 and fits((*shape[:2], wanted[2] or 0), spec):
        counts = f" (channels: {shape[2]} instead of {wanted[2]})"
    got = f"{shape_text(shape)}{counts}"
    raise CalibrationError(
        f"input '{spec.name}' takes {shape_text(wanted)} for each sample, but {where} gives {got}",
        hint=hint,
    )


def require_kind(dtype: np.dtype[Any], spec: TensorSpec, *, where: str) -> None:
    """Raise CalibrationError unless values of ``dtype`` can become what ``spec`` takes without a loss.

    Floats take any number; integers take integers.
    """
    if dtype.hasobject:
        raise CalibrationError(
            f"{where} holds Python objects for input '{spec.name}', and reading such a file could run any code",
            hint="save plain numbers: arrays whose samples all have the same shape and a dtype such as float32",
        )
    if dtype.kind not in _KINDS[np.dtype(spec.dtype).kind]:
        what = _KIND_NAMES.get(dtype.kind, "numbers of another kind")
        raise CalibrationError(
            f"input '{spec.name}' takes {spec.dtype}, but {where} holds {what} ({dtype})",
            hint=f"save the array as {spec.dtype}",
        )


def require_numeric(inputs: Sequence[TensorSpec]) -> None:
    """Raise CalibrationError where an input takes something else than numbers."""
    if not inputs:
        raise CalibrationError("the model has no input, so there is nothing to feed samples to")
    for spec in inputs:
        try:
            known = np.dtype(spec.dtype).kind in _KINDS
        except TypeError:
            known = False
        if not known:
            raise CalibrationError(
                f"input '{spec.name}' takes {spec.dtype}, and samples can only be numbers",
                hint="move what turns this input into numbers out of the model",
            )
