"""``evaluate`` and ``compare_accuracy``: photos whose classes are known, through real files."""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from edgekit.conversion import Conversion, convert
from edgekit.devices import Completed, LocalDevice
from edgekit.errors import CalibrationError, UsageError
from edgekit.inspection import inspect
from edgekit.recipe import Recipe
from edgekit.runner import compare_accuracy, evaluate
from edgekit.runner.evaluation.lineage import lineage_notes


@dataclass
class Labelled:
    files: dict[str, Path]
    labels: tuple[int, ...] | None
    classes: tuple[str, ...] = ()

    def __len__(self) -> int:
        return 3


class FourLabelled(Labelled):
    def __len__(self) -> int:
        return 4


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
    with pytest.raises(
        CalibrationError, match=r"the labels go from 0 to 1001, but .*quant\.tflite has scores for 1001 cla"
    ):
        evaluate(model, Labelled({"input": photos}, (0, 1, 1001)))


def test_the_output_with_the_scores_must_be_named(tmp_path: Path, writer: Any) -> None:
    given = writer.tensor("given", "float32", [1, 2], io="i")
    for operator, name in (("NEG", "negative"), ("ABS", "positive")):
        output = writer.tensor(name, "float32", [1, 2], io="o")
        writer.operator(operator, [given], [output])
    model = writer.write(tmp_path / "two.tflite")
    np.save(tmp_path / "given.npy", np.array([[1, 2], [1, 2], [2, 1]], np.float32))
    samples = Labelled({"given": tmp_path / "given.npy"}, (1, 1, 1), ("no", "yes"))
    with pytest.raises(
        UsageError, match=r"two\.tflite has several outputs: name the one with the scores: negative, positive"
    ):
        evaluate(model, samples)
    with pytest.raises(UsageError, match=r"unknown output 'positiv'. Did you mean 'positive'\?"):
        evaluate(model, samples, output="positiv")
    assert evaluate(model, samples, output="positive").correct == 2
    assert evaluate(model, samples, output="negative").correct == 1


def test_nothing_but_labels_is_missing(tmp_path: Path, writer: object) -> None:
    given = writer.tensor("given", "float32", [1, 2], io="i")  # type: ignore[attr-defined]
    writer.operator("ABS", [given], [writer.tensor("scores", "float32", [1, 2], io="o")])  # type: ignore[attr-defined]
    model = writer.write(tmp_path / "scores.tflite")  # type: ignore[attr-defined]
    values = np.array([[1, 2], [1, 2], [2, 1]], np.float32)
    accuracy = evaluate(model, {"given": values, "labels": np.array([1, 1, 1])})
    assert (accuracy.correct, accuracy.total) == (2, 3)
    np.savez(tmp_path / "samples.npz", given=values)
    with pytest.raises(CalibrationError, match=r"the samples of .*samples\.npz have no labels"):
        evaluate(model, tmp_path / "samples.npz")
    np.savez(tmp_path / "samples.npz", given=values, labels=np.array([1, 1]))
    with pytest.raises(CalibrationError, match="labels"):
        evaluate(model, tmp_path / "samples.npz")


@pytest.mark.parametrize("shape", [[1, 1], [1]])
def test_a_sigmoid_tells_two_classes(shape: list[int], tmp_path: Path, writer: object) -> None:
    given = writer.tensor("given", "float32", shape, io="i")  # type: ignore[attr-defined]
    writer.operator("LOGISTIC", [given], [writer.tensor("chance", "float32", shape, io="o")])  # type: ignore[attr-defined]
    model = writer.write(tmp_path / "binary.tflite")  # type: ignore[attr-defined]
    np.save(tmp_path / "given.npy", np.array([-3, -0.1, 0.1, 3], np.float32).reshape(4, *shape[1:]))
    samples = FourLabelled({"given": tmp_path / "given.npy"}, (0, 1, 1, 1), ("no", "yes"))
    accuracy = evaluate(model, samples)
    assert [(entry.name, entry.correct, entry.total) for entry in accuracy.classes] == [("no", 1, 1), ("yes", 2, 3)]
    with pytest.raises(CalibrationError, match=r"from 0 to 2, but .*binary\.tflite has scores for 2 classes"):
        evaluate(model, FourLabelled(samples.files, (0, 1, 1, 2)))


