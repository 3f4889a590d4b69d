"""Probing: networks that are what they say, costs that follow from times, and a real probe of this machine."""

from __future__ import annotations

import dataclasses
import json
import math
import platform
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from edgekit.cli.probe import show_probe
from edgekit.errors import DeviceError, UsageError
from edgekit.inspection import inspect
from edgekit.prediction import KernelKind, Probe, WorkKind, load_probe, predict, work_of
from edgekit.prediction.probes import ProbeFit
from edgekit.probing import probe
from edgekit.probing.costs_found import fitted_costs, found_fit, milliseconds
from edgekit.probing.networks import NETWORKS, probe_networks
from edgekit.profiles import DeviceProfile, Fact, Identity, Match, profile_named

VWW = Path("mlperf_tiny", "vww_mobilenet_int8.tflite")
VWW_FLOAT = Path("mlperf_tiny", "vww_mobilenet_float32.tflite")
PI4 = Identity("aarch64", "Raspberry Pi 4 Model B Rev 1.4", "Cortex-A72", 4, 2**30)


def costs(scale: float) -> dict[WorkKind, float]:
    return {kind: scale for kind in WorkKind if kind is not WorkKind.RECURRENT}


def made_probe(**changes: object) -> Probe:
    found = Probe(
        profile="rpi4",
        device="ssh://pi@board",
        identity=PI4,
        clocks_mhz=(1500.0,) * 4,
        runtime="ai-edge-litert 2.3.0",
        date="2026-11-25",
        taints=(),
        seen={kind: (1.0, 1e9) for kind in WorkKind if kind is not WorkKind.RECURRENT},
        fits=tuple(
            ProbeFit(kind, threads, costs(1e-6 / threads), (0.01, -0.02, 0.03) * 3)
            for kind in (KernelKind.FLOAT32, KernelKind.INT8)
            for threads in (1, 4)
        ),
    )
    return dataclasses.replace(found, **changes)  # type: ignore[arg-type]


def test_networks_are_small_runnable_and_of_every_kind_of_work(tmp_path: Path) -> None:
    kinds: dict[KernelKind, set[WorkKind]] = {}
    for name, content in probe_networks():
        path = tmp_path / "probe.tflite"
        path.write_bytes(content)
        facts = inspect(path)
        assert facts.runs_on_cpu
        assert facts.precision == name.split()[-1]
        assert len(content) < 8 << 20
        work = work_of(facts)
        assert work.uncovered == {}
        ((kind, amounts),) = work.totals().items()
        kinds.setdefault(kind, set()).update(amounts)
    assert kinds == dict.fromkeys((KernelKind.FLOAT32, KernelKind.INT8), set(WorkKind) - {WorkKind.RECURRENT})
    assert len(NETWORKS) == 16
    assert dict(probe_networks()) == dict(probe_networks())


def test_costs_follow_from_times() -> None:
    random = np.random.default_rng(3)
    true = {kind: 10.0 ** -random.integers(4, 8) for kind in (WorkKind.POINTWISE, WorkKind.MOVED, WorkKind.OPERATORS)}
    works = [{kind: float(random.integers(1, 10**6)) for kind in true} for _ in range(8)]
    times = [milliseconds(true, work) for work in works]
    assert fitted_costs(works, times) == pytest.approx(true, rel=1e-6)
    fit = found_fit(KernelKind.FLOAT32, 1, [{1: work} for work in works], times)
    assert fit.errors == pytest.approx([0.0] * 8, abs=1e-6)
    # A cost is never negative, whatever was measured.
    assert min(fitted_costs(works, list(reversed(times))).values()) >= 0


