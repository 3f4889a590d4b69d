from __future__ import annotations

import dataclasses
import json
import shutil
import subprocess
import sys
import tracemalloc
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from edgekit.artifact import SamplesUsed
from edgekit.data import ALL_SAMPLES, CalibrationSet, collect
from edgekit.errors import CalibrationError, OutputError
from edgekit.recipe import Recipe
from edgekit.tensors import TensorSpec

UNIT = Recipe(value_range="unit", filter="antialias")


@pytest.fixture
def found(photos: Path, image_input: TensorSpec, spool: Path) -> CalibrationSet:
    return collect(photos, inputs=[image_input], recipe=UNIT, folder=spool)


def test_it_can_be_read_again_and_again(found: CalibrationSet):
    first, second = list(found), list(found)
    assert len(first) == len(found) == 10
    for one, other in zip(first, second, strict=True):
        assert one["image"].shape == (1, 32, 32, 3)
        assert np.array_equal(one["image"], other["image"])
        one["image"][:] = 0
    assert np.array_equal(np.concatenate([sample["image"] for sample in second]), np.load(found.files["image"]))


def test_its_files_can_be_mapped(found: CalibrationSet, spool: Path):
    assert found.files == {"image": spool / "input_0.npy"}
    assert [path.name for path in spool.iterdir()] == ["input_0.npy"]
    mapped = np.load(found.files["image"], mmap_mode="r", allow_pickle=False)
    assert mapped.shape == (10, 32, 32, 3)
    assert mapped.dtype == np.float32


def test_it_is_frozen_and_says_what_it_is(found: CalibrationSet, photos: Path):
    with pytest.raises(dataclasses.FrozenInstanceError):
        found.path = "other"  # type: ignore[misc]
    assert str(found) == (
        f"10 samples of {photos}; images brought to 32x32 (stretch, antialias), values 'unit' (0..1), RGB"
    )
    assert found.to_samples_used() == SamplesUsed(str(photos), found.sample_ids, (), found.preprocessing.text)
    assert json.loads(json.dumps(dataclasses.asdict(found.preprocessing))) == {
        "text": "images brought to 32x32 (stretch, antialias), values 'unit' (0..1), RGB",
        "value_range": "unit",
        "resize": "stretch",
        "colour": "rgb",
    }


def test_the_digest_is_of_samples_order_and_preprocessing(
    found: CalibrationSet, photos: Path, image_input: TensorSpec, tmp_path: Path
):
    moved = tmp_path / "moved"
    shutil.copytree(photos, moved)

    def digest(name: str, **choices: object) -> str:
        recipe = dataclasses.replace(UNIT, **choices)
        return collect(moved, inputs=[image_input], recipe=recipe, folder=tmp_path / name).digest

    assert digest("same") == found.digest
    others = {digest("range", value_range="raw"), digest("crop", resize="crop"), digest("fewer", samples=9)}
    assert len(others | {digest("seed", seed=1), found.digest}) == 5


def test_a_folder_that_is_gone(found: CalibrationSet, spool: Path):
    shutil.rmtree(spool)
    with pytest.raises(CalibrationError, match=r"spooled samples .*input_0.npy cannot be read: No such file"):
        list(found)


def test_a_second_set_in_the_same_folder_is_refused(
    found: CalibrationSet, photos: Path, image_input: TensorSpec, spool: Path
):
    before = found.files["image"].read_bytes()
    with pytest.raises(OutputError, match="belongs to another set of samples") as caught:
        collect(photos, inputs=[image_input], recipe=UNIT, folder=spool)
    assert caught.value.hint == "give each set a folder of its own"
    assert found.files["image"].read_bytes() == before


def test_a_failure_keeps_what_was_in_the_folder(image_input: TensorSpec, spool: Path):
    spool.mkdir()
    (spool / "notes.txt").write_text("mine")
    with pytest.raises(CalibrationError):
        collect([np.full((32, 32, 3), np.nan)], inputs=[image_input], recipe=UNIT, folder=spool)
    assert [path.name for path in spool.iterdir()] == ["notes.txt"]


def test_a_folder_in_no_folder(photos: Path, image_input: TensorSpec, tmp_path: Path):
    with pytest.raises(OutputError, match="the folder does not exist"):
        collect(photos, inputs=[image_input], recipe=UNIT, folder=tmp_path / "no" / "where")


