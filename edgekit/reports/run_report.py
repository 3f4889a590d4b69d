"""``report``: run files in, one document out, which is written in any format."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from edgekit.artifact import Sidecar, read_sidecar, sidecar_path
from edgekit.errors import SourceError, UsageError
from edgekit.files import named_output, sha256_of, write_bytes
from edgekit.fleets import FleetRuns, load_all_benchmarks
from edgekit.metrics import Budget, Verdict, combine
from edgekit.prediction import BoardTable, boards
from edgekit.profiles import DeviceProfile, profile_named
from edgekit.reports.formats import writer_for
from edgekit.reports.page import Page
from edgekit.reports.plain_text import plain_text
from edgekit.reports.run_page import latency_limit, run_page
from edgekit.runs import Benchmark, RunResult, SpeedComparison, speed_at
from edgekit.verdicts import Assessment, check, check_runs, require_budget

RUN_REPORT_SCHEMA = "edgekit.run_report/1"
Measured = str | Path | Benchmark | SpeedComparison
"""What can stand in a report, or the file that it was written to."""
_NAME_ONE = "name one, with --profile"


@dataclass(frozen=True, slots=True)
class RunReport:
    """All that several runs say, and what it means for a kind of device."""

    benchmarks: tuple[Benchmark, ...]
    """In the order given; none where files were only compared."""
    profile: DeviceProfile | None
    """None: nothing is judged."""
    assessments: tuple[Assessment, ...]
    """One for each file that ran, in the order of their first runs; empty where nothing is judged."""
    sidecars: tuple[Sidecar, ...] = ()
    """Of the files that are at hand, what tells how they were made."""
    budget: Budget | None = None
    """Limits that replace the profile's own."""
    failures: tuple[str, ...] = ()
    """Devices of a fleet that gave no run, each with why."""
    names: tuple[tuple[str, str], ...] = ()
    """The address of a device and what people call it."""
    boards: tuple[BoardTable, ...] = ()
    """Of the files that are at hand, estimates for every kind of board."""
    speeds: tuple[SpeedComparison, ...] = ()
    """Of several files that took turns on a device, in the order given."""

    @property
    def verdict(self) -> Verdict | None:
        """The verdict on all files together; None where nothing is judged."""
        return combine(each.verdict for each in self.assessments) if self.assessments else None

    @property
    def page(self) -> Page:
        """What stands on it, as every format shows it."""
        return run_page(
            self.benchmarks,
            self.profile,
            self.assessments,
            self.sidecars,
            budget=self.budget,
            failures=self.failures,
            names=dict(self.names),
            boards=self.boards,
            speeds=self.speeds,
        )

    def save(self, path: str | Path) -> None:
        """Write the report, whole or not at all.

        Args:
            path: ``.html``, ``.md``, ``.txt`` or ``.json`` says what it becomes.

        Raises:
            UsageError: the name has another suffix.
            OutputError: it cannot be written.
        """
        path = named_output(path)
        write_bytes(path, writer_for(path)(self))

    def to_document(self) -> dict[str, Any]:
        """Return everything as JSON values."""
        return {
            "schema": RUN_REPORT_SCHEMA,
            "verdict": None if self.verdict is None else str(self.verdict),
            "profile": None if self.profile is None else self.profile.to_document(),
            "assessments": [assessment.to_document() for assessment in self.assessments],
            "benchmarks": [benchmark.to_document() for benchmark in self.benchmarks],
            "speeds": [each.to_document() for each in self.speeds],
            "failures": list(self.failures),
            "boards": [table.to_document() for table in self.boards],
        }

    def __str__(self) -> str:
        return plain_text(self.page)


