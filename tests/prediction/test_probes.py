"""What a probe may speak for, and what is made of it: predictions, explanations, tables of boards."""

from __future__ import annotations

import dataclasses
import json
import math
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from edgekit import convert
from edgekit.cli.predict import command
from edgekit.errors import UsageError
from edgekit.inspection import inspect
from edgekit.prediction import KernelKind, OpGroup, Probe, WorkKind, boards, explain, predict, probe_path, work_of
from edgekit.prediction.op_costs import GroupCosts, OpCosts, Tile, parts
from edgekit.prediction.probes import ProbeFit
from edgekit.prediction.work import computed_in
from edgekit.probing.writing import NetworkWriter
from edgekit.profiles import Identity

VWW = Path("mlperf_tiny", "vww_mobilenet_int8.tflite")
PI4 = Identity("aarch64", "Raspberry Pi 4 Model B Rev 1.4", "Cortex-A72", 4, 2**30)
RUNTIME = "ai-edge-litert 2.3.0"


_ALL = tuple(group for group in OpGroup if group not in (OpGroup.RECURRENT, OpGroup.RENAMED, OpGroup.OTHER))


def probe_of(
    costs: GroupCosts = GroupCosts(dict.fromkeys(WorkKind, 1e-6)),  # noqa: B008 (frozen)
    *,
    errors: tuple[float, ...] = (0.01, -0.02, 0.03) * 3,
    **changes: object,
) -> Probe:
    """A Raspberry Pi 4 on which operators of all groups cost the same, a quarter with 4 threads."""

    def divided(threads: int) -> OpCosts:
        each = {kind: cost / threads for kind, cost in costs.costs.items()}
        return OpCosts(dict.fromkeys(_ALL, dataclasses.replace(costs, costs=each)), threads)

    found = Probe(
        profile="rpi4",
        device="ssh://pi@board",
        identity=PI4,
        clocks_mhz=(1500.0,) * 4,
        runtime=RUNTIME,
        date="2026-11-25",
        taints=(),
        seen=dict.fromkeys(WorkKind, (1.0, 1000000000.0)),
        fits=tuple(
            ProbeFit(arithmetic, divided(threads), errors, 90)
            for arithmetic in (KernelKind.FLOAT32, KernelKind.INT8)
            for threads in (1, 4)
        ),
    )
    return dataclasses.replace(found, **changes)  # type: ignore[arg-type]


def test_the_threads_of_an_explanation_are_those_of_the_probe(shared_data: Path) -> None:
    probe_of().save(probe_path("rpi4"))
    found = explain(shared_data / VWW, "rpi4")
    changes = {change.name: change for change in found.changes}
    assert found.prediction.runtime == RUNTIME
    # One thread alone computes what XNNPACK leaves to the runtime.
    left = {op.index for op in work_of(inspect(shared_data / VWW)).ops if op.plain}
    plain = sum(op.milliseconds for op in found.prediction.ops if op.index in left)
    assert changes["threads 1"].median_ms == pytest.approx(4 * found.prediction.median_ms - 3 * plain)
    # Published figures for two threads would be held against a probe's for four.
    assert changes["threads 2"].median_ms is None
    assert "was not probed so; edgekit probe DEVICE --threads 2" in changes["threads 2"].sentence


def test_in_int8_a_network_is_cut_into_the_parts_that_its_int8_file_has(tmp_path: Path) -> None:
    """XNNPACK leaves HARD_SWISH and RELU to the runtime in int8 alone: each part wakes its threads anew."""
    writer = NetworkWriter(quantized=False, shape=(1, 16, 16, 8))
    for name in ("HARD_SWISH", "RELU", "HARD_SWISH", "LOGISTIC"):
        writer.convolution(8, window=3)
        writer.unary(name)
    (tmp_path / "float.tflite").write_bytes(writer.written())
    samples = np.random.default_rng(0).random((16, 16, 16, 8), np.float32)
    made = convert(
        tmp_path / "float.tflite", tmp_path / "int8.tflite", precision="int8", calibration=samples, samples_check=False
    )
    in_float, in_int8 = (
        work_of(inspect(path, zipped=False)) for path in (tmp_path / "float.tflite", made.artifact.path)
    )
    assert (parts(in_float.ops), parts(in_int8.ops)) == (1, 4)
    assert parts([computed_in(op, KernelKind.INT8) for op in in_float.ops]) == 4
    assert parts([computed_in(op, KernelKind.FLOAT32) for op in in_int8.ops]) == 1

    plain = probe_of()
    fits = [dataclasses.replace(fit, costs=dataclasses.replace(fit.costs, part_ms=1000.0)) for fit in plain.fits]
    dataclasses.replace(plain, fits=tuple(fits)).save(probe_path("rpi4"))
    (change,) = (each for each in explain(tmp_path / "float.tflite", "rpi4").changes if each.name == "int8")
    assert change.median_ms == pytest.approx(predict(made.artifact.path, "rpi4").median_ms, rel=1e-3)
    assert change.median_ms == pytest.approx(4000, rel=1e-3)


