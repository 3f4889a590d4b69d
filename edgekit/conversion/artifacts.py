"""Writes finished artifacts with their sidecars, all of them or none."""

from __future__ import annotations

import platform
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from edgekit.accuracy import AccuracyComparison
from edgekit.artifact import (
    Artifact,
    GoldenRecord,
    Origin,
    Provenance,
    SamplesUsed,
    read_golden_pack,
)
from edgekit.artifact.finetuning import FineTuning
from edgekit.artifact.ladder import Ladder
from edgekit.conversion.conversion import Conversion
from edgekit.conversion.float_export import FloatExport
from edgekit.conversion.package_versions import installed_version
from edgekit.conversion.targets import Target, Targets
from edgekit.errors import ConversionError
from edgekit.fidelity import Fidelity
from edgekit.files import encode_json, sha256_of, write_together
from edgekit.inspection import Inspection, inspect, shortfalls
from edgekit.recipe import Precision
from edgekit.screening import Screening

_PACKAGES = ("edgekit", "ai-edge-quantizer", "ai-edge-litert", "numpy")
_EXPORT_PACKAGES = ("tensorflow", "keras")
_TRAINING_PACKAGES = ("tensorflow",)


@dataclass(frozen=True, slots=True)
class Made:
    """A converted file in the work folder, and how far it is from the float one."""

    path: Path
    fidelity: Fidelity | None
    accuracy: AccuracyComparison | None = None
    ranges: Mapping[str, tuple[float, float]] | None = None
    """Per tensor, as handed to the quantizer; None where there was nothing to calibrate."""
    notes: tuple[str, ...] = ()
    """What a user should know of how it was made."""
    golden: Path | None = None
    """Its golden pack in the work folder."""
    ladder: Ladder | None = None
    """What else was tried; None where the precision was named."""
    finetuning: FineTuning | None = None
    """What fine-tuning came to; None where it was not asked for."""
    untuned: Path | None = None
    """Where it was fine-tuned: the file by post-training quantization alone, in the work folder."""


def write_artifacts(
    targets: Targets,
    made: Sequence[Made],
    exported: FloatExport,
    *,
    origin: Origin,
    notes: Iterable[str] = (),
    screening: Screening | None = None,
    require: Sequence[str] = (),
) -> Conversion:
    """Give the files their places and their sidecars; ``notes`` are told with ours.

    Raises:
        ConversionError: one of them does not meet what ``require`` names; then none is written.
        OutputError: one of them cannot be written; then none is.
    """
    artifacts, contents, told = [], {}, [*_sample_notes(exported, made), *notes]
    for target, item in zip(targets.all, made, strict=True):
        facts = inspect(item.path)
        _require(facts, require, target)
        artifact = _artifact(target, item, facts, exported, origin, screening=screening)
        artifacts.append(artifact)
        contents[artifact.path] = item.path.read_bytes()
        if item.golden is not None:
            contents[artifact.golden_path] = item.golden.read_bytes()
        contents[artifact.sidecar_path] = encode_json(artifact.to_document())
        told += (*_precision_notes(target.precision, facts, item), *item.notes)
    write_together(contents)
    return Conversion(tuple(artifacts), targets.reason, tuple(told), screening)


def _artifact(
    target: Target, item: Made, facts: Inspection, exported: FloatExport, origin: Origin, *, screening: Screening | None
) -> Artifact:
    return Artifact(
        path=target.path,
        precision=target.precision.name,
        size_bytes=facts.size_bytes,
        sha256=facts.sha256,
        canonical_sha256=facts.canonical_sha256,
        inputs=facts.inputs,
        outputs=facts.outputs,
        provenance=Provenance(
            origin=origin,
            recipe=target.recipe,
            versions=_versions(exported=exported.parity is not None, trained=item.finetuning is not None),
            route=exported.route,
            routes_failed=exported.routes_failed,
            parity=exported.parity,
            fidelity=item.fidelity,
            samples=_samples_used(exported, screening),
            accuracy=item.accuracy,
            ranges=item.ranges,
            ladder=item.ladder,
            finetuning=item.finetuning,
            pictures={} if exported.documentation is None else exported.documentation.pictures,
        ),
        census=facts.census,
        islands=facts.islands,
        golden_pack=None if item.golden is None else _golden_record(item.golden),
    )


def _golden_record(path: Path) -> GoldenRecord:
    pack = read_golden_pack(path)
    return GoldenRecord(
        sha256=sha256_of(path),
        size_bytes=path.stat().st_size,
        samples=pack.samples,
        tolerances={output.name: output.tolerance for output in pack.outputs},
    )


def _samples_used(exported: FloatExport, screening: Screening | None) -> SamplesUsed | None:
    calibration = exported.spool.calibration
    if calibration is None:
        return None
    used = calibration.to_samples_used()
    return used if screening is None else replace(used, findings=screening.findings, unjudged=screening.unjudged)


def _require(facts: Inspection, names: Sequence[str], target: Target) -> None:
    missed = shortfalls(facts, names)
    if missed:
        integers = {each.requirement for each in missed} == {"int8-io"} and target.recipe.io != "int"
        raise ConversionError(
            f"{target.path} {'; it '.join(each.clause for each in missed)}",
            hint="nothing was written; "
            + ("add --io int, with --precision int8" if integers else "choose another --precision or --io")
            + ", or leave --require out to look at the file",
        )


def _versions(*, exported: bool, trained: bool) -> dict[str, str]:
    packages = (*_PACKAGES, *(_EXPORT_PACKAGES if exported else _TRAINING_PACKAGES if trained else ()))
    found = {package: installed for package in packages if (installed := installed_version(package)) is not None}
    return {"python": platform.python_version(), **found}


def _sample_notes(exported: FloatExport, made: Sequence[Made]) -> Iterator[str]:
    calibration = exported.spool.calibration
    if calibration is None:
        seen = ["parity"] if exported.parity else []
        seen += ["fidelity"] if any(item.fidelity for item in made) else []
        if seen:
            yield f"no samples were given: {' and '.join(seen)} {'were' if len(seen) > 1 else 'was'} seen on noise only"
        return
    yield from calibration.told()


def _precision_notes(precision: Precision, facts: Inspection, made: Made) -> Iterator[str]:
    if precision.slow_because is not None:
        yield f"{precision.name} {precision.slow_because}"
    if precision.inaccurate_because is not None:
        yield f"{precision.name} {precision.inaccurate_because}: {_accuracy_lost(made.accuracy)}"
        if made.accuracy is None and made.fidelity is not None and made.fidelity.synthetic:
            # ResNet-8: -4.4 dB on noise, 7.5 dB on photos; other networks look far better on noise than they are.
            yield (
                f"{precision.name}: the figures seen on noise say nothing of real samples, for better or worse: give "
                "some with --calibration PATH"
            )
    if not precision.needs_calibration:
        return
    islands = [row for row in facts.census if row.precision == "float32"]
    if islands:
        count = sum(row.count for row in islands)
        names = ", ".join(sorted({row.name for row in islands}))
        yield f"{precision.name}: {count} of {len(facts.ops)} operators compute in float32: {names}"


def _accuracy_lost(accuracy: AccuracyComparison | None) -> str:
    if accuracy is None:
        return "how much, only labelled samples tell (--evaluate PATH)"
    low, high = accuracy.interval_points
    return f"here {accuracy.drop_points:.1f} points (95 % interval {low:.1f} to {high:.1f})"
