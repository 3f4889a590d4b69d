"""Peak memory does not grow with the number of samples: 200 against 5,000, for every format."""

from __future__ import annotations

import subprocess
import sys
import wave
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from edgekit.data.records.crc32c import crc32c

FEW, MANY = 200, 5000
VALUES = 2048
SMALL = 512
"""Columns of the table, which is slow to write."""

PROGRAM = """
import sys
from pathlib import Path
from edgekit.data import collect
from edgekit.recipe import Recipe
from edgekit.tensors import TensorSpec

kind, folder, shape = sys.argv[1], Path(sys.argv[2]), tuple(map(int, sys.argv[3].split("x")))

def peak_kib():
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM"))

def samples(count):
    if kind == "function":
        return "endless:samples"
    if kind == "dataset":
        import tensorflow as tf
        return tf.data.Dataset.range(count).map(lambda n: (tf.fill(shape, tf.cast(n, tf.float32)), n % 7)).batch(32)
    return folder / f"{count}{'' if kind == 'wav' else '.' + kind}"

def collected(count):
    recipe = Recipe(samples=count, value_range="unit" if len(shape) == 3 else None)
    inputs = [TensorSpec("x", (None, *shape), "float32")]
    found = collect(samples(count), inputs=inputs, recipe=recipe, folder=folder / f"spool-{count}")
    assert len(found) == count, len(found)
    return sum(file.stat().st_size for file in found.files.values())

collected(FEW)
few = peak_kib()
spooled = collected(MANY)
print(peak_kib() - few, spooled // 1024)
"""


def framed(record: bytes) -> bytes:
    def masked(content: bytes) -> bytes:
        checksum = crc32c(content)
        return (((checksum >> 15 | checksum << 17) + 0xA282EAD8) & 0xFFFFFFFF).to_bytes(4, "little")

    length = len(record).to_bytes(8, "little")
    return length + masked(length) + record + masked(record)


def field(number: int, content: bytes) -> bytes:
    length = len(content)
    varint = b""
    while length > 127:
        varint += bytes([length & 127 | 128])
        length >>= 7
    return bytes([number << 3 | 2]) + varint + bytes([length]) + content


def write_records(folder: Path, count: int, value: Callable[[int], bytes]) -> None:
    with (folder / f"{count}.tfrecord").open("wb") as stream:
        for number in range(count):
            label = field(1, field(1, b"label") + field(2, field(3, field(1, bytes([number % 7])))))
            stream.write(framed(field(1, field(1, field(1, b"x") + field(2, value(number))) + label)))


def write_floats(folder: Path, count: int) -> None:
    write_records(folder, count, lambda number: field(2, field(1, np.full(VALUES, number, "<f4").tobytes())))


def write_images(folder: Path, count: int) -> None:
    noise = np.random.default_rng(0)

    def png(number: int) -> bytes:
        path = folder / "image.png"
        Image.fromarray(noise.integers(0, 256, (16, 16, 3), np.uint8)).save(path)
        return field(1, field(1, path.read_bytes()))

    write_records(folder, count, png)


def write_sounds(folder: Path, count: int) -> None:
    for number in range(count):
        path = folder / str(count) / f"word{number % 7}" / f"{number}.wav"
        path.parent.mkdir(parents=True, exist_ok=True)
        with wave.open(str(path), "wb") as writer:
            writer.setparams((1, 2, 16000, VALUES, "NONE", ""))
            writer.writeframes(np.full(VALUES, number, "<i2").tobytes())


def write_table(folder: Path, count: int) -> None:
    with (folder / f"{count}.csv").open("w") as stream:
        stream.write(",".join(["label", *(f"x[{place}]" for place in range(SMALL))]) + "\n")
        for number in range(count):
            stream.write(",".join([str(number % 7), *([f"{number}.5"] * SMALL)]) + "\n")


def write_function(folder: Path, count: int) -> None:
    code = f"import numpy as np\ndef samples():\n    while True:\n        yield np.random.rand({VALUES}), 1\n"
    (folder / "endless.py").write_text(code)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("kind", "shape", "write"),
    [
        pytest.param("tfrecord", (VALUES,), write_floats, id="tfrecord of floats"),
        pytest.param("tfrecord", (32, 32, 3), write_images, id="tfrecord of images"),
        pytest.param("wav", (VALUES,), write_sounds, id="sounds"),
        pytest.param("csv", (SMALL,), write_table, id="csv"),
        pytest.param("function", (VALUES,), write_function, id="function"),
        pytest.param("dataset", (VALUES,), None, id="dataset"),
    ],
)
def test_peak_memory(kind: str, shape: tuple[int, ...], write: Callable[[Path, int], None] | None, tmp_path: Path):
    for count in (FEW, MANY):
        if write is not None:
            write(tmp_path, count)
    program = PROGRAM.replace("FEW", str(FEW)).replace("MANY", str(MANY))
    done = subprocess.run(
        [sys.executable, "-c", program, kind, str(tmp_path), "x".join(map(str, shape))],
        capture_output=True,
        text=True,
        timeout=300,
        cwd=tmp_path,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    grown_kib, spooled_kib = map(int, done.stdout.split())
    assert spooled_kib > 9_500
    # Of each sample its id, its place and its label are kept: about 1 kB.
    assert grown_kib < 6_000
