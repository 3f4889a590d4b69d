"""``doctor``: what is found on this machine, on a board behind ssh, on emulated ones, and on boards that ail."""

from __future__ import annotations

import contextlib
import dataclasses
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import pytest

from edgekit.checkup import Checkup, Health, doctor
from edgekit.checkup.collecting import collect_facts
from edgekit.checkup.interpreters import RUNTIMES, Interpreter, Pythons
from edgekit.checkup.rules import DeviceSeen, findings
from edgekit.devices import Completed, LocalDevice, connect
from edgekit.profiles import Identity, nearest_profile, profile_named, recognize
from edgekit.testing import LoopbackBoard

GOOD, NOTE, PROBLEM = Health.GOOD, Health.NOTE, Health.PROBLEM


def told(checkup: Checkup, topic: str) -> list[tuple[Health, str, str | None]]:
    return [(each.health, each.sentence, each.next_step) for each in checkup.findings if each.topic == topic]


def test_this_machine() -> None:
    checkup = doctor("local")
    assert checkup.runs_models
    assert (checkup.python, checkup.emulated) == (sys.version.split()[0], False)
    assert checkup.interpreter is not None
    assert checkup.interpreter.startswith("ai-edge-litert 2.")
    assert checkup.memory_bytes is not None
    assert checkup.memory_bytes > 1 << 30
    assert [health for health, _, _ in told(checkup, "interpreter")] == [GOOD]
    assert checkup.to_document()["schema"] == "edgekit.doctor/1"
    assert str(checkup).startswith("local: runs models\n")


@pytest.mark.parametrize("said", ["hello", "[1]", '{"board": 3}'])
def test_a_board_without_a_shell_that_says_something_else(said: str) -> None:
    class Chatty(LocalDevice):
        def execute(self, argv: Sequence[str], *, timeout: float) -> Completed:
            return Completed(0, said if argv[0] == "python3" else "", "")

    with contextlib.closing(Chatty()) as device:
        assert set(collect_facts(device).values()) == {""}


