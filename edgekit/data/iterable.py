"""Samples that Python code gives: arrays in memory, or an iterable that need not end."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edgekit.data.array_files import require_one_input
from edgekit.data.array_supply import ArraySupply, match_arrays
from edgekit.data.matching import by_input, require_kind, require_shape, shape_text
from edgekit.data.supply import Sample, array_id
from edgekit.errors import CalibrationError
from edgekit.recipe import Recipe
from edgekit.tensors import TensorSpec

_HINT = "yield one array, a dictionary by input name, or a tuple in the order of the inputs: one sample at a time"


@dataclass(frozen=True, slots=True)
class IterableSupply:
    """The first samples of an iterable, in its own order: what comes later cannot be chosen without waiting."""

    samples: Iterable[Any]
    inputs: tuple[TensorSpec, ...]
    available: int | None = None
    classes: tuple[str, ...] = ()
    images: bool = False

    def draw(self, count: int | None) -> Iterator[Sample]:
        """Take the first ``count`` samples and no more; see :class:`edgekit.data.supply.Supply`."""
        first: dict[str, NDArray[Any]] = {}
        number = -1
        for number, item in enumerate(itertools.islice(_guarded(self.samples), count)):
            name = f"sample {number} (counting from 0) of the iterable"
            values = self._values(item, name=name)
            for key, value in values.items():
                before = first.setdefault(key, value)
                if (value.dtype, value.shape) != (before.dtype, before.shape):
                    raise CalibrationError(
                        f"{name} is {value.dtype}[{shape_text(value.shape)}] for input '{key}', but those before are "
                        f"{before.dtype}[{shape_text(before.shape)}]",
                        hint="give all samples in one shape and one dtype: how they are scaled depends on it",
                    )
            yield Sample(name=name, position=number, sample_id=array_id(list(values.values())), values=values)
        if number < 0:
            raise CalibrationError("the iterable gives no samples", hint="a generator can be read only once")

    def _values(self, item: Any, *, name: str) -> dict[str, NDArray[Any]]:
        found, labels = by_input(self._parts(item, name=name), inputs=self.inputs, where=name)
        if labels is not None:
            raise CalibrationError(f"{name} holds a label, and an iterable gives inputs only", hint=_HINT)
        values = {}
        for spec in self.inputs:
            array = _as_array(found[spec.name], where=name)
            require_kind(array.dtype, spec, where=name)
            if array.ndim == len(spec.shape) and array.shape[0] == 1:
                array = array[0]
            require_shape(array.shape, spec, where=name, hint=_HINT)
            values[spec.name] = array
        return values

    def _parts(self, item: Any, *, name: str) -> Mapping[str, Any]:
        if isinstance(item, Mapping):
            return item
        # A list may be one sample's numbers; it is a list of parts where it holds arrays, as in a TFLite
        # representative dataset.
        parts = item if isinstance(item, tuple) or _holds_arrays(item) else (item,)
        if len(parts) != len(self.inputs):
            names = ", ".join(spec.name for spec in self.inputs)
            raise CalibrationError(f"{name} has {len(parts)} parts, but the model's inputs are: {names}", hint=_HINT)
        return {spec.name: part for spec, part in zip(self.inputs, parts, strict=True)}


def open_memory(samples: Any, *, inputs: Sequence[TensorSpec], recipe: Recipe) -> ArraySupply | IterableSupply:
    """Return the supply of an array, a dictionary of arrays, or an iterable of samples. Raises CalibrationError."""
    if isinstance(samples, np.ndarray):
        where = "the array given as samples"
        require_one_input(inputs, where=where)
        return match_arrays({inputs[0].name: samples}, inputs=inputs, where=where, seed=recipe.seed)
    if isinstance(samples, Mapping):
        where = "the dictionary given as samples"
        arrays = {str(name): _as_array(array, where=where) for name, array in samples.items()}
        return match_arrays(arrays, inputs=inputs, where=where, seed=recipe.seed)
    if isinstance(samples, bytes | bytearray) or not isinstance(samples, Iterable):
        call = "call it first and give what it returns" if callable(samples) else "give a path, arrays or a generator"
        raise CalibrationError(f"samples are of type {type(samples).__name__}, which cannot be iterated", hint=call)
    return IterableSupply(samples, tuple(inputs))


def _guarded(samples: Iterable[Any]) -> Iterator[Any]:
    iterator = iter(samples)
    for number in itertools.count():
        try:
            item = next(iterator)
        except StopIteration:
            return
        # The iterable is the user's code, which may raise anything.
        except Exception as error:
            raise CalibrationError(
                f"the iterable failed at sample {number} (counting from 0): {type(error).__name__}: {error}",
                hint="the error comes from the code that makes the samples",
            ) from error
        yield item


def _as_array(value: Any, *, where: str) -> NDArray[Any]:
    try:
        return np.asarray(value)
    # Any object can be given as a sample, and raise anything when it is made an array.
    except Exception as error:
        raise CalibrationError(f"{where} cannot be made an array of numbers: {error}", hint=_HINT) from error


def _holds_arrays(item: Any) -> bool:
    return isinstance(item, list) and bool(item) and all(hasattr(part, "__array__") and np.ndim(part) for part in item)
