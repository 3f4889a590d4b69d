"""A CSV file whose columns are the values of a model's inputs, one line for each sample."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edgekit.data.arrays.array_supply import ArraySupply, match_arrays
from edgekit.data.arrays.csv_table import Table, open_table
from edgekit.data.arrays.npy_column import Column
from edgekit.data.matching import LABEL_NAMES, named_features, shape_for, shape_text
from edgekit.data.pictures.picture_inputs import picture_inputs
from edgekit.errors import CalibrationError, unknown_name
from edgekit.recipe import LABEL, Recipe
from edgekit.tensors import TensorSpec

_INDEXED = re.compile(r"(.+)\[(\d+)\]")

_Group = dict[int, int]
"""The columns of one name: ``[index]`` to place in the table."""


@dataclass(frozen=True, slots=True)
class _Cells:
    """Some columns of a table as the array of one input; see :class:`edgekit.data.arrays.npy_column.Column`."""

    table: Table
    places: tuple[int, ...]
    sizes: tuple[int, ...]
    """Shape of one sample."""
    dtype: np.dtype[Any]

    @property
    def shape(self) -> tuple[int, ...]:
        return self.table.rows, *self.sizes

    def __getitem__(self, index: int, /) -> NDArray[Any]:
        return self.table.row(index)[list(self.places)].astype(self.dtype).reshape(self.sizes)


@contextmanager
def open_csv(path: Path, *, inputs: Sequence[TensorSpec], recipe: Recipe) -> Iterator[ArraySupply]:
    """Open a CSV file of numbers.

    Columns ``NAME[0]``, ``NAME[1]``, ... are the values of the input NAME, last axis fastest; a single value may be
    called NAME alone. Of a model with one input, all columns are its values in their order, whatever their names.
    The recipe's ``features`` name other columns, and the label; without them a column ``label``, ``labels`` or
    ``y`` is one.

    Raises:
        CalibrationError: a line or a cell is not as it should be, or the columns do not fit the inputs.
    """
    where = f"sample file {path}"
    with open_table(path) as table:
        columns = _assigned(table, inputs=inputs, recipe=recipe, where=where)
        yield match_arrays(columns, inputs=inputs, where=where, seed=recipe.seed)


def _assigned(table: Table, *, inputs: Sequence[TensorSpec], recipe: Recipe, where: str) -> dict[str, Column]:
    """Return an array for each input, and the labels under a name that is no input's."""
    groups = _groups(table.columns)
    names = [spec.name for spec in inputs]
    named: dict[str, str] = {}
    label = next((name for name in LABEL_NAMES if name in groups and name not in names and len(groups) > 1), None)
    if recipe.features is not None:
        named = named_features(recipe.features, valid=groups, inputs=inputs, kind="column", where=where)
        label = named.pop(LABEL, None) if LABEL not in names else None
    free = {name: group for name, group in groups.items() if name not in {*named.values(), label}}
    columns: dict[str, Column] = {}
    for spec in inputs:
        if spec.name in named:
            places = _in_order(groups[named[spec.name]], named[spec.name], where=where)
        elif len(inputs) == 1:
            places = _all_in_order(free, where=where)
        elif spec.name in free:
            places = _in_order(free.pop(spec.name), spec.name, where=where)
        else:
            raise CalibrationError(f"{where} has no column for input '{spec.name}'", hint=_hint(inputs))
        columns[spec.name] = _cells(table, places, spec, inputs=inputs, where=where)
    if len(inputs) > 1 and free and not named:
        raise CalibrationError(f"{where}: {unknown_name('input', next(iter(free)), names)}", hint=_hint(inputs))
    if label is not None:
        places = _in_order(groups[label], label, where=where)
        free_name = next(name for name in LABEL_NAMES if name not in names)
        columns[free_name] = _Cells(table, places, () if len(places) == 1 else (len(places),), _dtype(table, places))
    return columns


def _groups(columns: Sequence[str]) -> dict[str, _Group]:
    groups: dict[str, _Group] = {}
    for place, name in enumerate(columns):
        match = _INDEXED.fullmatch(name)
        groups.setdefault(match[1] if match else name, {})[int(match[2]) if match else 0] = place
    return groups


def _in_order(group: _Group, name: str, *, where: str) -> tuple[int, ...]:
    for index in range(len(group)):
        if index not in group:
            raise CalibrationError(
                f"{where} has no column '{name}[{index}]', but {len(group)} columns of that name",
                hint="count the columns of an input from 0, without gaps",
            )
    return tuple(group[index] for index in range(len(group)))


def _all_in_order(groups: Mapping[str, _Group], *, where: str) -> tuple[int, ...]:
    if len(groups) == 1:
        ((name, group),) = groups.items()
        return _in_order(group, name, where=where)
    return tuple(sorted(place for group in groups.values() for place in group.values()))


def _cells(
    table: Table, places: tuple[int, ...], spec: TensorSpec, *, inputs: Sequence[TensorSpec], where: str
) -> _Cells:
    sizes = shape_for(len(places), spec)
    if sizes is None:
        raise CalibrationError(
            f"input '{spec.name}' takes {shape_text(spec.shape[1:])} for each sample, but {where} has {len(places)} "
            f"{'column' if len(places) == 1 else 'columns'} for it",
            hint=_hint(inputs),
        )
    dtype = _dtype(table, places)
    cells = list(places)
    if dtype.kind == "i" and spec.name in picture_inputs(inputs):
        # Pixels as they are stored: a value range must be known for them.
        if table.lowest[cells].min() >= 0 and table.highest[cells].max() <= 255:
            dtype = np.dtype(np.uint8)
    elif np.dtype(spec.dtype).kind == "f":
        dtype = np.dtype(np.float64)
    return _Cells(table, places, sizes, dtype)


def _dtype(table: Table, places: tuple[int, ...]) -> np.dtype[Any]:
    return np.dtype(np.int64 if table.whole[list(places)].all() else np.float64)


def _hint(inputs: Sequence[TensorSpec]) -> str:
    name = inputs[0].name
    return (
        f"call the columns of an input {name}[0], {name}[1], ..., and the one with the classes label; or name them: "
        f'features="{name}=COLUMN,label=COLUMN"'
    )
