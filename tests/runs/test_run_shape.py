"""All that a run file can hold: written, read back, and refused where it was touched up."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import pytest

from edgekit.errors import UsageError
from edgekit.runs import (
    Benchmark,
    Conditions,
    Discarded,
    Environment,
    IdleGaps,
    InstructionClasses,
    MemoryPart,
    OpCost,
    OpProfile,
    RunResult,
    Snapshot,
    Sustained,
    TimelinePoint,
    Timings,
    ToldFigures,
    load_runs,
)

ENVIRONMENT = Environment("aarch64", "Linux", "cpu", None, 4, 1 << 32, "3.11.2", "ai-edge-litert 2.1.6", 0.1, False)
COLD = Snapshot(0.1, "before", -4.5, (600.0, 600.0), "ondemand", 0x50000, 0, 0)
SILENT = Snapshot(2.5, "after", None, (), None, None, None, None)
RUN = RunResult(
    artifact_sha256="ab" * 32,
    device="ssh://pi@host",
    threads=1,
    init_ms=3.0,
    first_ms=5.0,
    warmup_ms=(9.0, 5.0, 3.0, 2.0, 2.25, 2.5, 2.0),
    steady=Timings((2.0, 2.5, 2.25, 2.0)),
    peak_memory_bytes=50 << 20,
    baseline_memory_bytes=40 << 20,
    outputs_sha256=None,
    seed=0,
    environment=ENVIRONMENT,
    load_ms=1.0,
    idle=IdleGaps(500.0, Timings((4.0, 4.5))),
    sustained=Sustained(600.0, 1.0, (TimelinePoint(1.0, 400, 2.0, 3.0, 61.5, 1500.0, False),
                                    TimelinePoint(2.0, 300, 3.0, 9.0, None, None, None))),
    conditions=Conditions(
        (COLD, dataclasses.replace(COLD, phase="steady", at_s=1.5), SILENT), 1.25, 0.5, "stress", 0.375, 3, 40, 0.01,
        ("clock",),
    ),
    taints=("other processes took 0.50 cores, of which 'stress' 0.38",),
    discarded=(Discarded(("the clock fell",), 4.0, 5.0),),
    memory=(MemoryPart("file mapped", 1 << 20, "as resident"), MemoryPart("arena and packed weights", None, "untold")),
    instructions=(100, 101),
    instruction_classes=InstructionClasses(40, 40, 20),
    ops=OpProfile("by counts", (OpCost(0, "CONV_2D", "a", 5, None, 60), OpCost(1, "SOFTMAX", "b", None, None, 90))),
    blocks=(2, 2),
    inputs="the first sample of the golden pack",
)  # fmt: skip


def test_everything_survives_a_run_file(tmp_path: Path) -> None:
    Benchmark("model.tflite", (RUN,)).save(tmp_path / "run.json")
    assert load_runs(tmp_path / "run.json") == (RUN,)
    assert json.loads(json.dumps(RUN.to_document())) == RUN.to_document()
    assert json.loads((tmp_path / "run.json").read_text())["schema"] == "edgekit.run/2"


def test_taints_that_are_taken_out_by_hand_are_found_again(tmp_path: Path) -> None:
    Benchmark("model.tflite", (RUN,)).save(tmp_path / "run.json")
    document = json.loads((tmp_path / "run.json").read_text())
    document["runs"][0]["taints"] = []
    (tmp_path / "run.json").write_text(json.dumps(document))
    (run,) = load_runs(tmp_path / "run.json")
    assert run.taints == RUN.taints


def test_what_follows_from_it() -> None:
    assert RUN.tainted
    # Of seven inferences the last six are two windows.
    assert RUN.warmup_windows_ms == (3.0, 2.25)
    assert RUN.sustained is not None
    assert RUN.sustained.slowdown == 1.5
    assert RUN.conditions is not None
    assert (RUN.conditions.before, RUN.conditions.after) == (COLD, SILENT)
    assert [snapshot.phase for snapshot in RUN.conditions.during] == ["steady"]
    assert RUN.ops is not None
    assert [cost.kind for cost in RUN.ops.costliest()] == ["SOFTMAX", "CONV_2D"]
    assert [cost.kind for cost in RUN.ops.costliest(1)] == ["SOFTMAX"]


def old_document() -> dict[str, Any]:
    """A run file as edgekit wrote it before it looked at the conditions."""
    document = Benchmark("model.tflite", (dataclasses.replace(RUN, outputs_sha256="cd" * 32),)).to_document()
    (run,) = document["runs"]
    for later in ("load_ms", "idle", "sustained", "conditions", "taints", "discarded", "memory"):
        del run[later]
    for later in ("instruction_classes", "ops", "blocks", "inputs"):
        del run[later]
    for later in ("told", "median_low_ms", "median_high_ms"):
        del run["steady"][later]
    return {**document, "schema": "edgekit.run/1"}


def test_run_files_of_schema_1_are_read(tmp_path: Path) -> None:
    (tmp_path / "old.json").write_text(json.dumps(old_document()))
    (run,) = load_runs(tmp_path / "old.json")
    assert (run.steady, run.instructions, run.load_ms, run.conditions) == (RUN.steady, (100, 101), None, None)
    assert not run.tainted


def test_schema_2_must_be_whole(tmp_path: Path) -> None:
    (tmp_path / "new.json").write_text(json.dumps({**old_document(), "schema": "edgekit.run/2"}))
    with pytest.raises(UsageError, match=r"runs\[0\] has no 'load_ms'"):
        load_runs(tmp_path / "new.json")


@pytest.mark.parametrize(
    ("path", "value", "sentence"),
    [
        ("taints", [5], r"run.taints is \[5\], but must be a list of strings"),
        ("conditions.snapshots", [], r"run.conditions.snapshots is \[\], but must be a list of at least two"),
        ("conditions.snapshots.0.temperature_c", "hot", "temperature_c is 'hot', but must be a number"),
        ("conditions.snapshots.0.throttle_flags", -1, "throttle_flags is -1"),
        ("sustained.timeline", [], "must be a list of at least one window"),
        ("sustained.timeline.0.throttled", 1, "throttled is 1, but must be true or false"),
        ("idle.timings.p50_ms", 1.0, "run.idle.timings.p50_ms is 1.0, but must be 4.25"),
        ("steady.median_low_ms", 2.2, "median_low_ms is 2.2, but must be at most 2.125"),
        ("steady.median_high_ms", 2.0, "median_high_ms is 2.0, but must be at least 2.125"),
        ("memory.0.bytes", 1.5, "bytes is 1.5"),
        ("ops.costs.0.kind", None, "kind is None"),
        ("load_ms", -1, "run.load_ms is -1"),
    ],
)  # fmt: skip
def test_anything_touched_up_is_refused(path: str, value: Any, sentence: str) -> None:
    document = json.loads(json.dumps(RUN.to_document()))
    *sections, key = path.split(".")
    place = document
    for section in sections:
        place = place[int(section) if section.isdecimal() else section]
    place[key] = value
    with pytest.raises(UsageError, match=sentence):
        RunResult.from_document(document)


def test_figures_without_their_sample() -> None:
    told = Timings((), ToldFigures(50, 4.0, 6.0, 3.0, 9.0, 4.5, 0.5))
    assert (told.count, told.p50_ms, told.min_ms) == (50, 4.0, 3.0)
    # What is not told is replaced by a figure that is never better than it.
    assert (told.p90_ms, told.p99_ms, told.mad_ms, told.median_interval_ms) == (6.0, 9.0, 0.5, None)
    run = dataclasses.replace(RUN, steady=told)
    assert RunResult.from_document(json.loads(json.dumps(run.to_document()))) == run
    with pytest.raises(ValueError, match="not both"):
        Timings((1.0,), told.told)
