"""``evaluate``: three photos whose classes are known, and the counting itself."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from edgekit.errors import CalibrationError, UsageError
from edgekit.runner import Accuracy, evaluate
from edgekit.runner.accuracy import score


@dataclass
class Labelled:
    files: dict[str, Path]
    labels: tuple[int, ...] | None
    classes: tuple[str, ...] = ()

    def __len__(self) -> int:
        return 3


@pytest.fixture
def photos(tmp_path: Path, shared_data: Path) -> Path:
    """A cat, a parrot and an officer as [3, 224, 224, 3] uint8."""
    images = []
    for name in ("cat.bmp", "parrot.jpg", "grace_hopper.bmp"):
        with Image.open(shared_data / "coral" / name) as image:
            images.append(np.asarray(image.convert("RGB").resize((224, 224), Image.Resampling.BILINEAR)))
    np.save(tmp_path / "photos.npy", np.stack(images))
    return tmp_path / "photos.npy"


@pytest.fixture
def names(shared_data: Path) -> list[str]:
    return (shared_data / "coral" / "imagenet_labels.txt").read_text().splitlines()


def test_three_photos(photos: Path, names: list[str], shared_data: Path) -> None:
    labels = [names.index(name) for name in ("Egyptian cat", "macaw", "military uniform")]
    model = shared_data / "coral" / "mobilenet_v2_1.0_224_quant.tflite"
    right = evaluate(model, Labelled({"input": photos}, tuple(labels), tuple(names)))
    assert (right.correct, right.total) == (3, 3), str(right)
    assert [entry.name for entry in right.classes] == [names[label] for label in sorted(labels)]
    wrong = evaluate(model, Labelled({"input": photos}, (labels[0], labels[1], labels[1]), tuple(names)))
    assert (wrong.correct, wrong.total) == (2, 3)
    assert (wrong.worst.label, wrong.worst.correct, wrong.worst.total) == (labels[1], 1, 2)


def test_samples_without_labels(photos: Path, shared_data: Path) -> None:
    model = shared_data / "coral" / "mobilenet_v2_1.0_224_quant.tflite"
    with pytest.raises(CalibrationError, match="the samples have no labels") as caught:
        evaluate(model, Labelled({"input": photos}, None))
    assert "one folder per class" in str(caught.value.hint)


def test_a_label_beyond_the_scores(photos: Path, shared_data: Path) -> None:
    model = shared_data / "coral" / "mobilenet_v2_1.0_224_quant.tflite"
    with pytest.raises(CalibrationError, match="the labels go from 0 to 1001, but the file has scores for 1001 cla"):
        evaluate(model, Labelled({"input": photos}, (0, 1, 1001)))


def test_the_output_with_the_scores_must_be_named(tmp_path: Path, writer: Any) -> None:
    given = writer.tensor("given", "float32", [1, 2], io="i")
    for operator, name in (("NEG", "negative"), ("ABS", "positive")):
        output = writer.tensor(name, "float32", [1, 2], io="o")
        writer.operator(operator, [given], [output])
    model = writer.write(tmp_path / "two.tflite")
    np.save(tmp_path / "given.npy", np.array([[1, 2], [1, 2], [2, 1]], np.float32))
    samples = Labelled({"given": tmp_path / "given.npy"}, (1, 1, 1), ("no", "yes"))
    with pytest.raises(UsageError, match="name the one with the scores: negative, positive"):
        evaluate(model, samples)
    with pytest.raises(UsageError, match=r"unknown output 'positiv'. Did you mean 'positive'\?"):
        evaluate(model, samples, output="positiv")
    assert evaluate(model, samples, output="positive").correct == 2
    assert evaluate(model, samples, output="negative").correct == 1


LABELS = np.array([0, 1, 1, 1])


def test_scores_of_classes() -> None:
    values = np.array([[0.9, 0.1], [0.2, 0.8], [0.6, 0.4], [0.1, 0.9]], np.float32)
    result = score(values, LABELS, classes=("cat", "dog"))
    assert (result.correct, result.total, result.value) == (3, 4, 0.75)
    assert [(entry.name, entry.correct, entry.total) for entry in result.classes] == [("cat", 1, 1), ("dog", 2, 3)]
    assert result.worst.value == pytest.approx(2 / 3)
    assert str(result) == "75.0% (3 of 4); worst class dog: 66.7% (2 of 3)"


def test_scores_may_have_more_dimensions_of_1() -> None:
    values = np.array([[0.9, 0.1], [0.2, 0.8], [0.6, 0.4], [0.1, 0.9]], np.float32).reshape(4, 1, 1, 2)
    assert score(values, LABELS).correct == 3


def test_a_single_score_is_for_class_1() -> None:
    values = np.array([[0.4], [0.6], [0.5], [0.51]], np.float32)
    assert score(values, LABELS).correct == 3
    with pytest.raises(CalibrationError, match="scores for 2 classes"):
        score(values, np.array([0, 1, 2, 1]))


def test_integers_are_classes_themselves() -> None:
    assert score(np.array([0, 1, 7, 1]), LABELS).correct == 3
    assert score(np.array([[0], [1], [7], [1]], np.int32), LABELS).correct == 3


def test_an_image_holds_no_scores() -> None:
    with pytest.raises(UsageError, match=r"an output of shape \[8, 8\] holds no class scores"):
        score(np.zeros((4, 8, 8)), LABELS)


def test_the_document() -> None:
    result: Accuracy = score(np.array([0, 1, 0, 1]), LABELS)
    assert result.to_document() == {
        "schema": "edgekit.accuracy/1",
        "correct": 3,
        "total": 4,
        "value": 0.75,
        "classes": [
            {"label": 0, "name": "0", "correct": 1, "total": 1},
            {"label": 1, "name": "1", "correct": 2, "total": 3},
        ],
    }
