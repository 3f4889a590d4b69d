"""A table of numbers in a CSV file, read line by line."""

from __future__ import annotations

import csv
import math
import os
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import numpy as np
from numpy.typing import NDArray

from edgekit.data.faults import array_faults
from edgekit.errors import CalibrationError

_DELIMITERS = "\t;,"
_FIRST_LINE = 2**20


@dataclass(frozen=True, slots=True)
class Table:
    """The numbers of a CSV file, on the disk."""

    columns: tuple[str, ...]
    """Names from the first line; ``1``, ``2``, ... where it holds numbers already."""
    rows: int
    whole: NDArray[np.bool_]
    """Whether a column holds whole numbers only."""
    lowest: NDArray[np.float64]
    highest: NDArray[np.float64]
    """Of each column."""
    store: IO[bytes]

    def row(self, index: int) -> NDArray[np.float64]:
        """Return the numbers of one line, read from the disk: a mapped file would count as memory in use."""
        size = 8 * len(self.columns)
        return np.frombuffer(os.pread(self.store.fileno(), size, index * size))


@contextmanager
def open_table(path: Path) -> Iterator[Table]:
    """Read a CSV file of numbers into a temporary file; all of its lines are checked.

    Columns are told apart by tabs where the first line holds one, else by semicolons, else by commas. The first
    line holds names where none of its cells is a number, or those that are count up from 0 or 1 as pandas numbers
    columns. Empty lines are passed over.

    Raises:
        CalibrationError: a line is too short or too long, or a cell is empty or holds no number; line and column are
            told.
    """
    where = f"sample file {path}"
    with tempfile.TemporaryFile() as store:
        with array_faults(where), path.open(encoding="utf-8-sig", newline="") as text:
            table = _stored(text, store, where=where)
        yield table


def _stored(text: IO[str], store: IO[bytes], *, where: str) -> Table:
    try:
        start = text.readline(_FIRST_LINE)
        text.seek(0)
        delimiter = next((mark for mark in _DELIMITERS if mark in start), ",")
        reader = csv.reader(text, delimiter=delimiter, strict=True)
        lines = ((reader.line_num, cells) for cells in reader if any(map(str.strip, cells)))
        return _checked(lines, store, where=where)
    except csv.Error as error:
        raise CalibrationError(
            f"{where}: line {reader.line_num} is no line of a CSV file: {error}", hint=_HINT
        ) from None
    except UnicodeDecodeError as error:
        raise CalibrationError(f"{where} is not UTF-8 text: {error}", hint=_HINT) from None


def _checked(lines: Iterator[tuple[int, list[str]]], store: IO[bytes], *, where: str) -> Table:
    columns: tuple[str, ...] = ()
    whole, lowest, highest = np.ones(0, bool), np.zeros(0), np.zeros(0)
    rows = 0
    for number, cells in lines:
        if not columns:
            columns, is_data = _columns(cells, where=f"{where}, line {number}")
            whole, lowest, highest = (
                np.ones(len(cells), bool),
                np.full(len(cells), np.inf),
                np.full(len(cells), -np.inf),
            )
            if not is_data:
                continue
        row = _row(cells, columns, where=f"{where}, line {number}")
        whole &= row == np.trunc(row)
        lowest, highest = np.minimum(lowest, row), np.maximum(highest, row)
        store.write(row.tobytes())
        rows += 1
    if rows == 0:
        raise CalibrationError(f"{where} holds no samples", hint="give one line of numbers for each sample")
    store.flush()
    return Table(columns, rows, whole, lowest, highest, store)


def _columns(cells: Sequence[str], *, where: str) -> tuple[tuple[str, ...], bool]:
    """Return the columns' names, and whether the first line is a sample itself."""
    names = tuple(cell.strip() for cell in cells)
    numbers = [_number(name) for name in names]
    counted = [number for number in numbers if number is not None]
    counts = len(counted) > 2 and counted in ([*range(len(counted))], [*range(1, len(counted) + 1)])
    if counted and counts and len(counted) == len(names):
        raise CalibrationError(
            f"{where}: {names[0]}, {names[1]}, {names[2]}, ... may be a sample or the numbers of the columns",
            hint="take the line out, or give the columns names such as x[0], x[1], ...",
        )
    if counted and not counts:
        return tuple(str(place) for place in range(1, len(names) + 1)), True
    for place, name in enumerate(names, start=1):
        if not name or name in names[: place - 1]:
            told = f"has the name '{name}' of an earlier one" if name else "has no name"
            raise CalibrationError(f"{where}: column {place} {told}", hint="give each column a name of its own")
    return names, False


def _row(cells: Sequence[str], columns: Sequence[str], *, where: str) -> NDArray[np.float64]:
    if len(cells) != len(columns):
        raise CalibrationError(
            f"{where} has {len(cells)} cells, but the first line has {len(columns)}",
            hint="give one cell for each column, with the same mark between them in all lines",
        )
    try:
        row = np.array([float(cell) for cell in cells])
        if np.isfinite(row).all():
            return row
    except ValueError:
        pass
    place = next(place for place, cell in enumerate(cells) if (_number(cell) is None))
    told = f"holds '{cells[place]}', which is no number" if cells[place].strip() else "is empty"
    raise CalibrationError(f"{where}: column {place + 1} ('{columns[place]}') {told}", hint=_HINT)


def _number(cell: str) -> float | None:
    """Return the finite number that is written in a cell, or None."""
    try:
        number = float(cell)
    except ValueError:
        return None
    return number if math.isfinite(number) else None


_HINT = "write numbers with a decimal point, and leave out lines with missing values"
