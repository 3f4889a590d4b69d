"""The runs of one file on one device: as values, as a document, and in words."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from edgekit.files import write_json
from edgekit.runs.result import RUN_SCHEMA, RunResult
from edgekit.units import format_bytes, format_milliseconds


@dataclass(frozen=True, slots=True)
class Benchmark:
    """The runs of one file on one device, one for each number of threads."""

    file: str
    """The file's name."""
    runs: tuple[RunResult, ...]
    """Never empty, in the order asked for."""

    @property
    def best(self) -> RunResult:
        """The run with the smallest median."""
        return min(self.runs, key=lambda run: run.steady.p50_ms)

    @property
    def device(self) -> str:
        """The device's address."""
        return self.runs[0].device

    @property
    def artifact_sha256(self) -> str:
        """Of the file that ran."""
        return self.runs[0].artifact_sha256

    def to_document(self) -> dict[str, Any]:
        """Return everything as JSON values; :func:`edgekit.runs.load_runs` reads it."""
        shared = {"artifact_sha256": self.artifact_sha256, "device": self.device}
        runs = [{key: value for key, value in run.to_document().items() if key not in shared} for run in self.runs]
        return {"schema": RUN_SCHEMA, "file": self.file, **shared, "runs": runs}

    def save(self, path: str | Path) -> None:
        """Write the run file, whole or not at all. Raises OutputError."""
        write_json(Path(path), self.to_document())

    def __str__(self) -> str:
        environment = self.runs[0].environment
        head = f"{self.file} on {self.device}: {environment.cpu_model}, {environment.runtime}"
        return "\n".join([head, *(_line(run) for run in self.runs)])


def counted_text(run: RunResult) -> str:
    """Return what an emulated run has to say: its count, or why there is none."""
    metric = run.instruction_count
    if metric is None:
        more = " with one thread only" if run.threads > 1 else ", where 'edgekit emulator install' has made a counter"
        return f"instructions are counted{more}"
    exact = f"spread {run.instruction_spread:.3%} of {len(run.instructions)} runs"
    classes = run.instruction_classes
    if classes is not None:
        shares = ((classes.vector, "vector"), (classes.load_store, "load and store"), (classes.other, "other"))
        exact += "; " + ", ".join(f"{count / metric.value:.0%} {name}" for count, name in shares)
    return f"{metric.value:,.0f} instructions for an inference ({metric.evidence}; {exact})"


def _line(run: RunResult) -> str:
    steady = run.steady
    many = "1 thread" if run.threads == 1 else f"{run.threads} threads"
    memory = "memory unknown"
    if run.peak_memory_bytes is not None and run.model_memory_bytes is not None:
        peak, share = format_bytes(run.peak_memory_bytes), format_bytes(run.model_memory_bytes)
        memory = f"memory {peak}, the model's share {share}"
    if run.environment.emulated:
        return f"  {many}: emulated, so its times say nothing; {memory}; {counted_text(run)}"
    notes = ["" if run.settled else "; warm-up did not settle", "; stopped early" if run.stopped_early else ""]
    notes += [f"; tainted: {'; '.join(run.taints)}"] if run.tainted else []
    p50, p90, p99, least, spread, init, first = (
        format_milliseconds(value)
        for value in (
            steady.p50_ms, steady.p90_ms, steady.p99_ms, steady.min_ms, steady.mad_ms, run.init_ms, run.first_ms,
        )
    )  # fmt: skip
    return (
        f"  {many}: p50 {p50}, p90 {p90}, p99 {p99}, min {least}, spread {spread} of {steady.count} runs; "
        f"load {init}, first {first}; {memory}{''.join(notes)}"
    )
