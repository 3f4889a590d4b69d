"""``edgekit reproduce`` and ``--require``: exit codes and sentences."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest


@pytest.fixture
def placed(edgekit, resnet: Path, pixels: Path) -> str:
    shutil.copy(resnet, edgekit.folder / "model.tflite")
    shutil.copy(pixels, edgekit.folder / "pixels.npy")
    edgekit("convert", "model.tflite", "-c", "pixels.npy", "-o", "m.tflite", "--quiet")
    return "m.tflite.json"


def test_the_same_and_not_the_same(edgekit, placed: str) -> None:
    before = {path.name for path in edgekit.folder.iterdir()}
    done = edgekit("reproduce", placed)
    assert done.stdout.startswith(f"{placed} (int8): PASS\nidentical to the byte: canonical hash ")
    assert {path.name for path in edgekit.folder.iterdir()} == before
    np.save(edgekit.folder / "others.npy", np.load(edgekit.folder / "pixels.npy") / 2)
    failed = edgekit("reproduce", placed, "-c", "others.npy", "--json", "--quiet", code=1)
    assert failed.document["identical"] is False
    assert "20 gone" in failed.document["changes"][0]
    assert failed.document["differences"]


def test_what_is_given_wrong(edgekit, placed: str) -> None:
    assert edgekit.refuse("reproduce", "gone.json").sentence == "sidecar gone.json does not exist"
    ended = edgekit.refuse("reproduce", "m.tflite")
    assert (ended.sentence, ended.hint) == ("m.tflite is a .tflite file, not its sidecar", "give m.tflite.json")
    told = edgekit.refuse("reproduce", "m.tflite.golden.npz").sentence
    assert told == "m.tflite.golden.npz is no sidecar (FILE.tflite.json)"
    (edgekit.folder / "empty.json").touch()
    assert edgekit.refuse("reproduce", "empty.json").sentence == "empty.json is no sidecar: it is empty"
    assert edgekit.refuse("reproduce", placed, "--model", "gone.keras").sentence == "model gone.keras does not exist"
    assert (
        edgekit.refuse("reproduce", placed, "-o", "m.tflite").sentence == "the output m.tflite is the artifact itself"
    )
    assert "gone.npy" in edgekit.refuse("reproduce", placed, "-c", "gone.npy").sentence
    path = edgekit.folder / placed
    document = json.loads(path.read_text())
    document["recipe"]["seed"] = 1
    path.write_text(json.dumps(document))
    ended = edgekit.refuse("reproduce", placed, "--json")
    assert ended.sentence == f"sidecar {placed} was edited: 'recipe.seed' is not what edgekit wrote"
    assert ended.document["error"] == "UsageError"


def test_what_is_required_of_a_conversion(edgekit, resnet: Path, pixels: Path) -> None:
    edgekit("convert", resnet, "-c", pixels, "-o", "m.tflite", "--require", "full-int8", "--require", "builtins")
    ended = edgekit.refuse("convert", resnet, "-c", pixels, "-o", "n.tflite", "--require", "int8-io", code=1)
    assert ended.sentence.startswith("n.tflite is not int8-io: inputs and outputs are not int8: input ")
    assert "add --io int, with --precision int8" in ended.hint
    edgekit("convert", resnet, "-c", pixels, "-o", "n.tflite", "--io", "int", "--require", "int8-io")
    ended = edgekit.refuse("convert", resnet, "-p", "float16", "-o", "f.tflite", "--require", "full-int8", code=1)
    assert "CONV_2D (operator " in ended.sentence
    unknown = edgekit.refuse("convert", resnet, "--require", "int8")
    assert unknown.sentence.endswith("Valid: full-int8, int8-io, builtins")


def test_what_is_required_in_a_check(edgekit, resnet: Path) -> None:
    ended = edgekit("check", resnet, "--profile", "rpi4", "--require", "full-int8", "--json", code=1)
    check = ended.document["checks"][-1]
    assert (check["limit"], check["verdict"], check["metric"]["value"]) == ("full-int8", "fail", 16)
    assert "it is not full-int8: operators do not compute in int8: CONV_2D (operator 0" in check["sentence"]
    passed = edgekit("check", resnet, "--profile", "rpi4", "--require", "builtins", "--json").document["checks"][-1]
    assert (passed["limit"], passed["verdict"]) == ("builtins", "pass")
    assert "unknown requirement 'x'" in edgekit.refuse("check", resnet, "--profile", "rpi4", "--require", "x").sentence
