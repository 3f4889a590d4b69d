"""The whole flow on one screen: convert, run on the device, check against the profile, report."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Unpack

from edgekit.conversion import Conversion, LabelNames, convert
from edgekit.conversion.targets import read_beside
from edgekit.devices import Device, opened
from edgekit.files import encode_json, named_output, paths_among, staged_folder, write_together
from edgekit.metrics import Budget, Verdict
from edgekit.profiles import DeviceProfile, profile_named
from edgekit.progress import Progress, silent
from edgekit.recipe import AUTO, Choices, Recipe, precision_names
from edgekit.reports import DeploymentReport, writer_for
from edgekit.runner import benchmark, require_python
from edgekit.runs import Benchmark
from edgekit.verdicts import Assessment, check, require_budget

_REPORTS = ("json", "md", "html")


@dataclass(frozen=True, slots=True)
class Deployment:
    """What ``deploy`` left in its folder."""

    folder: Path
    report: DeploymentReport

    @property
    def report_path(self) -> Path:
        """The report for people; ``report.json`` beside it is the one for machines."""
        return self.folder / "report.md"

    @property
    def web_report_path(self) -> Path:
        """The same with charts, for a browser: one file that holds all that it shows."""
        return self.folder / "report.html"

    @property
    def conversion(self) -> Conversion:
        """The artifacts."""
        return self.report.conversion

    @property
    def benchmarks(self) -> tuple[Benchmark, ...]:
        """What was measured, in the order of the artifacts."""
        return self.report.benchmarks

    @property
    def assessments(self) -> tuple[Assessment, ...]:
        """The verdicts with their reasons, in the order of the artifacts."""
        return self.report.assessments

    @property
    def verdict(self) -> Verdict:
        """The verdict on all artifacts together."""
        return self.report.verdict

    def to_document(self) -> dict[str, Any]:
        """Return the report as JSON values."""
        return {**self.report.to_document(), "folder": str(self.folder)}

    def __str__(self) -> str:
        return "\n".join(str(part) for part in (self.conversion, *self.benchmarks, *self.assessments))


def deploy(
    model: Any,
    output: str | Path,
    *,
    profile: str | Path | DeviceProfile,
    device: str | Device = "local",
    threads: Sequence[int] = (1,),
    precision: str | Sequence[str] = (),
    calibration: Any = None,
    evaluate: Any = None,
    labels: LabelNames | None = None,
    recipe: Recipe | None = None,
    custom_objects: Sequence[str] = (),
    trust: bool = False,
    samples_check: bool = True,
    prefer: str | None = None,
    min_snr: float | None = None,
    budget: Budget | None = None,
    as_profile: str | None = None,
    progress: Progress = silent,
    **choices: Unpack[Choices],
) -> Deployment:
    """Take a model to a device and prove that it fits.

    Args:
        model: see :func:`edgekit.convert`, as for all that is not named here.
        output: folder for artifacts, run files, ``report.md``, ``report.html`` and ``report.json``; made if it does
            not exist. They appear there together when all is done, or not at all.
        profile: the device profile to hold the results against.
        device: address of the device to run on, or an open device.
        threads: numbers of interpreter threads to measure.
        precision: as for ``convert``.
        calibration: as for ``convert``.
        evaluate: as for ``convert``; the limit on the accuracy that is lost is judged by it.
        labels: as for ``convert``.
        recipe: as for ``convert``.
        custom_objects: as for ``convert``.
        trust: as for ``convert``.
        samples_check: as for ``convert``.
        prefer: as for ``convert``. The most that precision ``auto`` may lose is the budget's drop in accuracy and, with
            ``evaluate``, else the profile's.
        min_snr: as for ``convert``.
        budget: limits that replace the profile's own.
        as_profile: the kind of device that it is, as for :func:`edgekit.check`, where the device does not say so.
        progress: told each step.
        choices: as for ``convert``.

    Raises:
        EdgekitError: what the steps raise; a verdict of ``fail`` is no error.
    """
    target = profile if isinstance(profile, DeviceProfile) else profile_named(profile)
    folder = named_output(output, may_be_made=True)
    # What is judged by it is made first, and that takes long.
    require_budget(budget)
    if as_profile is not None:
        profile_named(as_profile)
    given = paths_among({"the model": model, **read_beside(calibration, evaluate, labels)})
    with opened(device) as machine, staged_folder(folder, given=given) as stage:
        # No app on a phone carries a file that is not yet made.
        require_python(machine, doing="deploy")
        conversion = convert(
            model,
            stage,
            precision=precision,
            calibration=calibration,
            evaluate=evaluate,
            labels=labels,
            recipe=recipe,
            custom_objects=custom_objects,
            trust=trust,
            samples_check=samples_check,
            prefer=prefer,
            max_drop=_max_drop(precision, target, budget, evaluated=evaluate is not None),
            min_snr=min_snr,
            progress=progress,
            **choices,
        )
        benchmarks, assessments = [], []
        for artifact in conversion.artifacts:
            # A tainted run is told in the report; whoever needs the time benchmarks again, with retries.
            measured = benchmark(artifact, device=machine, threads=threads, retries=0, progress=progress)
            benchmarks.append(measured)
            judged = check(artifact, profile=target, runs=measured.runs, budget=budget, as_profile=as_profile)
            assessments.append(judged.moved(folder))
        report = DeploymentReport(conversion.moved(folder), target, tuple(benchmarks), tuple(assessments))
        write_together(
            {
                **{stage / f"{Path(each.file).stem}.run.json": encode_json(each.to_document()) for each in benchmarks},
                **{place: writer_for(place)(report) for place in (stage / f"report.{kind}" for kind in _REPORTS)},
            }
        )
    return Deployment(folder, report)


def _max_drop(
    precision: str | Sequence[str], profile: DeviceProfile, budget: Budget | None, *, evaluated: bool
) -> float | None:
    """Return the most that the automatic precision may lose; None where it is not asked for, or nothing is said."""
    if AUTO not in precision_names(precision):
        return None
    if budget is not None and budget.accuracy_drop_points is not None:
        return budget.accuracy_drop_points
    # Without labels it is agreement that is judged, and of that a profile says nothing.
    return profile.budget.accuracy_drop_points if evaluated else None
