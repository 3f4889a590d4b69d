"""What goes on around a run: read from a board's own files, never guessed, and enough to taint it."""

from __future__ import annotations

import dataclasses
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from edgekit.agent import conditions as watching
from edgekit.metrics import Budget, Verdict
from edgekit.runner import benchmark
from edgekit.runner.looks import read_conditions, read_look, read_point
from edgekit.runs import Conditions, RunResult, Snapshot, taints_of
from edgekit.verdicts.runs import Group

Board = Callable[..., Path]


@pytest.fixture
def board(tmp_path: Path) -> Board:
    """Return a function that writes a board's files below a root of its own; None: all that a Raspberry Pi has."""

    def make(files: dict[str, str]) -> Path:
        root = tmp_path / "root"
        root.mkdir(exist_ok=True)
        for name, text in files.items():
            place = root / name.lstrip("/")
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_text(text)
        return root

    return make


PI = {
    "/sys/class/thermal/thermal_zone0/temp": "48500\n",
    "/sys/class/thermal/thermal_zone1/temp": "61250\n",
    **{f"/sys/devices/system/cpu/cpu{core}/cpufreq/scaling_cur_freq": f"{600 + core}000\n" for core in range(11)},
    **{f"/sys/devices/system/cpu/cpu{core}/cpufreq/scaling_governor": "ondemand\n" for core in range(11)},
    "/sys/devices/platform/soc/soc:firmware/get_throttled": "50000\n",
    "/sys/class/thermal/cooling_device0/type": "pwm-fan\n",
    "/sys/class/thermal/cooling_device0/cur_state": "4\n",
    "/sys/class/thermal/cooling_device1/type": "thermal-cpufreq-0\n",
    "/sys/class/thermal/cooling_device1/cur_state": "0\n",
    "/proc/stat": "cpu  1000 0 500 9000 50 10 20 0 0 0\ncpu0 1 2 3\n",
    "/proc/pressure/memory": "some avg10=0.00 avg60=0.00 avg300=0.00 total=1000\nfull avg10=0.00 total=0\n",
    "/proc/77/stat": "77 (str (ange) S 1 77 77 0 -1 0 0 0 0 0 100 50 0 0 20 0 1 0 5 0 0\n",
}


@pytest.fixture
def watch(board: Board, monkeypatch: pytest.MonkeyPatch) -> Callable[[dict[str, str]], watching.Watch]:
    def make(files: dict[str, str]) -> watching.Watch:
        monkeypatch.setattr(watching, "ROOT", str(board(files)))
        return watching.Watch()

    return make


def test_a_look_has_what_the_boards_files_say(watch: Any) -> None:
    look = read_look(watch(PI).look("before"))
    assert (look.phase, look.temperature_c, look.governor) == ("before", 61.25, "ondemand")
    # By number, so that core 10 comes last.
    assert look.clocks_mhz == tuple(600.0 + core for core in range(11))
    assert look.throttle_flags == 0x50000
    # The fan that turns holds nothing back.
    assert look.cooling_steps == 0
    assert look.throttle_count is None


def test_what_others_do_is_counted(watch: Any, board: Board) -> None:
    seen = watch(PI)
    seen.look("before")
    seen.begin()
    board(
        {
            "/proc/stat": "cpu  1300 20 500 9000 950 10 20 30 0 0\n",
            "/proc/pressure/memory": "some avg10=0.00 avg60=0.00 avg300=0.00 total=251000\n",
            "/proc/77/stat": "77 (str (ange) S 1 77 77 0 -1 0 0 0 0 0 300 150 0 0 20 0 1 0 5 0 0\n",
            "/proc/78/stat": "78 (late) S 1 77 77 0 -1 0 0 0 0 0 20 0 0 0 20 0 1 0 5 0 0\n",
        }
    )
    counted = seen.end()
    seen.look("after")
    tick = 1 / os.sysconf("SC_CLK_TCK")
    # 300 user, 20 nice and 30 stolen ticks; waiting for a disk is no load. This process took some of it itself.
    assert 350 * tick - 2.0 < counted["others_s"] <= 350 * tick
    conditions = read_conditions({"looks": seen.looks, **counted, "timed_s": 10.0})
    assert conditions.others_cores == pytest.approx(counted["others_s"] / 10)
    assert (conditions.busiest, conditions.busiest_cores) == ("str (ange", pytest.approx(300 * tick / 10))
    assert conditions.memory_stall_share == pytest.approx(0.025)
    assert conditions.unknown == ()
    assert taints_of(conditions) == (
        f"other processes took {conditions.others_cores:.2f} cores, of which 'str (ange' 0.30",
    )


def test_what_is_not_told_is_unknown_and_never_fine(watch: Any) -> None:
    seen = watch({})
    seen.look("before")
    seen.begin()
    counted = seen.end()
    seen.look("after")
    conditions = read_conditions({"looks": seen.looks, **counted})
    nouns = ("temperature", "clock", "governor", "throttling", "load of others", "memory pressure")
    assert conditions.unknown == nouns
    look = conditions.after
    assert (look.temperature_c, look.clocks_mhz, look.throttle_flags, look.cooling_steps) == (None, (), None, None)
    assert (conditions.others_cores, conditions.busiest, conditions.memory_stall_share) == (None, None, None)


