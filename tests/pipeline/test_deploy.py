"""The whole flow, from a model to a report."""

from __future__ import annotations

import json
import platform
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import edgekit
from edgekit import Budget, Completed, Verdict, connect
from edgekit.errors import CalibrationError, DeviceTimeout, OutputError, ProfileError, UsageError


@pytest.fixture
def samples(tmp_path: Path) -> Path:
    np.save(tmp_path / "samples.npy", np.random.default_rng(2).random((10, 32, 32, 3), np.float32) * 255)
    return tmp_path / "samples.npy"


@pytest.fixture
def model(shared_data: Path) -> Path:
    return shared_data / "mlperf_tiny" / "ic_resnet8_float32.tflite"


def test_everything_ends_up_in_the_folder(model: Path, samples: Path, tmp_path: Path) -> None:
    deployment = edgekit.deploy(
        model, tmp_path / "out", profile="x86-64", calibration=samples, precision=("int8", "float16"), threads=(1, 2)
    )
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [
        "ic_resnet8_float32.float16.run.json",
        "ic_resnet8_float32.float16.tflite",
        "ic_resnet8_float32.float16.tflite.golden.npz",
        "ic_resnet8_float32.float16.tflite.json",
        "ic_resnet8_float32.int8.run.json",
        "ic_resnet8_float32.int8.tflite",
        "ic_resnet8_float32.int8.tflite.golden.npz",
        "ic_resnet8_float32.int8.tflite.json",
        "report.html",
        "report.json",
        "report.md",
    ]
    # The accuracy is not known without labelled data; all else passes on this very machine.
    assert deployment.verdict is Verdict.UNKNOWN
    for assessment, measured in zip(deployment.assessments, deployment.benchmarks, strict=True):
        verdicts = {check.limit: check.verdict for check in assessment.checks}
        assert verdicts.pop("accuracy_drop") is Verdict.UNKNOWN
        # On a machine that is busy with other tests times may never settle, or be tainted: then they are no answer.
        doubtful = not all(run.settled and not run.tainted for run in measured.runs)
        assert verdicts["latency_p90"] is Verdict.PASS or (doubtful and verdicts["latency_p90"] is Verdict.UNKNOWN)
        assert (verdicts["runnable"], verdicts["file_size"], verdicts["memory"]) == (Verdict.PASS,) * 3
        assert [run.threads for run in measured.runs] == [1, 2]
        assert measured.artifact_sha256 == assessment.sha256

    document = json.loads((tmp_path / "out" / "report.json").read_text())
    assert document["schema"] == "edgekit.report/1"
    assert document["verdict"] == "unknown"
    assert [each["precision"] for each in document["conversion"]["artifacts"]] == ["int8", "float16"]
    assert document == {key: value for key, value in deployment.to_document().items() if key != "folder"}

    runs = edgekit.load_runs(tmp_path / "out" / "ic_resnet8_float32.int8.run.json")
    assert edgekit.check(deployment.conversion.artifact, profile="x86-64", runs=runs) == deployment.assessments[0]


def test_the_report_for_people(model: Path, samples: Path, tmp_path: Path) -> None:
    deployment = edgekit.deploy(model, tmp_path / "out", profile="rpi4", calibration=samples)
    text = deployment.report_path.read_text()
    assert text.startswith(f"# {model} for Raspberry Pi 4 Model B\n\nVerdict: **unknown**.")
    assert "| p50 on local, 1 thread | p90 on local, 1 thread | peak memory on local, 1 thread | verdict |" in text
    rows = [line for line in text.splitlines() if line.startswith("| ic_resnet8_float32.int8.tflite | int8 |")]
    assert len(rows) == 1
    size = edgekit.inspect(deployment.conversion.artifact.path).size_bytes
    assert f"{size / 1024:.1f} KiB" in rows[0]
    # How likely it is kept is told as well.
    assert "| latency_p90 | unknown, likely pass (" in text
    assert "They speak for Raspberry Pi 4 Model B only where the checks above say so." in text


