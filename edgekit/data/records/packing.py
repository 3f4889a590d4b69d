"""Samples written as TFRecord shards, which this room and ``tf.data`` read: one file in place of many small ones."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from edgekit.data.choice import seeded_order
from edgekit.data.class_folders import class_folders, holds_any
from edgekit.data.faults import Unreadable, path_faults
from edgekit.data.formats import opened
from edgekit.data.item_supply import printable
from edgekit.data.own_inputs import inputs_of
from edgekit.data.pictures.image_folder import HINT, SUFFIXES
from edgekit.data.pictures.picture_inputs import picture_inputs
from edgekit.data.records.record_files import MANIFEST, MANIFEST_SCHEMA
from edgekit.data.records.tfrecord import framed
from edgekit.data.supply import Skipped
from edgekit.errors import CalibrationError, OutputError, UsageError
from edgekit.files import named_output, output_errors, staged_folder, write_json
from edgekit.progress import Progress, Step, silent
from edgekit.recipe import DEFAULT_FILTER, Recipe, Resize
from edgekit.units import format_bytes, format_count

_SHARD_BYTES = 128 * 2**20
"""What TensorFlow's guide on input pipelines asks for: above 100 MB, so that reading is in long strides."""
_LABEL = "label"

Features = dict[str, "bytes | int | NDArray[Any]"]
"""Of one record, by name: bytes, a whole number, or numbers."""


@dataclass(frozen=True, slots=True)
class PackedSamples:
    """A folder of TFRecord shards and the manifest that lists them."""

    path: Path
    shards: tuple[Path, ...]
    samples: int
    classes: tuple[str, ...]
    """Names of the class folders that they came from; the labels are indices into it. Empty where there were none."""
    labels: dict[int, int]
    """By label, how many samples have it; empty without labels."""
    size_bytes: int
    notes: tuple[str, ...] = ()
    """A sentence for each image that could not be read, and is not among them."""

    def to_document(self) -> dict[str, Any]:
        """Return it as JSON values."""
        return {
            "schema": MANIFEST_SCHEMA,
            "path": str(self.path),
            "shards": [str(each) for each in self.shards],
            "samples": self.samples,
            "classes": list(self.classes),
            "labels": {str(label): count for label, count in self.labels.items()},
            "size_bytes": self.size_bytes,
            "notes": list(self.notes),
        }

    def __str__(self) -> str:
        shards = format_count(len(self.shards), "shard")
        classes = f" of {len(self.labels)} classes" if self.labels else ""
        head = f"{self.path}: {format_count(self.samples, 'sample')}{classes} in {shards}"
        return "\n".join([f"{head}, {format_bytes(self.size_bytes)}", *self.notes])


def pack_samples(
    data: Any, output: str | Path, *, shard_bytes: int = _SHARD_BYTES, progress: Progress = silent
) -> PackedSamples:
    """Write samples as TFRecords of ``tf.train.Example``, classes mixed: the same samples become the same bytes.

    Image files go in as they are, under ``image/encoded`` with ``image/filename`` and, of class folders,
    ``image/class/label`` and ``image/class/text``: what reads the folder gives the same pixels, labels and hashes for
    the shards. Arrays go in under their own names, with ``label``: bytes for pictures in uint8, else numbers in float32
    or int64, which is all that records have.

    Args:
        data: a folder of images, flat or a folder for each class; an .npz or .npy file, an array, or a dictionary of
            arrays.
        output: the folder to write; it must not be there, or be empty. The shards in it are called
            ``samples-00000-of-00003.tfrecord``; ``manifest.json`` lists them with their hashes, the features, and the
            names of the classes, which ``edgekit`` reads with the shards.
        shard_bytes: after how many bytes a shard is full.
        progress: told after each sample.

    Raises:
        CalibrationError: the samples cannot be read, or are of another kind.
        OutputError: the folder holds something, or cannot be written to.
        UsageError: ``shard_bytes`` is below 1.
    """
    if shard_bytes < 1:
        raise UsageError(f"shard_bytes is {shard_bytes}, but must be at least 1")
    path = named_output(output, may_be_made=True)
    with output_errors(path):
        if path.is_dir() and any(path.iterdir()):
            raise OutputError(f"the folder {path} holds something already", hint="name another folder with -o")
    records = _records(data)
    with staged_folder(path, given={}) as stage:
        writer = _Writer(stage, shard_bytes)
        with writer:
            for features in records.features():
                writer.write(features)
                progress(Step("packing samples", writer.samples, records.total))
        if not writer.samples:
            raise CalibrationError(f"{records.where} holds no readable sample", hint="give at least one")
        shards = writer.named()
        labels = dict(sorted(records.labels.items()))
        write_json(
            stage / MANIFEST,
            {
                "schema": MANIFEST_SCHEMA,
                "samples": writer.samples,
                "classes": list(records.classes),
                "labels": {str(label): count for label, count in labels.items()},
                "features": writer.kinds,
                "shards": shards,
            },
        )
    return PackedSamples(
        path,
        tuple(path / shard["file"] for shard in shards),
        writer.samples,
        records.classes,
        labels,
        sum(shard["size_bytes"] for shard in shards),
        tuple(records.skipped),
    )


