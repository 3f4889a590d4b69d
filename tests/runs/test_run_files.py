"""Run files: written, read back, and refused by name."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import pytest

from edgekit.errors import OutputError, UsageError
from edgekit.runs import Benchmark, Environment, RunResult, Timings, load_benchmark, load_runs

ENVIRONMENT = Environment("x86_64", "Linux", "cpu", None, 2, 1 << 34, "3.11.7", "ai-edge-litert 2.3.0", None, False)
RUN = RunResult("ab" * 32, "local", 1, 1.0, 2.0, (1.5,), Timings((1.0, 1.25, 1.5)), 50, 40, "cd" * 32, 0, ENVIRONMENT)
BENCHMARK = Benchmark("model.tflite", (RUN, dataclasses.replace(RUN, threads=2, steady=Timings((0.5, 0.75)))))


def test_a_benchmark_survives_its_file(tmp_path: Path) -> None:
    BENCHMARK.save(tmp_path / "run.json")
    assert load_benchmark(tmp_path / "run.json") == BENCHMARK
    assert load_runs(str(tmp_path / "run.json")) == BENCHMARK.runs


def test_the_document_says_what_is_shared_once(tmp_path: Path) -> None:
    BENCHMARK.save(tmp_path / "run.json")
    document = json.loads((tmp_path / "run.json").read_text())
    assert list(document) == ["schema", "file", "artifact_sha256", "device", "runs"]
    assert (document["schema"], document["device"]) == ("edgekit.run/2", "local")
    assert [run["threads"] for run in document["runs"]] == [1, 2]
    assert "device" not in document["runs"][0]


def test_the_best_run_has_the_smallest_median() -> None:
    assert BENCHMARK.best.threads == 2


def test_a_place_that_cannot_be_written(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="the folder does not exist"):
        BENCHMARK.save(tmp_path / "none" / "run.json")


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "is no run file: it is not JSON"),
        (b"\xff\xfe", "is no run file: it is not JSON"),
        (b"[" * 100_000, "is no run file: it is not JSON"),
        (b"[]", "is no run file: the document is not an object"),
        (b"{}", "is no run file: the document has no 'schema'"),
        (
            b'{"schema": "edgekit.artifact/1"}',
            "is no run file: its schema is 'edgekit.artifact/1', not 'edgekit.run/2'",
        ),
    ],
)
def test_what_is_no_run_file_is_named(content: bytes, sentence: str, tmp_path: Path) -> None:
    (tmp_path / "other.json").write_bytes(content)
    with pytest.raises(UsageError, match=sentence) as caught:
        load_runs(tmp_path / "other.json")
    assert str(tmp_path / "other.json") in caught.value.message
    assert caught.value.hint == "run files are written by edgekit benchmark --output"


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"runs": []}, "it holds no runs"),
        ({"runs": [5]}, r"runs\[0\] is not an entry of a run file"),
        ({"runs": [{"device": "other"}]}, r"runs\[0\] is not an entry of a run file"),
        ({"runs": [{}]}, r"runs\[0\] has no 'threads'"),
        ({"comment": "mine"}, "unknown key 'comment'"),
        ({"artifact_sha256": "short"}, "must be a SHA-256"),
    ],
)
def test_what_is_wrong_inside_is_said(change: dict[str, Any], sentence: str, tmp_path: Path) -> None:
    (tmp_path / "run.json").write_text(json.dumps({**BENCHMARK.to_document(), **change}))
    with pytest.raises(UsageError, match=sentence):
        load_runs(tmp_path / "run.json")


def test_a_figure_that_was_touched_up_is_noticed(tmp_path: Path) -> None:
    document = BENCHMARK.to_document()
    document["runs"][1]["steady"]["p90_ms"] = 0.1
    (tmp_path / "run.json").write_text(json.dumps(document))
    with pytest.raises(UsageError, match=r"runs\[1\].steady.p90_ms is 0.1, but must be 0.72"):
        load_runs(tmp_path / "run.json")


def test_a_missing_file_and_a_folder(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="does not exist"):
        load_runs(tmp_path / "none.json")
    with pytest.raises(UsageError, match="cannot be read: Is a directory"):
        load_runs(tmp_path)
    (tmp_path / "bytes.json").write_bytes(b"\x18\x00\x00\x00TFL3\xff")
    with pytest.raises(UsageError, match=r"bytes\.json is no run file: it is not JSON, nor any text in UTF-8"):
        load_runs(tmp_path / "bytes.json")
