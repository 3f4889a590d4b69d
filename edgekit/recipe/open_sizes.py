"""The sizes that a user gives inputs whose own are open: how they are written, and what they must fit."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from edgekit.errors import RecipeError, SourceError, unknown_name
from edgekit.tensors import TensorSpec

_SIZES = re.compile(r"-?\d+(,-?\d+)*")
_PICTURE, _OTHER = 224, 16
"""Sizes of the example in a hint: for what looks like a picture, and for all else."""


def input_shapes(text: str) -> dict[str, tuple[int, ...]]:
    """Return what ``"1,224,224,3"`` or ``"NAME=1,224,224,3;NAME=1,10"`` says, by input; the name "" is the only one.

    Raises RecipeError.
    """
    shapes: dict[str, tuple[int, ...]] = {}
    for part in text.split(";"):
        name, named, sizes = part.rpartition("=")
        name, sizes = name.strip(), sizes.replace(" ", "")
        if not _SIZES.fullmatch(sizes) or bool(name) != bool(named) or name in shapes:
            raise RecipeError(
                f"input_shape '{text}' is not understood",
                hint="write the whole shape with the batch, once for each input: 1,224,224,3 or NAME=1,224,224,3",
            )
        shapes[name] = tuple(int(size) for size in sizes.split(","))
        about = f"input_shape of input '{name}'" if name else "input_shape"
        if min(shapes[name]) < 1:
            raise RecipeError(
                f"{about} has a size of {min(shapes[name])}, but sizes are 1 or more",
                hint="give each dimension the size that the device will run it with",
            )
        if shapes[name][0] != 1:
            raise RecipeError(
                f"{about} has a batch of {shapes[name][0]}, but an artifact takes one sample at a time",
                hint=f"begin it with 1: {_written(name, (1, *shapes[name][1:]))}",
            )
    return shapes


def fixed_shapes(inputs: Sequence[TensorSpec], input_shape: str | None, *, model: str) -> list[tuple[int, ...]]:
    """Return the shape that each input gets: a batch of 1, its own sizes, and what was given for the open ones.

    Args:
        inputs: as the model has them; None stands for an open dimension.
        input_shape: as :func:`input_shapes` reads it; None: nothing was given.
        model: for the sentences.

    Raises:
        RecipeError: what was given names no input, has another rank, or contradicts a size that is fixed.
        SourceError: a dimension stays open.
    """
    given = {} if input_shape is None else input_shapes(input_shape)
    names = [spec.name for spec in inputs]
    if "" in given and len(names) > 1:
        raise RecipeError(
            f"input_shape {_written('', given[''])} names no input, but model {model} has {len(names)}: "
            f"{', '.join(names)}",
            hint=f"say which: {_written(names[0], given[''])}",
        )
    for name in given:
        if name and name not in names:
            raise RecipeError(
                f"input_shape: model {model}: {unknown_name('input', name, names)}",
                hint=f"such as {_written(names[0], given[name])}",
            )
    return [_fixed(spec, given, model=model) for spec in inputs]


def _fixed(spec: TensorSpec, given: Mapping[str, tuple[int, ...]], *, model: str) -> tuple[int, ...]:
    # What is written for one sample is meant for it alone: the batch is always ours.
    own = (1, *spec.shape[1:])
    shape = given.get(spec.name, given.get(""))
    if shape is None:
        sizes = [size for size in own if size is not None]
        if len(sizes) < len(own):
            raise SourceError(
                f"model {model}: input '{spec.name}' has no fixed size, but {spec.shape}",
                hint=f"say which it gets on the device, such as {_example(spec)}, or build the model with a fixed "
                f"input shape, such as keras.Input({tuple(_usual(spec))})",
            )
        return tuple(sizes)
    if len(shape) != len(own):
        raise RecipeError(
            f"input_shape {_written('', shape)} has {len(shape)} dimensions, but input '{spec.name}' of model {model} "
            f"has {len(own)}: {spec.shape}",
            hint=f"give it all, batch included: {_example(spec)}",
        )
    for position, (size, fixed) in enumerate(zip(shape, own, strict=True)):
        if fixed not in (None, size):
            raise RecipeError(
                f"input_shape makes dimension {position} of input '{spec.name}' {size}, but model {model} has it fixed "
                f"at {fixed}",
                hint=f"give sizes that fit {spec.shape}, such as {_example(spec)}",
            )
    return shape


def _example(spec: TensorSpec) -> str:
    return "--input-shape " + _written(spec.name, [1, *_usual(spec)])


def _usual(spec: TensorSpec) -> list[int]:
    open_size = _PICTURE if len(spec.shape) == 4 else _OTHER
    return [size or open_size for size in spec.shape[1:]]


def _written(name: str, shape: Sequence[int]) -> str:
    sizes = ",".join(map(str, shape))
    return f"{name}={sizes}" if name else sizes
