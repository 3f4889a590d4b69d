"""What a run on a device says of a version: latency, instructions, or nothing."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

import edgekit.compression.worth.measuring as measuring
from edgekit.compression import Version, VersionFile
from edgekit.compression.worth.gains import SPARSE, bought
from edgekit.errors import UnsuitedDevice
from edgekit.metrics import Evidence, Metric
from edgekit.runs import Benchmark, Environment, RunResult, Timings

_HERE = Environment("x86_64", "Linux", "cpu", None, 2, 1 << 34, "3.11.7", "ai-edge-litert 2.3.0", None, False)
_RUN = RunResult("ab" * 32, "ssh://pi", 1, 1.0, 2.0, (1.5,), Timings((1.0, 1.25, 1.5)), 50, 40, "cd" * 32, 0, _HERE)
_EMULATED = dataclasses.replace(_RUN, device="emulated:rpi4", environment=dataclasses.replace(_HERE, emulated=True))


def test_seconds_of_an_emulated_board_are_no_latency() -> None:
    found = measuring.figure_of(dataclasses.replace(_EMULATED, instructions=(70, 71, 72)))
    assert (found.name, found.value, found.evidence) == ("instructions", 71, Evidence.EMULATED)
    with pytest.raises(UnsuitedDevice, match="emulated:rpi4 is emulated, so that its times say nothing") as caught:
        measuring.figure_of(_EMULATED)
    assert "edgekit emulator install" in str(caught.value.hint)


@dataclasses.dataclass
class _Labelled:
    labels: tuple[int, ...]
    classes: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.labels)


@pytest.mark.parametrize(("name", "right"), [("original", 4), ("original", 20), ("with a new head", 4)])
def test_an_original_that_guesses_is_told_of_before_anything_is_trained(name: str, right: int, tmp_path: Path) -> None:
    nothing: Any = None
    numbers = tuple(place % 10 for place in range(40))
    labelled: Any = _Labelled(numbers)
    told: list[str] = []
    work = measuring.Measuring(nothing, tmp_path, nothing, labelled, True, [], lambda step: told.append(step.stage))
    answers = [number if place < right else (number + 1) % 10 for place, number in enumerate(numbers)]
    work._accuracy(f"{name}, float32", "ab" * 32, [np.eye(10, dtype=np.float32)[answers]])
    if (name, right) == ("original", 4):
        (note,) = work.notes
        assert note.startswith("4 of 40 right, chance is 10 %: original, float32 might as well guess;")
        assert told == [f"warning: {note}"]
    else:
        assert work.notes == told == []


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


def test_zeros_that_are_not_stored_are_told_apart_from_those_that_are() -> None:
    def file(precision: str, size: int, count: float) -> VersionFile:
        metric = Metric("instructions", count, "count", Evidence.EMULATED, "counted")
        return VersionFile(precision, size, size, 100, None, None, {"emulated:rpi4": metric})

    before = Version("original", 100, 10, (file("float32", 400, 90), file("int8", 100, 50)), None)
    weights = {"conv": {"weights": 10, "zeros": 8, "values": 300}}
    plain = (file("float32", 400, 90), file("int8", 100, 50))
    assert bought("1 prune", before, plain, parameters=10, weights=weights, sparse="it has no 1x1 convolution") == (
        "1 prune (80% sparsity): in int8: size, zipped size, MACs, instructions on emulated:rpi4 unchanged; its zeros "
        "cannot be skipped: it has no 1x1 convolution"
    )
    assert bought("1 channel-prune", before, plain, parameters=5) == (
        "1 channel-prune: in int8: size, zipped size, MACs, instructions on emulated:rpi4 unchanged; number of weights "
        "x0.50"
    )
    sparse = (*plain, file(SPARSE, 120, 45))
    assert bought("1 prune", before, sparse, parameters=10, weights=weights).endswith(
        "stored sparse (convert --sparse-weights), against plain float32: size x0.30, zipped size x0.30, instructions "
        "on emulated:rpi4 x0.50; MACs unchanged"
    )