def report(
    runs: Measured | Sequence[Measured],
    *,
    profile: str | Path | DeviceProfile | None = None,
    models: Sequence[str | Path] = (),
    budget: Budget | None = None,
    as_profile: str | None = None,
) -> RunReport:
    """Put runs side by side, and hold them against a kind of device. Nothing is executed.

    Args:
        runs: run files, files of a fleet's benchmark or of several files that took turns, or what these hold; one or
            several.
        profile: a profile, its name, or the path of its .toml; None: nothing is judged.
        models: the .tflite files that ran, where they do not lie beside their run files under their own names. A file
            is known by its hash; of one that is not at hand only what its runs show is judged.
        budget: limits that replace the profile's own; needs a profile.
        as_profile: the kind of device that the runs were seen on, as for :func:`edgekit.check`; needs a profile.

    Raises:
        UsageError: a run file cannot be read, a model is of none of the runs, there is a budget and no profile, or a
            profile and nothing but files that took turns.
        ProfileError: there is no such profile, or it is malformed.
    """
    given = (runs,) if isinstance(runs, Measured) else tuple(runs)
    if not given:
        raise UsageError("no run is given", hint="run files are written by edgekit benchmark --output")
    require_budget(budget)
    target = profile if profile is None or isinstance(profile, DeviceProfile) else profile_named(profile)
    if target is None and as_profile is not None:
        raise UsageError(
            "it is said what the devices are (as_profile, --as), but there is no profile to judge for", hint=_NAME_ONE
        )
    if target is None and budget is not None and budget != Budget():
        raise UsageError("there are limits, but no profile whose devices they are for", hint=_NAME_ONE)
    measured, speeds, beside = _read(given)
    benchmarks = measured.benchmarks
    if target is not None and not benchmarks:
        raise UsageError(
            f"nothing here can be held against {target.name}: which of several files is faster is no time of one",
            hint="give the run file of edgekit benchmark FILE as well, or leave the profile out",
        )
    files = beside | _models(set(_known(benchmarks, speeds)), models)
    assessments = () if target is None else _assessments(benchmarks, files, target, budget, as_profile)
    limit = latency_limit(target, budget)
    return RunReport(
        benchmarks,
        target,
        assessments,
        tuple(_sidecars(files)),
        budget,
        measured.failures,
        measured.names,
        tuple(_boards(files, limit)),
        speeds,
    )


def _known(benchmarks: Sequence[Benchmark], speeds: Sequence[SpeedComparison]) -> dict[str, str]:
    """Return the name of each file that ran, by its hash."""
    found = {each.artifact_sha256: each.file for each in benchmarks}
    return found | {times.artifact_sha256: times.file for each in speeds for times in each.files}


def _read(given: Sequence[Measured]) -> tuple[FleetRuns, tuple[SpeedComparison, ...], dict[str, Path]]:
    """Return what was measured, what was compared, and by their hash the files that ran, where they lie beside."""
    benchmarks: list[Benchmark] = []
    speeds: list[SpeedComparison] = []
    failures: list[str] = []
    names: list[tuple[str, str]] = []
    files: dict[str, Path] = {}
    for source in given:
        if isinstance(source, Benchmark):
            benchmarks.append(source)
            continue
        if isinstance(source, SpeedComparison):
            speeds.append(source)
            continue
        compared = speed_at(source)
        found = load_all_benchmarks(source) if compared is None else FleetRuns(())
        speeds += [] if compared is None else [compared]
        benchmarks += found.benchmarks
        failures += found.failures
        names += found.names
        for sha256, file in _known(found.benchmarks, [] if compared is None else [compared]).items():
            beside = Path(source).parent / Path(file).name
            if sha256 not in files and beside.is_file() and sha256_of(beside) == sha256:
                files[sha256] = beside
    if not benchmarks and not speeds:
        raise UsageError(f"no device gave a run: {'; '.join(failures)}", hint="benchmark again")
    return FleetRuns(tuple(benchmarks), tuple(failures), tuple(names)), tuple(speeds), files


def _models(wanted: set[str], models: Sequence[str | Path]) -> dict[str, Path]:
    found = {}
    for model in map(Path, models):
        if not model.is_file():
            raise UsageError(f"model {model} is no file", hint="give the path of the .tflite file that ran")
        sha256 = sha256_of(model)
        if sha256 not in wanted:
            raise UsageError(
                f"{model} is the file of none of the runs: it has the hash {sha256[:12]}, and they are of "
                f"{', '.join(sorted(each[:12] for each in wanted))}",
                hint="give the file that ran, or leave it out",
            )
        found[sha256] = model
    return found


def _assessments(
    benchmarks: Sequence[Benchmark],
    files: dict[str, Path],
    profile: DeviceProfile,
    budget: Budget | None,
    as_profile: str | None,
) -> tuple[Assessment, ...]:
    runs: dict[str, list[RunResult]] = {}
    for each in benchmarks:
        runs.setdefault(each.artifact_sha256, []).extend(each.runs)
    names = {each.artifact_sha256: each.file for each in benchmarks}
    return tuple(
        check(files[sha256], profile=profile, runs=found, budget=budget, as_profile=as_profile)
        if sha256 in files
        else check_runs(found, file=names[sha256], profile=profile, budget=budget, as_profile=as_profile)
        for sha256, found in runs.items()
    )


def _boards(files: dict[str, Path], limit_ms: float | None) -> Iterator[BoardTable]:
    for path in files.values():
        # Of a file whose sizes are open, or that a CPU cannot run, nothing can be estimated: its runs speak alone.
        with contextlib.suppress(SourceError):
            yield boards(path, max_latency_ms=limit_ms)


def _sidecars(files: dict[str, Path]) -> list[Sidecar]:
    places = [sidecar_path(path) for path in files.values() if sidecar_path(path).is_file()]
    # An edited one is an error: what is said here of a file's origin must be what edgekit wrote.
    return [read_sidecar(place) for place in places]