def test_a_score_without_a_sigmoid_tells_none(tmp_path: Path, writer: object) -> None:
    given = writer.tensor("given", "float32", [1, 1], io="i")  # type: ignore[attr-defined]
    writer.operator("NEG", [given], [writer.tensor("logit", "float32", [1, 1], io="o")])  # type: ignore[attr-defined]
    model = writer.write(tmp_path / "logit.tflite")  # type: ignore[attr-defined]
    np.save(tmp_path / "given.npy", np.array([[-3], [-0.1], [0.1], [3]], np.float32))
    with pytest.raises(CalibrationError, match=r"a single score, from -3 to 3: that is no probability"):
        evaluate(model, FourLabelled({"given": tmp_path / "given.npy"}, (0, 1, 1, 1)))


def test_an_image_holds_no_scores(tmp_path: Path, writer: object) -> None:
    given = writer.tensor("given", "float32", [1, 4, 4], io="i")  # type: ignore[attr-defined]
    writer.operator("ABS", [given], [writer.tensor("mask", "float32", [1, 4, 4], io="o")])  # type: ignore[attr-defined]
    model = writer.write(tmp_path / "mask.tflite")  # type: ignore[attr-defined]
    np.save(tmp_path / "given.npy", np.zeros((4, 4, 4), np.float32))
    with pytest.raises(CalibrationError, match=r"mask\.tflite gives float32 of the shape \[4, 4\] for each sample"):
        evaluate(model, FourLabelled({"given": tmp_path / "given.npy"}, (0, 1, 1, 1)))


@pytest.fixture
def digits(photo_conversion: Conversion) -> dict[str, Path]:
    """The photo model by precision."""
    return {artifact.precision: artifact.path for artifact in photo_conversion.artifacts}


UNIT = Recipe(value_range="unit")


def test_two_files_on_the_same_photos(digits: dict[str, Path], photo_model: Path) -> None:
    told: list[str] = []
    comparison = compare_accuracy(
        digits["float32"],
        digits["int8"],
        samples=photo_model / "test",
        recipe=UNIT,
        progress=lambda step: told.append(step.stage),
    )
    before = evaluate(digits["float32"], photo_model / "test", recipe=UNIT)
    after = evaluate(digits["int8"], photo_model / "test", recipe=UNIT)
    reached = json.loads((photo_model / "accuracy.json").read_text())
    assert (comparison.reference, comparison.accuracy) == (before, after)
    assert (before.correct, before.total) == (reached["correct"], reached["total"])
    assert comparison.lost - comparison.gained == before.correct - after.correct
    assert sum(entry.lost for entry in comparison.classes) == comparison.lost
    low, high = comparison.interval_points
    assert low <= comparison.drop_points <= high
    assert 0 < high - low < 4
    assert comparison.samples == f"the samples of {photo_model / 'test'}"
    assert dict.fromkeys(told) == dict.fromkeys(
        [
            "reading samples",
            f"running photos.float32.tflite on {before.total} labelled samples",
            f"running photos.int8.tflite on {before.total} labelled samples",
        ]
    )


def test_the_same_file_runs_once(digits: dict[str, Path], photo_model: Path, tmp_path: Path) -> None:
    ran: list[Sequence[str]] = []

    class Counting(LocalDevice):
        def execute(self, argv: Sequence[str], *, timeout: float) -> Completed:
            ran.append(argv)
            return super().execute(argv, timeout=timeout)

    samples = {"photo": np.zeros((2, 48, 48, 3), np.float32), "labels": np.array([0, 1])}
    copy = tmp_path / "copy.tflite"
    copy.write_bytes(digits["float32"].read_bytes())
    with closing(Counting()) as device:
        same = compare_accuracy(digits["float32"], copy, samples=samples, device=device)
        assert len(ran) == 1
        other = compare_accuracy(digits["float32"], digits["int8"], samples=samples, device=device)
        assert len(ran) == 3
    assert (same.drop_points, same.interval_points) == (0.0, (0.0, 0.0))
    assert other.interval_points[1] > 10


