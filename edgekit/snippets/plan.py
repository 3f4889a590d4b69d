"""What a snippet is about, gathered before any code is written."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from edgekit.artifact import Artifact, PictureHandling, read_sidecar, sidecar_path
from edgekit.data.pictures.picture_inputs import PictureSize, picture_inputs, picture_size
from edgekit.data.preprocessing import scalings
from edgekit.errors import UsageError
from edgekit.inspection import Inspection, inspect
from edgekit.metadata import ContentKind, Metadata, Normalization
from edgekit.recipe import DEFAULT_FILTER, VALUE_RANGES, Colour, Filter, Recipe, Resize, ValueRange, value_range_named
from edgekit.tensors import TensorSpec

NUMBERS = frozenset({"float32", "int8", "uint8", "int16", "int32", "int64", "bool"})
"""Types of inputs and outputs that code can be written for."""


@dataclass(frozen=True, slots=True)
class Picture:
    """How a picture becomes the numbers of an input."""

    size: PictureSize
    value_range: ValueRange
    resize: Resize
    filter: Filter
    colour: Colour | None
    """None for one channel."""

    @property
    def scales(self) -> bool:
        """Whether 0..255 is changed at all."""
        return self.value_range.factor != 1 or self.shifts

    @property
    def shifts(self) -> bool:
        """Whether a mean is taken off, or a deviation divided by."""
        return any(self.value_range.mean) or any(number != 1 for number in self.value_range.std)

    def per_channel(self, numbers: tuple[float, ...]) -> tuple[float, ...]:
        """Return one number for each channel, as float32 holds them."""
        spread = numbers if len(numbers) == self.size.channels else numbers * self.size.channels
        return tuple(float(np.float32(number)) for number in spread)


@dataclass(frozen=True, slots=True)
class SnippetTensor:
    """An input or an output."""

    spec: TensorSpec
    identifier: str
    """In lower case, with ``_``; no two inputs or outputs have the same."""
    picture: Picture | None = None
    labels: tuple[str, ...] = ()
    picture_shaped: bool = False
    """Whether its shape is that of a picture, also where it is not known how one becomes numbers."""

    @property
    def elements(self) -> int | None:
        """How many numbers it holds; None where a dimension is free."""
        total = 1
        for size in self.spec.shape:
            if size is None:
                return None
            total *= size
        return total

    @property
    def limits(self) -> tuple[int, int]:
        """The least and the greatest number of its integer type."""
        limits = np.iinfo(self.spec.dtype)
        return int(limits.min), int(limits.max)

    @property
    def told(self) -> str:
        """The tensor for a comment, on one line and without what could end a comment."""
        plain = str(self.spec).encode("unicode_escape").decode("ascii")
        return plain.replace("*/", "* /").replace('"""', "'''")


@dataclass(frozen=True, slots=True)
class SnippetPlan:
    """Everything that goes into a snippet."""

    file: str
    """Its name, without folders."""
    sha256: str
    precision: str
    inputs: tuple[SnippetTensor, ...]
    outputs: tuple[SnippetTensor, ...]
    source: str
    """Where it is known from how pictures become numbers, as a sentence."""

    @property
    def heading(self) -> tuple[str, ...]:
        """Lines of comment for the top."""
        name = self.file.encode("unicode_escape").decode("ascii").replace("*/", "* /").replace('"""', "'''")
        return (f"{name} ({self.precision}, sha256 {self.sha256[:16]}...): pre- and postprocessing.", self.source)


def plan_snippet(file: str | Path | Artifact | Inspection, *, recipe: Recipe | None) -> SnippetPlan:
    """Gather what a snippet needs, of a file or of what ``inspect`` told of it.

    Raises:
        UsageError: the sidecar was edited or is of another file, or a tensor holds no numbers.
        SourceError: the file cannot be read.
        CalibrationError: the recipe's value range does not fit an input.
    """
    facts = file if isinstance(file, Inspection) else inspect(file)
    for spec in (*facts.inputs, *facts.outputs):
        if spec.dtype not in NUMBERS:
            raise UsageError(
                f"{facts.path}: '{spec.name}' holds {spec.dtype}, and snippets are for {', '.join(sorted(NUMBERS))}",
            )
    pictures, source = _pictures(facts, None if recipe is None else Recipe.chosen(recipe, {}))
    shaped = picture_inputs(facts.inputs)
    taken, given = (_identifiers(spec.name for spec in specs) for specs in (facts.inputs, facts.outputs))
    labels = _labels(facts)
    return SnippetPlan(
        file=facts.path.name,
        sha256=facts.sha256,
        precision=facts.precision,
        inputs=tuple(
            SnippetTensor(spec, name, pictures.get(spec.name), picture_shaped=spec.name in shaped)
            for spec, name in zip(facts.inputs, taken, strict=True)
        ),
        outputs=tuple(
            SnippetTensor(spec, name, labels=names)
            for spec, name, names in zip(facts.outputs, given, labels, strict=True)
        ),
        source=source,
    )


