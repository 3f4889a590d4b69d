"""Probing: a real probe of this machine, and which are not kept."""

from __future__ import annotations

import dataclasses
import platform
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from edgekit.errors import DeviceError, UsageError
from edgekit.prediction import KernelKind, load_probe, predict
from edgekit.probing import probe
from edgekit.probing.networks import CHAINS, probe_networks
from edgekit.profiles import DeviceProfile, Fact, Match, profile_named
from edgekit.runner import Series

VWW_FLOAT = Path("mlperf_tiny", "vww_mobilenet_float32.tflite")


def test_nothing_is_probed_for_no_time_or_no_threads() -> None:
    with pytest.raises(UsageError, match="seconds is 0, but must be more than zero"):
        probe("local", seconds=0)
    with pytest.raises(UsageError, match="threads is empty"):
        probe("local", threads=())
    with pytest.raises(UsageError, match="threads is 0, but must be a whole number from 1"):
        probe("local", threads=(0,))


@pytest.fixture
def mine() -> DeviceProfile:
    """A profile of this machine, of whatever kind it is."""
    told = Fact((platform.machine(),), "this test")
    return dataclasses.replace(profile_named("x86-64"), name="mine", match=Match(machine=told))


def test_this_machine_is_probed(shared_data: Path, tmp_path: Path, mine: DeviceProfile) -> None:
    """The figures are this machine's, and are not held against anything."""
    place = tmp_path / "mine.json"
    found = probe("local", profile=mine, threads=(1,), seconds=0.1, quick=True, accept_tainted=True, output=place)
    assert load_probe(tmp_path / "mine.json") == found
    assert {(fit.arithmetic in (KernelKind.INT8, KernelKind.INT8_DOT), fit.threads) for fit in found.fits} == {
        (False, 1),
        (True, 1),
    }
    assert found.runtime.startswith("ai-edge-litert ")
    assert found.profile == "mine"
    prediction = predict(shared_data / VWW_FLOAT, mine, probe=found, threads=1)
    assert prediction.median_ms > 0


def changed(monkeypatch: pytest.MonkeyPatch, change: Callable[[Series], Series]) -> None:
    """Let every series of the probe be measured, and then be told otherwise."""
    from edgekit.runner import time_series as really

    def told(*arguments: object, **options: object) -> Series:
        return change(really(*arguments, **options))  # type: ignore[arg-type]

    monkeypatch.setattr("edgekit.probing.probe_board.time_series", told)


def only(monkeypatch: pytest.MonkeyPatch, *names: str) -> None:
    monkeypatch.setattr("edgekit.probing.networks.CHAINS", {name: CHAINS[name] for name in names})
    monkeypatch.setattr("edgekit.probing.networks.WHOLE", {})


def test_an_emulated_board_has_no_seconds(monkeypatch: pytest.MonkeyPatch) -> None:
    changed(
        monkeypatch,
        lambda seen: dataclasses.replace(seen, environment=dataclasses.replace(seen.environment, emulated=True)),
    )
    with pytest.raises(DeviceError, match="local is emulated: its seconds say nothing of a board"):
        probe("local", threads=(1,), seconds=0.1)


def test_a_busy_machine_taints_a_probe(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, mine: DeviceProfile) -> None:
    def busy(seen: Series) -> Series:
        return dataclasses.replace(
            seen, taints=(), environment=dataclasses.replace(seen.environment, load_average=77.0, cores=2)
        )

    only(monkeypatch, "dense 128")
    changed(monkeypatch, busy)
    with pytest.raises(DeviceError, match="other programs ran: the load average was 77.0 on 2 cores"):
        probe("local", profile=mine, threads=(1,), seconds=0.1, output=tmp_path / "mine.json")
    # Whatever is accepted: the board cannot run so many at once.
    with pytest.raises(UsageError, match="threads is 3, but local has 2 cores: more threads than cores only wait"):
        probe("local", profile=mine, threads=(1, 3), accept_tainted=True, output=tmp_path / "mine.json")


def test_a_tainted_probe_is_not_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, mine: DeviceProfile) -> None:
    only(monkeypatch, "dense 128")
    changed(monkeypatch, lambda seen: dataclasses.replace(seen, taints=("the processor got hot",)))
    with pytest.raises(
        DeviceError, match="the probe of local was tainted, so nothing was kept: .*the processor got hot"
    ):
        probe("local", profile=mine, threads=(1,), seconds=0.1, output=tmp_path / "mine.json")
    assert not (tmp_path / "mine.json").exists()