def test_folders_in_another_order_than_the_classes(digits: dict[str, Path], photo_model: Path, tmp_path: Path) -> None:
    for number in range(10):
        (tmp_path / f"{chr(ord('j') - number)}-{number}").symlink_to(photo_model / "test" / str(number))
    with pytest.raises(
        CalibrationError, match="have classes in another order than .*'a-9' is number 0, and mostly ans"
    ):
        evaluate(digits["float32"], tmp_path, recipe=UNIT)


def test_a_folder_is_missing(digits: dict[str, Path], photo_model: Path, tmp_path: Path) -> None:
    for number in range(9):
        (tmp_path / str(number)).symlink_to(photo_model / "test" / str(number))
    with pytest.raises(CalibrationError, match="have 9 class folders, but .* has scores for 10 classes") as caught:
        compare_accuracy(digits["float32"], digits["int8"], samples=tmp_path, recipe=UNIT)
    assert "make an empty one for a class that is missing" in str(caught.value.hint)
    (tmp_path / "9").mkdir()
    assert evaluate(digits["float32"], tmp_path, recipe=UNIT).value > 0.8


def test_photos_without_a_range(digits: dict[str, Path], photo_model: Path, tmp_path: Path) -> None:
    """The sidecar tells it, that of the float file or that of the other; without any it must be named."""
    named = compare_accuracy(digits["float32"], digits["int8"], samples=photo_model / "test", recipe=UNIT)
    alone = shutil.copyfile(digits["float32"], tmp_path / "float.tflite")
    for reference in (digits["float32"], alone):
        told = compare_accuracy(reference, digits["int8"], samples=photo_model / "test")
        assert told.counts == named.counts
        assert "pictures are made as the sidecar of the model tells: 'unit', stretch, antialias, rgb" in str(told.notes)
    with pytest.raises(CalibrationError, match="the samples are stored as 0..255, and the model has no layer"):
        evaluate(alone, photo_model / "test")


def test_a_quantized_input_takes_what_the_float_model_took(
    photo_float: Path, photo_model: Path, tmp_path: Path
) -> None:
    made = convert(
        photo_float,
        tmp_path / "integers.tflite",
        precision="int8",
        io="int",
        calibration=photo_model / "train",
        value_range="unit",
    )
    assert made.artifact.inputs[0].dtype == "int8"
    assert evaluate(made.artifact, photo_model / "test", recipe=UNIT).value > 0.8


def test_bytes_are_what_a_quantized_input_of_bytes_takes(photos: Path, names: list[str], shared_data: Path) -> None:
    model = shared_data / "coral" / "mobilenet_v2_1.0_224_quant.tflite"
    labels = np.array([names.index(name) for name in ("Egyptian cat", "macaw", "military uniform")])
    arrays = {"input": np.load(photos), "labels": labels}
    assert evaluate(model, arrays).correct == 3
    # Its scale and zero point stand for -1..1.
    assert evaluate(model, arrays, recipe=Recipe(value_range="signed")).correct == 3


def test_a_network_with_other_classes_is_no_version(digits: dict[str, Path], shared_data: Path) -> None:
    samples = {"image": np.zeros((2, 48, 48, 3), np.float32), "labels": np.array([0, 1])}
    with pytest.raises(CalibrationError, match="shape"):
        compare_accuracy(digits["float32"], shared_data / "mlperf_tiny" / "ic_resnet8_int8.tflite", samples=samples)


def test_files_of_other_models_are_told(shared_data: Path) -> None:
    tiny = shared_data / "mlperf_tiny"
    resnet, int8, other = (
        inspect(tiny / f"{name}.tflite") for name in ("ic_resnet8_float32", "ic_resnet8_int8", "vww_mobilenet_float32")
    )
    assert (*lineage_notes(resnet, resnet), *lineage_notes(resnet, int8)) == ()
    assert list(lineage_notes(int8, resnet)) == [
        f"{int8.path} is no float file, but int8: it may have lost something itself"
    ]
    (strange,) = lineage_notes(other, int8)
    assert strange.startswith("what is told is not what a conversion lost: ")
    assert "vww_mobilenet_float32.tflite are not two files of one model" in strange
