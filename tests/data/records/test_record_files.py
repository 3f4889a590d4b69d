from __future__ import annotations

import gzip
import hashlib
import random
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from edgekit.data import ALL_SAMPLES, collect
from edgekit.errors import CalibrationError
from edgekit.recipe import Recipe
from edgekit.tensors import TensorSpec

Refused = Callable[..., CalibrationError]
Write = Callable[..., Path]
PLAIN = Recipe()
UNIT = Recipe(value_range="unit")
SOUND = TensorSpec("sound", (None, 6), "float32")
THIRD = "record 2 (counting from 0) of train.tfrecord"
META = TensorSpec("meta", (None, 2), "int32")


def examples(photos: Path) -> list[dict[str, Any]]:
    """The ten photos as the Object Detection API writes them."""
    return [
        {
            "image/encoded": photo.read_bytes(),
            "image/format": b"jpeg",
            "image/class/label": number,
            "image/height": 100,
            "image/width": 100,
        }
        for number, photo in enumerate(sorted(photos.iterdir()))
    ]


def sounds(count: int) -> list[dict[str, Any]]:
    return [{"wave": np.full(6, number, np.float32), "label": number % 4} for number in range(count)]


def test_photos_are_what_they_are_in_a_folder(photos: Path, image_input: TensorSpec, write_records: Write, spool: Path):
    path = write_records(examples(photos))
    found = collect(path, inputs=[image_input], recipe=UNIT, folder=spool)
    folder = collect(photos, inputs=[image_input], recipe=UNIT, folder=spool / "folder")
    assert found.labels is not None
    assert sorted(found.labels) == list(range(10))
    by_id = dict(zip(folder.sample_ids, np.load(folder.files["image"]), strict=True))
    assert set(found.sample_ids) == set(by_id)
    for sample_id, label, sample in zip(found.sample_ids, found.labels, found, strict=True):
        assert sample_id == hashlib.sha256((photos / f"{label}.jpg").read_bytes()).hexdigest()
        assert np.array_equal(sample["image"][0], by_id[sample_id])
    assert str(found.preprocessing) == str(folder.preprocessing)
    assert found.preprocessing.resize == "stretch"


@pytest.mark.parametrize("name", ["a.tfrecord", "a.tfrecords", "A.TFREC", "a.tfrecord.gz", "train-00000-of-00001"])
def test_names_of_files(name: str, write_records: Write, spool: Path):
    path = write_records(sounds(9), name)
    found = collect(str(path), inputs=[SOUND], recipe=PLAIN, folder=spool, limit=ALL_SAMPLES)
    assert sorted(np.load(found.files["sound"])[:, 0].tolist()) == list(range(9))
    assert [int(sample["sound"][0, 0]) % 4 for sample in found] == list(found.labels or ())


@pytest.mark.parametrize("form", ["folder", "pattern", "list"])
def test_several_files(form: str, write_records: Write, tmp_path: Path, spool: Path):
    rows = sounds(10)
    shards = [write_records(rows[:4], "set/a-00000-of-00003.tfrecord"), write_records([], "set/a-1.tfrecord")]
    shards.append(write_records(rows[4:], "set/b.tfrecord.gz"))
    (tmp_path / "set" / "features.json").write_text("{}")
    given: Any = {"folder": tmp_path / "set", "pattern": str(tmp_path / "set" / "*.tfrec*"), "list": shards}[form]
    found = collect(given, inputs=[SOUND], recipe=Recipe(samples=8, seed=2), folder=spool)
    assert found.labels is not None
    assert Counter(found.labels) == {0: 2, 1: 2, 2: 2, 3: 2}
    again = collect(tmp_path / "set", inputs=[SOUND], recipe=Recipe(samples=8, seed=2), folder=tmp_path / "again")
    assert again.sample_ids == found.sample_ids
    other = collect(tmp_path / "set", inputs=[SOUND], recipe=Recipe(samples=8, seed=3), folder=tmp_path / "other")
    assert other.sample_ids != found.sample_ids


