"""Runs on a phone, by LiteRT's own program: where it ran, how hot the phone was, and what phones cannot do."""

from __future__ import annotations

import json
import shlex
import sys
from pathlib import Path

import pytest

import edgekit
from edgekit.errors import CommandFailed, UnsuitedDevice
from edgekit.runner import benchmark, compare_speed
from edgekit.runs import RunResult
from edgekit.testing import LoopbackPhone
from edgekit.testing.on_this_machine import write_program

STAND_IN = Path(__file__).parents[1] / "stand_in_tool.py"


@pytest.fixture
def engine(tmp_path: Path) -> str:
    """LiteRT's program, as far as a phone without Python can tell."""
    write_program(tmp_path / "tool", f'exec {shlex.join([sys.executable, str(STAND_IN)])} "$@"')
    return f"benchmark_model={tmp_path / 'tool'}"


@pytest.fixture
def model(shared_data: Path) -> Path:
    return shared_data / "mlperf_tiny" / "kws_dscnn_int8.tflite"


def test_benchmark_model_on_a_phone(phone: LoopbackPhone, engine: str, model: Path) -> None:
    run = benchmark(model, device="adb:", engine=engine, runs=20, min_seconds=0.0).best
    assert (run.device, run.engine, run.steady.count) == (phone.address, "benchmark_model", 20)
    environment = run.environment
    assert (environment.board, environment.machine, environment.cores) == ("Pixel 6", "aarch64", 8)
    assert environment.system == "Android 14, API 34, Linux 5.10.177-android13-4-00003"
    assert environment.cpu_model == "Cortex-A55 + Cortex-A76 + Cortex-X1"
    assert (environment.memory_bytes, environment.python, environment.emulated) == (7760412 * 1024, "none", False)
    assert run.conditions is not None
    assert [each.phase for each in run.conditions.snapshots] == ["before", "after"]
    for look in run.conditions.snapshots:
        assert (look.thermal_status, look.temperature_c) == ("none", 31.5)
        assert (look.battery_percent, look.charging) == (83.0, True)
    assert run.conditions.before.at_s < run.conditions.after.at_s
    assert not run.tainted
    assert RunResult.from_document(json.loads(json.dumps(run.to_document()))) == run


def test_a_run_on_a_hot_phone_is_tainted(phone: LoopbackPhone, engine: str, model: Path) -> None:
    # It became hot while the program ran.
    tool = engine.partition("=")[2]
    hot = phone.folder / "hot"
    hot.write_text((phone.folder / "dumpsys" / "thermalservice").read_text().replace("Status: 0", "Status: 2"))
    body = Path(tool).read_text().removeprefix("#!/bin/sh\n")
    write_program(Path(tool), f'cp "$PHONE/hot" "$PHONE/dumpsys/thermalservice"\n{body}')
    run = benchmark(model, device=phone.address, engine=engine, runs=3, min_seconds=0.0).best
    assert run.taints == ("the phone's thermal status was moderate while it ran",)
    assert run.conditions is not None
    assert (run.conditions.before.thermal_status, run.conditions.after.thermal_status) == ("none", "moderate")


def test_a_program_for_another_processor(phone: LoopbackPhone, model: Path, tmp_path: Path) -> None:
    (tmp_path / "tool").write_bytes(b"\x7fELF\x02\x01\x01" + bytes(57))
    with pytest.raises(CommandFailed, match="tool does not start on adb:") as caught:
        benchmark(model, device=phone.address, engine=f"benchmark_model={tmp_path / 'tool'}")
    assert "built for that processor" in (caught.value.hint or "")


def test_what_needs_python_says_so(phone: LoopbackPhone, model: Path, tmp_path: Path) -> None:
    with pytest.raises(UnsuitedDevice, match="is a phone, and phones have no Python") as caught:
        compare_speed([model, model.with_name("ic_resnet8_int8.tflite")], device=phone.address)
    assert "benchmark_model=PATH" in (caught.value.hint or "")
    # Before anything is converted.
    with pytest.raises(UnsuitedDevice, match="phones have no Python, which deploy needs"):
        edgekit.deploy(model, tmp_path / "out", profile="pixel6", device=phone.address)
    assert not (tmp_path / "out").exists()


def test_a_phone_that_does_not_say_what_it_is(phone: LoopbackPhone, engine: str, model: Path) -> None:
    (phone.folder / "proc" / "meminfo").unlink()
    with pytest.raises(CommandFailed, match="does not say what machine it is"):
        benchmark(model, device=phone.address, engine=engine)
    phone.properties.pop("ro.build.version.release")
    phone.write_properties()
    with pytest.raises(UnsuitedDevice, match="is no Android"):
        benchmark(model, device=phone.address, engine=engine)
