"""The formats that samples come in: one table. To add a file format, add a line here."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from edgekit.data.array_files import open_npy, open_npz
from edgekit.data.image_folder import SUFFIXES, open_folder
from edgekit.data.iterable import open_memory
from edgekit.data.supply import Supply
from edgekit.errors import CalibrationError
from edgekit.recipe import Recipe
from edgekit.tensors import TensorSpec


class Opener(Protocol):
    """How a format opens a path: the supply is good until the context ends."""

    def __call__(self, path: Path, *, inputs: Sequence[TensorSpec], recipe: Recipe) -> AbstractContextManager[Supply]:
        """Open ``path``. Raises CalibrationError."""
        ...


@dataclass(frozen=True, slots=True)
class Format:
    """One row of the table."""

    name: str
    summary: str
    recognises: Callable[[Path], bool]
    opener: Opener


@contextmanager
def _folder(path: Path, *, inputs: Sequence[TensorSpec], recipe: Recipe) -> Iterator[Supply]:
    yield open_folder(path, inputs=inputs, recipe=recipe)


FORMATS: tuple[Format, ...] = (
    Format(
        "images", f"a folder of images ({', '.join(SUFFIXES)}), flat or a folder for each class", Path.is_dir, _folder
    ),
    Format("npz", "an .npz file with an array for each input", lambda path: _is_file(path, ".npz"), open_npz),
    Format("npy", "an .npy file with the array of a single input", lambda path: _is_file(path, ".npy"), open_npy),
)


@contextmanager
def opened(samples: str | Path | Iterable[Any], *, inputs: Sequence[TensorSpec], recipe: Recipe) -> Iterator[Supply]:
    """Open samples in whatever format they are. Raises CalibrationError that lists the formats."""
    if not isinstance(samples, str | Path):
        yield open_memory(samples, inputs=inputs, recipe=recipe)
        return
    path = Path(samples)
    hint = "give " + ", or ".join(row.summary for row in FORMATS)
    if not path.exists():
        raise CalibrationError(f"calibration data {samples} does not exist", hint=hint)
    for row in FORMATS:
        if row.recognises(path):
            with row.opener(path, inputs=inputs, recipe=recipe) as supply:
                yield supply
            return
    raise CalibrationError(f"calibration data {samples} is in no format that is known by its name", hint=hint)


def _is_file(path: Path, suffix: str) -> bool:
    return path.is_file() and path.suffix.lower() == suffix
