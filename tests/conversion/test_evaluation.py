"""Accuracy that a conversion finds on labelled photos, before it writes anything."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

import edgekit
from edgekit import AccuracyComparison, Conversion, Recipe, Step, Verdict
from edgekit.artifact import read_sidecar
from edgekit.errors import CalibrationError, OutputError
from edgekit.runner import infer

pytestmark = pytest.mark.usefixtures("kept_workers")


@pytest.fixture
def conversion(photo_conversion: Conversion) -> Conversion:
    return photo_conversion


def of(conversion: Conversion, index: int) -> AccuracyComparison:
    accuracy = conversion.artifacts[index].provenance.accuracy
    assert accuracy is not None
    return accuracy


def test_the_float_model_is_as_accurate_as_keras_to_the_photo(conversion: Conversion, photo_model: Path) -> None:
    reached = json.loads((photo_model / "accuracy.json").read_text())
    for index in range(3):
        reference = of(conversion, index).reference
        assert (reference.correct, reference.total) == (reached["correct"], reached["total"])
    float32 = of(conversion, 0)
    assert float32.accuracy == float32.reference
    assert (float32.drop_points, float32.interval_points) == (0.0, (0.0, 0.0))


@pytest.mark.parametrize("index", [1, 2], ids=["dynamic_int8", "int8"])
def test_it_is_what_the_written_files_do_on_a_device(conversion: Conversion, photo_model: Path, index: int) -> None:
    seen = of(conversion, index)
    run = edgekit.compare_accuracy(
        conversion.artifacts[0],
        conversion.artifacts[index],
        samples=photo_model / "test",
        recipe=Recipe(value_range="unit", filter="antialias"),
    )
    assert (seen.sha256, seen.reference_sha256) == (run.sha256, run.reference_sha256)
    assert seen.sha256 == conversion.artifacts[index].sha256
    assert (seen.lost, seen.gained, seen.classes) == (run.lost, run.gained, run.classes)
    assert (seen.interval, seen.p_value, seen.accuracy) == (run.interval, run.p_value, run.accuracy)
    assert (seen.reference_file, seen.file) == ("the float model", conversion.artifacts[index].path.name)
    assert abs(seen.drop_points) < 2


def test_the_sidecar_and_the_verdict_have_it(conversion: Conversion) -> None:
    artifact = conversion.artifacts[2]
    sidecar = json.loads(artifact.sidecar_path.read_text())
    assert sidecar["accuracy"] == json.loads(json.dumps(of(conversion, 2).to_document()))
    generous = edgekit.check(artifact, profile="rpi4", budget=edgekit.Budget(accuracy_drop_points=50.0))
    assert generous.checks[-1].verdict is Verdict.PASS
    assert generous.checks[-1].metric is not None
    assert generous.checks[-1].metric.value == of(conversion, 2).drop_points


def test_of_a_path_the_verdict_has_what_the_sidecar_tells(conversion: Conversion, tmp_path: Path) -> None:
    artifact = conversion.artifacts[2]
    assert edgekit.check(artifact.path, profile="rpi4").checks == edgekit.check(artifact, profile="rpi4").checks
    accuracy = read_sidecar(artifact.sidecar_path).accuracy
    assert accuracy is not None
    told, known = accuracy.to_document(), of(conversion, 2).to_document()
    assert all(
        {**one, "interval_points": pytest.approx(one["interval_points"])} == other
        for one, other in zip([told, *told.pop("classes")], [known, *known.pop("classes")], strict=True)
    )
    copy, sidecar = tmp_path / "c.tflite", tmp_path / "c.tflite.json"
    copy.write_bytes(artifact.path.read_bytes())
    beside = artifact.sidecar_path.read_text()
    correct = f'"correct": {of(conversion, 2).accuracy.correct},'
    for text, told in (
        (None, "on the same samples"),
        (beside.replace(correct, '"correct": 10000,', 1), "as sidecar .* was edited: 'accuracy' is not what"),
        (conversion.artifacts[1].sidecar_path.read_text(), "as sidecar .* is of another file"),
    ):
        if text is not None:
            sidecar.write_text(text)
        judged = edgekit.check(copy, profile="rpi4").checks[-1]
        assert (judged.limit, judged.verdict) == ("accuracy_drop", Verdict.UNKNOWN)
        assert re.search(told, judged.sentence)


@pytest.mark.parametrize("check", [True, False])
def test_samples_that_were_calibrated_on_too_are_told_once(
    conversion: Conversion, photo_float: Path, photo_model: Path, tmp_path: Path, check: bool
) -> None:
    assert [note for note in conversion.notes if "labelled" in note] == []
    again = edgekit.convert(
        photo_float,
        tmp_path,
        calibration=photo_model / "test",
        evaluate=photo_model / "test",
        samples=50,
        value_range="unit",
        filter="antialias",
        samples_check=check,
    )
    note = f"50 of the {of(again, 0).total} labelled samples were calibrated on too: on others, accuracy may be less"
    if check:
        assert again.screening is not None
        (found,) = (each for each in again.screening.findings if each.name == "leakage")
        assert found.sentence.startswith("50 of 50 samples are in the evaluation set too")
        assert [each for each in again.notes if "calibrated on too" in each] == []
    else:
        assert note in again.notes


def test_an_unreadable_photo_is_skipped_and_told(photo_float: Path, photo_model: Path, tmp_path: Path) -> None:
    for number in range(10):
        folder = tmp_path / "photos" / str(number)
        folder.mkdir(parents=True)
        for photo in sorted((photo_model / "test" / str(number)).iterdir())[:3]:
            (folder / photo.name).symlink_to(photo)
    (tmp_path / "photos" / "4" / "broken.jpg").write_bytes(b"no photo")
    made = edgekit.convert(
        photo_float,
        tmp_path,
        precision="float32",
        evaluate=tmp_path / "photos",
        value_range="unit",
        filter="antialias",
    )
    assert of(made, 0).total == 30
    (told,) = [note for note in made.notes if "labelled" in note]
    assert told.startswith("1 unreadable labelled sample was skipped: 4/broken.jpg is not a JPEG")


def test_a_float_model_that_guesses_is_told(samples: Path, shared_data: Path, tmp_path: Path) -> None:
    """One photo under every label: nobody could do better."""
    with np.load(samples) as arrays:
        given = {name: np.repeat(array[:1], 40, axis=0) for name, array in arrays.items() if name != "labels"}
    made = edgekit.convert(
        shared_data / RESNET, tmp_path, calibration=samples, evaluate={**given, "labels": np.resize(np.arange(10), 40)}
    )
    (told,) = [note for note in made.notes if "chance" in note]
    assert told.startswith("4 of 40 right, chance is 10 %: the float model answers everything '")


RESNET = Path("mlperf_tiny", "ic_resnet8_float32.tflite")


@dataclass
class Spooled:
    files: dict[str, Path]

    def __len__(self) -> int:
        return 80


@pytest.fixture
def samples(shared_data: Path, tmp_path: Path) -> Path:
    """Coloured noise, labelled with what the float ResNet-8 itself makes of it, so that it is always right."""
    generator = np.random.default_rng(4)
    centres = generator.uniform(0, 255, (80, 1, 1, 3))
    values = np.clip(centres + generator.normal(0, 60, (80, 32, 32, 3)), 0, 255).astype(np.float32)
    np.save(tmp_path / "values.npy", values)
    (scores,) = infer(shared_data / RESNET, Spooled({"image": tmp_path / "values.npy"})).values()
    np.savez(tmp_path / "samples.npz", image=values, labels=scores.argmax(axis=1))
    return tmp_path / "samples.npz"


def test_a_float_tflite_and_arrays(shared_data: Path, samples: Path, tmp_path: Path) -> None:
    made = edgekit.convert(shared_data / RESNET, tmp_path / "m.tflite", calibration=samples, evaluate=samples)
    accuracy = of(made, 0)
    assert (accuracy.reference.correct, accuracy.total) == (80, 80)
    assert accuracy.gained == 0
    assert accuracy.lost == 80 - accuracy.accuracy.correct


def test_a_float_tflite_that_stays_as_it_is(shared_data: Path, samples: Path, tmp_path: Path) -> None:
    """It has no signature, and none is put into it."""
    made = edgekit.convert(
        shared_data / RESNET, tmp_path / "m.tflite", precision="float32", calibration=samples, evaluate=samples
    )
    accuracy = of(made, 0)
    assert (accuracy.accuracy.correct, accuracy.lost, accuracy.gained, accuracy.total) == (80, 0, 0, 80)
    assert (tmp_path / "m.tflite").read_bytes() == (shared_data / RESNET).read_bytes()


def test_labels_that_do_not_fit_cost_no_quantization_and_leave_nothing(
    shared_data: Path, samples: Path, tmp_path: Path
) -> None:
    with np.load(samples) as archive:
        arrays = dict(archive)
    arrays["labels"][3] = 10
    told: list[str] = []

    def progress(step: Step) -> None:
        told.append(step.stage)

    with pytest.raises(CalibrationError, match="the labels go from 2 to 10, but the float model has scores for 10 cla"):
        edgekit.convert(
            shared_data / RESNET, tmp_path / "m.tflite", calibration=samples, evaluate=arrays, progress=progress
        )
    assert "evaluating the float model" in told
    assert [stage for stage in told if "quantizing" in stage] == []
    assert sorted(path.name for path in tmp_path.iterdir()) == ["samples.npz", "values.npy"]


def test_without_labels(shared_data: Path, samples: Path, tmp_path: Path) -> None:
    with pytest.raises(CalibrationError, match=r"the samples of .*values\.npy have no labels"):
        edgekit.convert(shared_data / RESNET, tmp_path / "m.tflite", evaluate=tmp_path / "values.npy")
    assert not (tmp_path / "m.tflite").exists()


def test_an_autoencoder_has_no_classes(autoencoder_float: Path, tmp_path: Path) -> None:
    model = edgekit.inspect(autoencoder_float)
    assert model.outputs[0].shape == (1, 640)
    names = {model.inputs[0].name: np.zeros((3, 640), np.float32), "labels": np.array([0, 1, 640])}
    with pytest.raises(CalibrationError, match="has scores for 640 classes"):
        edgekit.convert(model.path, tmp_path / "b.tflite", evaluate=names)


def test_two_outputs(zoo: Path, tmp_path: Path) -> None:
    given = {"left": np.zeros((2, 4), np.float32), "right": np.zeros((2, 2, 3), np.float32), "labels": np.array([0, 1])}
    with pytest.raises(CalibrationError, match=r"several outputs \(.*\), and which of them holds the scores") as caught:
        edgekit.convert(zoo / "two.tflite", tmp_path, precision="float32", evaluate=given)
    assert "--scores NAME" in str(caught.value.hint)


def test_the_labelled_samples_are_never_overwritten(shared_data: Path, samples: Path) -> None:
    with pytest.raises(OutputError, match=r"samples\.npz is the file of the labelled samples itself"):
        edgekit.convert(shared_data / RESNET, samples, evaluate=samples)
