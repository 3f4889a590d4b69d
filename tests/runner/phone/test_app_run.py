"""Runs by the demo app on a phone: asked by an intent, waited for, pulled, read; and each way in which that fails."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import pytest

from edgekit.agent import timing
from edgekit.devices.adb.facts import THERMAL_STATUSES
from edgekit.errors import CommandFailed, DeviceTimeout, EdgekitError, InferenceError, UnsuitedDevice, UsageError
from edgekit.inspection import inspect
from edgekit.progress import Step
from edgekit.runner import benchmark
from edgekit.runner.phone import app_request, app_run
from edgekit.runner.plan import IDLE_RUNS
from edgekit.runs import load_runs
from edgekit.testing import LoopbackPhone, until

APP = Path(__file__).with_name("stand_in_app.py")


@pytest.fixture
def model(shared_data: Path) -> Path:
    return shared_data / "mlperf_tiny" / "kws_dscnn_int8.tflite"


@pytest.fixture
def apk(model: Path, tmp_path: Path) -> Path:
    with zipfile.ZipFile(tmp_path / "app.apk", "w") as archive:
        archive.write(model, "assets/bundle/model.tflite")
    return tmp_path / "app.apk"


@pytest.fixture
def app_phone(phone: LoopbackPhone, apk: Path) -> LoopbackPhone:
    phone.install(apk)
    phone.behave([sys.executable, str(APP)])
    return phone


def feel(phone: LoopbackPhone, mood: str) -> None:
    (phone.folder / "mood").write_text(mood)


def left(phone: LoopbackPhone) -> list[str]:
    return [path.name for path in (phone.folder / "sdcard").rglob("run-*")]


def test_the_app_measures(app_phone: LoopbackPhone, model: Path, tmp_path: Path) -> None:
    steps: list[Step] = []
    result = benchmark(model, device="adb:", threads=[1, 2], idle_ms=50, progress=steps.append)
    assert [run.threads for run in result.runs] == [1, 2]
    assert (result.device, result.artifact_sha256) == (app_phone.address, inspect(model).sha256)
    run = result.runs[0]
    assert (run.engine, run.environment.runtime) == ("demo app", "tensorflow-lite 2.16.1")
    # Fewer than were asked for is said, as the agent says it.
    assert run.steady.count == 10
    assert run.stopped_early
    assert run.idle is not None
    assert run.idle.gap_ms == 50
    assert run.conditions is not None
    assert run.conditions.timed_s == 10.0
    assert (run.conditions.before.thermal_status, run.conditions.after.battery_percent) == ("none", 83.0)
    assert (run.conditions.before.battery_c, run.conditions.before.temperature_c) == (28.7, None)
    assert not run.tainted
    # It was not asked for by name, so that is said.
    assert f"{app_phone.address} has no Python for the agent, so an app measures there" in [s.stage for s in steps]
    assert any(step.stage.startswith("measuring with dev.edgekit.demo on adb:") for step in steps)
    assert left(app_phone) == []
    result.save(tmp_path / "run.json")
    assert load_runs(tmp_path / "run.json") == result.runs


def test_a_phone_that_was_slowed_down_taints(app_phone: LoopbackPhone, model: Path) -> None:
    feel(app_phone, "warm")
    steps: list[Step] = []
    run = benchmark(model, device="adb:", retries=1, progress=steps.append).best
    assert run.taints == ("the phone's thermal status was light while it ran",)
    # It was done again, as often as was said.
    assert [each.taints for each in run.discarded] == [run.taints]
    assert sum("again, as the run was tainted (1 of 1)" in step.stage for step in steps) == 1
    # What the shell sees counts too.
    feel(app_phone, "")
    app_phone.say(thermal_status=4)
    run = benchmark(model, device="adb:", retries=0).best
    assert run.taints == ("the phone's thermal status was critical while it ran",)
    assert run.discarded == ()


def test_only_what_was_tainted_is_done_again(app_phone: LoopbackPhone, model: Path) -> None:
    feel(app_phone, "warm with two threads, at first")
    one, two = benchmark(model, device="adb:", threads=[1, 2]).runs
    assert (one.discarded, two.tainted) == ((), False)
    assert [each.taints for each in two.discarded] == [("the phone's thermal status was light while it ran",)]


def test_a_phone_that_sleeps_measures_nothing(app_phone: LoopbackPhone, model: Path) -> None:
    app_phone.say(wakefulness="Dozing")
    with pytest.raises(CommandFailed, match=r"sleeps \(dozing\)") as caught:
        benchmark(model, device="adb:")
    assert "unlock" in (caught.value.hint or "")


def test_a_phone_without_an_app(phone: LoopbackPhone, model: Path) -> None:
    with pytest.raises(UnsuitedDevice, match="phones have no Python, and no app of edgekit's is there") as caught:
        benchmark(model, device="adb:")
    assert f"edgekit bundle android {model} -o app.apk" in (caught.value.hint or "")
    assert "benchmark_model=PATH" in (caught.value.hint or "")


def test_an_app_with_another_model(app_phone: LoopbackPhone, model: Path, tmp_path: Path) -> None:
    other = model.with_name("ic_resnet8_int8.tflite")
    with pytest.raises(UnsuitedDevice) as caught:
        benchmark(other, device="adb:")
    assert f"dev.edgekit.demo carries {inspect(model).sha256[:12]}" in caught.value.message
    # Of several apps the one that carries it is taken.
    with zipfile.ZipFile(tmp_path / "other.apk", "w") as archive:
        archive.write(other, "assets/bundle/model.tflite")
    app_phone.install(tmp_path / "other.apk", application_id="org.example.other")
    result = benchmark(other, device="adb:")
    assert result.artifact_sha256 == inspect(other).sha256


@pytest.mark.parametrize(
    ("mood", "kind", "sentence"),
    [
        ("dies", CommandFailed, "died while it measured"),
        ("no json", CommandFailed, "is not understood: it is not JSON"),
        ('{"schema": "edgekit.run/9"}', CommandFailed, "is not understood: "),
        ("loads another", CommandFailed, "the app on adb:.* loaded [0-9a-f]{12}, and not [0-9a-f]{12}"),
        (
            '{"schema": "edgekit.app_error/1", "error": "the model does not load"}',
            InferenceError,
            "cannot run its model: the model does not load",
        ),
        ('{"schema": "edgekit.app_error/1", "error": "another run is going on: 1"}', CommandFailed, "is busy"),
    ],
)
def test_each_way_to_fail_has_its_sentence(
    app_phone: LoopbackPhone, model: Path, mood: str, kind: type[EdgekitError], sentence: str
) -> None:
    feel(app_phone, mood)
    with pytest.raises(kind, match=sentence) as caught:
        benchmark(model, device="adb:")
    assert caught.value.hint
    assert left(app_phone) == []


def test_an_app_that_does_not_begin_or_end(
    app_phone: LoopbackPhone, model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("edgekit.runner.phone.app_request._BEGINS_TRIES", 2)
    feel(app_phone, "sleeps")
    with pytest.raises(CommandFailed, match="did not begin"):
        benchmark(model, device="adb:")
    # An app that has not begun may work for somebody else: it is left alone.
    (begun,) = (app_phone.folder / "pids").iterdir()
    os.kill(int(begun.read_text()), signal.SIGKILL)
    monkeypatch.setattr("edgekit.runner.phone.app_request._BEGINS_TRIES", 100)
    monkeypatch.setattr("edgekit.runner.phone.app_request._GRACE_S", 0.5)
    feel(app_phone, "hangs")
    with pytest.raises(DeviceTimeout, match=r"gave no result within 1 s"):
        benchmark(model, device="adb:", timeout=0.5)
    (app_phone.folder / "app").unlink()
    with pytest.raises(CommandFailed, match="does not start on adb:.*: Error"):
        benchmark(model, device="adb:")
    assert left(app_phone) == []


def waited(phone: LoopbackPhone, model: Path) -> tuple[subprocess.Popen[bytes], Path]:
    """Start a run that does not end; return the host, and the file by which the app knows that it waits."""
    feel(phone, "hangs")
    child = subprocess.Popen(
        [sys.executable, "-m", "edgekit", "benchmark", str(model), "--device", "adb:", "--quiet"],
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
        stderr=subprocess.DEVNULL,
    )
    found: list[Path] = []
    until(lambda: found.extend((phone.folder / "sdcard").rglob("run-*.waits")) or found, seconds=60)
    return child, found[0]


def test_the_app_knows_whether_its_host_lives(app_phone: LoopbackPhone, model: Path) -> None:
    child, growing = waited(app_phone, model)
    first = growing.stat().st_size
    until(lambda: growing.stat().st_size != first, seconds=60)
    # As where the cable is pulled or the computer dies: nothing is done there any more.
    child.kill()
    child.wait()

    def grows_no_more() -> bool:
        last = growing.stat().st_size
        time.sleep(2)
        return growing.stat().st_size == last

    until(grows_no_more, seconds=60)
    # As the app would end itself.
    (begun,) = (app_phone.folder / "pids").iterdir()
    os.kill(int(begun.read_text()), signal.SIGKILL)


def test_ctrl_c_stops_the_app(app_phone: LoopbackPhone, model: Path) -> None:
    child, _ = waited(app_phone, model)
    child.send_signal(signal.SIGINT)
    assert child.wait(60) == 130
    assert left(app_phone) == []


def test_what_the_app_does_not_do(app_phone: LoopbackPhone, model: Path) -> None:
    for choices in (
        {"seed": 1},
        {"runs": 7},
        {"first_timeout": 1.0},
        {"sustained_seconds": 30.0},
        {"ops": True},
        {"threads": [17]},
        {"min_seconds": 0.05},
        {"sustained_seconds": 601.0},
        {"idle_ms": 10_001.0},
    ):
        with pytest.raises(UsageError, match="the app"):
            benchmark(model, device="adb:", **choices)


def test_the_request_says_what_was_asked(app_phone: LoopbackPhone, model: Path, tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text(
        "import pathlib, sys\npathlib.Path(sys.argv[2]).parent.joinpath('request').write_text(sys.argv[3])\n"
        + APP.read_text()
    )
    app_phone.behave([sys.executable, str(tmp_path / "app.py")])
    feel(app_phone, "warm")
    run = benchmark(model, device="adb:", threads=[4, 1], sustained_seconds=60.0).runs[0]
    assert run.sustained is not None
    assert run.sustained.asked_s == 60.0
    # What becomes of a phone that works for long is what a time line tells: it is not done again.
    assert (run.tainted, run.discarded) == (True, ())
    (place,) = (app_phone.folder / "sdcard").rglob("request")
    said = json.loads(place.read_text())
    assert len(said.pop("id")) == 16
    assert said == {
        "schema": "edgekit.app_request/1",
        "threads": [4, 1],
        "seconds": 60.0,
        "xnnpack": True,
        "idle_ms": 0.0,
    }
    # A short time that was asked for is sent, and a long one makes no time line that was not.
    for asked, sent in ((3.0, 3.0), (1.0, 10.0), (90.0, 90.0)):
        run = benchmark(model, device="adb:", min_seconds=asked, retries=0).best
        assert json.loads(place.read_text())["seconds"] == sent
        assert run.sustained is None


def test_both_sides_have_the_same_limits() -> None:
    java = Path(__file__).parents[3] / "android_demo" / "app" / "src" / "main" / "java" / "dev" / "edgekit" / "demo"

    def said(file: str, name: str) -> str:
        found = re.search(rf" {name}\s*=\s*([^;]+);", (java / "work" / f"{file}.java").read_text())
        assert found is not None, name
        return found[1]

    for file, name, ours in (
        ("RunRequest", "MOST_SECONDS", app_run._MOST_SECONDS),
        ("RunRequest", "LEAST_SECONDS", app_run._LEAST_SECONDS),
        ("RunRequest", "MOST_IDLE_MS", app_run._MOST_IDLE_MS),
        ("RunRequest", "MOST_THREADS", app_run._MOST_THREADS),
        ("RunRequest", "MOST_ENTRIES", app_run._MOST_RUNS),
        ("RunDocument", "LEAST_SUSTAINED_S", app_run.LEAST_SUSTAINED_S),
        ("Measurement", "IDLE_RUNS", IDLE_RUNS),
        ("Measurement", "WARM_UP_WINDOW", timing.WARMUP_WINDOW),
        ("Measurement", "MOST_WARM_UP", timing.WARMUP_RUNS),
        ("Measurement", "MOST_WARM_UP_MS", timing.WARMUP_SECONDS * 1e3),
        ("Measurement", "AGREEMENT", timing.WARMUP_AGREEMENT),
    ):
        assert float(said(file, name)) == ours, name
    assert said("RunRequest", "SCHEMA") == f'"{app_request.REQUEST_SCHEMA}"'
    assert tuple(re.findall(r'"(\w+)"', said("Thermal", "NAMES"))) == THERMAL_STATUSES
