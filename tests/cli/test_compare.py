"""``edgekit compare``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

Command = Any


def test_two_precisions(edgekit: Command, resnet: Path, photos: Path) -> None:
    edgekit("convert", resnet, "-p", "float16", "-p", "int8", "-c", photos, "--range", "raw")
    a, b = "ic_resnet8_float32.float16.tflite", "ic_resnet8_float32.int8.tflite"
    shown = edgekit("compare", a, b, "--samples", photos, "--resize", "crop").stdout
    assert "(crop, antialias), values 'raw'" in shown
    assert "DIFFERENT: they do not compute the same" in shown
    assert "equal: macs, parameters, inputs, outputs" in shown
    assert "recipe.precision  float16  int8" in shown
    assert "outputs of B against A: SNR " in shown
    assert "unknown: accuracy is not known: the samples have no labels" in shown
    document = edgekit("compare", a, b, "--json").document
    assert (document["schema"], document["same"]) == ("edgekit.comparison/1", False)
    assert "SAME: the same bytes" in edgekit("compare", a, a).stdout


def test_bad_choices(edgekit: Command, resnet: Path) -> None:
    assert "nowhere.tflite does not exist" in edgekit.refuse("compare", resnet, "nowhere.tflite").sentence
    ended = edgekit.refuse("compare", resnet, resnet, "--range", "unit")
    assert "--samples names none" in ended.sentence
    assert "--samples PATH" in ended.hint
    (edgekit.folder / "text.tflite").write_text("no model")
    assert "text.tflite" in edgekit.refuse("compare", resnet, "text.tflite").sentence
