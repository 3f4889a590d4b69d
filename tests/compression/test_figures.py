"""What a run on a device says of a version: latency, instructions, or nothing."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

import edgekit.compression.measuring as measuring
from edgekit.errors import UnsuitedDevice
from edgekit.metrics import Evidence
from edgekit.runner import Benchmark, Environment, RunResult, Timings

_HERE = Environment("x86_64", "Linux", "cpu", None, 2, 1 << 34, "3.11.7", "ai-edge-litert 2.3.0", None, False)
_RUN = RunResult("ab" * 32, "ssh://pi", 1, 1.0, 2.0, (1.5,), Timings((1.0, 1.25, 1.5)), 50, 40, "cd" * 32, 0, _HERE)
_EMULATED = dataclasses.replace(_RUN, device="emulated:rpi4", environment=dataclasses.replace(_HERE, emulated=True))


def test_seconds_of_an_emulated_board_are_no_latency() -> None:
    found = measuring.figure_of(dataclasses.replace(_EMULATED, instructions=(70, 71, 72)))
    assert (found.name, found.value, found.evidence) == ("instructions", 71, Evidence.EMULATED)
    with pytest.raises(UnsuitedDevice, match="emulated:rpi4 is emulated, so that its times say nothing") as caught:
        measuring.figure_of(_EMULATED)
    assert "edgekit emulator install" in str(caught.value.hint)


@pytest.mark.parametrize("taints", [(), ("the processor was too hot",)])
def test_a_tainted_latency_is_told_as_one(
    taints: tuple[str, ...], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    run = dataclasses.replace(_RUN, taints=taints)
    monkeypatch.setattr(measuring, "benchmark", lambda *_, **__: Benchmark("m.tflite", (run,)))
    facts = SimpleNamespace(sha256="ab" * 32, size_bytes=1, zipped_bytes=1, macs=1)
    monkeypatch.setattr(measuring, "inspect", lambda _: facts)
    nothing: Any = None
    work = measuring.Measuring(nothing, tmp_path, nothing, None, True, ["ssh://pi"], nothing)
    file = work._measured("original", "int8", SimpleNamespace(path=tmp_path), nothing)
    assert file.measured["ssh://pi"].value == 1.25
    assert file.measured["ssh://pi"].source == "median on ssh://pi" + ", tainted: the processor was too hot" * len(
        taints
    )
    word = "original, int8: its latency is no answer, as the run on ssh://pi was tainted: the processor was too hot"
    assert work.notes == [word] * len(taints)
