"""Writes finished artifacts with their sidecars, all of them or none."""

from __future__ import annotations

import platform
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from edgekit.artifact import Artifact, Origin, Provenance
from edgekit.conversion.conversion import Conversion
from edgekit.conversion.float_export import FloatExport
from edgekit.conversion.plan import Plan, Target
from edgekit.fidelity import Fidelity
from edgekit.files import encode_json, write_together
from edgekit.inspection import Inspection, inspect
from edgekit.precision import PRECISIONS
from edgekit.recipe import Recipe

_PACKAGES = ("edgekit", "ai-edge-quantizer", "ai-edge-litert", "numpy")
_EXPORT_PACKAGES = ("tensorflow", "keras")


@dataclass(frozen=True, slots=True)
class Made:
    """A converted file in the work folder, and how far it is from the float one."""

    path: Path
    fidelity: Fidelity | None


def write_artifacts(plan: Plan, made: Sequence[Made], exported: FloatExport, *, origin: Origin) -> Conversion:
    """Give the files their places and their sidecars.

    Raises:
        OutputError: one of them cannot be written; then none is.
    """
    artifacts, contents, notes = [], {}, list(_sample_notes(exported))
    for target, item in zip(plan.targets, made, strict=True):
        facts = inspect(item.path)
        artifact = _artifact(target, item, facts, exported, origin)
        artifacts.append(artifact)
        contents[artifact.path] = item.path.read_bytes()
        contents[artifact.sidecar_path] = encode_json(artifact.to_document())
        notes += _precision_notes(target.recipe, facts)
    write_together(contents)
    return Conversion(tuple(artifacts), plan.reason, tuple(notes))


def _artifact(target: Target, item: Made, facts: Inspection, exported: FloatExport, origin: Origin) -> Artifact:
    calibration = exported.spool.calibration
    return Artifact(
        path=target.path,
        precision=target.recipe.precision,
        size_bytes=facts.size_bytes,
        sha256=facts.sha256,
        canonical_sha256=facts.canonical_sha256,
        inputs=facts.inputs,
        outputs=facts.outputs,
        provenance=Provenance(
            origin=origin,
            recipe=target.recipe,
            versions=_versions(exported=exported.parity is not None),
            route=exported.route,
            routes_failed=exported.routes_failed,
            parity=exported.parity,
            fidelity=item.fidelity,
            samples=None if calibration is None else calibration.to_samples(),
        ),
    )


def _versions(*, exported: bool) -> dict[str, str]:
    found = {"python": platform.python_version()}
    for package in (*_PACKAGES, *(_EXPORT_PACKAGES if exported else ())):
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            # Run from a checkout that was never installed, or a tensorflow-cpu in place of tensorflow.
            continue
    return found


def _sample_notes(exported: FloatExport) -> Iterator[str]:
    calibration = exported.spool.calibration
    if calibration is None:
        yield "no samples were given: parity and fidelity were seen on seeded noise only"
        return
    if calibration.skipped:
        yield f"{len(calibration.skipped)} unreadable samples were skipped: {calibration.skipped[0]}"


def _precision_notes(recipe: Recipe, facts: Inspection) -> Iterator[str]:
    precision = PRECISIONS[recipe.precision]
    if recipe.precision == "int16x8":
        yield f"int16x8: {precision.summary}"
    if not precision.needs_calibration:
        return
    islands = [row for row in facts.census if row.precision == "float32"]
    if islands:
        count = sum(row.count for row in islands)
        names = ", ".join(sorted({row.name for row in islands}))
        yield f"{recipe.precision}: {count} of {len(facts.ops)} operators compute in float32: {names}"
