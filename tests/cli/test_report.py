"""``edgekit report``: formats, exit codes, and what is refused before anything is written."""

from __future__ import annotations

from pathlib import Path

import pytest

from edgekit.runs import Benchmark, Environment, RunResult, Timings


@pytest.fixture
def run(edgekit) -> Path:
    """Forty inferences of 10 to 19.75 ms on a Raspberry Pi 4."""
    board = "Raspberry Pi 4 Model B Rev 1.4"
    environment = Environment("aarch64", "Linux", "Cortex-A72", board, 4, 2**32, "3.11.2", "ai-edge-litert", 0.1, False)
    steady = Timings(tuple(10 + value / 4 for value in range(40)))
    seen = RunResult("ab" * 32, "ssh://pi@host", 1, 1.0, 2.0, (), steady, 48 * 2**20, 2**24, "cd" * 32, 0, environment)
    Benchmark("m.tflite", (seen,)).save(edgekit.folder / "run.json")
    return edgekit.folder / "run.json"


def test_text_files_and_exit_codes(edgekit, run: Path) -> None:
    assert edgekit("report", run).stdout.startswith("m.tflite on ssh://pi@host\n=====")
    done = edgekit("report", run, "-o", "r.html", "-o", "r.md", "--profile", "rpi4")
    assert done.stdout == "report: r.html (verdict: unknown)\nreport: r.md (verdict: unknown)\n"
    assert "Verdict: **unknown**" in (edgekit.folder / "r.md").read_text()
    late = ("--profile", "rpi4", "--max-latency", "15 ms")
    failed = edgekit("report", run, *late, "--json", code=1)
    assert (failed.document["schema"], failed.document["verdict"]) == ("edgekit.run_report/1", "fail")
    edgekit("report", run, "--profile", "rpi4", "--strict", code=1)


def test_nothing_is_overwritten_or_half_written(edgekit, run: Path) -> None:
    before = run.read_bytes()
    assert "is the run file run.json itself" in edgekit.refuse("report", "run.json", "-o", "run.json").sentence
    assert "unknown kind of report '.pdf'" in edgekit.refuse("report", run, "-o", "r.html", "-o", "r.pdf").sentence
    assert "is no run file" in edgekit.refuse("report", run, Path(__file__), "-o", "r.html").sentence
    assert run.read_bytes() == before
    assert [path.name for path in edgekit.folder.iterdir()] == ["run.json"]
