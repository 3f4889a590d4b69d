"""Figures of the statistics, and documents read strictly."""

from __future__ import annotations

import copy
import dataclasses
import json
import math
from typing import Any

import pytest

from edgekit.errors import UsageError
from edgekit.runs import Environment, RunResult, Timings, ToldFigures

RUN = RunResult(
    artifact_sha256="ab" * 32,
    device="ssh://pi@host",
    threads=2,
    init_ms=1.5,
    first_ms=3.25,
    warmup_ms=(2.0, 1.5),
    steady=Timings((4.0, 1.0, 2.0, 3.0, 10.0)),
    peak_memory_bytes=50 << 20,
    baseline_memory_bytes=40 << 20,
    outputs_sha256="cd" * 32,
    seed=7,
    environment=Environment(
        machine="aarch64",
        system="Debian, Linux 6.6",
        cpu_model="Cortex-A72",
        board="Raspberry Pi 4 Model B Rev 1.4",
        cores=4,
        memory_bytes=4 << 30,
        python="3.11.2",
        runtime="ai-edge-litert 2.1.6",
        load_average=0.5,
        emulated=False,
    ),
    settled=False,
    stopped_early=True,
)


def test_percentiles_interpolate_linearly() -> None:
    timings = Timings((4.0, 1.0, 2.0, 3.0, 10.0))
    assert timings.p50_ms == 3.0
    assert timings.p90_ms == pytest.approx(4 + 0.6 * 6)
    assert timings.p99_ms == pytest.approx(4 + 0.96 * 6)
    assert timings.min_ms == 1.0
    # The deviations from 3 are 1, 2, 1, 0, 7.
    assert timings.mad_ms == 1.0
    assert timings.percentile_ms(100) == 10.0


def test_one_sample_is_enough_and_none_is_not() -> None:
    one = Timings((2.5,))
    assert (one.p50_ms, one.p99_ms, one.min_ms, one.mad_ms) == (2.5, 2.5, 2.5, 0.0)
    with pytest.raises(ValueError, match="at least one sample"):
        Timings(())


def test_the_models_share_is_what_the_model_added() -> None:
    assert RUN.model_memory_bytes == 10 << 20
    assert dataclasses.replace(RUN, baseline_memory_bytes=60 << 20).model_memory_bytes == 0


def test_a_run_survives_json() -> None:
    document = json.loads(json.dumps(RUN.to_document(), allow_nan=False))
    assert RunResult.from_document(document) == RUN
    assert document["steady"]["p90_ms"] == pytest.approx(7.6)
    assert document["steady"]["count"] == 5


def test_figures_that_a_tool_told_go_with_no_sample() -> None:
    told = ToldFigures(30, 2.0, 4.0, 1.0, 5.0, 2.2, 0.3)
    document = dataclasses.replace(RUN, steady=Timings((), told), peak_memory_bytes=None).to_document()
    assert RunResult.from_document(document).model_memory_bytes is None
    document["steady"]["samples_ms"] = [2.0]
    with pytest.raises(UsageError, match=r"run\.steady\.samples_ms is \[2\.0\], but must be empty beside the figures"):
        RunResult.from_document(document)


def change(document: dict[str, Any], path: str, value: Any) -> dict[str, Any]:
    changed = copy.deepcopy(document)
    *sections, key = path.split(".")
    place = changed
    for section in sections:
        place = place[section]
    if value is None:
        del place[key]
    else:
        place[key] = value
    return changed


@pytest.mark.parametrize(
    ("path", "value", "sentence"),
    [
        ("threads", None, "run has no 'threads'"),
        ("threads", 0, "run.threads is 0, but must be a whole number of 1 or more"),
        ("threads", 1.0, "run.threads is 1.0"),
        ("threads", True, "run.threads is True"),
        ("artifact_sha256", "xyz", "run.artifact_sha256 is 'xyz', but must be a SHA-256"),
        ("outputs_sha256", "AB" * 32, "must be a SHA-256"),
        ("init_ms", -1, "run.init_ms is -1, but must be a number of 0 or more"),
        ("init_ms", math.nan, "run.init_ms is nan"),
        ("init_ms", 10**400, "run.init_ms is 1000"),
        ("init_ms", "1", "run.init_ms is '1'"),
        ("device", 5, "run.device is 5, but must be a string"),
        ("settled", 1, "run.settled is 1, but must be true or false"),
        ("warmup_ms", 1.0, "run.warmup_ms is 1.0, but must be a list"),
        ("warmup_ms", [1.0, "a"], r"run.warmup_ms\[1\] is 'a'"),
        ("steady", [], "run.steady is not an object"),
        ("steady.samples_ms", [], "run.steady.samples_ms is .*, but must be a list of at least 1 numbers"),
        ("steady.p50_ms", 2.0, "run.steady.p50_ms is 2.0, but must be 3.0, which the other values give"),
        ("steady.count", 4, "run.steady.count is 4"),
        ("steady.p51_ms", 1.0, r"run.steady: unknown key 'p51_ms'. Did you mean 'p50_ms'\?"),
        ("environment.emulated", None, "run.environment has no 'emulated'"),
        ("environment.colour", "red", "run.environment: unknown key 'colour'"),
        ("environment.cores", 0, "run.environment.cores is 0"),
        ("treads", 1, r"unknown key 'treads'. Did you mean 'threads'\?"),
    ],
)
def test_anything_that_is_not_as_written_is_refused(path: str, value: Any, sentence: str) -> None:
    with pytest.raises(UsageError, match=sentence):
        RunResult.from_document(change(RUN.to_document(), path, value))


def test_what_is_no_object_is_refused() -> None:
    with pytest.raises(UsageError, match="entry 3 is not an object"):
        RunResult.from_document([], where="entry 3")