@pytest.fixture
def board(missing: Callable[[str], None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[LoopbackBoard]:
    if lacking := LoopbackBoard.missing():
        missing(", ".join(lacking))
    with LoopbackBoard(tmp_path / "board", python=[sys.executable]) as board:
        monkeypatch.setenv("PATH", board.path)
        yield board


def python_is(board: LoopbackBoard, body: str) -> None:
    (board.login.parent / "bin" / "python3").write_text(f"#!/bin/sh\n{body}\n")


def test_a_board_behind_ssh(board: LoopbackBoard) -> None:
    checkup = doctor(board.address)
    assert (checkup.address, checkup.machine) == (board.address, doctor("local").machine)
    assert checkup.runs_models
    assert len(told(checkup, "disk")) == 1
    assert board.processes() == {}


@pytest.mark.parametrize(
    ("body", "topic", "health", "sentence"),
    [
        ("exit 127", "python", PROBLEM, "there is no python3 that starts"),
        ('echo \'{"version": "3.7.3", "executable": "/usr/bin/python3"}\'', "python", PROBLEM, "3.7.3 is too old"),
        (f'exec {sys.executable} -I -S "$@"', "numpy", PROBLEM, "numpy does not load: ModuleNotFoundError"),
        (f'exec {sys.executable} -I -S "$@"', "interpreter", PROBLEM, "neither ai-edge-litert nor tflite-runtime is"),
        (
            f'case $2 in *interpreter*) kill -ILL $$;; *) exec {sys.executable} "$@";; esac',
            "interpreter",
            PROBLEM,
            "ai-edge-litert does not work: it uses an instruction that this processor lacks",
        ),
        (
            f'case $2 in *interpreter*) kill -SEGV $$;; *) exec {sys.executable} "$@";; esac',
            "interpreter",
            PROBLEM,
            "ai-edge-litert does not work: SIGSEGV ends it when a model is loaded",
        ),
        (
            f"case $2 in *interpreter*) echo 'AttributeError: _ARRAY_API not found' >&2; exit 1;; "
            f'*) exec {sys.executable} "$@";; esac',
            "interpreter",
            PROBLEM,
            "it was built for numpy 1, and numpy 2 is installed",
        ),
    ],
)
def test_a_python_that_ails(board: LoopbackBoard, body: str, topic: str, health: Health, sentence: str) -> None:
    python_is(board, body)
    checkup = doctor(board.address)
    assert not checkup.runs_models
    found = next(each for each in told(checkup, topic) if sentence in each[1])
    assert found[0] is health
    assert found[2]


@pytest.mark.slow
def test_emulated_boards(emulated: Path) -> None:
    checkup = doctor("emulated:rpi4")
    assert (checkup.machine, checkup.emulated, checkup.profile, checkup.nearest_profile) == (
        "aarch64",
        True,
        None,
        "rpi4",
    )
    assert checkup.interpreter == "ai-edge-litert 2.1.6"
    assert checkup.cpu_model.startswith("Cortex-A72 by qemu ")
    assert {each.topic for each in checkup.findings} == {"board", "cpu", "disk", "python", "interpreter"}
    with contextlib.closing(connect("emulated:rpi2b")) as device:
        checkup = doctor(device)
    assert (checkup.machine, checkup.interpreter) == ("armv7l", "tflite-runtime 2.14.0")


PI4 = "Raspberry Pi 4 Model B Rev 1.4"
MEMORY = "MemTotal: 3884000 kB\nMemAvailable: 3000000 kB\n"
WORKING = Pythons("3.11.2", "/usr/bin/python3", "2.4.6", "", (Interpreter("ai-edge-litert", "2.3.0", None),))


def seen(identity: Identity | None = None, pythons: Pythons = WORKING, **files: str) -> list[tuple[str, Health, str]]:
    names = ("meminfo", "disk", "temperatures", "governor", "clock_now", "clock_most", "throttled", "loadavg")
    said: Mapping[str, str] = {**dict.fromkeys(names, ""), **files}
    identity = identity or Identity("aarch64", PI4, "Cortex-A72", 4, 3884000 << 10)
    looked = DeviceSeen(
        "ssh://pi@host", said, identity, "Linux 6.6", (), recognize(identity), nearest_profile(identity), False, pythons
    )
    return [(each.topic, each.health, each.sentence) for each in findings(looked)]


def test_a_healthy_pi() -> None:
    found = seen(
        meminfo=MEMORY,
        disk="Filesystem 1024-blocks Used Available Capacity Mounted on\n/dev/root 30000000 9 20000000 1% /",
        temperatures="48200\n",
        governor="performance",
        clock_now="1800000",
        clock_most="1800000",
        throttled="throttled=0x0",
        loadavg="0.10 0.2 0.3 1/100 999",
    )
    assert {health for _, health, _ in found} == {GOOD}
    assert ("board", GOOD, f"{PI4}: this is the profile rpi4") in found
    assert ("clock", GOOD, "governor performance, 1800 of 1800 MHz") in found
    assert ("temperature", GOOD, "48 °C") in found


@pytest.mark.parametrize(
    ("files", "topic", "health", "sentence"),
    [
        (
            {"throttled": "throttled=0x50005"},
            "power",
            PROBLEM,
            "the supply voltage is too low now; it is throttled now",
        ),
        ({"throttled": "throttled=0x80000"}, "power", NOTE, "the soft temperature limit was active since it started"),
        ({"temperatures": "81000\n45000\n"}, "temperature", PROBLEM, "81 °C"),
        ({"temperatures": "70100"}, "temperature", NOTE, "70 °C"),
        ({"governor": "ondemand", "clock_now": "600000", "clock_most": "1500000"}, "clock", NOTE, "600 of 1500 MHz"),
        ({"meminfo": "MemAvailable: 60000 kB\n"}, "memory", PROBLEM, "58.6 MiB of it free"),
        ({"disk": "head\n/dev/root 9 9 5000 99% /"}, "disk", PROBLEM, "4.9 MiB free"),
        ({"loadavg": "3.20 1 1 1/1 1"}, "load", NOTE, "the load average is 3.2 on 4 cores"),
    ],
)
def test_what_ails_a_board(files: dict[str, str], topic: str, health: Health, sentence: str) -> None:
    found = [each for each in seen(**files) if each[0] == topic]
    assert [each[1] for each in found] == [health]
    assert sentence in found[0][2]


def test_a_python_of_another_word_size_than_the_machine() -> None:
    narrow = dataclasses.replace(WORKING, machine="armv7l")
    files = {"cpuinfo": "CPU implementer : 0x41", "kernel_arch": "aarch64"}
    assert ("python", NOTE, "it is built for armv7l, and the machine is aarch64") in seen(pythons=narrow, **files)
    emulated = dataclasses.replace(WORKING, machine="x86_64")
    (said,) = (sentence for _, health, sentence in seen(pythons=emulated, **files) if health is NOTE)
    assert said.endswith(": it is emulated, so that counts and results hold, and seconds do not")
    assert all(health is not NOTE for _, health, _ in seen(pythons=dataclasses.replace(WORKING, machine="aarch64")))


def test_boards_are_recognized_or_the_nearest_is_named() -> None:
    def board(name: str | None, core: str = "Cortex-A72", machine: str = "aarch64", memory: int = 1 << 30) -> Identity:
        return Identity(machine, name, core, 4, memory)

    for name, profile in (
        (PI4, "rpi4"),
        ("Raspberry Pi 5 Model B Rev 1.0", "rpi5"),
        ("Raspberry Pi Zero 2 W Rev 1.0", "rpi-zero2w"),
    ):
        assert recognize(board(name)) == profile_named(profile)
    assert recognize(board("Some Other Board")) is None
    assert recognize(board(None)) is None
    assert nearest_profile(board("Some Board", "Cortex-A76", memory=8 << 30)) in {
        profile_named("rpi5"),
        profile_named("orangepi5"),
    }
    assert nearest_profile(board("Some Board", "Cortex-A53", memory=1 << 29)) == profile_named("rpi-zero2w")
    assert nearest_profile(board(None, machine="riscv64")) is None
    assert recognize(Identity("x86_64", None, "Intel(R) N100")) == profile_named("n100")
    assert recognize(Identity("x86_64", None, "AMD EPYC")) == profile_named("x86-64")


def test_the_order_of_interpreters_is_the_agents() -> None:
    from edgekit.agent import runtimes

    assert [package for _, package in runtimes._RUNTIMES] == list(RUNTIMES)
