"""Samples in any format become a CalibrationSet."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edgekit.artifact import PictureHandling
from edgekit.data.calibration_set import CalibrationSet
from edgekit.data.formats import opened
from edgekit.data.matching import require_numeric, shape_text
from edgekit.data.preprocessing import Scaling, described, scale, scalings
from edgekit.data.spool_writer import spooled
from edgekit.data.supply import Medium, Sample, Skipped
from edgekit.errors import CalibrationError
from edgekit.progress import Progress, Step, silent
from edgekit.recipe import Recipe
from edgekit.tensors import TensorSpec

ALL_SAMPLES = 0
"""As ``limit``: every sample, for evaluation. An iterable must then end."""


def collect(
    samples: str | Path | Iterable[Any],
    *,
    inputs: Sequence[TensorSpec],
    recipe: Recipe,
    folder: Path,
    own_scaling: str | None = None,
    known: PictureHandling | None = None,
    limit: int | None = None,
    allow_not_finite: bool = False,
    progress: Progress = silent,
) -> CalibrationSet:
    """Choose samples, preprocess them, and write them to ``folder``. One sample at a time is in memory.

    Args:
        samples: a folder of images or of WAV files (flat, or a folder for each class), an .npz, .npy or .csv file,
            TFRecords of ``tf.train.Example`` (a file, a folder, a pattern such as ``train-*.tfrecord``, or a list
            of files), an array or a dictionary of arrays whose first axis counts samples, a ``tf.data.Dataset``
            (in batches or not), or an iterable of samples: an array, a dictionary by input name or a tuple in the
            inputs' order, each with or without a batch dimension of 1, and with or without a label, which comes
            last or under the name ``label``. ``"module:function"`` stands for what that function returns.
            From a dataset or an iterable the first samples are taken as they come, so it need not end. From all
            else the choice and its order depend on ``recipe.seed``, the samples' names or numbers and their
            labels only: where labels are known, each class has its share, and at least one.
        inputs: what the model says of its inputs, batch dimension first.
        recipe: all of it but ``precision`` and ``io`` is used.
        folder: takes one .npy file for each input; made if it is missing. It is the caller's to remove.
        own_scaling: name of the model's own Rescaling or Normalization layer; ``raw`` is then the value range
            unless the recipe names another.
        known: what becomes of pictures as the model's sidecar tells. It counts for photos and stored bytes where the
            recipe says nothing of pictures, and the result says so. Arrays of other numbers are taken as they stand.
        limit: how many samples at most, instead of ``recipe.samples``; ``ALL_SAMPLES`` for every one.
        allow_not_finite: whether NaN and infinity are written as they are, for somebody to look at them.
        progress: told after each sample.

    Returns:
        At least one sample. Images and sounds that cannot be read are skipped, told of, and replaced by others.

    Raises:
        CalibrationError: the samples cannot be used as given. Nothing is left in ``folder``.
        OutputError: ``folder`` cannot be written to.
    """
    recipe, specs = Recipe.chosen(recipe, {}), tuple(inputs)
    told = known if recipe.open_on_pictures else None
    require_numeric(specs)
    count = _count(recipe.samples if limit is None else limit)
    ids: dict[int, str] = {}
    names: dict[int, str] = {}
    labels: dict[int, int] = {}
    skipped: list[str] = []
    first: Sample | None = None
    found: dict[str, Scaling] = {}
    with (
        opened(samples, inputs=specs, recipe=recipe, known=told) as (supply, unused),
        spooled(folder, names=tuple(spec.name for spec in specs)) as writer,
    ):
        total = min((number for number in (count, supply.available) if number is not None), default=None)
        for item in supply.draw(count):
            if isinstance(item, Skipped):
                skipped.append(item.sentence)
                continue
            if first is None:
                first = item
                dtypes = {name: value.dtype for name, value in item.values.items()}
                found = scalings(dtypes, inputs=specs, recipe=recipe, own_scaling=own_scaling, known=told)
            _require_alike(item, first)
            scaled = {
                name: scale(value, found[name]) if name in found else value for name, value in item.values.items()
            }
            writer.write(item.position, _as_inputs(scaled, specs, where=item.name, allow_not_finite=allow_not_finite))
            ids[item.position], names[item.position] = item.sample_id, item.name
            if item.label is not None:
                labels[item.position] = item.label
            progress(Step("reading samples", done=len(ids), total=total))
    return CalibrationSet(
        path=str(samples) if isinstance(samples, str | Path) else "<iterable>",
        folder=folder,
        inputs=specs,
        files=writer.files,
        sample_ids=tuple(ids[position] for position in range(len(ids))),
        skipped=tuple(skipped),
        labels=tuple(labels[position] for position in range(len(ids))) if labels else None,
        classes=supply.classes,
        preprocessing=described(found, inputs=specs, recipe=recipe, own_scaling=own_scaling, media=supply.media),
        notes=(*unused, *supply.notes(count), *_notes_on(supply.media), *_notes_on_handling(told if found else None)),
        names=tuple(names[position] for position in range(len(ids))),
        mixed=supply.mixed,
    )


def _notes_on(media: Mapping[str, Medium]) -> Iterator[str]:
    """Give what is to be told of the media, once where it is the same for several inputs."""
    yield from dict.fromkeys(medium.note for medium in media.values() if medium.note is not None)


def _notes_on_handling(told: PictureHandling | None) -> Iterator[str]:
    if told is not None:
        parts = (f"'{told.value_range}'", told.resize, told.filter, *([told.colour] if told.colour else []))
        yield f"pictures are made as the sidecar of the model tells: {', '.join(parts)}"


def _require_alike(item: Sample, first: Sample) -> None:
    """Raise CalibrationError unless a sample has the first one's shapes and dtypes, and a label if that has one."""
    for name, value in item.values.items():
        before = first.values[name]
        if (value.dtype, value.shape) != (before.dtype, before.shape):
            raise CalibrationError(
                f"{item.name} is {value.dtype}[{shape_text(value.shape)}] for input '{name}', but those before are "
                f"{before.dtype}[{shape_text(before.shape)}]",
                hint="give all samples in one shape and one dtype: how they are scaled depends on it",
            )
    if (item.label is None) != (first.label is None):
        have, lack = (first, item) if item.label is None else (item, first)
        raise CalibrationError(
            f"{have.name} has a label, and {lack.name} has none", hint="give all of them one, or none"
        )


