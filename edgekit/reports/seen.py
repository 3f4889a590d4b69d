"""The runs of a report, each with a name that tells it from the others."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from edgekit.runs import Benchmark, RunResult
from edgekit.units import format_count


@dataclass(frozen=True, slots=True)
class SeenRun:
    """One run, among those that stand beside it."""

    file: str
    run: RunResult
    name: str
    """What it differs in from the others: file, device, number of threads."""

    place: str
    """File and device: what runs of one thread sweep share."""

    @property
    def timed(self) -> bool:
        """Whether its times are anybody's: those of an emulator are nobody's."""
        return not self.run.environment.emulated


def seen_runs(benchmarks: Sequence[Benchmark], names: Mapping[str, str] | None = None) -> tuple[SeenRun, ...]:
    """Return all runs in order, named; ``names`` has what people call a device, by its address."""
    called = names or {}
    files = _file_names(benchmarks)
    devices = {each.device for each in benchmarks}
    told = []
    for each in benchmarks:
        shared = [files[each.artifact_sha256]] if len(files) > 1 else []
        shared += [called.get(each.device, each.device)] if len(devices) > 1 else []
        told += [", ".join((*shared, format_count(run.threads, "thread"))) for run in each.runs]
    runs = [
        (each.file, run, f"{files[each.artifact_sha256]} on {called.get(each.device, each.device)}")
        for each in benchmarks
        for run in each.runs
    ]
    return tuple(
        SeenRun(file, run, name, place) for (file, run, place), name in zip(runs, _numbered(told), strict=True)
    )


def _file_names(benchmarks: Sequence[Benchmark]) -> dict[str, str]:
    """Return a name for each file by its hash: files of one name are told apart by it."""
    named = {each.artifact_sha256: each.file for each in benchmarks}
    often = Counter(named.values())
    return {sha256: f"{name} ({sha256[:8]})" if often[name] > 1 else name for sha256, name in named.items()}


def _numbered(names: Sequence[str]) -> Iterator[str]:
    often, so_far = Counter(names), Counter[str]()
    for name in names:
        so_far[name] += 1
        yield f"{name}, run {so_far[name]}" if often[name] > 1 else name
