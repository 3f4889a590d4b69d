"""Accuracy on the command line: alone, against the float file, in a check, a conversion and a deployment."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest


@pytest.fixture(scope="module")
def converted(shared_edgekit, photo_model: Path):
    """The photo model as float32 and int8, evaluated on the photos that it was not trained on."""
    return shared_edgekit(
        "convert", photo_model / "photos.keras", "-p", "float32", "-p", "int8", "-c", photo_model / "train",
        "--range", "unit", "--evaluate", photo_model / "test", "--profile", "rpi4", "--json",
    )  # fmt: skip


@pytest.fixture
def files(shared_edgekit, converted) -> list[Path]:
    """Float, then int8."""
    return [shared_edgekit.folder / f"photos.{name}.tflite" for name in ("float32", "int8")]


def test_a_conversion_tells_what_was_lost(converted, photo_model: Path) -> None:
    reached = json.loads((photo_model / "accuracy.json").read_text())
    float32, int8 = (artifact["accuracy"] for artifact in converted.document["artifacts"])
    assert (float32["reference_correct"], float32["total"]) == (reached["correct"], reached["total"])
    assert (float32["drop_points"], float32["interval_points"]) == (0, [0, 0])
    assert int8["schema"] == "edgekit.accuracy-comparison/1"
    assert int8["lost"] - int8["gained"] == int8["reference_correct"] - int8["correct"]
    low, high = int8["interval_points"]
    assert low <= int8["drop_points"] <= high
    assert converted.stderr.splitlines().count("edgekit: evaluating the float model") == 1
    checks = [each["checks"][-1] for each in converted.document["assessments"]]
    assert [each["limit"] for each in checks] == ["accuracy_drop"] * 2
    assert checks[0]["verdict"] == "pass"
    assert checks[1]["verdict"] == ("pass" if high <= 1 else "fail" if low > 1 else "unknown")
    assert checks[1]["metric"]["value"] == int8["drop_points"]


def test_the_table_for_people(edgekit, files: list[Path], photo_model: Path) -> None:
    arguments = ["-c", photo_model / "train", "--range", "unit", "--evaluate", photo_model / "test"]
    shown = edgekit("convert", files[0], "-o", "m.tflite", *arguments).stdout
    assert re.search(r"accuracy on the samples of \S+/test \(\d+\): \d\d\.\d% by the float model\n", shown)
    row = r"m\.tflite +\d\d\.\d% +-?\d\.\d\d \(-\d\.\d\d to \d\.\d\d\) +\d+ +\d+ +[\d.]+ +\d: -?\d+\.\d \(.*\)"
    assert re.search(row, shown), shown
    assert (edgekit.folder / "m.tflite").exists()


def test_one_file(edgekit, converted, files: list[Path], photo_model: Path) -> None:
    arguments = ["evaluate", files[1], "--samples", photo_model / "test", "--range", "unit"]
    document = edgekit(*arguments, "--json").document
    assert (document["schema"], document["file"]) == ("edgekit.accuracy/1", str(files[1]))
    assert document["correct"] == converted.document["artifacts"][1]["accuracy"]["correct"]
    assert [entry["name"] for entry in document["classes"]] == [str(number) for number in range(10)]
    shown = edgekit(*arguments).stdout
    assert shown.startswith(f"{files[1]}: {document['value']:.1%} ({document['correct']} of {document['total']})")


def test_a_file_against_the_float_one(edgekit, converted, files: list[Path], photo_model: Path) -> None:
    arguments = [files[1], "--float", files[0], "--samples", photo_model / "test", "--range", "unit"]
    document = edgekit("evaluate", *arguments, "--json").document
    found = converted.document["artifacts"][1]["accuracy"]
    differ = {"reference_file", "file", "samples"}
    assert {key: value for key, value in document.items() if key not in differ} == {
        key: value for key, value in found.items() if key not in differ
    }
    assert f"by {files[0]}\n" in edgekit("evaluate", *arguments).stdout


def test_a_check_with_labelled_samples(edgekit, files: list[Path], photo_model: Path) -> None:
    arguments = ["check", files[1], "--profile", "rpi4", "--float", files[0], "--evaluate", photo_model / "test"]
    generous = edgekit(*arguments, "--range", "unit", "--max-drop", "40 %", "--json").document
    assert generous["checks"][-1]["verdict"] == "pass"
    assert generous["accuracy"]["sha256"] == generous["sha256"]
    strict = edgekit(*arguments, "--range", "unit", "--max-drop", "0 %").stdout
    assert "accuracy on the samples of" in strict
    # A limit of nothing can only be broken or in doubt.
    assert re.search(r"(unknown|fail) +accuracy_drop +measured +it (loses|gains)", strict)


def test_a_deployment_reports_it(edgekit, files: list[Path], photo_model: Path) -> None:
    ended = edgekit(
        "deploy", files[0], "-o", "out", "--profile", "x86-64", "-p", "int8", "-c", photo_model / "train", "--range",
        "unit", "--evaluate", photo_model / "test", "--max-drop", "40 %", "--max-latency", "60 s", "--json",
    )  # fmt: skip
    (assessment,) = ended.document["assessments"]
    assert assessment["checks"][-1]["verdict"] == "pass"
    report = (edgekit.folder / "out" / "report.md").read_text()
    assert "| top-1 as float | accuracy | drop (95 % interval) | p50 on local, 1 thread |" in report
    assert re.search(r"\| \d\d\.\d% \| -?\d\.\d\d \(-\d\.\d\d to \d\.\d\d\) \|", report)
    # Nothing knows of the place that it was made in.
    told = [ended.stdout, ended.stderr, *(path.read_text("latin-1") for path in (edgekit.folder / "out").iterdir())]
    assert [text for text in told if ".edgekit-" in text] == []


@pytest.mark.parametrize(
    ("arguments", "sentence", "hint"),
    [
        (["--evaluate", "photos"], "there is none to compare with", "add --float"),
        (["--float", "f.tflite"], "--float is for --evaluate, which is missing", "add --evaluate"),
        (["--range", "unit"], "are for the samples of --evaluate, which is missing", "or leave them out"),
        (["--max-drop", "1 ms"], "--max-drop: '1 ms' is not a percentage", ""),
    ],
)
def test_options_of_a_check_that_need_each_other(
    edgekit, resnet: Path, arguments: list[str], sentence: str, hint: str
) -> None:
    ended = edgekit.refuse("check", resnet, "--profile", "rpi4", *arguments)
    assert sentence in ended.sentence
    if hint:
        assert hint in ended.hint


def test_bad_samples(edgekit, files: list[Path], photo_model: Path) -> None:
    flat = edgekit.refuse("evaluate", files[1], "--samples", photo_model / "test" / "0", "--range", "unit")
    assert flat.sentence == f"the samples of {photo_model / 'test' / '0'} have no labels, so there is no accuracy"
    assert "one folder per class" in flat.hint
    gone = edgekit.refuse("evaluate", files[1], "--samples", "gone", "--range", "unit")
    assert "gone does not exist" in gone.sentence
    unknown = edgekit.refuse("evaluate", files[1], "--samples", photo_model / "test", "--range", "unti")
    assert "Did you mean 'unit'?" in unknown.sentence
    scores = edgekit.refuse(
        "evaluate", files[1], "--samples", photo_model / "test", "--range", "unit", "--scores", "output_1"
    )
    assert "unknown output 'output_1'. Did you mean 'output_0'?" in scores.sentence


def test_classes_in_another_order(edgekit, files: list[Path], photo_model: Path) -> None:
    turned = edgekit.folder / "turned"
    turned.mkdir()
    for number in range(10):
        (turned / f"{9 - number}").symlink_to(photo_model / "test" / str(number))
    arguments = ["-c", photo_model / "train", "--range", "unit", "--evaluate", "turned"]
    ended = edgekit.refuse("convert", files[0], "-o", "m.tflite", *arguments)
    assert "the samples of turned have classes in another order than the float model" in ended.sentence
    assert "rename the folders" in ended.hint
    (turned / "0").unlink()
    ended = edgekit.refuse("convert", files[0], "-o", "m.tflite", *arguments)
    assert "have 9 class folders, but the float model has scores for 10 classes" in ended.sentence