@pytest.mark.parametrize("kind", [WorkKind.PLACES, WorkKind.DEPTHWISE])
def test_half_of_the_channels_leaves_the_places_and_fills_vectors_worse(shared_data: Path, kind: WorkKind) -> None:
    probe_of(GroupCosts({kind: 1e-6}, Tile(lanes=1024))).save(probe_path("rpi4"))
    found = explain(shared_data / VWW, "rpi4")
    narrower = next(change for change in found.changes if change.name == "channels")
    assert narrower.median_ms == pytest.approx(found.prediction.median_ms)


def test_nothing_is_probed_on_a_microcontroller(shared_data: Path) -> None:
    pc = Identity("x86_64", None, "some processor", 2, 2**33)
    probe_of(profile="stm32f746", identity=pc).save(probe_path("stm32f746"))
    with pytest.raises(UsageError, match="another board: nothing that runs the interpreter is of this kind"):
        predict(shared_data / VWW, "stm32f746")


@pytest.mark.parametrize(
    ("machine", "clocks", "mode"),
    [
        ("aarch64", (1500.0,), "1.5GHz-64bit"),
        ("aarch64", (600.0, 1800.0), "1.8GHz-64bit"),
        ("armv7l", (1500.0,), "1.5GHz-32bit"),
        ("armv7l", (), "1.5GHz-32bit"),
    ],
)
def test_a_probe_is_of_the_run_mode_that_the_board_was_in(
    shared_data: Path, machine: str, clocks: tuple[float, ...], mode: str
) -> None:
    probe = probe_of(identity=dataclasses.replace(PI4, machine=machine), clocks_mhz=clocks)
    assert predict(shared_data / VWW, "rpi4", probe=probe).mode == mode
    with pytest.raises(UsageError, match=f"the probe is of another run mode: {mode}, not 1.8GHz-32bit"):
        predict(shared_data / VWW, "rpi4", probe=probe, mode="1.8GHz-32bit")
    probe.save(probe_path("rpi4"))
    assert predict(shared_data / VWW, "rpi4", mode=mode).runtime == RUNTIME
    assert predict(shared_data / VWW, "rpi4", mode="1.8GHz-32bit").runtime is None


def test_costs_of_another_arithmetic_do_not_stand_in(shared_data: Path) -> None:
    """A Raspberry Pi 5 sums int8 products in one instruction, and these costs are of int8 without that."""
    pi5 = dataclasses.replace(PI4, board="Raspberry Pi 5 Model B Rev 1.0")
    with pytest.raises(UsageError, match="the probe of rpi5 has no costs of int8_dot"):
        predict(shared_data / VWW, "rpi5", probe=probe_of(profile="rpi5", identity=pi5))


def test_few_networks_widen_the_interval_and_say_so(shared_data: Path) -> None:
    """The largest of three errors holds a new one in three of four cases, not in nine of ten."""
    few = predict(shared_data / VWW, "rpi4", probe=probe_of(errors=(0.01, -0.02, 0.03)))
    assert few.spread == pytest.approx(2.353 * math.sqrt(0.0014 / 3))
    assert few.basis.distance == ("3 whole probe networks cannot tell what holds nine of ten",)
    enough = predict(shared_data / VWW, "rpi4", probe=probe_of())
    assert enough.spread == pytest.approx(0.03)
    assert enough.basis.distance == ()


def test_a_damaged_probe_leaves_the_other_boards(shared_data: Path) -> None:
    place = probe_path("rpi4")
    probe_of().save(place)
    place.write_text(place.read_text().replace("edgekit.probe/4", "edgekit.probe/0"))
    table = boards(shared_data / VWW, max_latency_ms=25)
    by_name = {choice.profile: choice for choice in table.choices}
    assert by_name["rpi4"].prediction is None
    assert by_name["rpi4"].likelihood is None
    assert by_name["rpi4"].stops[0].startswith(f"probe file {place}: its schema is 'edgekit.probe/0'")
    assert by_name["rpi5"].prediction is not None


def test_all_boards_with_and_without_what_was_probed(shared_data: Path) -> None:
    probe_of().save(probe_path("rpi4"))

    def runtime(*options: str) -> str | None:
        done = CliRunner().invoke(command, [str(shared_data / VWW), "--all", "--json", *options])
        found = {each["profile"]: each for each in json.loads(done.stdout)["predictions"]}
        return found["rpi4"]["runtime"]  # type: ignore[no-any-return]

    assert runtime() == RUNTIME
    assert runtime("--no-probe") is None
    assert runtime("--runtime", "tflite-runtime 2.14.0") is None
    both = CliRunner().invoke(command, [str(shared_data / VWW), "--profile", "rpi4", "--probe", "p", "--no-probe"])
    assert isinstance(both.exception, UsageError)
    assert both.exception.hint == "give either --probe FILE or --no-probe"
