"""Samples packed into TFRecord shards: what reads the original reads the same of them, and so does TensorFlow."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

import edgekit
from edgekit.cli.samples import command
from edgekit.data import ALL_SAMPLES, CalibrationSet, collect
from edgekit.errors import CalibrationError, OutputError, UsageError
from edgekit.files import sha256_of
from edgekit.recipe import Recipe
from edgekit.tensors import TensorSpec

UNIT = Recipe(value_range="unit")
NUMBERS = (TensorSpec("wave", (None, 6), "float32"), TensorSpec("count", (None, 2), "int32"))


@pytest.fixture
def classes(photos: Path, tmp_path: Path) -> Path:
    """Ten photos in three class folders, one of them empty, and a file that is no photo."""
    folder = tmp_path / "classes"
    for name in ("bird", "cat", "dog"):
        (folder / name).mkdir(parents=True)
    for number, photo in enumerate(sorted(photos.iterdir())):
        (folder / ("bird" if number < 4 else "dog") / photo.name).write_bytes(photo.read_bytes())
    (folder / "dog" / "torn.jpg").write_bytes(b"\xff\xd8\xff torn")
    return folder


def _by_id(samples: CalibrationSet) -> dict[str, tuple[int, bytes]]:
    labels = samples.labels or [-1] * len(samples)
    return {
        each: (label, b"".join(value.tobytes() for value in sample.values()))
        for each, label, sample in zip(samples.sample_ids, labels, samples, strict=True)
    }


def test_photos_of_classes_come_back_as_they_were(classes: Path, image_input: TensorSpec, tmp_path: Path) -> None:
    packed = edgekit.pack_samples(classes, tmp_path / "shards", shard_bytes=8000)
    assert (packed.samples, packed.classes, packed.labels) == (10, ("bird", "cat", "dog"), {0: 4, 2: 6})
    assert len(packed.notes) == 1
    assert "dog/torn.jpg" in packed.notes[0]
    assert len(packed.shards) > 1
    assert packed.shards[0].name == f"samples-00000-of-{len(packed.shards):05d}.tfrecord"
    found, folder = (
        collect(each, inputs=[image_input], recipe=UNIT, folder=tmp_path / each.name, limit=ALL_SAMPLES)
        for each in (packed.path, classes)
    )
    assert _by_id(found) == _by_id(folder)
    assert found.classes == folder.classes
    manifest = json.loads((packed.path / "manifest.json").read_text())
    assert [(each["file"], each["sha256"]) for each in manifest["shards"]] == [
        (each.name, sha256_of(each)) for each in packed.shards
    ]
    assert sum(each["records"] for each in manifest["shards"]) == 10
    torn = shutil.copytree(packed.path, tmp_path / "torn")
    (torn / packed.shards[1].name).unlink()
    (torn / packed.shards[0].name).write_bytes(packed.shards[0].read_bytes() * 2)
    missing = (
        f"torn is not as it was packed: {packed.shards[1].name} is missing; {packed.shards[0].name} has another size"
    )
    with pytest.raises(CalibrationError, match=missing):
        collect(torn, inputs=[image_input], recipe=UNIT, folder=tmp_path / "spool", limit=ALL_SAMPLES)
    assert manifest["features"]["image/class/label"] == "int64_list"
    again = edgekit.pack_samples(classes, tmp_path / "again", shard_bytes=8000)
    assert [each.read_bytes() for each in again.shards] == [each.read_bytes() for each in packed.shards]


@pytest.mark.parametrize("labelled", [True, False])
def test_arrays_come_back_as_they_were(labelled: bool, tmp_path: Path) -> None:
    random = np.random.default_rng(0)
    arrays = {
        "wave": random.normal(size=(30, 6)).astype(np.float32),
        "count": random.integers(-5, 2**31 - 1, (30, 2), np.int32),
        **({"labels": np.arange(30) % 4} if labelled else {}),
    }
    np.savez(tmp_path / "a.npz", **arrays)
    edgekit.pack_samples(tmp_path / "a.npz", tmp_path / "shards")
    found = collect(tmp_path / "shards", inputs=NUMBERS, recipe=Recipe(), folder=tmp_path / "f", limit=ALL_SAMPLES)
    rows = {sample["wave"].tobytes(): sample["count"].tobytes() for sample in found}
    assert rows == {
        wave.tobytes(): count.tobytes() for wave, count in zip(arrays["wave"], arrays["count"], strict=True)
    }
    by_wave = dict(zip((wave.tobytes() for wave in arrays["wave"]), np.arange(30) % 4, strict=True))
    wanted = [by_wave[sample["wave"].tobytes()] for sample in found]
    assert (list(found.labels) if found.labels else None) == (wanted if labelled else None)


def test_pixels_stay_bytes_with_the_same_hashes(image_input: TensorSpec, tmp_path: Path) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (5, *image_input.shape[1:]), np.uint8)
    # As a photo's file would begin.
    pixels[3].reshape(-1)[:3] = (0xFF, 0xD8, 0xFF)
    np.save(tmp_path / "a.npy", pixels)
    edgekit.pack_samples(tmp_path / "a.npy", tmp_path / "shards")
    found, given = (
        collect(each, inputs=[image_input], recipe=UNIT, folder=tmp_path / f"f{number}", limit=ALL_SAMPLES)
        for number, each in enumerate([tmp_path / "shards", tmp_path / "a.npy"])
    )
    assert _by_id(found) == _by_id(given)


def test_nothing_is_overwritten_and_nothing_half_left(classes: Path, tmp_path: Path) -> None:
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "mine.txt").write_text("mine")
    with pytest.raises(OutputError, match="full holds something already"):
        edgekit.pack_samples(classes, tmp_path / "full")
    assert [each.name for each in (tmp_path / "full").iterdir()] == ["mine.txt"]
    (tmp_path / "torn").mkdir()
    (tmp_path / "torn" / "a.jpg").write_bytes(b"")
    with pytest.raises(CalibrationError, match="holds no readable sample"):
        edgekit.pack_samples(tmp_path / "torn", tmp_path / "shards")
    with pytest.raises(CalibrationError, match="cannot be packed"):
        edgekit.pack_samples(__file__, tmp_path / "shards")
    with pytest.raises(UsageError, match="shard_bytes is 0"):
        edgekit.pack_samples(classes, tmp_path / "shards", shard_bytes=0)
    assert sorted(each.name for each in tmp_path.iterdir()) == ["classes", "full", "photos", "torn"]


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["pakc", "data", "-o", "o"], "unknown action 'pakc'. Did you mean 'pack'?"),
        (["pack", "data"], "there is no folder to pack into"),
        (["pack", "data", "-o", "o", "--range", "unit"], "--value-range is for checking samples"),
        (["data", "-o", "o"], "--output is for packing"),
    ],
)
def test_what_is_asked_wrong_is_said(arguments: list[str], told: str) -> None:
    with pytest.raises(UsageError) as caught:
        command.main(arguments, standalone_mode=False)
    assert told in caught.value.message
