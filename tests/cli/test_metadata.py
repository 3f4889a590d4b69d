"""Labels on the command line, and metadata as ``inspect`` shows it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

Command = Any


def test_inspect_shows_what_convert_put_in(edgekit: Command, resnet: Path) -> None:
    (edgekit.folder / "names.txt").write_text("".join(f"[class] {number}\n" for number in range(10)))
    edgekit("convert", resnet, "--labels", "names.txt", "--range", "imagenet-torch", "-o", "a.tflite")
    shown = edgekit("inspect", "a.tflite").stdout
    assert "ic_resnet8_float32 in dynamic_int8" in shown
    assert "mean 123.675, 116.28, 103.53, std 58.395, 57.12, 57.375" in shown
    assert "10 labels: [class] 0, [class] 1" in shown
    metadata = edgekit("inspect", "a.tflite", "--json").document["metadata"]
    assert metadata["outputs"][0]["labels"][9] == "[class] 9"
    assert "metadata   none" in edgekit("inspect", resnet).stdout


def test_labels_that_do_not_fit(edgekit: Command, resnet: Path) -> None:
    (edgekit.folder / "names.txt").write_text("cat\ndog\n")
    ended = edgekit.refuse("convert", resnet, "--labels", "names.txt")
    assert "labels names.txt name 2 classes, but no single output has as many scores" in ended.sentence
    assert "one name for each score" in ended.hint
    assert "there is no such file" in edgekit.refuse("convert", resnet, "--labels", "nowhere.txt").sentence
