"""Samples that are Python objects: arrays, datasets, iterables, and functions that give such things."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from edgekit.data.arrays.array_files import require_one_input
from edgekit.data.arrays.array_supply import ArraySupply, match_arrays
from edgekit.data.iterable import IterableSupply
from edgekit.data.matching import as_array
from edgekit.errors import CalibrationError
from edgekit.import_paths import object_at
from edgekit.recipe import Recipe
from edgekit.tensors import TensorSpec

_FUNCTION_HINT = 'write it as module:function, such as "my_data:samples"; it is looked up from the current folder too'


def open_memory(
    samples: Any, *, inputs: Sequence[TensorSpec], recipe: Recipe, where: str = ""
) -> ArraySupply | IterableSupply:
    """Return the supply of an array, a dictionary of arrays, a ``tf.data.Dataset``, or an iterable of samples.

    Args:
        samples: as they were given.
        inputs: of the model.
        recipe: its ``seed`` and ``features`` are used.
        where: the samples in a sentence, if they have a better name than what they are.

    Raises:
        CalibrationError: they cannot be used as given.
    """
    if isinstance(samples, np.ndarray):
        where = where or "the array given as samples"
        require_one_input(inputs, where=where)
        return match_arrays({inputs[0].name: samples}, inputs=inputs, where=where, seed=recipe.seed)
    if isinstance(samples, Mapping):
        where = where or "the dictionary given as samples"
        hint = "give one array for each input"
        arrays = {str(name): as_array(array, where=where, hint=hint) for name, array in samples.items()}
        return match_arrays(arrays, inputs=inputs, where=where, seed=recipe.seed, features=recipe.features)
    if isinstance(samples, str | Path | bytes | bytearray) or not isinstance(samples, Iterable):
        call = "call it first and give what it returns" if callable(samples) else "give a path, arrays or a generator"
        raise CalibrationError(
            f"{where or 'samples'} {'gives' if where else 'are of'} type {type(samples).__name__}, "
            "which cannot be iterated",
            hint=call,
        )
    # Known by what it can do, because naming its class would load TensorFlow.
    is_dataset = hasattr(samples, "as_numpy_iterator") and hasattr(samples, "element_spec")
    return IterableSupply(
        samples=_NumpyIterable(samples) if is_dataset else samples,
        inputs=tuple(inputs),
        where=where or ("the dataset" if is_dataset else "the iterable"),
        features=recipe.features,
        batches=is_dataset,
    )


@contextmanager
def open_function(
    path: Path, *, inputs: Sequence[TensorSpec], recipe: Recipe
) -> Iterator[ArraySupply | IterableSupply]:
    """Call the function at the import path ``module:function`` and open what it returns. Raises CalibrationError."""
    import_path = str(path)
    found = object_at(import_path, what="samples", hint=_FUNCTION_HINT, error=CalibrationError)
    if callable(found):
        try:
            found = found()
        # A user's function may raise anything.
        except Exception as error:
            raise CalibrationError(
                f"samples '{import_path}' cannot be called: {type(error).__name__}: {error}",
                hint="write a function without arguments that yields or returns samples",
            ) from error
    yield open_memory(found, inputs=inputs, recipe=recipe, where=import_path)


class _NumpyIterable:
    """A ``tf.data.Dataset`` whose elements are arrays. Any step of it may fail, so it is made where that is told."""

    def __init__(self, dataset: Any) -> None:
        self._dataset = dataset

    def __iter__(self) -> Iterator[Any]:
        iterator: Iterator[Any] = self._dataset.as_numpy_iterator()
        return iterator