def test_too_short_a_time_says_nothing_of_others(watch: Any) -> None:
    seen = watch(PI)
    seen.look("before")
    seen.begin()
    conditions = read_conditions({"looks": [*seen.looks, *seen.looks], **seen.end()})
    assert conditions.others_cores is None
    (told,) = conditions.unknown
    assert re.fullmatch(r"load of others \([\d.e-]+ s are too short to tell, 0\.3 s would do\)", told)


def around(*during: Snapshot, before: Snapshot, others: float | None = 0.1) -> Conditions:
    after = dataclasses.replace(before, phase="after")
    return Conditions((before, *during, after), 1.0, others, "stress", others, 0, 0, 0.0)


FLAGS = "(the board's own flags)"
CALM = Snapshot(0.0, "before", 50.0, (600.0, 600.0), "ondemand", 0x40000, 3, 0)
BUSY = dataclasses.replace(CALM, phase="steady", clocks_mhz=(1800.0, 600.0))


@pytest.mark.parametrize(
    ("during", "clauses"),
    [
        # The clock before is low because the board was idle, and the throttling of the past is past.
        ((BUSY, BUSY), ()),
        # Which core works may change.
        ((BUSY, dataclasses.replace(BUSY, clocks_mhz=(600.0, 1790.0))), ()),
        ((BUSY, dataclasses.replace(BUSY, clocks_mhz=(1500.0, 600.0))), ("the clock was between 1500 and 1800 MHz",)),
        ((BUSY, dataclasses.replace(BUSY, throttle_flags=0x40004)), ("it is throttled (the board's own flags)",)),
        ((dataclasses.replace(BUSY, throttle_flags=0x50000),), (f"the supply voltage is too low {FLAGS}",)),
        ((dataclasses.replace(BUSY, throttle_count=5),), ("the processor throttled 2 times for heat",)),
        ((dataclasses.replace(BUSY, cooling_steps=2),), ("the kernel held the processor back for heat",)),
        ((dataclasses.replace(BUSY, thermal_status="none"),), ()),
        (
            (dataclasses.replace(BUSY, thermal_status="severe"), dataclasses.replace(BUSY, thermal_status="light")),
            ("the phone's thermal status was severe while it ran",),
        ),
    ],
)  # fmt: skip
def test_what_taints(during: tuple[Snapshot, ...], clauses: tuple[str, ...]) -> None:
    assert taints_of(around(*during, before=CALM)) == clauses


def test_the_load_of_others_taints_above_a_quarter_of_a_core() -> None:
    assert taints_of(around(BUSY, before=CALM, others=0.25)) == ()
    assert taints_of(around(BUSY, before=CALM, others=None)) == ()
    assert taints_of(around(BUSY, before=CALM, others=0.3)) == (
        "other processes took 0.30 cores, of which 'stress' 0.30",
    )


def test_windows_of_a_long_run_say_whether_it_was_throttled(watch: Any, board: Board) -> None:
    seen = watch(PI)

    def point(before: Snapshot | None = None) -> bool | None:
        window = {"at_s": 1.0, "count": 5, "median_ns": 2e6, "max_ns": 3e6, "look": seen.look("sustained")}
        return read_point(window, before).throttled

    assert point() is False
    board({"/sys/devices/platform/soc/soc:firmware/get_throttled": "50004"})
    assert point() is True
    assert point(CALM) is True


def test_a_throttled_board_taints_every_attempt(
    board: Board, shared_data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = {**PI, "/sys/devices/platform/soc/soc:firmware/get_throttled": "0x4"}
    monkeypatch.setenv("EDGEKIT_SYSTEM_ROOT", str(board(files)))
    told: list[str] = []
    run = benchmark(
        shared_data / "mlperf_tiny" / "kws_dscnn_int8.tflite",
        runs=40, min_seconds=0, retries=1, progress=lambda step: told.append(step.stage),
    ).best  # fmt: skip
    assert run.taints == ("it is throttled (the board's own flags)",)
    (first,) = run.discarded
    assert first.taints == run.taints
    assert first.p50_ms > 0
    assert "measuring on local again, as the run was tainted (1 of 1)" in told
    assert run.conditions is not None
    assert [each.phase for each in run.conditions.snapshots] == ["before", "steady", "after"]
    # Whatever the limit is.
    limits = Budget(latency_p90_ms=1e9)
    assert limits.latency_p90_ms is not None
    assert Group(1, (run,)).latency_verdict(limits.latency_p90_ms) is Verdict.UNKNOWN


@pytest.fixture
def busy_process() -> Iterator[None]:
    process = subprocess.Popen([sys.executable, "-c", "while True: pass"])
    yield
    process.kill()
    process.wait()


@pytest.mark.usefixtures("busy_process")
def test_a_real_busy_process_taints(shared_data: Path) -> None:
    model = shared_data / "mlperf_tiny" / "kws_dscnn_int8.tflite"
    run: RunResult = benchmark(model, min_seconds=0.6, retries=0).best
    assert run.conditions is not None
    # On one core that they share it takes half; on a busy machine others take the rest.
    assert run.conditions.others_cores is not None
    assert run.conditions.others_cores > 0.25
    assert any(taint.startswith("other processes took") for taint in run.taints)
    assert run.discarded == ()
