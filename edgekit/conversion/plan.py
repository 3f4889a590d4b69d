"""What a conversion will make, decided before anything runs."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from edgekit.errors import CalibrationError, OutputError, RecipeError
from edgekit.files import require_writable
from edgekit.precision import PRECISIONS, precision_named
from edgekit.recipe import Recipe


@dataclass(frozen=True, slots=True)
class Target:
    """One artifact to make."""

    recipe: Recipe
    path: Path


@dataclass(frozen=True, slots=True)
class Plan:
    """All artifacts to make."""

    targets: tuple[Target, ...]
    reason: str
    """Which precisions, and why these."""


def plan_conversion(
    stem: str,
    output: Path | None,
    *,
    precisions: Sequence[str],
    recipe: Recipe,
    calibrated: bool,
    source: Path | None,
) -> Plan:
    """Decide precisions and file names.

    Args:
        stem: what files are called by default.
        output: a file, or a folder (existing), or None for the current folder.
        precisions: those asked for; none means the default.
        recipe: the other choices.
        calibrated: whether samples were given.
        source: the model file, never to be overwritten.

    Raises:
        RecipeError: an unknown precision, or integer input and output where there are none.
        CalibrationError: a precision needs samples, and there are none.
        OutputError: a result could not be written.
    """
    chosen, reason = _precisions(precisions, calibrated=calibrated)
    needing = [name for name in chosen if PRECISIONS[name].needs_calibration]
    if needing and not calibrated:
        raise CalibrationError(
            f"{' and '.join(needing)} needs representative samples, and none were given",
            hint="add --calibration PATH, or use --precision dynamic_int8, which needs none",
        )
    if recipe.io == "int" and len(needing) < len(chosen):
        without = ", ".join(name for name in chosen if name not in needing)
        raise RecipeError(
            f"io 'int' asks for integer input and output, which {without} does not have",
            hint="ask for int8 or int16x8 alone, or leave --io out",
        )
    paths = _paths(stem, output, chosen)
    for path in paths:
        if source is not None and path.absolute() == source.absolute():
            raise OutputError(f"the output {path} is the model itself", hint="name another file with -o")
        require_writable(path)
    targets = tuple(
        Target(dataclasses.replace(recipe, precision=name), path) for name, path in zip(chosen, paths, strict=True)
    )
    return Plan(targets, reason)


def _precisions(names: Sequence[str], *, calibrated: bool) -> tuple[list[str], str]:
    if names:
        chosen = list(dict.fromkeys(precision_named(name).name for name in names))
        return chosen, f"{', '.join(chosen)}: as asked"
    if calibrated:
        return ["int8"], "int8: the default where calibration samples are given"
    return ["dynamic_int8"], "dynamic_int8: the default without calibration samples (int8 needs --calibration)"


def _paths(stem: str, output: Path | None, chosen: Sequence[str]) -> list[Path]:
    if output is None or output.is_dir():
        folder = output or Path()
        return [folder / f"{stem}.{name}.tflite" for name in chosen]
    if len(chosen) == 1:
        return [output]
    base = output.name.removesuffix(".tflite")
    return [output.with_name(f"{base}.{name}.tflite") for name in chosen]