def test_the_choice_keeps_the_proportions_of_the_classes(write_records: Write, spool: Path):
    labels = [0] * 60 + [1] * 30 + [2] * 9 + [3]
    rows = [{"wave": np.full(6, place, np.float32), "label": label} for place, label in enumerate(labels)]
    found = collect(write_records(rows), inputs=[SOUND], recipe=Recipe(samples=20), folder=spool)
    assert Counter(found.labels) == {0: 11, 1: 6, 2: 2, 3: 1}


def test_features_by_name(write_records: Write, spool: Path):
    rows = [
        {"a": np.full(6, number, np.float32), "b": np.zeros(6, np.float32), "c": np.array([1, 2]), "kind": number}
        for number in range(4)
    ]
    recipe = Recipe(features="sound=a,meta=c,label=kind")
    found = collect(write_records(rows), inputs=[SOUND, META], recipe=recipe, folder=spool)
    assert found.labels == tuple(int(sample["sound"][0, 0]) for sample in found)
    assert np.load(found.files["meta"]).tolist() == [[1, 2]] * 4
    unlabelled = collect(
        write_records(rows), inputs=[SOUND, META], recipe=Recipe(features="sound=a,meta=c"), folder=spool / "x"
    )
    assert unlabelled.labels is None


def test_numbers_of_a_picture_need_a_range_and_raw_bytes_too(
    image_input: TensorSpec, write_records: Write, tmp_path: Path, refused: Refused
):
    pixels = np.random.default_rng(0).integers(0, 256, (4, 32, 32, 3))
    numbers = write_records([{"x": picture} for picture in pixels], "numbers.tfrecord")
    raw = write_records([{"x": picture.astype(np.uint8).tobytes()} for picture in pixels], "raw.tfrecord")
    floats = write_records([{"x": picture.astype(np.float32)} for picture in pixels], "floats.tfrecord")
    arrays = {}
    for path in (numbers, raw, floats):
        found = collect(path, inputs=[image_input], recipe=UNIT, folder=tmp_path / path.stem, limit=ALL_SAMPLES)
        arrays[path] = {tuple(row) for row in np.load(found.files["image"]).reshape(4, -1).tolist()}
        assert found.preprocessing.resize is None
    assert arrays[numbers] == arrays[raw] == arrays[floats]
    np.testing.assert_allclose(
        sorted(map(sum, arrays[raw])), np.sort(pixels.reshape(4, -1).sum(axis=1)) / 255, rtol=1e-4
    )
    for path in (numbers, raw):
        assert "the samples are stored as 0..255" in refused(path, recipe=PLAIN).message


def test_an_open_size_takes_what_there_is(write_records: Write, spool: Path):
    path = write_records([{"x": np.zeros(15, np.float32)}])
    found = collect(path, inputs=[TensorSpec("x", (None, None, 5), "float32")], recipe=PLAIN, folder=spool)
    assert next(iter(found))["x"].shape == (1, 3, 5)


def test_an_image_beside_numbers(photos: Path, image_input: TensorSpec, write_records: Write, spool: Path):
    rows = [{**example, "meta": np.array([3, 4])} for example in examples(photos)]
    found = collect(write_records(rows), inputs=[image_input, META], recipe=UNIT, folder=spool)
    assert np.load(found.files["meta"]).tolist() == [[3, 4]] * 10
    assert str(found.preprocessing).startswith("image: images brought to 32x32 (stretch, antialias), values 'unit'")
    assert str(found.preprocessing).endswith("; meta: arrays as they stand")
    assert len(set(found.sample_ids)) == 10


