"""Formats are found by content; what is no model is told for what it is."""

from __future__ import annotations

import os
import shutil
import zipfile
from pathlib import Path

import pytest

from edgekit.errors import SourceError
from edgekit.sources import EXPORTED, FORMATS, identify

_READABLE = "edgekit reads Keras 3 .keras, Keras .h5, SavedModel folders, float .tflite"
_AGAIN = "copy or save the file again"


@pytest.mark.parametrize(
    ("name", "expected"),
    [("tiny.keras", "keras"), ("tiny_k3.h5", "keras-h5"), ("plain_saved", "saved-model"), ("two_saved", "saved-model")],
)
def test_each_format_is_recognised_and_by_no_other(zoo: Path, name: str, expected: str) -> None:
    assert identify(zoo / name).format == expected
    assert [key for key, each in FORMATS.items() if each.recognises(zoo / name)] == [expected]


def test_a_float_tflite_is_recognised(shared_data: Path) -> None:
    source = identify(shared_data / "mlperf_tiny" / "ic_resnet8_float32.tflite")
    assert source.format == "tflite"
    assert source.format in EXPORTED


def test_the_suffix_does_not_matter(zoo: Path, tmp_path: Path) -> None:
    shutil.copy(zoo / "tiny.keras", tmp_path / "model.bin")
    shutil.copy(zoo / "tiny_k3.h5", tmp_path / "model.keras")
    assert identify(tmp_path / "model.bin").format == "keras"
    assert identify(tmp_path / "model.keras").format == "keras-h5"


def test_a_missing_file(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"model .*gone\.keras does not exist"):
        identify(tmp_path / "gone.keras")


def _zip(path: Path, member: str) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(member, "x")


@pytest.mark.parametrize(
    ("content", "sentence", "hint"),
    [
        (b"", "is empty (0 bytes)", _AGAIN),
        (b"PK\x03\x04" + bytes(100), "is damaged: it starts like a .keras archive, but is cut off or broken", _AGAIN),
        (b"\x80\x04\x95abc", "is a Python pickle, which edgekit never opens", _READABLE),
        (b"\x08\x07\x12\x0connx-example:", "is an ONNX model", _READABLE),
        (b"hello world", "is of no known format", _READABLE),
    ],
)
def test_what_is_no_model_is_told_for_what_it_is(tmp_path: Path, content: bytes, sentence: str, hint: str) -> None:
    path = tmp_path / "model.keras"
    path.write_bytes(content)
    with pytest.raises(SourceError) as raised:
        identify(path)
    assert sentence in raised.value.message
    assert raised.value.hint == hint


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.keras")
    with pytest.raises(SourceError, match="is not a regular file"):
        identify(tmp_path / "pipe.keras")


def test_no_path_at_all() -> None:
    with pytest.raises(SourceError, match="the path of the model is empty"):
        identify("")


def test_a_zip_that_is_no_model(tmp_path: Path) -> None:
    _zip(tmp_path / "photos.zip", "cat.jpg")
    with pytest.raises(SourceError, match="is a zip archive, but holds no Keras model"):
        identify(tmp_path / "photos.zip")
    _zip(tmp_path / "model.pt", "model/data.pkl")
    with pytest.raises(SourceError, match="is a PyTorch file"):
        identify(tmp_path / "model.pt")


def test_a_folder_that_is_no_saved_model(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="is no SavedModel: it has no saved_model.pb"):
        identify(tmp_path)


def test_an_archive_whose_list_of_contents_is_broken(zoo: Path, tmp_path: Path) -> None:
    content = bytearray((zoo / "tiny.keras").read_bytes())
    position = content.rindex(b"PK\x01\x02")
    content[position : position + 4] = b"XXXX"
    (tmp_path / "m.keras").write_bytes(content)
    with pytest.raises(SourceError, match="is damaged: it starts like a .keras archive"):
        identify(tmp_path / "m.keras")