def test_a_disk_that_fills_up(photos: Path, spool: Path):
    program = f"""
import pathlib, resource
from edgekit.data import collect
from edgekit.errors import OutputError
from edgekit.recipe import Recipe
from edgekit.tensors import TensorSpec
folder = pathlib.Path({str(spool)!r})
before = resource.getrlimit(resource.RLIMIT_FSIZE)
resource.setrlimit(resource.RLIMIT_FSIZE, (30_000, before[1]))
try:
    collect({str(photos)!r}, inputs=[TensorSpec("image", (None, 32, 32, 3), "float32")],
            recipe=Recipe(value_range="unit"), folder=folder)
except OutputError as error:
    print(error.message, folder.exists())
resource.setrlimit(resource.RLIMIT_FSIZE, before)
"""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", program],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert done.stderr == ""
    assert done.stdout == f"cannot write {spool / 'input_0.npy'}: [Errno 27] File too large False\n"


def peak_bytes(work: Callable[[], object]) -> int:
    tracemalloc.start()
    try:
        work()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def endless() -> Iterator[np.ndarray]:
    array = np.zeros((64, 64, 3), np.float32)
    while True:
        array += 1
        yield array.copy()


@pytest.mark.parametrize("source", ["iterable", "npy", "npz", "npz compressed"])
def test_memory_does_not_grow_with_the_number_of_samples(source: str, tmp_path: Path):
    spec = TensorSpec("image", (None, 64, 64, 3), "float32")
    sample_bytes = 64 * 64 * 3 * 4

    def samples(count: int):
        if source == "iterable":
            return endless()
        path = (tmp_path / str(count)).with_suffix(".npy" if source == "npy" else ".npz")
        array = np.stack([np.full((64, 64, 3), number, np.float32) for number in range(count)])
        if source == "npy":
            np.save(path, array)
        else:
            (np.savez_compressed if "compressed" in source else np.savez)(path, x=array)
        return path

    def work(count: int) -> int:
        given = samples(count)
        folder = tmp_path / f"spool-{count}"

        def run() -> None:
            found = collect(given, inputs=[spec], recipe=Recipe(samples=count), folder=folder)
            assert sum(1 for _ in found) == count

        return peak_bytes(run)

    # What is imported on first use is no part of the comparison.
    work(2)
    few, many = work(20), work(600)
    # 580 more samples are 28 MB; their ids alone are kept.
    assert many - few < 10 * sample_bytes
    assert many < 40 * sample_bytes


def test_memory_does_not_grow_with_the_number_of_images(digits: Path, tmp_path: Path, image_input: TensorSpec):
    def work(count: int) -> int:
        folder = tmp_path / f"spool-{count}"
        return peak_bytes(lambda: collect(digits, inputs=[image_input], recipe=UNIT, folder=folder, limit=count))

    work(2)
    few, many = work(100), work(1000)
    # 900 more samples are 11 MB; the largest of the files has 2 MB.
    assert many - few < 3_000_000


def test_all_photos_fit_into_a_small_process(digits: Path, tmp_path: Path):
    program = f"""
import resource
from pathlib import Path
from edgekit.data import ALL_SAMPLES, collect
from edgekit.recipe import Recipe
from edgekit.tensors import TensorSpec
def collected(limit):
    return collect({str(digits)!r}, inputs=[TensorSpec("image", (None, 64, 64, 3), "float32")],
                   recipe=Recipe(value_range="unit"), folder=Path({str(tmp_path)!r}) / str(limit), limit=limit)
photo = Path({str(digits)!r}) / "9"
before = len(collected(60)), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
found = collected(ALL_SAMPLES)
for sample in found:
    pass
print(len(found), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before[1])
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=120, check=True)
    count, grown_kib = map(int, done.stdout.split())
    assert count == 2062
    # The spooled set has 101 MB; three of the photos have 27 MB each when they are decoded.
    assert grown_kib < 80_000
    assert (tmp_path / str(ALL_SAMPLES) / "input_0.npy").stat().st_size > 101_000_000
    assert (tmp_path / "60" / "input_0.npy").stat().st_size < 3_000_000
