from __future__ import annotations

import io
import random
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from edgekit.data import ALL_SAMPLES, FORMATS, collect
from edgekit.data.choice import seeded_order
from edgekit.data.supply import array_id
from edgekit.errors import CalibrationError
from edgekit.recipe import Recipe
from edgekit.tensors import TensorSpec

Refused = Callable[..., CalibrationError]
PLAIN = Recipe()
SOUND = TensorSpec("sound", (None, 6), "float32")
META = TensorSpec("meta", (None, 2), "int32")


def rows(count: int) -> np.ndarray:
    return np.arange(count * 6, dtype=np.float32).reshape(count, 6)


@pytest.mark.parametrize("suffix", [".npy", ".NPZ", "compressed.npz"])
@pytest.mark.parametrize("layout", ["C", "F"])
def test_a_single_input(suffix: str, layout: str, tmp_path: Path, spool: Path):
    path = tmp_path / f"sounds{suffix}"
    array = np.asarray(rows(500), order=layout)
    with path.open("wb") as stream:
        if suffix == ".npy":
            np.save(stream, array)
        elif suffix == ".NPZ":
            np.savez(stream, whatever=array)
        else:
            np.savez_compressed(stream, whatever=array)
    found = collect(path, inputs=[SOUND], recipe=Recipe(samples=40, seed=5), folder=spool)
    chosen = seeded_order(map(str, range(500)), seed=5)[:40]
    assert np.array_equal(np.load(found.files["sound"]), array[chosen])
    assert found.sample_ids == tuple(array_id([array[index]]) for index in chosen)
    assert (found.labels, found.classes, found.path) == (None, (), str(path))


@pytest.mark.parametrize("name", ["labels", "label", "y"])
@pytest.mark.parametrize("shape", [(30,), (30, 1)])
def test_labels_travel_with_their_samples(name: str, shape: tuple[int, ...], tmp_path: Path, spool: Path):
    path = tmp_path / "sounds.npz"
    np.savez(path, x=rows(30), **{name: np.arange(30).reshape(shape)})
    found = collect(path, inputs=[SOUND], recipe=PLAIN, folder=spool, limit=10)
    assert found.labels is not None
    assert [int(sample["sound"][0, 0]) for sample in found] == [6 * label for label in found.labels]
    assert len(set(found.labels)) == 10


def test_an_input_that_is_called_labels_is_an_input(tmp_path: Path, spool: Path):
    np.savez(tmp_path / "a.npz", labels=rows(3).astype(np.int64), meta=np.zeros((3, 2), np.uint8))
    spec = TensorSpec("labels", (None, 6), "int64")
    found = collect(tmp_path / "a.npz", inputs=[spec, META], recipe=PLAIN, folder=spool)
    assert found.labels is None
    assert {name: sample.dtype.name for name, sample in next(iter(found)).items()} == {
        "labels": "int64",
        "meta": "int32",
    }


def test_several_inputs_stay_together(tmp_path: Path, spool: Path):
    path = tmp_path / "pairs.npz"
    meta = np.stack([np.arange(50), -np.arange(50)], axis=1)
    np.savez(path, meta=meta, sound=rows(50).astype(">f8"))
    found = collect(path, inputs=[SOUND, META], recipe=PLAIN, folder=spool, limit=ALL_SAMPLES)
    assert [file.name for file in found.files.values()] == ["input_0.npy", "input_1.npy"]
    assert len(found) == 50
    for sample in found:
        assert sample["sound"].shape == (1, 6)
        assert sample["sound"].dtype == np.float32
        number = sample["meta"][0, 0]
        assert sample["meta"].tolist() == [[number, -number]]
        assert sample["sound"][0, 0] == 6 * number


def test_an_open_size_takes_any(tmp_path: Path, spool: Path):
    np.save(tmp_path / "a.npy", np.zeros((2, 7, 5), np.float32))
    found = collect(
        tmp_path / "a.npy", inputs=[TensorSpec("x", (None, None, 5), "float32")], recipe=PLAIN, folder=spool
    )
    assert next(iter(found))["x"].shape == (1, 7, 5)


