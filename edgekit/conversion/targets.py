"""What a conversion is to make, decided before anything runs."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from edgekit.artifact import places_of, require_apart
from edgekit.errors import CalibrationError, OutputError, RecipeError, UsageError, unknown_name
from edgekit.files import named_output, require_other, require_writable
from edgekit.files.saved_training import load_training
from edgekit.recipe import AUTO, PRECISIONS, Arithmetic, Precision, Recipe

_SUFFIX = ".tflite"


@dataclass(frozen=True, slots=True)
class Target:
    """One artifact to make."""

    precision: Precision
    recipe: Recipe
    path: Path
    checkpoint: Path | None = None
    """Where it is written how far its fine-tuning has come; None: nowhere."""


@dataclass(frozen=True, slots=True)
class Targets:
    """All artifacts to make."""

    all: tuple[Target, ...]
    reason: str
    """Which precisions, and why these."""


def choose_targets(
    stem: str,
    output: str | Path | None,
    *,
    precisions: Sequence[str],
    recipe: Recipe,
    calibrated: bool,
    source: Path | None,
    samples: Mapping[str, Path] | None = None,
) -> Targets:
    """Decide precisions and file names.

    Args:
        stem: what files are called by default.
        output: a file, or a folder (existing), or None for the current folder.
        precisions: those asked for; none means the default.
        recipe: the other choices.
        calibrated: whether samples were given.
        source: the model file or folder, never to be overwritten.
        samples: what else is read, never to be overwritten: what it is, such as ``the file of labels``, to its path.

    Raises:
        RecipeError: an unknown precision, integer input and output where there are none, or blocks of weights where
            no precision has them.
        CalibrationError: a precision needs samples, and there are none.
        OutputError: a result could not be written, or would be called a file of another format.
    """
    if list(precisions) == [AUTO] and recipe.sparse_weights:
        raise RecipeError("sparse_weights is for float32, not for auto", hint="ask for --precision float32")
    if list(precisions) == [AUTO] and recipe.finetune:
        raise RecipeError(
            "precision auto tries many files, and fine-tunes none of them",
            hint="ask for int8 with --finetune, or leave --finetune out",
        )
    if list(precisions) == [AUTO]:
        return _automatic(stem, output, recipe=recipe, source=source, samples=samples or {})
    chosen, reason = _precisions(precisions, calibrated=calibrated)
    needing = [name for name in chosen if PRECISIONS[name].needs_calibration]
    if needing and not calibrated:
        raise CalibrationError(
            f"{' and '.join(needing)} need{'' if needing[1:] else 's'} representative samples, and none were given",
            hint="add --calibration PATH, or use --precision dynamic_int8, which needs none",
        )
    if recipe.io == "int" and len(needing) < len(chosen):
        without = ", ".join(name for name in chosen if name not in needing)
        raise RecipeError(
            f"io 'int' asks for integer input and output, which {without} does not have",
            hint="ask for int8 or int16x8 alone, or leave --io out",
        )
    if recipe.weight_block is not None and not any(_takes_blocks(name) for name in chosen):
        raise RecipeError(
            f"weight_block {recipe.weight_block} is about 4-bit weights, which {', '.join(chosen)} does not have",
            hint="ask for int4_weights, or leave --weight-block out",
        )
    for key in ("int16_operators", "float_operators"):
        if getattr(recipe, key) and not any(map(_takes_mixes, chosen)):
            raise RecipeError(
                f"{key} are operators outside of int8, which {', '.join(chosen)} is not",
                hint=f"ask for int8, or leave {key} out",
            )
    if recipe.finetune and not any(PRECISIONS[name].trainable for name in chosen):
        able = " or ".join(name for name, precision in PRECISIONS.items() if precision.trainable)
        raise RecipeError(
            f"fine-tuning is for {able}, which {', '.join(chosen)} is not",
            hint=f"ask for {able}, or leave --finetune out",
        )
    if recipe.sparse_weights and "float32" not in chosen:
        raise RecipeError(
            f"sparse_weights is for float32, which {', '.join(chosen)} is not: there are no sparse kernels for others",
            hint="ask for float32, or leave --sparse-weights out",
        )
    paths = _paths(stem, None if output is None else named_output(output), chosen)
    _require_free(paths, source=source, samples=samples or {})
    _require_honest(output)
    targets = tuple(
        Target(PRECISIONS[name], _recipe_for(name, recipe), path) for name, path in zip(chosen, paths, strict=True)
    )
    return Targets(targets, reason)


def with_checkpoint(targets: Targets, checkpoint: str | Path | None, *, read: Mapping[str, Path]) -> Targets:
    """Return the targets with the places of their checkpoints.

    Args:
        targets: what is made.
        checkpoint: the file; of several that are fine-tuned, each has its precision in the name. None: there are none.
        read: what is never to be overwritten: what it is, to its path.

    Raises:
        UsageError: nothing is fine-tuned, or what lies there is no checkpoint.
        OutputError: it cannot be written, or is where something else lies or goes.
    """
    if checkpoint is None:
        return targets
    trained = [target.precision.name for target in targets.all if target.recipe.finetune]
    if not trained:
        raise UsageError("a checkpoint is one of fine-tuning, which is not asked for", hint="add --finetune")
    given = named_output(checkpoint)
    named = {
        each: given if len(trained) == 1 else given.with_name(f"{given.stem}.{each}{given.suffix}") for each in trained
    }
    for path in named.values():
        for what, each in read.items():
            require_other(path, each, what=what)
        _require_unlike_results(path, targets)
        load_training(path)
        require_writable(path)
    chosen = tuple(dataclasses.replace(each, checkpoint=named.get(each.precision.name)) for each in targets.all)
    return dataclasses.replace(targets, all=chosen)


def _require_unlike_results(checkpoint: Path, targets: Targets) -> None:
    """Raise OutputError if a checkpoint, which is removed in the end, lies where a result goes."""
    whole = os.path.realpath(checkpoint)
    for target in targets.all:
        for what, place in zip(("artifact", "sidecar", "golden pack"), places_of(target.path), strict=True):
            if os.path.realpath(place) == whole:
                raise OutputError(
                    f"the checkpoint {checkpoint} is where the {what} of {target.path.name} goes",
                    hint="name another file with --checkpoint",
                )


def read_beside(calibration: Any, evaluate: Any, labels: Any) -> dict[str, Any]:
    """Return what a conversion reads beside the model, under what each is."""
    return {
        "the file of the calibration samples": calibration,
        "the file of the labelled samples": evaluate,
        "the file of labels": labels,
    }


def _automatic(
    stem: str, output: str | Path | None, *, recipe: Recipe, source: Path | None, samples: Mapping[str, Path]
) -> Targets:
    """Return the one target of the automatic precision: int8, until the climb knows better."""
    (path,) = _paths(stem, None if output is None else named_output(output), [AUTO])
    _require_free([path], source=source, samples=samples)
    _require_honest(output)
    return Targets((Target(PRECISIONS["int8"], _recipe_for("int8", recipe), path),), "auto")


def _takes_mixes(precision: str) -> bool:
    return precision == "int8"


def _takes_blocks(precision: str) -> bool:
    return PRECISIONS[precision].weight_bits == 4 and PRECISIONS[precision].arithmetic is Arithmetic.DYNAMIC


def _recipe_for(precision: str, recipe: Recipe) -> Recipe:
    block = recipe.weight_block if _takes_blocks(precision) else None
    if precision != "float32":
        recipe = dataclasses.replace(recipe, sparse_weights=False)
    if not PRECISIONS[precision].trainable:
        recipe = dataclasses.replace(recipe, finetune=False, epochs=None, keep=())
    if _takes_mixes(precision):
        return dataclasses.replace(recipe, precision=precision, weight_block=block)
    return dataclasses.replace(recipe, precision=precision, weight_block=block, int16_operators=(), float_operators=())


def _require_free(paths: Sequence[Path], *, source: Path | None, samples: Mapping[str, Path]) -> None:
    for path in paths:
        if source is not None:
            require_apart(path, {"the model": source})
            _require_outside(path, source)
        require_apart(path, samples)
        for each in places_of(path):
            require_writable(each)


def _require_honest(output: str | Path | None) -> None:
    """Raise OutputError for the name of another format. Numbers behind a dot are of a version: ``net_v1.0``."""
    path = Path(output or "")
    suffix = path.suffix.lower()
    if path.is_dir() or suffix in {"", _SUFFIX} or suffix[1:].isdigit():
        return
    # A precision belongs to the name, what else stands there takes the place of .tflite.
    better = (path.name if suffix[1:] in PRECISIONS else path.stem).removesuffix(_SUFFIX) + _SUFFIX
    raise OutputError(
        f"the output {path} is called {path.suffix}, but edgekit writes {_SUFFIX} files",
        hint=f"name it {path.with_name(better)}, or name an existing folder",
    )


def _require_outside(path: Path, source: Path) -> None:
    if source.is_dir() and any(each.resolve().is_relative_to(source.resolve()) for each in places_of(path)):
        raise OutputError(
            f"the output {path} would lie inside the model's own folder {source}", hint="name another place with -o"
        )


def _precisions(names: Sequence[str], *, calibrated: bool) -> tuple[list[str], str]:
    if names:
        for name in names:
            if name not in PRECISIONS:
                raise RecipeError(unknown_name("precision", name, [*PRECISIONS, AUTO]))
        chosen = list(dict.fromkeys(names))
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
    base = output.name.removesuffix(_SUFFIX)
    return [output.with_name(f"{base}.{name}.tflite") for name in chosen]