@dataclass(slots=True)
class _Writer:
    """Writes records into shards, whose names tell how many there are: they get them in the end."""

    folder: Path
    limit: int
    samples: int = 0
    kinds: dict[str, str] = field(default_factory=dict)
    _files: list[Path] = field(default_factory=list)
    _records: list[int] = field(default_factory=list)
    _open: IO[bytes] | None = None

    def __enter__(self) -> _Writer:
        return self

    def __exit__(self, *_: object) -> None:
        if self._open is not None:
            self._open.close()

    def write(self, features: Features) -> None:
        """Write one record. Raises OutputError."""
        # Loaded on use: it brings protobuf.
        from edgekit.data.records.tf_example import example_of, kind_of

        for name, value in features.items():
            self.kinds.setdefault(name, kind_of(value))
        frame = framed(example_of(features))
        with output_errors(self.folder):
            if self._open is None or self._open.tell() >= self.limit:
                if self._open is not None:
                    self._open.close()
                self._files.append(self.folder / f"{len(self._files):05d}.part")
                self._records.append(0)
                self._open = self._files[-1].open("wb")
            self._open.write(frame)
        self._records[-1] += 1
        self.samples += 1

    def named(self) -> list[dict[str, Any]]:
        """Give the shards their names; return what the manifest tells of each."""
        told = []
        for number, (file, records) in enumerate(zip(self._files, self._records, strict=True)):
            place = file.with_name(f"samples-{number:05d}-of-{len(self._files):05d}.tfrecord")
            with output_errors(place):
                file.rename(place)
            with place.open("rb") as stream:
                digest = hashlib.file_digest(stream, "sha256").hexdigest()
            told.append({"file": place.name, "records": records, "size_bytes": place.stat().st_size, "sha256": digest})
        return told


@dataclass(slots=True)
class _Records:
    """What is written, one record after the other; what is counted of them is whole in the end."""

    where: str
    total: int | None
    classes: tuple[str, ...]
    given: Iterable[Features | Skipped]
    labels: Counter[int] = field(default_factory=Counter)
    skipped: list[str] = field(default_factory=list)

    def features(self) -> Iterator[Features]:
        for each in self.given:
            if isinstance(each, Skipped):
                self.skipped.append(each.sentence)
                continue
            label = each.get(_LABEL, each.get("image/class/label"))
            if isinstance(label, int):
                self.labels[label] += 1
            yield each


def _records(data: Any) -> _Records:
    path = Path(data) if isinstance(data, str | Path) else None
    if path is not None:
        with path_faults(path):
            is_folder = path.is_dir() and holds_any(path, SUFFIXES)
        if is_folder:
            files = class_folders(path, suffixes=SUFFIXES, noun="image", hint=HINT)
            return _Records(f"folder {path}", len(files.names), files.classes, _images(path))
        if not (path.is_file() and path.suffix.lower() in {".npy", ".npz"}) and path.exists():
            raise CalibrationError(
                f"{path} cannot be packed", hint="give a folder of images, an .npz or .npy file, or arrays"
            )
    return _Records("the arrays" if path is None else f"file {path}", None, (), _arrays(data))


def _images(path: Path) -> Iterator[Features | Skipped]:
    files = class_folders(path, suffixes=SUFFIXES, noun="image", hint=HINT)
    labels = files.labels
    for index in seeded_order(files.names, seed=0, labels=labels).tolist():
        name = files.names[index]
        try:
            content = files.read(index)
            _require_image(content)
        except Unreadable as fault:
            yield Skipped(f"{printable(name)} {fault}")
            continue
        features: Features = {"image/encoded": content, "image/filename": printable(name).encode()}
        if labels is not None:
            features["image/class/label"] = labels[index]
            features["image/class/text"] = printable(files.classes[labels[index]]).encode()
        yield features


def _require_image(content: bytes) -> None:
    """Raise Unreadable for what no reader of the shards could decode."""
    from edgekit.data.pictures.image_decoding import decode

    decode(content, height=8, width=8, channels=3, resize=Resize.STRETCH, by=DEFAULT_FILTER)


def _arrays(data: Any) -> Iterator[Features | Skipped]:
    # Loaded on use: it brings protobuf.
    from edgekit.data.records.record_features import is_image

    inputs = inputs_of(data)
    pictures = picture_inputs(inputs)
    with opened(data, inputs=inputs, recipe=Recipe()) as (supply, _):
        for sample in supply.draw(None):
            if isinstance(sample, Skipped):
                yield sample
                continue
            features: Features = {}
            for name, value in sample.values.items():
                # Pixels that begin as an image file does would be taken for one: they stay numbers.
                is_pixels = name in pictures and value.dtype == np.uint8 and not is_image(value.tobytes())
                features[name] = value.tobytes() if is_pixels else np.ravel(value)
            if sample.label is not None:
                features[_LABEL] = sample.label
            yield features