def test_a_damaged_middle_is_noticed_though_other_samples_were_chosen(tmp_path: Path, refused: Refused):
    path = tmp_path / "a.npz"
    np.savez(path, x=rows(5000))
    content = bytearray(path.read_bytes())
    for place in range(60_000, 60_400):
        content[place] ^= 0xFF
    path.write_bytes(content)
    error = refused(path, inputs=[SOUND], recipe=Recipe(samples=1))
    assert error.message == f"sample file {path} cannot be read: Bad CRC-32 for file 'x.npy'"


@pytest.mark.parametrize("name", ["a.npz", "a.npy"])
def test_cut_off(name: str, tmp_path: Path, refused: Refused):
    path = tmp_path / name
    with path.open("wb") as stream:
        np.savez(stream, x=rows(100)) if name == "a.npz" else np.save(stream, rows(100))
    for length in (0, 3, 100, 1000):
        path.write_bytes(path.read_bytes()[:length] if length else b"")
        error = refused(path, inputs=[SOUND], recipe=PLAIN)
        assert error.message.startswith(f"sample file {path} cannot be read: ")
        assert error.hint == "it may be cut off or damaged: copy or save it again"
        with path.open("wb") as stream:
            np.savez(stream, x=rows(100)) if name == "a.npz" else np.save(stream, rows(100))


def test_a_cut_is_noticed_though_other_samples_were_chosen(tmp_path: Path, refused: Refused):
    path = tmp_path / "a.npy"
    np.save(path, rows(100))
    path.write_bytes(path.read_bytes()[:-24])
    error = refused(path, inputs=[SOUND], recipe=Recipe(samples=1))
    assert error.message.endswith("cannot be read: it has 2504 bytes where its header promises 2528")


@pytest.mark.parametrize("name", ["a.npz", "a.npy"])
def test_mutated_files_end_in_a_set_or_a_sentence(name: str, tmp_path: Path):
    path = tmp_path / name
    with path.open("wb") as stream:
        np.savez_compressed(stream, x=rows(20)) if name == "a.npz" else np.save(stream, rows(20))
    whole = path.read_bytes()
    chance = random.Random(0)
    refusals = 0
    for number in range(400):
        content = bytearray(whole)
        for _ in range(chance.choice([1, 2, 8])):
            content[chance.randrange(chance.choice([128, len(content)]))] = chance.randrange(256)
        path.write_bytes(content)
        try:
            collect(path, inputs=[SOUND], recipe=PLAIN, folder=tmp_path / str(number))
        except CalibrationError:
            refusals += 1
            assert not (tmp_path / str(number)).exists()
    assert refusals > 150


@pytest.mark.parametrize("name", ["a.npz", "a.npy"])
def test_pickled_objects_are_never_read(name: str, tmp_path: Path, refused: Refused):
    class Trap:
        def __reduce__(self):
            return Path.touch, (tmp_path / "sprung",)

    array = np.array([Trap(), Trap()], dtype=object)
    with (tmp_path / name).open("wb") as stream:
        np.savez(stream, x=array) if name == "a.npz" else np.save(stream, array)
    error = refused(tmp_path / name, inputs=[SOUND], recipe=PLAIN)
    assert "holds Python objects for input 'sound', and reading such a file could run any code" in error.message
    assert not (tmp_path / "sprung").exists()


def test_a_member_that_is_no_array(tmp_path: Path, refused: Refused):
    with zipfile.ZipFile(tmp_path / "a.npz", "w") as archive:
        archive.writestr("readme.txt", "hello hello hello")
    error = refused(tmp_path / "a.npz", inputs=[SOUND], recipe=PLAIN)
    assert "its member 'readme.txt' is no whole array" in error.message


