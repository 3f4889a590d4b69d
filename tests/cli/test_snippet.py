"""``--snippet`` of ``inspect`` and ``convert``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

Command = Any


def test_convert_shows_what_inspect_shows(edgekit: Command, resnet: Path) -> None:
    shown = edgekit(
        "convert", resnet, "--range", "signed", "--resize", "crop", "--snippet", "python", "-o", "a.tflite"
    ).stdout
    code = edgekit("inspect", "a.tflite", "--snippet", "python").stdout
    assert code in shown
    compile(code, "a.py", "exec")
    assert "ImageOps.fit(image, (32, 32)" in code
    document = edgekit("inspect", "a.tflite", "--snippet", "cpp", "--json").document
    assert document["snippet"]["language"] == "cpp"
    assert document["snippet"]["code"] == edgekit("inspect", "a.tflite", "--snippet", "cpp").stdout
    made = edgekit("convert", resnet, "--range", "signed", "--snippet", "kotlin", "-o", "b.tflite", "--json").document
    (entry,) = made["snippets"]
    assert entry["code"].startswith("// b.tflite (dynamic_int8, sha256 ")


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (
            ["--snippet", "pyton"],
            "unknown language of a snippet 'pyton'. Did you mean 'python'? Valid: python, kotlin, cpp",
        ),
        (["--range", "unit"], "--range, --resize, --filter and --colour are for --snippet"),
        (["--snippet", "cpp", "--resize", "crop"], "--range, --resize, --filter and --colour are for --snippet"),
        (["--snippet", "cpp", "--range", "unitt"], "unknown value range 'unitt'. Did you mean 'unit'?"),
    ],
)
def test_bad_choices(edgekit: Command, resnet: Path, options: list[str], sentence: str) -> None:
    assert sentence in edgekit.refuse("inspect", resnet, *options).sentence


def test_an_unknown_language_costs_no_conversion(edgekit: Command, resnet: Path) -> None:
    ended = edgekit.refuse("convert", resnet, "--snippet", "java")
    assert "unknown language of a snippet 'java'" in ended.sentence
    assert ended.hint == "name one of them"


def test_a_sidecar_that_is_not_the_files_own(edgekit: Command, resnet: Path) -> None:
    edgekit("convert", resnet, "-o", "a.tflite", "--range", "unit")
    edgekit("convert", resnet, "-o", "b.tflite", "--range", "signed")
    (edgekit.folder / "a.tflite.json").replace(edgekit.folder / "b.tflite.json")
    ended = edgekit.refuse("inspect", "b.tflite", "--snippet", "python")
    assert "sidecar b.tflite.json is not of b.tflite" in ended.sentence
    assert "--range" in ended.hint
    document = json.loads((edgekit.folder / "b.tflite.json").read_text())
    document["pictures"]["input_1"]["value_range"] = "raw"
    (edgekit.folder / "b.tflite.json").write_text(json.dumps(document))
    assert "was edited: 'pictures'" in edgekit.refuse("inspect", "b.tflite", "--snippet", "python").sentence