def test_a_damaged_image_is_skipped_and_replaced(
    photos: Path, image_input: TensorSpec, write_records: Write, spool: Path
):
    rows = examples(photos)
    rows[3]["image/encoded"] = rows[3]["image/encoded"][: len(rows[3]["image/encoded"]) // 2]
    found = collect(write_records(rows), inputs=[image_input], recipe=UNIT, folder=spool, limit=10)
    assert len(found) == 9
    assert 3 not in (found.labels or ())
    (told,) = found.skipped
    assert told.startswith("record 3 (counting from 0) of train.tfrecord cannot be read: ")


def test_all_images_damaged(photos: Path, write_records: Write, refused: Refused):
    rows = [{"image": b"\xff\xd8\xff damaged", "label": 1}] * 5
    error = refused(write_records(rows))
    assert "train.tfrecord holds no readable record: record" in error.message
    assert error.message.endswith("and 2 more like these")


def test_an_unknown_feature(photos: Path, write_records: Write, refused: Refused):
    path = write_records(examples(photos))
    error = refused(path, recipe=Recipe(value_range="unit", features="image=image/encodde"))
    assert error.message == (
        "record 0 (counting from 0) of train.tfrecord: unknown feature 'image/encodde'. Did you mean 'image/encoded'? "
        "Valid: image/class/label, image/encoded, image/format, image/height, image/width"
    )
    error = refused(path, recipe=Recipe(value_range="unit", features="imag=image/encoded"))
    assert "unknown input 'imag'. Did you mean 'image'? Valid: image, label" in error.message


def test_features_that_are_not_clear(image_input: TensorSpec, write_records: Write, refused: Refused, photos: Path):
    photo = (photos / "0.jpg").read_bytes()
    error = refused(write_records([{"left": photo, "right": photo, "id": 3}]))
    assert error.message == (
        "record 0 (counting from 0) of train.tfrecord: several features fit input 'image: float32[?x32x32x3]': "
        "id (1 int64), left (an image), right (an image)"
    )
    assert error.hint is not None
    assert "image=image/encoded" in error.hint
    error = refused(write_records([{"a": np.zeros(5, np.float32), "b": b"text"}]), inputs=[SOUND])
    assert error.message.endswith("no feature fits input 'sound: float32[?x6]': a (5 float32), b (bytes)")


def test_two_numbers_called_label_are_no_label(write_records: Write, spool: Path):
    rows = [{"wave": np.zeros(6, np.float32), "a/label": 1, "b/label": 2}]
    assert collect(write_records(rows), inputs=[SOUND], recipe=PLAIN, folder=spool).labels is None


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"wave": np.zeros(5, np.float32)}, f"input 'sound' takes 6 for each sample, but {THIRD} gives 5"),
        ({"wave": b"bytes"}, f"takes 6 for each sample, but {THIRD} gives 1 times bytes in feature 'wave'"),
        ({"wave": np.zeros(6, np.int64)}, "is int64[6] for input 'sound', but those before are float32[6]"),
        ({"wave": np.full(6, np.nan, np.float32)}, f"{THIRD} holds NaN for input 'sound'"),
        ({"label": -1}, f"the label of {THIRD} is -1, but classes count from 0"),
        ({"label": np.float32(0.5)}, f"the label of {THIRD} is 0.5, which is the number of no class"),
        ({"label": b"cat"}, "is b'cat', which is the number of no class"),
        ({"label": []}, "is float64[0], which is the number of no class"),
    ],
)
def test_a_record_that_is_not_like_the_others(
    change: dict[str, Any], sentence: str, write_records: Write, refused: Refused
):
    rows = sounds(3)
    rows[2] |= change
    assert sentence in refused(write_records(rows), inputs=[SOUND], recipe=PLAIN).message


def test_a_label_below_zero_is_found_though_other_samples_were_chosen(write_records: Write, refused: Refused):
    rows = sounds(30)
    rows[29]["label"] = -1
    error = refused(write_records(rows), inputs=[SOUND], recipe=Recipe(samples=1))
    assert "record 29 (counting from 0) of train.tfrecord is -1, but classes" in error.message