def test_a_tainted_round_is_left_out_where_another_was_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, mine: DeviceProfile
) -> None:
    told: list[Series] = []

    def hot_at_first(seen: Series) -> Series:
        environment = dataclasses.replace(seen.environment, load_average=0.0)
        # The first series is but a few networks, to see what board it is.
        hot = len(told) == 1
        slower = {name: time_ms * (100 if hot else 1) for name, time_ms in seen.median_ms.items()}
        taints = ("the processor got hot",) if hot else ()
        told.append(dataclasses.replace(seen, environment=environment, median_ms=slower, taints=taints))
        return told[-1]

    only(monkeypatch, "dense 128", "added 4x20")
    changed(monkeypatch, hot_at_first)
    found = probe("local", profile=mine, threads=(1,), seconds=20.0, output=tmp_path / "mine.json")
    assert len(told) == 5
    assert found.taints == ()
    assert found.fits[0].costs.called_ms < min(told[1].median_ms.values())


def test_one_busy_program_taints_a_probe(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, mine: DeviceProfile) -> None:
    """Windows of a minute's share of all networks are too short to see the load of others."""
    only(monkeypatch, *list(CHAINS)[:12])
    busy = subprocess.Popen([sys.executable, "-c", "while True: pass"])
    try:
        with pytest.raises(DeviceError, match=r"other processes took \d\.\d+ cores"):
            probe("local", profile=mine, threads=(1,), seconds=0.1, output=tmp_path / "mine.json")
    finally:
        busy.kill()
        busy.wait()


def test_a_probe_counts_products_as_predictions_of_its_board_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, mine: DeviceProfile
) -> None:
    """What the board can is known where it was recognized, also where the threads were told."""
    dot = dataclasses.replace(mine.facts, int8_dot_product=Fact(True, "this test"))
    monkeypatch.setattr("edgekit.probing.probe_board.recognize", lambda _: dataclasses.replace(mine, facts=dot))
    only(monkeypatch, "dense 128", "added 4x20")
    # And one that its runtime refuses is left out, and named, also where it is the first one.
    torn = {"torn int8": b"TFL3 and nothing else", **dict(probe_networks())}
    monkeypatch.setattr("edgekit.probing.probe_board.probe_networks", lambda **_: torn)
    told: list[str] = []
    found = probe(
        "local",
        threads=(1,),
        seconds=0.1,
        accept_tainted=True,
        output=tmp_path / "mine.json",
        progress=lambda step: told.append(step.stage),
    )
    assert {fit.arithmetic for fit in found.fits} == {KernelKind.FLOAT32, KernelKind.INT8_DOT}
    (warning,) = (each for each in told if each.startswith("warning: "))
    assert f"1 of {len(torn)} networks are left out, as the runtime there refuses them: torn int8" in warning


def test_what_cannot_be_kept_is_refused_before_it_is_measured(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, mine: DeviceProfile
) -> None:
    from edgekit.runner import time_series as really

    measured: list[object] = []
    seen: list[object] = []

    def counted(*arguments: object, **options: object) -> object:
        measured.append(arguments)
        if not seen:
            seen.append(really(*arguments, **options))  # type: ignore[arg-type]
        return seen[0]

    def measured_before_refused(**choices: object) -> int:
        measured.clear()
        with pytest.raises(UsageError):
            probe("local", threads=(1,), accept_tainted=True, **choices)  # type: ignore[arg-type]
        return len(measured)

    only(monkeypatch, "dense 128", "added 4x20")
    monkeypatch.setattr("edgekit.probing.probe_board.time_series", counted)
    (tmp_path / "file").touch()
    assert measured_before_refused(profile=mine, output=tmp_path / "file" / "mine.json") == 0
    assert measured_before_refused(profile="stm32f746") == 0
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "file"))
    assert measured_before_refused(profile=mine) == 0
    # What only the board tells is told after one network.
    monkeypatch.setattr("edgekit.probing.probe_board.recognize", lambda _: None)
    assert measured_before_refused() == 1
    monkeypatch.setattr("edgekit.probing.probe_board.recognize", lambda _: mine)
    assert measured_before_refused() == 1
    assert measured_before_refused(profile="rpi4", output=tmp_path / "mine.json") == 1
    assert not (tmp_path / "mine.json").exists()
