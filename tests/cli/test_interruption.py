"""Ctrl-C and its kin at every stage: the exit code, the word, and that nothing is left: no file, no process."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

# Whatever runs the tests may have been told to ignore Ctrl-C, and its children would ignore it too.
_AS_USUAL = ("env", "--default-signal=INT,HUP")


class Running:
    """The command while it runs; its progress is followed line by line."""

    def __init__(self, edgekit, command: Sequence[object]) -> None:
        self.process = subprocess.Popen(
            [str(part) for part in command],
            cwd=edgekit.folder,
            env=edgekit.environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def signal(self, name: str) -> None:
        self.process.send_signal(signal.Signals[name])

    def reach(self, stage: str) -> None:
        assert self.process.stderr is not None
        told = []
        for line in self.process.stderr:
            if line == f"edgekit: {stage}\n":
                return
            told.append(line)
        pytest.fail(f"it ended before '{stage}': {''.join(told)}")

    def child(self, module: str) -> int:
        """The process id of a child that runs ``module``."""
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        found = [int(pid) for pid in children if module.encode() in Path(f"/proc/{pid}/cmdline").read_bytes()]
        assert len(found) == 1
        return found[0]

    def end(self) -> tuple[int, str, str]:
        stdout, stderr = self.process.communicate(timeout=60)
        assert "Traceback" not in stderr
        return self.process.returncode, stdout, stderr


Start = Callable[..., Running]


@pytest.fixture
def start(edgekit) -> Iterator[Start]:
    """Start the command; whatever a test leaves running is killed."""
    with ExitStack() as stack:

        def run(*arguments: object, through: Sequence[str] = _AS_USUAL) -> Running:
            running = Running(edgekit, [*through, edgekit.program, *arguments])
            stack.enter_context(running.process)
            stack.callback(running.process.kill)
            return running

        yield run


def _slow(shared_data: Path) -> list[object]:
    """Arguments with which reading samples and calibrating take seconds, so that a signal comes in time."""
    return [
        shared_data / "mlperf_tiny" / "vww_mobilenet_float32.tflite",
        "--calibration", shared_data / "sign_language_digits", "--range", "unit", "--samples", "800",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "stage"),
    [("SIGINT", "reading samples"), ("SIGINT", "calibrating"), ("SIGTERM", "calibrating"), ("SIGHUP", "calibrating")],
)
def test_a_conversion_is_interrupted(edgekit, start: Start, shared_data: Path, name: str, stage: str) -> None:
    running = start("convert", *_slow(shared_data), "--json")
    running.reach(stage)
    running.signal(name)
    assert running.end() == (
        128 + signal.Signals[name],
        "",
        f"edgekit: interrupted ({name}); nothing half-written was left behind\n",
    )
    assert list(edgekit.folder.iterdir()) == []


def test_a_climb_is_interrupted(edgekit, start: Start, broken_models: dict[str, Any]) -> None:
    """Two child processes are at work then."""
    broken = broken_models["concatenation"]
    running = start("convert", broken.float_file, "-c", broken.calibration, "-p", "auto", "--min-snr", "300", "--json")
    running.reach("asking what each operator costs")
    running.signal("SIGINT")
    code, stdout, stderr = running.end()
    assert (code, stdout) == (130, "")
    assert stderr.endswith("edgekit: interrupted (SIGINT); nothing half-written was left behind\n")
    assert list(edgekit.folder.iterdir()) == []


@pytest.mark.parametrize(
    ("name", "stage"), [("SIGTERM", "loading the model"), ("SIGINT", "exporting by route frozen_graph")]
)
def test_tensorflow_is_interrupted(edgekit, start: Start, zoo: Path, name: str, stage: str) -> None:
    running = start("convert", zoo / "vww_mobilenet.keras")
    running.reach(stage)
    running.signal(name)
    code, _, stderr = running.end()
    assert code == 128 + signal.Signals[name]
    assert stderr.endswith(f"edgekit: interrupted ({name}); nothing half-written was left behind\n")
    assert list(edgekit.folder.iterdir()) == []


def test_a_second_ctrl_c_does_not_stop_the_cleaning_up(edgekit, start: Start, shared_data: Path) -> None:
    running = start("convert", *_slow(shared_data))
    running.reach("calibrating")
    # Signals that come faster than they are seen count as one.
    while running.process.poll() is None:
        running.signal("SIGINT")
    assert running.end()[0] == 130
    assert list(edgekit.folder.iterdir()) == []


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM"])
def test_a_benchmark_is_interrupted(edgekit, start: Start, resnet: Path, name: str) -> None:
    running = start("benchmark", resnet, "--min-seconds", "20", "-o", "run.json")
    running.reach("measuring on local")
    running.signal(name)
    assert running.end()[0] == 128 + signal.Signals[name]
    assert list(edgekit.folder.iterdir()) == []


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM"])
def test_a_deployment_is_interrupted(edgekit, start: Start, resnet: Path, name: str) -> None:
    threads = ["--threads", "1", "--threads", "2", "--threads", "3"]
    running = start("deploy", resnet, "-o", "out", "--profile", "rpi4", *threads)
    running.reach("measuring on local")
    # The artifacts are there by now, beside their place.
    (stage,) = edgekit.folder.iterdir()
    assert stage.name.startswith(".edgekit-")
    assert {path.suffix for path in stage.iterdir()} == {".tflite", ".json", ".npz"}
    running.signal(name)
    assert running.end()[0] == 128 + signal.Signals[name]
    assert list(edgekit.folder.iterdir()) == []


def test_what_was_there_before_a_deployment_stays(edgekit, start: Start, resnet: Path) -> None:
    (edgekit.folder / "out").mkdir()
    (edgekit.folder / "out" / "notes.txt").write_text("mine")
    running = start("deploy", resnet, "-o", "out", "--profile", "rpi4", "--threads", "1", "--threads", "2")
    running.reach("measuring on local")
    running.signal("SIGINT")
    assert running.end()[0] == 130
    # No artifact without the report on it.
    assert [path.name for path in (edgekit.folder / "out").iterdir()] == ["notes.txt"]


def test_a_shell_lets_its_background_jobs_ignore_ctrl_c(start: Start, resnet: Path) -> None:
    ignoring = ("sh", "-c", "trap '' INT; exec \"$@\"", "sh")
    running = start("benchmark", resnet, "--json", "--runs", "5", "--min-seconds", "0.2", through=ignoring)
    running.reach("measuring on local")
    running.signal("SIGINT")
    code, stdout, stderr = running.end()
    assert (code, stderr) == (0, "")
    assert '"schema": "edgekit.run/2"' in stdout


def test_a_child_that_the_system_kills_is_an_error(edgekit, start: Start, shared_data: Path) -> None:
    running = start("convert", *_slow(shared_data))
    running.reach("calibrating")
    os.kill(running.child("quantizer"), signal.SIGKILL)
    code, stdout, stderr = running.end()
    assert (code, stdout) == (1, "")
    assert stderr.splitlines()[-2:] == [
        "edgekit: error: the converted model could not be run: the child process was killed by SIGKILL",
        "  next: most likely the memory ran out: close other programs, or convert on a machine that has more",
    ]
    assert list(edgekit.folder.iterdir()) == []


def test_an_exporter_that_the_system_kills_is_replaced(edgekit, start: Start, zoo: Path) -> None:
    running = start("convert", zoo / "vww_mobilenet.keras", "--json")
    running.reach("exporting by route frozen_graph")
    os.kill(running.child("exporter"), signal.SIGKILL)
    code, stdout, _ = running.end()
    assert code == 0
    assert '"route": "keras"' in stdout
    assert "frozen_graph: TensorFlow died while converting model" in stdout


def test_no_child_outlives_a_command_that_is_killed(edgekit, start: Start, zoo: Path) -> None:
    running = start("convert", zoo / "vww_mobilenet.keras")
    running.reach("exporting by route frozen_graph")
    assert len(edgekit.processes()) == 3
    running.process.kill()
    assert running.end()[0] == -signal.SIGKILL
    deadline = time.monotonic() + 30
    while edgekit.processes() and time.monotonic() < deadline:
        time.sleep(0.05)
    assert edgekit.processes() == []
    # Nobody is left to remove the work folder; the system clears it away in its time.
    for folder in edgekit.temporary.iterdir():
        subprocess.run(["rm", "-r", folder], check=True)