def test_a_feature_that_is_missing_later(write_records: Write, refused: Refused):
    rows = sounds(3)
    del rows[1]["wave"]
    error = refused(write_records(rows), inputs=[SOUND], recipe=PLAIN)
    assert error.message == "record 1 (counting from 0) of train.tfrecord has no feature 'wave', but label (1 int64)"


def test_a_file_that_is_cut_off(write_records: Write, refused: Refused):
    path = write_records(sounds(20))
    whole = path.read_bytes()
    frame = len(whole) // 20
    for length in (len(whole) - 1, len(whole) - 5, len(whole) - frame + 3, 13 * frame + 20):
        path.write_bytes(whole[:length])
        error = refused(path, inputs=[SOUND], recipe=Recipe(samples=1))
        assert error.message == (f"sample file {path} is cut off in record {length // frame} (counting from 0)")
    path.write_bytes(b"")
    assert refused(path, inputs=[SOUND], recipe=PLAIN).message == f"sample data {path} holds no records"


def test_wrong_checksums(write_records: Write, refused: Refused, tmp_path: Path):
    rows = [{"wave": np.full(6, number, np.float32)} for number in range(20)]
    path = write_records(rows)
    whole = path.read_bytes()
    frame = len(whole) // 20
    damaged = bytearray(whole)
    damaged[7 * frame + 30] ^= 1
    path.write_bytes(damaged)
    error = refused(path, inputs=[SOUND], recipe=PLAIN, limit=ALL_SAMPLES)
    assert error.message == (
        f"sample file {path} is damaged: record 7 (counting from 0) does not have the checksum that belongs to it"
    )
    damaged = bytearray(whole)
    damaged[7 * frame + 1] ^= 1
    path.write_bytes(damaged)
    error = refused(path, inputs=[SOUND], recipe=Recipe(samples=1))
    assert "is damaged: the length of record 7 (counting from 0) does not have the checksum" in error.message


def test_files_of_another_kind(tmp_path: Path, write_records: Write, refused: Refused):
    path = tmp_path / "a.tfrecord"
    path.write_bytes(b"PK\3\4 a zip archive or so")
    error = refused(path, inputs=[SOUND], recipe=PLAIN)
    assert error.message.endswith("is no TFRecord file: it does not start with a length and its checksum")
    path.write_bytes(gzip.compress(b"hello hello hello hello"))
    assert "is no TFRecord file" in refused(path, inputs=[SOUND], recipe=PLAIN).message
    packed = write_records(sounds(50), "b.tfrecord.gz")
    packed.write_bytes(packed.read_bytes()[:-20])
    assert f"sample file {packed} cannot be read: " in refused(packed, inputs=[SOUND], recipe=PLAIN).message


@pytest.mark.parametrize(
    ("record", "sentence"), [(b"\xff\xff\xff", "is no tf.train.Example"), (b"", "or one without features")]
)
def test_records_of_another_kind(record: bytes, sentence: str, write_records: Write, refused: Refused):
    assert sentence in refused(write_records([record]), inputs=[SOUND], recipe=PLAIN).message


def test_several_files_that_cannot_be_one_set(write_records: Write, photos: Path, tmp_path: Path, refused: Refused):
    path = write_records(sounds(3))
    error = refused([path, tmp_path / "gone.tfrecord"], inputs=[SOUND], recipe=PLAIN)
    assert error.message == f"sample file {tmp_path / 'gone.tfrecord'} does not exist, or is no file"
    error = refused([path, photos / "0.jpg"], inputs=[SOUND], recipe=PLAIN)
    assert error.message.endswith("0.jpg does not have the name of a TFRecord file")
    pattern = str(tmp_path / "*.tfrecords")
    assert refused(pattern, inputs=[SOUND], recipe=PLAIN).message == f"sample data {pattern} does not exist"