def _count(limit: int) -> int | None:
    if limit < 0:
        raise CalibrationError(
            f"the number of samples is {limit}", hint="ask for at least 1, or for ALL_SAMPLES (0) to take every one"
        )
    return None if limit == ALL_SAMPLES else limit


def _as_inputs(
    values: Mapping[str, NDArray[Any]], specs: tuple[TensorSpec, ...], *, where: str, allow_not_finite: bool
) -> dict[str, NDArray[Any]]:
    """Return the values in the inputs' dtypes. Raises CalibrationError where they do not fit in, or are not finite."""
    return {
        spec.name: _as_input(values[spec.name], spec, where=where, allow_not_finite=allow_not_finite) for spec in specs
    }


def _as_input(value: NDArray[Any], spec: TensorSpec, *, where: str, allow_not_finite: bool) -> NDArray[Any]:
    target = np.dtype(spec.dtype)
    if target.kind in "iu" and value.size:
        limits = np.iinfo(target)
        lowest, highest = int(value.min()), int(value.max())
        if lowest < limits.min or highest > limits.max:
            raise CalibrationError(
                f"input '{spec.name}' takes {spec.dtype} ({limits.min}..{limits.max}), but {where} holds "
                f"{lowest if lowest < limits.min else highest}",
                hint="give values that the model can take",
            )
    # A float64 that is too large for float32 becomes infinite, and is told of as such.
    with np.errstate(over="ignore"):
        cast = value.astype(target)
    if target.kind == "f" and not allow_not_finite and not np.isfinite(cast).all():
        what = "NaN" if np.isnan(cast).any() else "an infinite value"
        raise CalibrationError(
            f"{where} holds {what} for input '{spec.name}'", hint="take the sample out, or mend what made it"
        )
    return cast