def _pictures(facts: Inspection, recipe: Recipe | None) -> tuple[dict[str, Picture], str]:
    takes = [spec for spec in facts.inputs if spec.name in picture_inputs(facts.inputs)]
    if not takes:
        return {}, "No input takes pictures."
    if recipe is not None and recipe.value_range is not None:
        return _asked(takes, recipe), f"Pictures become numbers as was asked for: {recipe.value_range}."
    beside = sidecar_path(facts.path)
    if beside.exists():
        sidecar = read_sidecar(beside)
        if sidecar.sha256 != facts.sha256:
            raise UsageError(
                f"sidecar {beside} is not of {facts.path}: it tells of a file with the SHA-256 "
                f"{sidecar.sha256[:12]}..., not {facts.sha256[:12]}...",
                hint="put the file's own sidecar beside it, or none and name its range with --range",
            )
        if sidecar.pictures:
            return _handled(takes, sidecar.pictures), "Pictures become numbers as in its sidecar."
    elif facts.metadata is not None and any(tensor.normalization for tensor in facts.metadata.inputs):
        found = _documented(facts, facts.metadata)
        return found, "Pictures become numbers as in its metadata, which does not tell how they are resized."
    return {}, "What a picture's 0..255 becomes is not known, so inputs are taken as numbers: give --range."


def _asked(takes: list[TensorSpec], recipe: Recipe) -> dict[str, Picture]:
    # A quantized input stands for real numbers, which a value range can give.
    real = [TensorSpec(spec.name, spec.shape, "float32") for spec in takes]
    dtypes = {spec.name: np.dtype(np.uint8) for spec in takes}
    found = scalings(dtypes, inputs=real, recipe=recipe, own_scaling=None)
    return {
        spec.name: Picture(
            picture_size(spec),
            found[spec.name].value_range,
            Resize(recipe.resize),
            recipe.used_filter,
            found[spec.name].colour,
        )
        for spec in takes
    }


def _handled(takes: list[TensorSpec], pictures: Mapping[str, PictureHandling]) -> dict[str, Picture]:
    return {
        spec.name: Picture(
            picture_size(spec),
            value_range_named(handling.value_range),
            Resize(handling.resize),
            Filter(handling.filter),
            None if handling.colour is None else Colour(handling.colour),
        )
        for spec in takes
        if (handling := pictures.get(spec.name)) is not None
    }


def _documented(facts: Inspection, metadata: Metadata) -> dict[str, Picture]:
    found = {}
    for spec, tensor in zip(facts.inputs, metadata.inputs, strict=False):
        if tensor.normalization is None or spec.name not in picture_inputs(facts.inputs):
            continue
        size = picture_size(spec)
        value_range = _range_of(tensor.normalization)
        fits = {len(value_range.mean), len(value_range.std)} <= {1, size.channels}
        if not fits or (
            size.channels == 3 and tensor.content is ContentKind.IMAGE and value_range.name.startswith("mean")
        ):
            continue
        colour = None if size.channels == 1 else value_range.colour
        found[spec.name] = Picture(size, value_range, Resize.STRETCH, DEFAULT_FILTER, colour)
    return found


def _range_of(normalization: Normalization) -> ValueRange:
    """Return the named range that has this normalization, whose arithmetic is then used; else one of its own."""
    mean, std = normalization.mean, normalization.std
    for value_range in VALUE_RANGES.values():
        if (mean, std) == (_stored(value_range.mean, value_range), _stored(value_range.std, value_range)):
            return value_range
    text = f"mean={','.join(map(repr, mean))};std={','.join(map(repr, std))}"
    return ValueRange(text, 1.0, mean, std, Colour.RGB, text)


def _stored(numbers: tuple[float, ...], value_range: ValueRange) -> tuple[float, ...]:
    """Return numbers of a range as metadata holds them: on 0..255, in float32."""
    return tuple(float(np.float32(number / value_range.factor)) for number in numbers)


def _labels(facts: Inspection) -> list[tuple[str, ...]]:
    documented = () if facts.metadata is None else facts.metadata.outputs
    labels = []
    for index, spec in enumerate(facts.outputs):
        names = documented[index].labels if index < len(documented) else ()
        labels.append(names if len(spec.shape) == 2 and spec.shape[-1] == len(names) else ())
    return labels


def _identifiers(names: Iterable[str]) -> list[str]:
    found: list[str] = []
    for name in names:
        plain = re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_") or "tensor"
        plain = f"tensor_{plain}" if plain[0].isdigit() else plain
        number = sum(other == plain or other.startswith(f"{plain}__") for other in found)
        found.append(f"{plain}__{number + 1}" if number else plain)
    return found