@pytest.mark.parametrize("packed", [False, True])
def test_mutated_files_end_in_a_set_or_a_sentence(packed: bool, write_records: Write, tmp_path: Path):
    path = write_records(sounds(6), "a.tfrecord.gz" if packed else "a.tfrecord")
    whole = path.read_bytes()
    chance = random.Random(0)
    refusals = 0
    for number in range(300):
        content = bytearray(whole)
        for _ in range(chance.choice([1, 2, 8])):
            content[chance.randrange(len(content))] = chance.randrange(256)
        path.write_bytes(content[: chance.choice([len(content), chance.randrange(len(content))])])
        try:
            collect(path, inputs=[SOUND], recipe=PLAIN, folder=tmp_path / str(number))
        except CalibrationError:
            refusals += 1
    # What is changed is found; a few changes are none, or cut the file off between two records.
    assert refusals > 280


@pytest.mark.slow
def test_what_tensorflow_writes(digits: Path, tmp_path: Path, image_input: TensorSpec):
    program = f"""
import pathlib, sys
import tensorflow as tf
def ints(*values): return tf.train.Feature(int64_list=tf.train.Int64List(value=values))
photos = [photo for number in range(10) for photo in sorted(pathlib.Path({str(digits)!r}, str(number)).iterdir())[:30]]
for name, options in (("photos.tfrecord", None), ("photos.tfrecord.gz", "GZIP")):
    with tf.io.TFRecordWriter(str(pathlib.Path({str(tmp_path)!r}) / name), options) as writer:
        for place, photo in enumerate(photos):
            writer.write(tf.train.Example(features=tf.train.Features(feature={{
                "image/encoded": tf.train.Feature(bytes_list=tf.train.BytesList(value=[photo.read_bytes()])),
                "image/filename": tf.train.Feature(bytes_list=tf.train.BytesList(value=[photo.name.encode()])),
                "image/class/label": ints(int(photo.parent.name)),
                "box": tf.train.Feature(float_list=tf.train.FloatList(value=[place, 0.1, -1e30, 3.0])),
                "offset": ints(place, -place, -2**63, 2**63 - 1),
            }})).SerializeToString())
"""
    subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=120, check=True)
    contents = {
        hashlib.sha256(photo.read_bytes()).hexdigest(): number
        for number in range(10)
        for photo in sorted((digits / str(number)).iterdir())[:30]
    }
    sets = {}
    for name in ("photos.tfrecord", "photos.tfrecord.gz"):
        found = collect(tmp_path / name, inputs=[image_input], recipe=UNIT, folder=tmp_path / f"{name}.spool")
        assert (len(found), found.skipped) == (200, ())
        assert Counter(found.labels) == dict.fromkeys(range(10), 20)
        assert [contents[sample_id] for sample_id in found.sample_ids] == list(found.labels or ())
        every = collect(
            tmp_path / name, inputs=[image_input], recipe=UNIT, folder=tmp_path / f"{name}.all", limit=ALL_SAMPLES
        )
        assert dict(zip(every.sample_ids, every.labels or (), strict=True)) == contents
        sets[name] = set(found.sample_ids)
    numbers = collect(
        tmp_path / "photos.tfrecord",
        inputs=[TensorSpec("box", (None, 4), "float32"), TensorSpec("offset", (None, 2, 2), "int64")],
        recipe=PLAIN,
        folder=tmp_path / "numbers",
        limit=ALL_SAMPLES,
    )
    place = np.load(numbers.files["box"])[:, 0].astype(int)
    assert sorted(place) == list(range(300))
    assert np.array_equal(np.load(numbers.files["box"])[:, 1:], [np.float32([0.1, -1e30, 3.0])] * 300)
    limits = np.full(300, -(2**63)), np.full(300, 2**63 - 1)
    assert np.array_equal(np.load(numbers.files["offset"]).reshape(300, 4), np.stack([place, -place, *limits], axis=1))
