"""What the tests of this room share: real photos in small folders, and what every refusal must keep."""

from __future__ import annotations

import gzip
import shutil
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from edgekit.data import collect
from edgekit.errors import CalibrationError
from edgekit.recipe import Recipe
from edgekit.tensors import TensorSpec

UNIT = Recipe(value_range="unit")


@pytest.fixture
def image_input() -> TensorSpec:
    """Of a model that takes 32x32 photos."""
    return TensorSpec("image", (None, 32, 32, 3), "float32")


@pytest.fixture(scope="session")
def digits(shared_data: Path) -> Path:
    """2062 photos in ten class folders."""
    return shared_data / "sign_language_digits"


@pytest.fixture
def photos(digits: Path, tmp_path: Path) -> Path:
    """A flat folder of ten of them, 0.jpg to 9.jpg."""
    folder = tmp_path / "photos"
    folder.mkdir()
    for number in range(10):
        shutil.copy(sorted((digits / str(number)).iterdir())[0], folder / f"{number}.jpg")
    return folder


@pytest.fixture
def spool(tmp_path: Path) -> Path:
    """Where a set may go; not made yet."""
    return tmp_path / "spool"


@pytest.fixture
def refused(spool: Path, image_input: TensorSpec) -> Callable[..., CalibrationError]:
    """A call of ``collect`` that must fail with a sentence and a hint, and leave nothing behind."""

    def call(samples: Any, *, inputs: list[TensorSpec] | None = None, **options: Any) -> CalibrationError:
        options = {"recipe": UNIT, **options}
        with pytest.raises(CalibrationError) as caught:
            collect(samples, inputs=inputs or [image_input], folder=spool, **options)
        error = caught.value
        assert error.hint
        assert error.exit_code == 2
        assert not spool.exists()
        return error

    return call


def _checksum(content: bytes) -> bytes:
    """The masked CRC-32C of a TFRecord, bit by bit, to hold edgekit's own against."""
    remainder = 0xFFFFFFFF
    for byte in content:
        remainder ^= byte
        for _ in range(8):
            remainder = remainder >> 1 ^ (0x82F63B78 if remainder & 1 else 0)
    remainder ^= 0xFFFFFFFF
    return ((((remainder >> 15) | (remainder << 17)) + 0xA282EAD8) & 0xFFFFFFFF).to_bytes(4, "little")


def _varint(number: int) -> bytes:
    number &= 2**64 - 1
    more = b""
    while number > 127:
        more += bytes([number & 127 | 128])
        number >>= 7
    return more + bytes([number])


def _field(number: int, content: bytes) -> bytes:
    return _varint(number << 3 | 2) + _varint(len(content)) + content


def _example(features: dict[str, Any]) -> bytes:
    """A ``tf.train.Example`` on the wire: bytes, a list of them, or numbers by dtype."""
    entries = b""
    for name, held in features.items():
        if isinstance(held, bytes | list):
            value = _field(1, b"".join(_field(1, part) for part in ([held] if isinstance(held, bytes) else held)))
        else:
            array = np.asarray(held)
            packed = b"".join(map(_varint, array.ravel().tolist())) if array.dtype.kind in "iu" else None
            floats = array.astype("<f4").tobytes()
            value = _field(2, _field(1, floats)) if packed is None else _field(3, _field(1, packed))
        entries += _field(1, _field(1, name.encode()) + _field(2, value))
    return _field(1, entries)


def _framed(record: bytes) -> bytes:
    """One record in the framing of TFRecord files."""
    length = len(record).to_bytes(8, "little")
    return length + _checksum(length) + record + _checksum(record)


WriteRecords = Callable[..., Path]


@pytest.fixture
def write_records(tmp_path: Path) -> WriteRecords:
    """A call that writes samples, each a dictionary of features or a whole record, to a TFRecord file."""

    def write(samples: Iterable[dict[str, Any] | bytes], name: str = "train.tfrecord") -> Path:
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        content = b"".join(_framed(sample if isinstance(sample, bytes) else _example(sample)) for sample in samples)
        path.write_bytes(gzip.compress(content) if name.endswith(".gz") else content)
        return path

    return write