def test_a_limit_that_is_not_kept_fails_and_keeps_everything(model: Path, samples: Path, tmp_path: Path) -> None:
    # Of a board that says no name it is the user's word that it is one.
    mine = tmp_path / "my-board.toml"
    match = (
        f'[match]\nmachine = {{ value = ["{platform.machine()}"], source = "uname" }}\n'
        'board = { value = ["My Board"], source = "its device tree" }\n'
    )
    facts = '[facts]\narchitecture = { value = "any", source = "x" }\ncpu = { value = "any", source = "x" }\n'
    mine.write_text(f'title = "My board"\nkind = "linux-board"\n{match}{facts}')
    deployment = edgekit.deploy(
        model, tmp_path / "out", profile=mine, calibration=samples, budget=Budget(memory_bytes=2**20),
        as_profile=str(mine),
    )  # fmt: skip
    assert deployment.verdict is Verdict.FAIL
    (failed,) = [check for check in deployment.assessments[0].checks if check.verdict is Verdict.FAIL]
    assert failed.limit == "memory"
    assert "that local is a my-board is what the user says" in failed.sentence
    assert deployment.report_path.is_file()


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ({"profile": "rpi44"}, ProfileError),
        ({"profile": "rpi4", "device": "telnet:pi"}, UsageError),
        ({"profile": "rpi4", "precision": "int8"}, CalibrationError),
    ],
)
def test_a_fault_leaves_no_folder(
    model: Path, tmp_path: Path, arguments: dict[str, str], error: type[Exception]
) -> None:
    with pytest.raises(error):
        edgekit.deploy(model, tmp_path / "out", **arguments)  # type: ignore[arg-type]
    assert not (tmp_path / "out").exists()


def test_a_fault_takes_nothing_from_a_folder_that_was_there(model: Path, tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("keep")
    with pytest.raises(CalibrationError):
        edgekit.deploy(model, tmp_path, profile="rpi4", precision="int8")
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


class _Failing:
    """This machine, but that the command fails which comes after ``good`` others."""

    def __init__(self, *, good: int = 0) -> None:
        self.address = "local"
        self._device = connect("local")
        self._good = good

    def push(self, source: Path, target: str) -> None:
        self._device.push(source, target)

    def pull(self, source: str, target: Path) -> None:
        self._device.pull(source, target)

    def execute(self, argv: Sequence[str], *, timeout: float) -> Completed:
        self._good -= 1
        if self._good < 0:
            raise DeviceTimeout("local does not answer any more", address="local")
        return self._device.execute(argv, timeout=timeout)

    def close(self) -> None:
        self._device.close()


def _contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_a_device_that_fails_leaves_what_was_there(model: Path, tmp_path: Path) -> None:
    asked: dict[str, Any] = {"profile": "x86-64", "precision": ("dynamic_int8", "float16")}
    with closing(_Failing()) as failing, pytest.raises(DeviceTimeout, match="does not answer any more"):
        edgekit.deploy(model, tmp_path / "out", device=failing, **asked)
    assert list(tmp_path.iterdir()) == []

    edgekit.deploy(model, tmp_path / "out", profile="x86-64", precision="float32")
    (tmp_path / "out" / "mine.txt").write_text("keep")
    old = _contents(tmp_path / "out")
    # The second of the two files fails, when the first one is measured already.
    with closing(_Failing(good=1)) as failing, pytest.raises(DeviceTimeout):
        edgekit.deploy(model, tmp_path / "out", device=failing, **asked)
    assert _contents(tmp_path / "out") == old

    deployment = edgekit.deploy(model, tmp_path / "out", **asked)
    assert deployment.conversion.artifact.path == tmp_path / "out" / "ic_resnet8_float32.dynamic_int8.tflite"
    assert edgekit.inspect(deployment.conversion.artifact).sha256 == deployment.assessments[0].sha256
    new = _contents(tmp_path / "out")
    assert new.keys() > old.keys()
    assert new["report.json"] != old["report.json"]
    assert new["mine.txt"] == b"keep"


def test_samples_in_the_place_of_a_result_are_kept(model: Path, samples: Path, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    given = tmp_path / "out" / "ic_resnet8_float32.int8.tflite.golden.npz"
    np.savez(given, np.load(samples))
    content = given.read_bytes()
    with pytest.raises(OutputError, match="is the file of the calibration samples itself"):
        edgekit.deploy(model, tmp_path / "out", profile="x86-64", precision="int8", calibration=given)
    assert [path.name for path in (tmp_path / "out").iterdir()] == [given.name]
    assert given.read_bytes() == content


def test_a_folder_in_the_place_of_a_result_is_kept_with_all_else(model: Path, tmp_path: Path) -> None:
    (tmp_path / "out" / "report.md").mkdir(parents=True)
    with pytest.raises(OutputError) as raised:
        edgekit.deploy(model, tmp_path / "out", profile="x86-64")
    assert raised.value.message == f"cannot write {tmp_path / 'out' / 'report.md'}: it is a folder"
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["report.md"]


def test_the_parent_folder_must_exist(model: Path, tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="the folder does not exist"):
        edgekit.deploy(model, tmp_path / "a" / "b", profile="rpi4")
    (tmp_path / "file").touch()
    with pytest.raises(OutputError, match="it is a file"):
        edgekit.deploy(model, tmp_path / "file", profile="rpi4")