def test_vectors_that_are_not_full_are_found() -> None:
    """Times follow from products counted in vectors of 16 channels."""
    random = np.random.default_rng(4)
    works = []
    for channels in (3, 8, 16, 20, 24, 40, 64, 100):
        macs = float(random.integers(10**5, 10**6))
        full = {lanes: macs * (-(-channels // lanes) * lanes / channels) for lanes in (1, 4, 16, 32)}
        works.append({lanes: {WorkKind.POINTWISE: amount} for lanes, amount in full.items()})
    fit = found_fit(KernelKind.INT8, 1, works, [work[16][WorkKind.POINTWISE] * 1e-6 for work in works])
    assert fit.lanes == 16
    assert fit.costs == pytest.approx({WorkKind.POINTWISE: 1e-6})


def test_an_error_is_of_a_choice_that_had_not_seen_the_network() -> None:
    """Where a network takes longer, the others' prediction of it stays, and so do the lanes that it is made with."""
    random = np.random.default_rng(5)
    works = [{lanes: {WorkKind.POINTWISE: float(random.integers(1, 9))} for lanes in (1, 4, 16)} for _ in range(6)]
    times = [float(random.integers(1, 9)) for _ in works]
    before = found_fit(KernelKind.INT8, 1, works, times).errors
    for index in range(len(works)):
        for factor in (0.25, 0.5, 2.0, 4.0):
            longer = [time * factor if number == index else time for number, time in enumerate(times)]
            after = found_fit(KernelKind.INT8, 1, works, longer).errors[index]
            assert after == pytest.approx(before[index] - math.log(factor))


def test_a_network_that_is_predicted_as_nothing_is_the_worst_miss() -> None:
    works = [{1: {WorkKind.POINTWISE: amount}} for amount in (1.0, 2.0, 3.0)] + [{1: {WorkKind.DENSE: 1.0}}]
    fit = found_fit(KernelKind.INT8, 1, works, [1.0, 2.0, 3.0, 1.0])
    assert fit.errors == pytest.approx((0.0, 0.0, 0.0, -math.log(100)))


def test_what_is_said_of_few_networks_and_of_enough(capsys: pytest.CaptureFixture[str]) -> None:
    show_probe(made_probe(), Path("mine.json"))
    assert "int8, 1 thread: nine of ten networks within 3% of what the others tell\n" in capsys.readouterr().out
    few = tuple(dataclasses.replace(fit, errors=fit.errors[:3]) for fit in made_probe().fits)
    show_probe(made_probe(fits=few), Path("mine.json"))
    told = " ".join(capsys.readouterr().out.split())
    assert "int8, 4 threads: 3 of 3 networks within 3% of what the others tell, too few: 5% is taken" in told
    far = tuple(dataclasses.replace(fit, errors=(0.0, math.log(9.0))) for fit in made_probe().fits)
    show_probe(made_probe(fits=far), Path("mine.json"))
    told = " ".join(capsys.readouterr().out.split())
    assert "2 of 2 networks within a factor of 9 of what the others tell, too few: a factor of 93 is taken" in told


def test_a_probe_makes_predictions_narrower_and_says_so(shared_data: Path, tmp_path: Path) -> None:
    path = tmp_path / "rpi4.json"
    made_probe().save(path)
    before = predict(shared_data / VWW, "rpi4")
    after = predict(shared_data / VWW, "rpi4", probe=path)
    work = work_of(inspect(shared_data / VWW)).totals()[KernelKind.INT8]
    assert after.median_ms == pytest.approx(sum(work.values()) * 1e-6 / 4)
    assert after.spread == pytest.approx(0.03)
    assert after.spread < before.spread
    assert after.runtime == "ai-edge-litert 2.3.0"
    assert after.basis.fitted_on == (
        "9 probe networks measured on ssh://pi@board on 2026-11-25 with ai-edge-litert 2.3.0",
    )
    assert predict(shared_data / VWW, "rpi4", probe=path, threads=1).median_ms == pytest.approx(4 * after.median_ms)


def test_what_was_probed_last_is_found_again(shared_data: Path) -> None:
    from edgekit.prediction import probe_path

    made_probe().save(probe_path("rpi4"))
    assert predict(shared_data / VWW, "rpi4").runtime == "ai-edge-litert 2.3.0"
    assert predict(shared_data / VWW, "rpi4", use_stored=False).runtime is None
    assert predict(shared_data / VWW, "rpi4", runtime="tflite-runtime 2.14.0").runtime is None
    assert predict(shared_data / VWW, "rpi4", mode="1.8GHz-64bit").runtime is None
    assert predict(shared_data / VWW, "rpi4", threads=2).runtime is None
    assert predict(shared_data / VWW, "rpi5").runtime is None


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"profile": "rpi5"}, "the probe is of another board: of rpi5, not of rpi4"),
        (
            {"identity": dataclasses.replace(PI4, board="Raspberry Pi 5 Model B Rev 1.0")},
            "the probe is of another board: it was seen on a machine that says it is 'Raspberry Pi 5 Model B Rev 1.0'",
        ),
        ({"runtime": "tflite-runtime 2.14.0"}, "the probe is of another runtime: tflite-runtime 2.14.0, not ai-edge"),
    ],
)
def test_a_probe_of_something_else_is_refused(shared_data: Path, changes: dict[str, object], sentence: str) -> None:
    with pytest.raises(UsageError) as raised:
        predict(shared_data / VWW, "rpi4", probe=made_probe(**changes), runtime="ai-edge-litert 2.3.0")
    assert raised.value.message.startswith(sentence)


def test_a_number_of_threads_that_was_not_probed(shared_data: Path) -> None:
    with pytest.raises(UsageError, match="threads is 2, but the board was probed with 1 and 4"):
        predict(shared_data / VWW, "rpi4", probe=made_probe(), threads=2)


