"""Probing: networks that are what they say, costs that follow from times, and a real probe of this machine."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import numpy as np
import pytest

from edgekit.errors import DeviceError, UsageError
from edgekit.inspection import inspect
from edgekit.prediction import KernelKind, Probe, WorkKind, load_probe, predict, work_of
from edgekit.prediction.probes import ProbeFit
from edgekit.probing import probe
from edgekit.probing.costs_found import fitted_costs, found_fit, milliseconds
from edgekit.probing.networks import NETWORKS, probe_networks
from edgekit.profiles import Identity, profile_named

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


def test_this_machine_is_probed(shared_data: Path, tmp_path: Path) -> None:
    """The figures are this machine's, and are not held against anything."""
    found = probe("local", threads=(1,), seconds=0.1, quick=True, accept_tainted=True, output=tmp_path / "mine.json")
    assert load_probe(tmp_path / "mine.json") == found
    assert {(fit.arithmetic in (KernelKind.INT8, KernelKind.INT8_DOT), fit.threads) for fit in found.fits} == {
        (False, 1),
        (True, 1),
    }
    assert found.runtime.startswith("ai-edge-litert ")
    prediction = predict(shared_data / VWW_FLOAT, profile_named(found.profile), probe=found, threads=1)
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


def test_a_busy_machine_taints_a_probe(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
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
        probe("local", threads=(1,), seconds=0.1, output=tmp_path / "mine.json")


def test_a_tainted_probe_is_not_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
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
        probe("local", threads=(1,), seconds=0.1, output=tmp_path / "mine.json")
    assert not (tmp_path / "mine.json").exists()
