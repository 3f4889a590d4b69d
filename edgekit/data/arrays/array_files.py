"""Arrays in files: .npy holds one, .npz one for each input. Pickled objects are never read."""

from __future__ import annotations

import os
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from edgekit.data.arrays.array_supply import ArraySupply, match_arrays
from edgekit.data.arrays.npy_column import Column, NpyColumn
from edgekit.data.faults import array_faults
from edgekit.errors import CalibrationError
from edgekit.recipe import Recipe
from edgekit.tensors import TensorSpec


@contextmanager
def open_npy(path: Path, *, inputs: Sequence[TensorSpec], recipe: Recipe) -> Iterator[ArraySupply]:
    """Open the samples of a model's only input, [samples, *shape]. Raises CalibrationError."""
    where = f"sample file {path}"
    require_one_input(inputs, where=where)
    with ExitStack() as stack:
        with array_faults(where):
            stream = stack.enter_context(path.open("rb"))
            column = NpyColumn(stream, size_bytes=os.fstat(stream.fileno()).st_size, jumps=True)
        yield match_arrays({inputs[0].name: _readable(column)}, inputs=inputs, where=where, seed=recipe.seed)


@contextmanager
def open_npz(path: Path, *, inputs: Sequence[TensorSpec], recipe: Recipe) -> Iterator[ArraySupply]:
    """Open an archive of arrays under the inputs' names, with or without ``labels``. Raises CalibrationError."""
    where = f"sample file {path}"
    columns: dict[str, Column] = {}
    with ExitStack() as stack:
        with array_faults(where):
            archive = stack.enter_context(zipfile.ZipFile(path))
            for member in archive.infolist():
                stream = stack.enter_context(archive.open(member))
                with _member_faults(member):
                    column = NpyColumn(stream, size_bytes=member.file_size, jumps=False)
                    columns[_name(member)] = _readable(column)
        yield match_arrays(columns, inputs=inputs, where=where, seed=recipe.seed, features=recipe.features)


def array_headers(path: Path) -> dict[str, Column]:
    """Return the arrays of an .npz, or that of an .npy as ``input``, for their shapes and dtypes: no value is read.

    Raises:
        CalibrationError: it is damaged.
    """
    with array_faults(f"sample file {path}"):
        if path.suffix.lower() == ".npy":
            with path.open("rb") as stream:
                return {"input": NpyColumn(stream, size_bytes=os.fstat(stream.fileno()).st_size, jumps=True)}
        columns: dict[str, Column] = {}
        with zipfile.ZipFile(path) as archive:
            for member in archive.infolist():
                with archive.open(member) as stream, _member_faults(member):
                    columns[_name(member)] = NpyColumn(stream, size_bytes=member.file_size, jumps=False)
        return columns


def require_one_input(inputs: Sequence[TensorSpec], *, where: str) -> None:
    """Raise CalibrationError where one array cannot feed all inputs."""
    if len(inputs) > 1:
        names = ", ".join(spec.name for spec in inputs)
        raise CalibrationError(
            f"{where} is one array, but the model has {len(inputs)} inputs: {names}",
            hint="give an .npz file, or a dictionary, with one array for each input under these names",
        )


@contextmanager
def _member_faults(member: zipfile.ZipInfo) -> Iterator[None]:
    try:
        yield
    except ValueError as error:
        raise ValueError(f"its member '{member.filename}' is no whole array: {error}") from error


def _name(member: zipfile.ZipInfo) -> str:
    return member.filename.removesuffix(".npy")


def _readable(column: NpyColumn) -> Column:
    # Objects are refused later, in the same words as any other kind of values.
    return column.mapped() if column.by_columns and not column.dtype.hasobject else column
