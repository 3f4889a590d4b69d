"""TFRecord files of ``tf.train.Example``: one, several, or a folder of them."""

from __future__ import annotations

import glob
import json
import tempfile
from array import array
from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path
from typing import TYPE_CHECKING

from edgekit.data.faults import folder_faults
from edgekit.data.item_supply import Item, ItemSupply
from edgekit.data.pictures.picture_inputs import PictureReader
from edgekit.data.reading_ahead import reading_threads
from edgekit.data.records.tfrecord import Shard, is_shard_name, open_shard
from edgekit.data.supply import Medium
from edgekit.errors import CalibrationError
from edgekit.recipe import Recipe
from edgekit.tensors import TensorSpec

if TYPE_CHECKING:
    from edgekit.data.records.record_features import Assignment, Features


MANIFEST = "manifest.json"
"""Beside shards that ``pack_samples`` has written."""
MANIFEST_SCHEMA = "edgekit.packed-samples/1"


def shards_at(path: Path) -> list[Path]:
    """Return the TFRecord files that a file's name, a folder or a pattern stands for, sorted; none: no such format."""
    if path.is_dir():
        with folder_faults(path):
            found = sorted(path.iterdir())
        return [file for file in found if is_shard_name(file.name) and file.is_file() and file.name[0] != "."]
    # Not Path.glob, which takes no absolute patterns.
    matches = [path] if path.exists() else [Path(name) for name in sorted(glob.glob(str(path)))]  # noqa: PTH207
    return [file for file in matches if file.is_file()] if any(is_shard_name(file.name) for file in matches) else []


def packed_classes(folder: Path) -> tuple[str, ...]:
    """Return the names of the classes of a folder that ``pack_samples`` has written; none of any other folder."""
    return _packed(folder)[0]


def _packed(folder: Path) -> tuple[tuple[str, ...], dict[str, int]]:
    """Return the classes and, by name, the bytes of the shards that a packed folder's manifest lists; else nothing."""
    try:
        manifest = json.loads((folder / MANIFEST).read_bytes())
        if manifest["schema"] == MANIFEST_SCHEMA:
            shards = {str(each["file"]): int(each["size_bytes"]) for each in manifest["shards"]}
            return tuple(str(each) for each in manifest["classes"]), shards
    except (OSError, ValueError, TypeError, KeyError):
        # Others name a file so, too.
        pass
    return (), {}


def _require_whole_pack(folder: Path, shards: Sequence[Path]) -> None:
    """Raise CalibrationError where a packed folder has not the shards that its manifest lists, by name and size."""
    listed = _packed(folder)[1]
    there = {shard.name: shard.stat().st_size for shard in shards}
    wrong = [f"{name} is missing" for name in listed if name not in there]
    wrong += [f"{name} has another size" for name, size in there.items() if listed.get(name, size) != size]
    wrong += [f"{name} is not listed" for name in there if name not in listed]
    if listed and wrong:
        raise CalibrationError(
            f"sample data {folder} is not as it was packed: {'; '.join(wrong)}",
            hint="copy the whole folder again, or pack the samples again",
        )


@dataclass(frozen=True, slots=True)
class _Records:
    """Records of all shards; see :class:`edgekit.data.item_supply.Items`."""

    shards: tuple[Shard, ...]
    ends: tuple[int, ...]
    """How many records there are up to the end of each shard."""

    def __len__(self) -> int:
        return self.ends[-1]

    def name(self, index: int) -> str:
        shard, number = self._place(index)
        return shard.name(number)

    def features(self, index: int) -> Features:
        # Loaded on use: it brings protobuf.
        from edgekit.data.records.tf_example import parse_example

        shard, number = self._place(index)
        return parse_example(shard.read(number), where=shard.name(number))

    def _place(self, index: int) -> tuple[Shard, int]:
        place = bisect_right(self.ends, index)
        return self.shards[place], index - (self.ends[place - 1] if place else 0)


@dataclass(frozen=True, slots=True)
class _Examples:
    """Records that were assigned to inputs; see :class:`edgekit.data.item_supply.Items`."""

    records: _Records
    assignment: Assignment
    inputs: tuple[TensorSpec, ...]
    reader: PictureReader
    images: tuple[TensorSpec, ...]
    """The inputs that are fed image files."""

    @property
    def media(self) -> Mapping[str, Medium]:
        return {spec.name: self.reader.medium(spec) for spec in self.images}

    def __len__(self) -> int:
        return len(self.records)

    def name(self, index: int) -> str:
        return self.records.name(index)

    def read(self, index: int) -> Item:
        from edgekit.data.records.record_features import content_of

        features = self.records.features(index)
        return content_of(
            features, self.assignment, inputs=self.inputs, reader=self.reader, where=self.records.name(index)
        )


@contextmanager
def open_records(path: Path, *, inputs: Sequence[TensorSpec], recipe: Recipe) -> Iterator[ItemSupply]:
    """Open a TFRecord file, a folder of them, or those that a pattern stands for. Raises CalibrationError."""
    where, classes, shards = f"sample data {path}", packed_classes(path), shards_at(path)
    if path.is_dir():
        _require_whole_pack(path, shards)
    with open_shards(shards, inputs=inputs, recipe=recipe, where=where, classes=classes) as supply:
        yield supply


@contextmanager
def open_shards(
    files: Sequence[Path], *, inputs: Sequence[TensorSpec], recipe: Recipe, where: str, classes: tuple[str, ...] = ()
) -> Iterator[ItemSupply]:
    """Open TFRecord files as one set of samples.

    Compressed files are unpacked to a temporary folder. Where there is a label, all records are read once to know
    it; else only those that are chosen.

    Args:
        files: at least one.
        inputs: of the model.
        recipe: its ``features``, ``seed``, ``resize`` and ``filter`` are used.
        where: the files in a sentence.
        classes: names of the labels, where they have names.

    Raises:
        CalibrationError: a file is damaged, holds something else, or its features do not fit the inputs.
    """
    from edgekit.data.records.record_features import assign, image_inputs, label_of

    with tempfile.TemporaryDirectory() as folder:
        shards = tuple(open_shard(file, unpacked=Path(folder) / str(place)) for place, file in enumerate(files))
        records = _Records(shards, tuple(accumulate(map(len, shards))))
        if len(records) == 0:
            raise CalibrationError(f"{where} holds no records", hint="give at least one")
        first = records.features(0)
        assignment = assign(first, inputs=inputs, recipe=recipe, where=records.name(0))
        labels = None
        if assignment.label is not None:
            labels = array("q")
            for index in range(len(records)):
                labels.append(label_of(records.features(index), assignment, where=records.name(index)))
        images = tuple(image_inputs(first, assignment, inputs=inputs))
        yield ItemSupply(
            items=_Examples(records, assignment, tuple(inputs), PictureReader(recipe), images),
            where=where,
            noun="record",
            labels=labels,
            seed=recipe.seed,
            classes=() if labels is None else classes,
            threads=reading_threads() if images else 1,
        )
