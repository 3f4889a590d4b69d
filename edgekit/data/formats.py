"""The formats that samples come in: one table. To add a format, add a line here."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, TypeGuard

import numpy as np

from edgekit.artifact import PictureHandling
from edgekit.data.arrays.array_files import open_npy, open_npz
from edgekit.data.arrays.csv_file import open_csv
from edgekit.data.class_folders import holds_any
from edgekit.data.faults import path_faults
from edgekit.data.memory import open_function, open_memory
from edgekit.data.pictures import image_folder
from edgekit.data.records.record_files import open_records, open_shards, shards_at
from edgekit.data.records.tfrecord import is_shard_name
from edgekit.data.sounds import sound_folder
from edgekit.data.supply import Supply
from edgekit.errors import CalibrationError
from edgekit.import_paths import is_import_path
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
    choices: frozenset[str] = frozenset()
    """Names of the recipe's choices that it uses, of those in ``CHOICES``."""


CHOICES = ("features", "filter", "sample_rate", "sound_length")
"""Choices that have a meaning for some formats only. One recipe may be used for samples of several formats, for
calibration and for evaluation, so a choice that is not used is no error, but told."""
_NAMED = frozenset({"features"})
_RECORDS = frozenset({"features", "filter"})

FORMATS: tuple[Format, ...] = (
    Format("npz", "an .npz file with an array for each input", lambda path: _is_file(path, ".npz"), open_npz, _NAMED),
    Format("npy", "an .npy file with the array of a single input", lambda path: _is_file(path, ".npy"), open_npy),
    Format("csv", "a .csv file of numbers, one line each", lambda path: _is_file(path, ".csv"), open_csv, _NAMED),
    Format(
        "tfrecord",
        "TFRecords of tf.train.Example (a .tfrecord file, a folder of them, or a pattern)",
        lambda path: bool(shards_at(path)),
        open_records,
        _RECORDS,
    ),
    # Before sounds: where both are in a folder, and where none is, the sentences about images say what is wrong.
    Format(
        "images",
        f"a folder of images ({', '.join(image_folder.SUFFIXES)}), flat or a folder for each class",
        lambda path: (
            path.is_dir() and (holds_any(path, image_folder.SUFFIXES) or not holds_any(path, sound_folder.SUFFIXES))
        ),
        image_folder.open_images,
        frozenset({"filter"}),
    ),
    Format(
        "sounds",
        f"a folder of sounds ({', '.join(sound_folder.SUFFIXES)}), flat or a folder for each class",
        Path.is_dir,
        sound_folder.open_sounds,
        frozenset({"sample_rate", "sound_length"}),
    ),
    Format(
        "function",
        "module:function, which yields samples",
        lambda path: is_import_path(str(path)) and not path.exists(),
        open_function,
        _NAMED,
    ),
)


@contextmanager
def opened(
    samples: Any, *, inputs: Sequence[TensorSpec], recipe: Recipe, known: PictureHandling | None = None
) -> Iterator[tuple[Supply, tuple[str, ...]]]:
    """Open samples in whatever format they are; ``known`` says how pictures are resized, in place of the recipe.

    Gives the supply, and a sentence for each choice of the recipe that is not used.

    Raises:
        CalibrationError: they are in no known format (it lists them), or cannot be used as given.
    """
    chosen = recipe
    if known is not None:
        recipe = dataclasses.replace(recipe, resize=known.resize, filter=known.filter)
    if _are_paths(samples):
        files = [Path(each) for each in samples]
        _require_shards(files)
        where = f"{len(files)} sample files"
        with open_shards(files, inputs=inputs, recipe=recipe, where=where) as records:
            yield records, _unused(chosen, used=_RECORDS, where=where)
        return
    if not isinstance(samples, str | Path):
        used = frozenset() if isinstance(samples, np.ndarray) else _NAMED
        yield open_memory(samples, inputs=inputs, recipe=recipe), _unused(chosen, used=used, where="samples in memory")
        return
    path = Path(samples)
    with path_faults(path):
        row = next((row for row in FORMATS if row.recognises(path)), None)
        there = "is in no format that is known by its name" if path.exists() else "does not exist"
    if row is None:
        hint = "give " + ", or ".join(row.summary for row in FORMATS)
        raise CalibrationError(f"sample data {samples} {there}", hint=hint)
    with row.opener(path, inputs=inputs, recipe=recipe) as supply:
        yield supply, _unused(chosen, used=row.choices, where=f"sample data {samples}")


def _are_paths(samples: Any) -> TypeGuard[Sequence[str | Path]]:
    return isinstance(samples, list | tuple) and bool(samples) and all(isinstance(each, str | Path) for each in samples)


def _require_shards(files: Sequence[Path]) -> None:
    hint = "several files can only be TFRecords; give one file, or a folder"
    for file in files:
        if not file.is_file():
            raise CalibrationError(f"sample file {file} does not exist, or is no file", hint=hint)
        if not is_shard_name(file.name):
            raise CalibrationError(f"sample file {file} does not have the name of a TFRecord file", hint=hint)


def _unused(recipe: Recipe, *, used: frozenset[str], where: str) -> tuple[str, ...]:
    return tuple(
        f"{choice} '{getattr(recipe, choice)}' is not used: it has no meaning for {where}"
        for choice in CHOICES
        if getattr(recipe, choice) is not None and choice not in used
    )


def _is_file(path: Path, suffix: str) -> bool:
    return path.is_file() and path.suffix.lower() == suffix
