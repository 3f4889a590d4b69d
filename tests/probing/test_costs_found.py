"""Costs that follow from times, and what a probe says and is good for that holds them."""

from __future__ import annotations

import dataclasses
import json
import math
from pathlib import Path

import numpy as np
import pytest

from edgekit.cli.probe import show_probe
from edgekit.errors import UsageError
from edgekit.inspection import inspect
from edgekit.prediction import KernelKind, OpGroup, OpWork, Probe, WorkKind, load_probe, predict, work_of
from edgekit.prediction.op_costs import GroupCosts, OpCosts, Tile, counted, parts
from edgekit.prediction.probes import ProbeFit
from edgekit.probing.costs_found import TimedNetwork, error_of, fitted_costs, found_fits, milliseconds
from edgekit.profiles import Identity, profile_named

VWW = Path("mlperf_tiny", "vww_mobilenet_int8.tflite")
PI4 = Identity("aarch64", "Raspberry Pi 4 Model B Rev 1.4", "Cortex-A72", 4, 2**30)


def alike(scale: float, *, threads: int = 1, **changes: float) -> OpCosts:
    """Costs by which a unit of any work takes the same in all groups of operators that are probed."""
    unprobed = (OpGroup.RECURRENT, OpGroup.RENAMED, OpGroup.OTHER)
    each = GroupCosts(dict.fromkeys(WorkKind, scale))
    return OpCosts({group: each for group in OpGroup if group not in unprobed}, threads, **changes)


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
            ProbeFit(kind, alike(1e-6 / threads, threads=threads), (0.01, -0.02, 0.03) * 3, 9)
            for kind in (KernelKind.FLOAT32, KernelKind.INT8)
            for threads in (1, 4)
        ),
    )
    return dataclasses.replace(found, **changes)  # type: ignore[arg-type]


def op_of(group: OpGroup, kind: WorkKind, amount: float, *, channels: int = 0, **changes: object) -> OpWork:
    """An operator of ``amount`` work, called once."""
    amounts = {WorkKind.OPERATORS: 1.0, kind: amount}
    made = OpWork(0, "X", "y", KernelKind.INT8, kind, amounts, covered=True, channels=channels, group=group)
    return dataclasses.replace(made, **changes)  # type: ignore[arg-type]


def timed(true: OpCosts, networks: list[tuple[OpWork, ...]], *, whole: int = 0) -> list[TimedNetwork]:
    return [TimedNetwork(ops, milliseconds(true, ops), place < whole) for place, ops in enumerate(networks)]


def found_fit(networks: list[TimedNetwork]) -> ProbeFit:
    (fit,) = found_fits({(KernelKind.INT8, 1): networks})
    return fit


def chains_and_whole(seed: int) -> list[tuple[OpWork, ...]]:
    """Networks of two groups, of which the first nine hold both."""
    random = np.random.default_rng(seed)

    def dense() -> OpWork:
        macs = float(random.integers(10**4, 10**7))
        return op_of(OpGroup.DENSE, WorkKind.DENSE, macs, weight_bytes=int(macs))

    def smooth() -> OpWork:
        return op_of(OpGroup.TANH, WorkKind.ELEMENTWISE, float(random.integers(10**2, 10**5)))

    mixed = [tuple([dense(), smooth()] * int(random.integers(1, 4))) for _ in range(9)]
    return mixed + [(dense(),) * 3 for _ in range(8)] + [(smooth(),) * 4 for _ in range(4)]


def test_costs_follow_from_times() -> None:
    true = OpCosts(
        {
            OpGroup.DENSE: GroupCosts({WorkKind.OPERATORS: 1e-3, WorkKind.DENSE: 2e-8}),
            OpGroup.TANH: GroupCosts({WorkKind.OPERATORS: 2e-4, WorkKind.ELEMENTWISE: 3e-7}),
        },
        called_ms=5e-4,
        far_dense_byte_ms=4e-8,
        cache_bytes=float(1 << 22),
    )
    fit = found_fit(timed(true, chains_and_whole(3), whole=9))
    assert fit.costs.cache_bytes == true.cache_bytes
    # Each of these networks is one part: of the two only their sum is seen.
    assert fit.costs.called_ms + fit.costs.part_ms == pytest.approx(true.called_ms, rel=1e-3)
    assert fit.costs.far_dense_byte_ms == pytest.approx(true.far_dense_byte_ms, rel=1e-3)
    for group, each in true.groups.items():
        assert fit.costs.groups[group].costs == pytest.approx(each.costs, rel=1e-3)
    assert fit.errors == pytest.approx([0.0] * 9, abs=1e-6)
    assert fit.networks == 21


def test_operators_that_are_left_to_the_runtime_cut_a_network_into_parts() -> None:
    taken, left = op_of(OpGroup.DENSE, WorkKind.DENSE, 1.0), op_of(OpGroup.COPIED, WorkKind.MOVED, 1.0, plain=True)
    for ops, count in (((taken, taken), 1), ((taken, left, left, taken), 2), ((left, taken, left), 1), ((left,), 0)):
        assert parts(ops) == count
        assert OpCosts({}, called_ms=1.0, part_ms=10.0).calling_milliseconds(ops) == 1 + 10 * count