def test_records_are_refused(tmp_path: Path, refused: Refused):
    np.save(tmp_path / "a.npy", np.zeros(3, dtype=[("a", "f4"), ("b", "f4")]))
    error = refused(tmp_path / "a.npy", inputs=[SOUND], recipe=PLAIN)
    assert "input 'sound' takes float32, but" in error.message
    assert "holds records" in error.message
    header = b"{'descr': '<f4', 'fortran_order': False, 'shape': (3, 6), }".ljust(117) + b"\n"
    (tmp_path / "b.npy").write_bytes(b"\x93NUMPY\x03\x00" + struct.pack("<I", len(header)) + header)
    assert "version 3.0 of the .npy format" in refused(tmp_path / "b.npy", inputs=[SOUND], recipe=PLAIN).message


@pytest.mark.parametrize(
    ("array", "kind"),
    [(np.full((3, 6), "abc"), "text (<U3)"), (np.zeros((3, 6), np.complex64), "complex numbers (complex64)")],
)
def test_a_wrong_kind_of_values(array: np.ndarray, kind: str, tmp_path: Path, refused: Refused):
    np.savez(tmp_path / "a.npz", sound=array)
    error = refused(tmp_path / "a.npz", inputs=[SOUND], recipe=PLAIN)
    assert error.message == f"input 'sound' takes float32, but sample file {tmp_path / 'a.npz'} holds {kind}"
    assert error.hint == "save the array as float32"


def test_floats_for_integers_and_integers_that_do_not_fit(tmp_path: Path, refused: Refused):
    np.save(tmp_path / "a.npy", np.zeros((3, 2), np.float32))
    assert "takes int32, but" in refused(tmp_path / "a.npy", inputs=[META], recipe=PLAIN).message
    np.save(tmp_path / "a.npy", np.full((3, 2), 2**40))
    error = refused(tmp_path / "a.npy", inputs=[META], recipe=PLAIN)
    assert "takes int32 (-2147483648..2147483647), but sample" in error.message
    assert error.message.endswith("holds 1099511627776")


@pytest.mark.parametrize(
    ("value", "what"), [(np.nan, "NaN"), (np.inf, "an infinite value"), (1e300, "an infinite value")]
)
def test_values_that_are_not_finite(value: float, what: str, tmp_path: Path, refused: Refused):
    array = rows(9).astype(np.float64)
    array[7, 2] = value
    np.savez(tmp_path / "a.npz", sound=array, meta=np.zeros((9, 2), np.int32))
    error = refused(tmp_path / "a.npz", inputs=[SOUND, META], recipe=PLAIN)
    path = tmp_path / "a.npz"
    assert error.message == f"sample 7 (counting from 0) of sample file {path} holds {what} for input 'sound'"


def test_wrong_names(tmp_path: Path, refused: Refused):
    np.savez(tmp_path / "a.npz", soud=rows(3), meta=np.zeros((3, 2), np.int32))
    error = refused(tmp_path / "a.npz", inputs=[SOUND, META], recipe=PLAIN)
    assert error.message == (
        f"sample file {tmp_path / 'a.npz'}: unknown input 'soud'. Did you mean 'sound'? Valid: sound, meta"
    )
    np.savez(tmp_path / "b.npz", sound=rows(3))
    error = refused(tmp_path / "b.npz", inputs=[SOUND, META], recipe=PLAIN)
    assert error.message.endswith("b.npz has no array for input 'meta'")
    assert error.hint == (
        "give one array for each input, under its name: sound, meta; or say which feeds which: "
        'features="sound=NAME,meta=NAME"'
    )
    np.savez(tmp_path / "c.npz", sound=rows(3), extra=rows(3), labels=np.zeros(3, int))
    assert "unknown input 'extra'" in refused(tmp_path / "c.npz", inputs=[SOUND], recipe=PLAIN).message


