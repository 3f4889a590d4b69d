"""Samples that Python code gives, one by one or in batches: an iterable that need not end."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from edgekit.data.labels import class_number
from edgekit.data.matching import as_array, by_input, require_kind, require_shape
from edgekit.data.supply import Medium, Sample, array_id
from edgekit.errors import CalibrationError
from edgekit.tensors import TensorSpec

_HINT = (
    "yield one array, a dictionary by input name, or a tuple in the order of the inputs: one sample at a time, "
    "with or without its label"
)
_END = object()

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class IterableSupply:
    """The first samples of an iterable, in its own order: what comes later cannot be chosen without waiting."""

    samples: Iterable[Any]
    inputs: tuple[TensorSpec, ...]
    where: str
    """In a sentence, such as ``the iterable``."""
    features: str | None
    """Of the recipe."""
    batches: bool
    """Whether an item may hold any number of samples, instead of one."""
    available: int | None = None
    classes: tuple[str, ...] = ()
    mixed: bool = False
    media: Mapping[str, Medium] = field(default_factory=dict)

    def notes(self, _count: int | None) -> tuple[str, ...]:
        """None: nothing is known of samples that were not taken."""
        return ()

    def draw(self, count: int | None) -> Iterator[Sample]:
        """Take the first ``count`` samples and no more; see :class:`edgekit.data.supply.Supply`."""
        number = 0
        iterator = self._guarded(lambda: iter(self.samples), number)
        while (item := self._guarded(lambda: next(iterator, _END), number)) is not _END:
            for values, label in self._samples(item, number):
                yield Sample(self._name(number), number, array_id(list(values.values())), values, label)
                number += 1
                if number == count:
                    return
        if number == 0:
            raise CalibrationError(f"{self.where} gives no samples", hint="a generator can be read only once")

    def _name(self, number: int) -> str:
        return f"sample {number} (counting from 0) of {self.where}"

    def _guarded(self, step: Callable[[], T], number: int) -> T:
        try:
            return step()
        # The iterable is the user's code, which may raise anything.
        except Exception as error:
            told = str(error).strip().splitlines() or [""]
            raise CalibrationError(
                f"{self.where} failed at sample {number} (counting from 0): {type(error).__name__}: {told[0]}",
                hint="the error comes from the code that makes the samples",
            ) from error

    def _samples(self, item: Any, number: int) -> Iterator[tuple[dict[str, NDArray[Any]], int | None]]:
        """Give the samples of one item, without a batch dimension. The first of them has this number."""
        name = self._name(number)
        given, label = self._parts(item, name=name)
        arrays = {spec.name: as_array(given[spec.name], where=name, hint=_HINT) for spec in self.inputs}
        if self.batches and all(arrays[spec.name].ndim == len(spec.shape) for spec in self.inputs):
            yield from self._rows(arrays, label, number)
            return
        for spec in self.inputs:
            array = arrays[spec.name]
            if array.ndim == len(spec.shape) and array.shape[0] == 1:
                arrays[spec.name] = array[0]
        self._require_fit(arrays, name=name)
        yield arrays, None if label is None else class_number(label, where=name)

    def _rows(
        self, arrays: Mapping[str, NDArray[Any]], label: Any, number: int
    ) -> Iterator[tuple[dict[str, NDArray[Any]], int | None]]:
        where = f"the batch from {self._name(number)}"
        columns = [*arrays.values(), *([] if label is None else [as_array(label, where=where, hint=_HINT)])]
        sizes = {column.shape[0] if column.shape else 0 for column in columns}
        if len(sizes) > 1:
            raise CalibrationError(
                f"{where} has parts of different lengths: {', '.join(map(str, sorted(sizes)))}",
                hint="give as many labels as samples, and as many samples for each input",
            )
        for row in range(sizes.pop()):
            name = self._name(number + row)
            values = {key: array[row] for key, array in arrays.items()}
            self._require_fit(values, name=name)
            yield values, None if label is None else class_number(columns[-1][row], where=name)

    def _require_fit(self, arrays: Mapping[str, NDArray[Any]], *, name: str) -> None:
        for spec in self.inputs:
            require_kind(arrays[spec.name].dtype, spec, where=name)
            require_shape(arrays[spec.name].shape, spec, where=name, hint=_HINT)

    def _parts(self, item: Any, *, name: str) -> tuple[Mapping[str, Any], Any]:
        """Return what one item gives to each input, and its label or None."""
        if isinstance(item, Mapping):
            return by_input(item, inputs=self.inputs, where=name, features=self.features)
        # A list may be one sample's numbers; it is a list of parts where it holds arrays, as in a TFLite
        # representative dataset.
        parts = list(item) if _holds_parts(item) else [item]
        if len(parts) <= 2 and _holds_parts(parts[0]):
            inner, label = self._parts(parts[0], name=name)
            return inner, parts[1] if len(parts) == 2 else label
        if self.features is not None:
            raise CalibrationError(
                f"features '{self.features}' are given, but {name} has no names",
                hint="leave features out, or yield a dictionary",
            )
        # As in Keras, a label comes after the inputs.
        label = parts.pop() if len(parts) == len(self.inputs) + 1 else None
        if len(parts) != len(self.inputs):
            names = ", ".join(spec.name for spec in self.inputs)
            raise CalibrationError(f"{name} has {len(parts)} parts, but the model's inputs are: {names}", hint=_HINT)
        return {spec.name: part for spec, part in zip(self.inputs, parts, strict=True)}, label


def _holds_parts(item: Any) -> bool:
    if isinstance(item, list):
        return bool(item) and all(hasattr(part, "__array__") and np.ndim(part) for part in item)
    return isinstance(item, Mapping | tuple)