def test_costs_are_never_negative_whatever_was_measured() -> None:
    samples = timed(alike(1e-6), chains_and_whole(4))
    wrong = [
        dataclasses.replace(each, time_ms=other.time_ms) for each, other in zip(samples, samples[::-1], strict=True)
    ]
    costs = fitted_costs(wrong, {})
    assert min(cost for each in costs.groups.values() for cost in each.costs.values()) >= 0
    assert costs.called_ms >= 0


def test_tiles_that_are_not_full_are_found() -> None:
    """Times follow from products counted in vectors of 16 channels, rows of 5 places and quadruples of inputs."""
    random = np.random.default_rng(5)
    true = OpCosts({OpGroup.POINTWISE: GroupCosts({WorkKind.POINTWISE: 1e-7}, Tile(16, 5, 4))})
    networks = []
    for _ in range(24):
        channels, places, depth = (int(random.integers(1, most)) for most in (100, 40, 300))
        op = op_of(
            OpGroup.POINTWISE, WorkKind.POINTWISE, float(channels * places * depth), channels=channels, depth=depth
        )
        networks.append((dataclasses.replace(op, amounts={**op.amounts, WorkKind.PLACES: float(places)}),))
    fit = found_fit(timed(true, networks))
    found = fit.costs.groups[OpGroup.POINTWISE]
    assert found.tile == Tile(16, 5, 4)
    assert found.costs[WorkKind.POINTWISE] == pytest.approx(1e-7, rel=1e-4)


def test_what_threads_share_and_what_one_does_alone_is_found() -> None:
    """Small operators take as long with two threads as with one; larger ones half, and a moment to meet."""

    def smooth(values: float) -> OpWork:
        amounts = {WorkKind.OPERATORS: 1.0, WorkKind.ELEMENTWISE: values, WorkKind.MOVED: 2 * values}
        made = op_of(OpGroup.TANH, WorkKind.ELEMENTWISE, values)
        return dataclasses.replace(made, amounts=amounts, written_bytes=int(values))

    copied, shorter = (
        op_of(OpGroup.COPIED, WorkKind.MOVED, float(size), plain=True, written_bytes=size) for size in (100_000, 20_000)
    )
    chains = [(smooth(values),) * 3 for values in (100.0, 300.0, 900.0, 1100.0, 5e3, 2e4, 1e5)]
    mixed = [(copied, smooth(1e5)), (copied, smooth(2e4), shorter, smooth(300.0))]
    networks = [*chains, (shorter,) * 3, (copied,) * 2, *mixed]

    def told(threads: int, **costs: float) -> list[TimedNetwork]:
        groups = {
            OpGroup.TANH: GroupCosts({WorkKind.ELEMENTWISE: 1e-6 / threads}, Tile(alone=2000.0)),
            OpGroup.COPIED: GroupCosts({WorkKind.MOVED: 1e-7 / threads}),
        }
        true = OpCosts(groups, threads, called_ms=1e-4, **costs)
        return [dataclasses.replace(each, name=str(place)) for place, each in enumerate(timed(true, networks))]

    one, two = found_fits(
        {(KernelKind.INT8, 1): told(1), (KernelKind.INT8, 2): told(2, met_ms=4e-4, handed_byte_ms=3e-8)}
    )
    # One of 900 values moves 1800, one of 1100 values 2200.
    assert 1800 <= two.costs.groups[OpGroup.TANH].tile.alone < 2200
    assert two.costs.met_ms == pytest.approx(4e-4, rel=1e-3)
    assert two.costs.handed_byte_ms == pytest.approx(3e-8, rel=1e-3)
    assert (one.costs.met_ms, one.costs.handed_byte_ms) == (0.0, 0.0)
    for fit in (one, two):
        assert fit.costs.groups[OpGroup.COPIED].costs[WorkKind.MOVED] == pytest.approx(1e-7 / fit.threads, rel=1e-3)


def test_an_error_is_of_costs_and_choices_that_had_not_seen_the_network() -> None:
    """Where a whole network takes longer, the others' prediction of it stays: its error moves by that alone."""
    samples = timed(alike(1e-6), chains_and_whole(6), whole=9)
    before = found_fit(samples).errors
    for index in (0, 4, 8):
        for factor in (0.25, 4.0):
            changed = [
                dataclasses.replace(each, time_ms=each.time_ms * factor) if place == index else each
                for place, each in enumerate(samples)
            ]
            after = found_fit(changed)
            assert after.errors[index] == pytest.approx(before[index] - math.log(factor), abs=1e-6)
            assert all(each.tile == Tile() for each in after.costs.groups.values())


def test_a_network_that_is_predicted_as_nothing_is_the_worst_miss() -> None:
    one = op_of(OpGroup.TANH, WorkKind.ELEMENTWISE, 1.0)
    nothing = OpCosts({OpGroup.TANH: GroupCosts({})})
    assert milliseconds(nothing, [one]) == 0
    assert error_of(nothing, TimedNetwork((one,), 1.0, whole=True)) == pytest.approx(-math.log(100))


