"""The archive for a board: the same bytes twice, whole, and its program runs the model as edgekit does."""

from __future__ import annotations

import importlib
import itertools
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import edgekit
from edgekit.data.pictures.resizing import resized
from edgekit.errors import UsageError
from edgekit.metrics import Verdict
from edgekit.recipe import Filter, Recipe, Resize


@pytest.fixture(scope="module")
def archive(resnet: Path, pictures: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("board") / "ten things.tar.gz"
    made = edgekit.bundle_board(resnet, place, name="Ten things", samples=pictures, value_range="raw")
    assert made.kind == "board archive"
    assert made.notes == ()
    return made.path


@pytest.fixture(scope="module")
def unpacked(archive: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("unpacked")
    with tarfile.open(archive) as opened:
        opened.extractall(folder, filter="data")
    (inner,) = folder.iterdir()
    return inner


def run(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(folder / "run.py"), *words], check=False, capture_output=True, text=True, timeout=300
    )


def test_the_same_inputs_give_the_same_bytes(archive: Path, resnet: Path, pictures: Path, tmp_path: Path) -> None:
    again = edgekit.bundle_board(
        resnet, tmp_path / "other.tar.gz", name="Ten things", samples=pictures, value_range="raw"
    )
    assert again.path.read_bytes() == archive.read_bytes()


def test_it_is_verified(archive: Path) -> None:
    found = edgekit.verify_bundle(archive)
    assert found.verdict is Verdict.PASS
    assert [check.name for check in found.checks] == ["contents", "golden pack"]


def test_its_program_verifies_and_measures(unpacked: Path) -> None:
    ended = run(unpacked, "--verify", "--benchmark", "--runs", "3")
    assert ended.returncode == 0, ended.stderr
    assert "golden pack: pass on" in ended.stdout
    assert "3 runs: p50 " in ended.stdout


def test_its_program_answers_as_edgekit_does(unpacked: Path, resnet: Path, pictures: Path, tmp_path: Path) -> None:
    code = edgekit.snippet(resnet, "python", recipe=Recipe(value_range="raw"))
    names: dict[str, object] = {"__name__": "snippet"}
    exec(compile(code, "snippet", "exec"), names)
    picture = pictures / "1.png"
    (scores,) = names["run"](picture, model=str(resnet)).values()  # type: ignore[operator]
    order = np.argsort(-scores.reshape(-1), kind="stable")[:5]
    ended = run(unpacked, str(picture))
    assert ended.returncode == 0, ended.stderr
    told = [line.split()[0] for line in ended.stdout.splitlines()[1:]]
    assert told == [f"{scores.reshape(-1)[place]:.4f}" for place in order]


def test_its_program_resizes_by_every_filter_as_edgekit_does(
    unpacked: Path, pictures: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(unpacked)
    for name in ("run", "resizing"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    program: Any = importlib.import_module("run")
    picture = pictures / "2.png"
    image = Image.open(picture).convert("RGB")
    for by, resize in itertools.product(Filter, Resize):
        how = {"width": 40, "height": 24, "channels": 3, "resize": str(resize), "filter": str(by), "colour": "rgb"}
        scaled = {**how, "factor": 1, "mean": [0.0] * 3, "std": [1.0] * 3}
        got = program.numbers(picture, {"picture": scaled, "scale": None, "dtype": "float32"})
        wanted = resized(image, height=24, width=40, resize=resize, by=by)
        assert np.array_equal(got, wanted), how
    with pytest.raises(SystemExit, match="does not know the filter lanczos"):
        program.resized(image, {**how, "filter": "lanczos"})


def test_a_changed_model_fails_its_golden_pack(unpacked: Path, shared_data: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    shutil.copytree(unpacked, other)
    content = bytearray((other / "model.tflite").read_bytes())
    # In the weights, which take most of the file.
    content[len(content) // 2] ^= 0x80
    (other / "model.tflite").write_bytes(content)
    ended = run(other, "--verify")
    assert ended.returncode == 1
    assert "golden pack: FAIL on" in ended.stdout
    assert "it was made with ai-edge-litert " in ended.stdout
    shutil.copy(shared_data / "mlperf_tiny" / "ic_resnet8_int8.tflite", other / "model.tflite")
    ended = run(other, "--verify")
    assert ended.returncode == 1
    assert "Traceback" not in ended.stderr
    assert "golden pack: FAIL, it is for a model with other inputs" in ended.stdout


@pytest.mark.parametrize("name", ["model.tflite", "run.py", "model.tflite.json"])
def test_one_changed_byte_is_refused(archive: Path, unpacked: Path, tmp_path: Path, name: str) -> None:
    other = tmp_path / "other"
    shutil.copytree(unpacked, other)
    content = bytearray((other / name).read_bytes())
    content[len(content) // 2] ^= 1
    (other / name).write_bytes(content)
    changed = tmp_path / "changed.tar.gz"
    with tarfile.open(changed, "w:gz") as opened:
        opened.add(other, arcname="model")
    found = edgekit.verify_bundle(changed)
    assert found.verdict is Verdict.FAIL
    assert found.checks[0].sentence == f"{name} is not what it was"
    # Nothing of it was executed.
    assert len(found.checks) == 1


def test_what_is_no_picture(unpacked: Path) -> None:
    ended = run(unpacked, str(unpacked / "manifest.json"))
    assert ended.returncode == 1
    assert "cannot be read as a picture" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_a_word_that_is_no_picture(unpacked: Path) -> None:
    ended = run(unpacked, "verify")
    assert ended.returncode == 2
    assert "there is no picture verify: did you mean --verify?" in ended.stderr


def test_a_damaged_archive(archive: Path, tmp_path: Path) -> None:
    cut = tmp_path / "cut.tar.gz"
    cut.write_bytes(archive.read_bytes()[:2000])
    with pytest.raises(UsageError, match=r"cut\.tar\.gz is no bundle, or a damaged one"):
        edgekit.verify_bundle(cut)
    # One byte in what is compressed: the manifest comes first, and tells what is missing.
    content = bytearray(archive.read_bytes())
    content[len(content) // 2 : len(content) // 2 + 8] = bytes(8)
    cut.write_bytes(content)
    assert edgekit.verify_bundle(cut).verdict is Verdict.FAIL


@pytest.mark.slow
def test_it_runs_on_an_emulated_pi(archive: Path, emulated: Path) -> None:
    found = edgekit.verify_bundle(archive, device="emulated:rpi4")
    assert found.verdict is Verdict.PASS
    assert "on emulated:rpi4" in found.checks[1].sentence
    assert "the same to the bit" in found.checks[1].sentence
