"""The Python snippet does bit for bit what edgekit does with the same photo."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import edgekit
from edgekit import Recipe
from edgekit.runner.evaluation.labelled_data import as_taken
from edgekit.snippets import snippet

# Runs snippets in a process of its own, as whatever executes a model file.
_RUN = """
import importlib.util, json, sys
import numpy as np
for code, model, values, target in json.load(open(sys.argv[1])):
    spec = importlib.util.spec_from_file_location("code", code)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    given = np.load(values) if values.endswith(".npy") else values
    np.savez(target, *module.run(given, model=model).values())
"""

_RECIPES = {
    "raw": Recipe(value_range="raw"),
    "unit, crop": Recipe(value_range="unit", resize="crop"),
    "unit, BGR": Recipe(value_range="unit", colour="bgr"),
    "signed, pad": Recipe(value_range="signed", resize="pad"),
    "torch": Recipe(value_range="imagenet-torch"),
    "caffe, crop": Recipe(value_range="imagenet-caffe", resize="crop"),
    "bilinear": Recipe(value_range="raw", filter="bilinear"),
    "nearest in crop": Recipe(value_range="unit", resize="crop", filter="nearest"),
    "bilinear in pad": Recipe(value_range="unit", resize="pad", filter="bilinear"),
    "own": Recipe(value_range="mean=120.5,110,100;std=60,61,62.5"),
}
_FILES = {"float": "ic_resnet8_float32.tflite", "integer": "ic_resnet8_int8.tflite"}


@dataclass(frozen=True)
class Job:
    """One snippet that is run, and what edgekit itself gives."""

    code: str
    model: Path
    given: Path
    wanted: list[NDArray[Any]]


@pytest.fixture(scope="module")
def photo(shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A photo that is not square, so that the ways to resize it differ."""
    from PIL import Image

    folder = tmp_path_factory.mktemp("photo")
    with Image.open(sorted((shared_data / "sign_language_digits" / "4").glob("*.JPG"))[0]) as image:
        image.crop((0, 0, image.width, image.height * 2 // 3)).save(folder / "photo.png")
    return folder / "photo.png"


def given_by_edgekit(model: Path, samples: Any, recipe: Recipe, folder: Path) -> list[NDArray[Any]]:
    inputs = [as_taken(spec, recipe=recipe) for spec in edgekit.inspect(model).inputs]
    collected = edgekit.collect(samples, inputs=inputs, recipe=recipe, folder=folder)
    return list(edgekit.infer(model, collected).values())


def run(jobs: dict[str, Job], folder: Path) -> dict[str, list[NDArray[Any]]]:
    """The outputs of all snippets, from one process."""
    orders = []
    for number, job in enumerate(jobs.values()):
        code = folder / f"code{number}.py"
        code.write_text(job.code, encoding="utf-8")
        orders.append([str(code), str(job.model), str(job.given), str(folder / f"{number}.npz")])
    (folder / "orders.json").write_text(json.dumps(orders))
    done = subprocess.run(
        [sys.executable, "-c", _RUN, str(folder / "orders.json")], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    outputs = {}
    for name, (_, _, _, target) in zip(jobs, orders, strict=True):
        with np.load(target) as archive:
            outputs[name] = [archive[key] for key in archive.files]
    return outputs


def require_equal(jobs: dict[str, Job], folder: Path) -> None:
    outputs = run(jobs, folder)
    for name, job in jobs.items():
        assert len(outputs[name]) == len(job.wanted)
        for got, wanted in zip(outputs[name], job.wanted, strict=True):
            assert got.dtype == wanted.dtype, name
            assert np.array_equal(got, wanted), name


def test_every_range_resize_and_order_of_channels(shared_data: Path, photo: Path, tmp_path: Path) -> None:
    jobs = {}
    for kind, file in _FILES.items():
        model = shared_data / "mlperf_tiny" / file
        for name, recipe in _RECIPES.items():
            wanted = given_by_edgekit(model, photo.parent, recipe, tmp_path / f"{kind} {name}")
            jobs[f"{kind}, {name}"] = Job(snippet(model, "python", recipe=recipe), model, photo, wanted)
    # A check that cannot tell one way from the other would prove nothing.
    distinct = {job.wanted[0].tobytes() for name, job in jobs.items() if name.startswith("float")}
    assert len(distinct) == len(_RECIPES)
    # Only what is used is imported.
    for name, job in jobs.items():
        used = any(way in name for way in (", crop", ", pad"))
        assert ("from PIL import Image, ImageOps\n" in job.code, "from PIL import Image\n" in job.code) == (
            used,
            not used,
        )
    require_equal(jobs, tmp_path)


@pytest.fixture(scope="module")
def artifact(shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> edgekit.Artifact:
    return edgekit.convert(
        shared_data / "mlperf_tiny" / _FILES["float"],
        tmp_path_factory.mktemp("made"),
        precision="int8",
        io="int",
        calibration=shared_data / "sign_language_digits",
        samples=12,
        value_range="imagenet-torch",
        resize="pad",
    ).artifact


def test_what_was_converted_needs_to_be_told_nothing(
    artifact: edgekit.Artifact, shared_data: Path, photo: Path, tmp_path: Path
) -> None:
    recipe = Recipe(value_range="imagenet-torch", resize="pad")
    wanted = given_by_edgekit(artifact.path, photo.parent, recipe, tmp_path / "samples")
    beside = snippet(artifact, "python")
    assert "as in its sidecar" in beside
    assert "LABELS_IDENTITY = ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9']" in beside
    # Without its sidecar, a file's metadata tells all but how pictures are resized.
    alone = tmp_path / "alone.tflite"
    shutil.copyfile(artifact.path, alone)
    told = snippet(alone, "python")
    assert "as in its metadata, which does not tell how they are resized" in told
    stretched = given_by_edgekit(
        artifact.path, photo.parent, Recipe(value_range="imagenet-torch"), tmp_path / "stretched"
    )
    jobs = {
        "sidecar": Job(beside, artifact.path, photo, wanted),
        "metadata": Job(told, alone, photo, stretched),
    }
    assert not np.array_equal(wanted[0], stretched[0])
    require_equal(jobs, tmp_path)


def test_inputs_that_are_no_pictures(shared_data: Path, tmp_path: Path) -> None:
    values = np.random.default_rng(3).normal(0, 20, (1, 49, 10, 1)).astype(np.float32)
    np.save(tmp_path / "values.npy", values[0])
    jobs = {}
    for file in ("kws_dscnn_float32.tflite", "kws_dscnn_int8.tflite"):
        model = shared_data / "mlperf_tiny" / file
        code = snippet(model, "python")
        assert "not known, so inputs are taken as numbers: give --range" in code
        wanted = given_by_edgekit(model, values, Recipe(), tmp_path / file)
        jobs[file] = Job(code, model, tmp_path / "values.npy", wanted)
    require_equal(jobs, tmp_path)


def test_it_is_a_command_too(artifact: edgekit.Artifact, photo: Path, tmp_path: Path) -> None:
    code = artifact.path.with_name("snippet.py")
    code.write_text(snippet(artifact, "python"))
    done = subprocess.run(
        [sys.executable, code.name, str(photo)], cwd=code.parent, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    label, score = done.stdout.split()
    assert label in "0123456789"
    assert 0 < float(score) <= 1