def test_a_tainted_probe_says_so(shared_data: Path) -> None:
    prediction = predict(shared_data / VWW, "rpi4", probe=made_probe(taints=("another program ran",)))
    assert prediction.basis.distance == ("the probe was tainted: another program ran",)


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("edgekit.probe/1", "edgekit.probe/9", "its schema is 'edgekit.probe/9', not 'edgekit.probe/1'"),
        ('"threads": 1', '"threads": 0', "must be a whole number of 1 or more"),
        ('"pointwise": 1e-06', '"pointwise": -1', "costs.pointwise is -1, but must be a number of 0 or more"),
        ('"runtime"', '"runtim"', "probe has no 'runtime'"),
        ("{", "", "cannot be read"),
    ],
)
def test_a_damaged_probe_file_names_itself(tmp_path: Path, old: str, new: str, sentence: str) -> None:
    path = tmp_path / "probe.json"
    text = json.dumps(made_probe().to_document())
    assert old in text
    path.write_text(text.replace(old, new, 1))
    with pytest.raises(UsageError) as raised:
        load_probe(path)
    assert raised.value.message.startswith(f"probe file {path}")
    assert sentence in raised.value.message


def test_a_probe_is_read_as_it_was_written(tmp_path: Path) -> None:
    made_probe().save(tmp_path / "deep" / "probe.json")
    assert load_probe(tmp_path / "deep" / "probe.json") == made_probe()
    with pytest.raises(UsageError, match=r"gone\.json does not exist"):
        load_probe(tmp_path / "gone.json")


def test_nothing_is_probed_for_no_time_or_no_threads() -> None:
    with pytest.raises(UsageError, match="seconds is 0, but must be more than zero"):
        probe("local", seconds=0)
    with pytest.raises(UsageError, match="threads is empty"):
        probe("local", threads=())


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


def test_an_emulated_board_has_no_seconds(monkeypatch: pytest.MonkeyPatch) -> None:
    from edgekit.runner import benchmark as really

    def emulated(*arguments: object, **options: object) -> object:
        seen = really(*arguments, **options)  # type: ignore[arg-type]
        runs = [
            dataclasses.replace(run, environment=dataclasses.replace(run.environment, emulated=True))
            for run in seen.runs
        ]
        return dataclasses.replace(seen, runs=tuple(runs))

    monkeypatch.setattr("edgekit.probing.probe_board.benchmark", emulated)
    with pytest.raises(DeviceError, match="local is emulated: its seconds say nothing of a board"):
        probe("local", threads=(1,), seconds=0.1)


def test_a_busy_machine_taints_a_probe(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, mine: DeviceProfile) -> None:
    from edgekit.runner import benchmark as really

    def busy(*arguments: object, **options: object) -> object:
        seen = really(*arguments, **options)  # type: ignore[arg-type]
        runs = [
            dataclasses.replace(
                run, taints=(), environment=dataclasses.replace(run.environment, load_average=77.0, cores=2)
            )
            for run in seen.runs
        ]
        return dataclasses.replace(seen, runs=tuple(runs))

    monkeypatch.setattr("edgekit.probing.networks.NETWORKS", {"dense 128": NETWORKS["dense 128"]})
    monkeypatch.setattr("edgekit.probing.probe_board.benchmark", busy)
    with pytest.raises(DeviceError, match="other programs ran: the load average was 77.0 on 2 cores"):
        probe("local", profile=mine, threads=(1,), seconds=0.1, output=tmp_path / "mine.json")


def test_a_tainted_probe_is_not_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, mine: DeviceProfile) -> None:
    from edgekit.runner import benchmark as really

    some = {name: NETWORKS[name] for name in ("dense 128",)}
    monkeypatch.setattr("edgekit.probing.networks.NETWORKS", some)

    def tainted(*arguments: object, **options: object) -> object:
        seen = really(*arguments, **options)  # type: ignore[arg-type]
        return dataclasses.replace(
            seen, runs=tuple(dataclasses.replace(run, taints=("the processor got hot",)) for run in seen.runs)
        )

    monkeypatch.setattr("edgekit.probing.probe_board.benchmark", tainted)
    with pytest.raises(
        DeviceError, match="the probe of local was tainted, so nothing was kept: .*the processor got hot"
    ):
        probe("local", profile=mine, threads=(1,), seconds=0.1, output=tmp_path / "mine.json")
    assert not (tmp_path / "mine.json").exists()


def test_one_busy_program_taints_a_probe(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, mine: DeviceProfile) -> None:
    """Windows of a minute's share of all networks are too short to see the load of others."""
    monkeypatch.setattr("edgekit.probing.networks.NETWORKS", {"mixed 64": NETWORKS["mixed 64"]})
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
    few = {name: NETWORKS[name] for name in ("dense 128", "elementwise 8x8x64")}
    monkeypatch.setattr("edgekit.probing.networks.NETWORKS", few)
    found = probe("local", threads=(1,), seconds=0.1, accept_tainted=True, output=tmp_path / "mine.json")
    assert {fit.arithmetic for fit in found.fits} == {KernelKind.FLOAT32, KernelKind.INT8_DOT}


def test_what_cannot_be_kept_is_refused_before_it_is_measured(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, mine: DeviceProfile
) -> None:
    from edgekit.runner import benchmark as really

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

    few = {name: NETWORKS[name] for name in ("dense 128", "elementwise 8x8x64")}
    monkeypatch.setattr("edgekit.probing.networks.NETWORKS", few)
    monkeypatch.setattr("edgekit.probing.probe_board.benchmark", counted)
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
