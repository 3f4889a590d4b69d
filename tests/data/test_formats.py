"""The table of formats: which one is taken for what, and choices that have no meaning for it."""

from __future__ import annotations

import shutil
import subprocess
import sys
import wave
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from edgekit.data import FORMATS, collect
from edgekit.errors import CalibrationError
from edgekit.recipe import Recipe
from edgekit.tensors import TensorSpec

Refused = Callable[..., CalibrationError]
Write = Callable[..., Path]
SOUND = TensorSpec("sound", (None, 6), "float32")


def taken_for(path: Path | str) -> str:
    return next(row.name for row in FORMATS if row.recognises(Path(path)))


def test_each_format_is_told_by_its_name_or_by_what_a_folder_holds(
    photos: Path, write_records: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    for name in ("a.npz", "a.NPY", "a.csv", "b.npy"):
        (tmp_path / name).touch()
    assert [taken_for(tmp_path / name) for name in ("a.npz", "a.NPY", "a.csv")] == ["npz", "npy", "csv"]
    records = write_records([], "records/a.tfrecord")
    assert [taken_for(records), taken_for(records.parent), taken_for(records.parent / "*.tfrec*")] == ["tfrecord"] * 3
    assert taken_for(photos) == "images"
    words = tmp_path / "words"
    (words / "yes").mkdir(parents=True)
    assert taken_for(words) == "images"
    (words / "yes" / "a.wav").touch()
    assert taken_for(words) == "sounds"
    shutil.copy(photos / "0.jpg", words / "yes")
    assert taken_for(words) == "images"
    assert taken_for("my_data.sets:samples") == "function"
    (tmp_path / "a:b").touch()
    monkeypatch.chdir(tmp_path)
    with pytest.raises(StopIteration):
        taken_for("a:b")


def test_the_formats_have_names_of_their_own():
    names = [row.name for row in FORMATS]
    assert names == ["npz", "npy", "csv", "tfrecord", "images", "sounds", "function"]


def test_a_name_that_no_file_can_have(refused: Refused):
    assert "cannot be looked up: File name too long" in refused("x" * 5000).message


def test_a_choice_that_is_not_used_is_told(photos: Path, image_input: TensorSpec, write_records: Write, tmp_path: Path):
    recipe = Recipe(value_range="unit", filter="antialias", features="image=x", sample_rate=16000)
    found = collect(photos, inputs=[image_input], recipe=recipe, folder=tmp_path / "photos.spool")
    assert found.notes == (
        f"features 'image=x' is not used: it has no meaning for sample data {photos}",
        f"sample_rate '16000' is not used: it has no meaning for sample data {photos}",
    )

    def notes(samples: Any, name: str, **choices: Any) -> tuple[str, ...]:
        return collect(samples, inputs=[SOUND], recipe=Recipe(**choices), folder=tmp_path / name).notes

    array = np.zeros((3, 6), np.float32)
    rest = "is not used: it has no meaning for"
    assert notes(array, "a", features="sound=x") == (f"features 'sound=x' {rest} samples in memory",)
    assert notes(array, "e", filter="nearest") == (f"filter 'nearest' {rest} samples in memory",)
    assert notes([{"x": array[0]}], "b", features="sound=x") == ()
    assert notes([array[0]], "c", sound_length="fit") == (f"sound_length 'fit' {rest} samples in memory",)
    files = [write_records([{"x": array[0]}], name) for name in ("a.tfrecord", "b.tfrecord")]
    assert notes(files, "d", features="sound=x", sample_rate=8) == (f"sample_rate '8' {rest} 2 sample files",)


@pytest.mark.parametrize("kind", ["npz", "dictionary", "iterable"])
def test_arrays_by_other_names(kind: str, tmp_path: Path, spool: Path, refused: Refused):
    arrays = {"x": np.arange(60, dtype=np.float32).reshape(10, 6), "kind": np.arange(10), "id": np.arange(10)}

    def given() -> Any:
        if kind == "npz":
            np.savez(tmp_path / "a.npz", **arrays)
            return tmp_path / "a.npz"
        rows = ({name: array[row] for name, array in arrays.items()} for row in range(10))
        return arrays if kind == "dictionary" else rows

    found = collect(given(), inputs=[SOUND], recipe=Recipe(features="sound=x,label=kind"), folder=spool)
    assert found.labels == tuple((np.load(found.files["sound"])[:, 0] // 6).astype(int))
    shutil.rmtree(spool)
    assert refused(given(), inputs=[SOUND], recipe=Recipe()).message.endswith("unknown input 'x'. Valid: sound")
    message = refused(given(), inputs=[SOUND], recipe=Recipe(features="sound=xx")).message
    assert message.endswith("unknown name 'xx'. Did you mean 'x'? Valid: x, kind, id")
    message = refused(given(), inputs=[SOUND], recipe=Recipe(features="label=kind")).message
    assert message.endswith("has no array for input 'sound'")


def test_labels_for_some_samples_only(refused: Refused):
    samples = [{"sound": np.zeros(6), "label": 1}, {"sound": np.zeros(6)}]
    error = refused(samples, inputs=[SOUND], recipe=Recipe())
    first, second = (f"sample {number} (counting from 0) of the iterable" for number in (0, 1))
    assert error.message == f"{first} has a label, and {second} has none"
    error = refused(samples[::-1], inputs=[SOUND], recipe=Recipe())
    assert error.message.startswith("sample 1 (counting from 0) of the iterable has a label, and sample 0")


def test_an_iterable_that_cannot_start(refused: Refused):
    class Closed:
        def __iter__(self):
            raise ConnectionError("the camera is\nin use")

    error = refused(Closed(), inputs=[SOUND], recipe=Recipe())
    assert error.message == "the iterable failed at sample 0 (counting from 0): ConnectionError: the camera is"


def test_formats_load_what_they_need_and_no_more(tmp_path: Path):
    with wave.open(str(tmp_path / "a.wav"), "wb") as writer:
        writer.setparams((1, 2, 16000, 6, "NONE", ""))
        writer.writeframes(bytes(12))
    program = f"""
import sys
from pathlib import Path
import edgekit.data as data
from edgekit.recipe import Recipe
from edgekit.tensors import TensorSpec
heavy = ("scipy", "google.protobuf", "PIL", "tensorflow")
print([name for name in heavy if name in sys.modules])
data.collect(Path({str(tmp_path)!r}), inputs=[TensorSpec("x", (None, 6), "float32")], recipe=Recipe(),
             folder=Path({str(tmp_path)!r}) / "spool")
print([name for name in heavy if name in sys.modules])
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.splitlines() == ["[]", "['scipy']"]