def test_wrong_shapes(tmp_path: Path, image_input: TensorSpec, refused: Refused):
    path = tmp_path / "a.npy"

    def message(array: np.ndarray) -> tuple[str, str | None]:
        np.save(path, array)
        error = refused(path)
        return error.message, error.hint

    text, hint = message(np.zeros((4, 32, 32, 1), np.uint8))
    assert text.startswith(f"input 'image' takes 32x32x3 for each sample, but sample file {path} gives 32x32x1")
    assert text.endswith(" (channels: 1 instead of 3)")
    assert hint is not None
    assert hint.endswith("arrays are not resized, images in a folder are")
    assert message(np.zeros((4, 48, 64, 3), np.uint8))[0].endswith("gives 48x64x3")
    text, hint = message(np.zeros((32, 32, 3), np.uint8))
    assert text.endswith("gives 32x3")
    assert hint is not None
    assert hint.endswith("for a single one, save array[np.newaxis]")
    assert message(np.float32(3.0))[0].endswith("holds a single number for input 'image'")


def test_different_numbers_of_samples(tmp_path: Path, refused: Refused):
    np.savez(tmp_path / "a.npz", sound=rows(3), meta=np.zeros((4, 2), np.int32))
    error = refused(tmp_path / "a.npz", inputs=[SOUND, META], recipe=PLAIN)
    assert error.message.endswith("holds different numbers of samples: sound has 3, meta has 4")


def test_no_samples_and_no_arrays(tmp_path: Path, refused: Refused):
    np.save(tmp_path / "a.npy", rows(0))
    assert "holds no samples" in refused(tmp_path / "a.npy", inputs=[SOUND], recipe=PLAIN).message
    np.savez(tmp_path / "a.npz")
    assert "holds no arrays" in refused(tmp_path / "a.npz", inputs=[SOUND], recipe=PLAIN).message


@pytest.mark.parametrize("labels", [np.zeros(4, int), np.zeros((3, 10), int), np.zeros(3, np.float32)])
def test_labels_that_are_none(labels: np.ndarray, tmp_path: Path, refused: Refused):
    np.savez(tmp_path / "a.npz", x=rows(3), labels=labels)
    error = refused(tmp_path / "a.npz", inputs=[SOUND], recipe=PLAIN)
    assert f"the labels of sample file {tmp_path / 'a.npz'} are {labels.dtype}[" in error.message
    assert error.message.endswith("not one whole number for each of 3 samples")


def test_a_label_below_zero_is_found_though_other_samples_were_chosen(tmp_path: Path, refused: Refused):
    np.savez(tmp_path / "a.npz", x=rows(300), labels=np.where(np.arange(300) == 299, -1, 5))
    error = refused(tmp_path / "a.npz", inputs=[SOUND], recipe=Recipe(samples=1))
    where = f"sample 299 (counting from 0) of sample file {tmp_path / 'a.npz'}"
    assert error.message == f"the label of {where} is -1, but classes count from 0"


def test_one_array_for_two_inputs(tmp_path: Path, refused: Refused):
    np.save(tmp_path / "a.npy", rows(3))
    error = refused(tmp_path / "a.npy", inputs=[SOUND, META], recipe=PLAIN)
    assert error.message.endswith("a.npy is one array, but the model has 2 inputs: sound, meta")
    assert error.hint is not None
    assert ".npz" in error.hint


@pytest.mark.parametrize("name", ["samples.txt", "photo.jpg", "nothing"])
def test_an_unknown_format_lists_the_known(name: str, tmp_path: Path, refused: Refused):
    (tmp_path / name).write_bytes(b"1,2,3")
    error = refused(tmp_path / name)
    assert error.message == f"sample data {tmp_path / name} is in no format that is known by its name"
    assert error.hint is not None
    for row in FORMATS:
        assert row.summary in error.hint


def test_an_encrypted_member(tmp_path: Path, refused: Refused):
    stream = io.BytesIO()
    np.savez(stream, x=rows(3))
    content = bytearray(stream.getvalue())
    for signature, place in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        content[content.index(signature) + place] |= 1
    (tmp_path / "a.npz").write_bytes(content)
    assert "encrypted" in refused(tmp_path / "a.npz", inputs=[SOUND], recipe=PLAIN).message