def test_weights_beyond_the_caches_take_longer(shared_data: Path) -> None:
    """By their bytes, and those of dense layers by more; what stays in the caches costs nothing more."""
    near = predict(shared_data / VWW, "rpi4", probe=made_probe(), threads=1)
    waiting = {"far_byte_ms": 1e-6, "far_dense_byte_ms": 3e-6, "cache_bytes": 50_000.0}
    fits = tuple(dataclasses.replace(fit, costs=dataclasses.replace(fit.costs, **waiting)) for fit in made_probe().fits)
    far = predict(shared_data / VWW, "rpi4", probe=made_probe(fits=fits), threads=1)
    ops = [op for op in work_of(inspect(shared_data / VWW)).ops if op.weight_bytes]
    weights = sum(op.weight_bytes for op in ops)
    dense = sum(op.weight_bytes for op in ops if op.group is OpGroup.DENSE)
    assert 0 < dense < weights
    assert far.median_ms - near.median_ms == pytest.approx((1 - 50_000 / weights) * (weights + 2 * dense) * 1e-6)


def test_an_operator_that_was_not_probed_is_named(shared_data: Path) -> None:
    few = tuple(
        dataclasses.replace(
            fit,
            costs=OpCosts({group: each for group, each in fit.costs.groups.items() if group is not OpGroup.DEPTHWISE}),
        )
        for fit in made_probe().fits
    )
    prediction = predict(shared_data / VWW, "rpi4", probe=made_probe(fits=few))
    assert "of the time in work that no measured network has: DEPTHWISE_CONV_2D" in prediction.basis.distance[0]
    assert prediction.spread > 0.03


def test_an_operator_larger_than_all_that_were_probed_widens_the_interval(shared_data: Path) -> None:
    small = dict.fromkeys(WorkKind, (1.0, 10000.0))
    prediction = predict(shared_data / VWW, "rpi4", probe=made_probe(seen=small))
    assert "times the work of any probed one" in prediction.basis.distance[0]
    assert prediction.spread > 0.05


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
    work = work_of(inspect(shared_data / VWW))
    ops = [op for op in work.ops if not op.free]
    # One thread alone does what XNNPACK leaves to the runtime.
    units = sum(sum(counted(op, Tile()).values()) * (4 if op.plain else 1) for op in ops)
    assert after.median_ms == pytest.approx(units * 1e-6 / 4)
    assert after.spread == pytest.approx(0.03)
    assert after.spread < before.spread
    assert after.runtime == "ai-edge-litert 2.3.0"
    assert after.basis.fitted_on == (
        "9 probe networks measured on ssh://pi@board on 2026-11-25 with ai-edge-litert 2.3.0",
    )
    units = sum(sum(counted(op, Tile()).values()) for op in ops)
    assert predict(shared_data / VWW, "rpi4", probe=path, threads=1).median_ms == pytest.approx(units * 1e-6)


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
    if "of another board" in sentence:
        assert raised.value.hint == "probe a rpi4: edgekit probe DEVICE"
        own = dataclasses.replace(profile_named("rpi4"), own=Path("my boards/rpi4.toml"))
        with pytest.raises(UsageError, match=sentence) as raised:
            predict(shared_data / VWW, own, probe=made_probe(**changes))
        assert raised.value.hint == "probe a rpi4: edgekit probe DEVICE --profile 'my boards/rpi4.toml'"


def test_a_number_of_threads_that_was_not_probed(shared_data: Path) -> None:
    with pytest.raises(UsageError, match="threads is 2, but the board was probed with 1 and 4"):
        predict(shared_data / VWW, "rpi4", probe=made_probe(), threads=2)


def test_a_tainted_probe_says_so(shared_data: Path) -> None:
    prediction = predict(shared_data / VWW, "rpi4", probe=made_probe(taints=("another program ran",)))
    assert prediction.basis.distance == ("the probe was tainted: another program ran",)


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("edgekit.probe/4", "edgekit.probe/3", "not 'edgekit.probe/4': it was made by another version of edgekit"),
        ('"lanes": 1', '"lanes": 0', "must be a whole number of 1 or more"),
        ('"called_ms": 0.0', '"called_ms": -1', "called_ms is -1, but must be a number of 0 or more"),
        ('"pointwise": {', '"pointwice": {', "unknown group of operators 'pointwice'. Did you mean 'pointwise'?"),
        ('"threads": 1', '"threads": 0', "must be a whole number of 1 or more"),
        (
            '"pointwise": 1e-06',
            '"pointwise": -1',
            "groups.pointwise.pointwise is -1, but must be a number of 0 or more",
        ),
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
    (tmp_path / "model.keras").write_bytes(b"PK\x03\x04\xff")
    with pytest.raises(UsageError, match=r"model\.keras cannot be read: it is not JSON, nor any text") as raised:
        load_probe(tmp_path / "model.keras")
    assert raised.value.hint == "probe files are written by: edgekit probe DEVICE -o FILE.json"
