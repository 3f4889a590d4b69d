"""Samples with labels, collected for one evaluation and gone after it."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol, TypeAlias

from edgekit.accuracy import Labelled
from edgekit.artifact import PictureHandling
from edgekit.data import ALL_SAMPLES, collect
from edgekit.files import temporary_folder
from edgekit.progress import Progress
from edgekit.recipe import Recipe
from edgekit.runner.inference import Samples
from edgekit.tensors import TensorSpec


class LabelledSamples(Samples, Labelled, Protocol):
    """Samples that know what they show; a ``CalibrationSet`` of class folders does."""


LabelledData: TypeAlias = Any
"""Samples that are preprocessed already, or whatever :func:`edgekit.collect` takes, with labels: a folder with one
folder per class, an .npz or a dictionary of arrays, one of them ``labels``, ..."""


@contextmanager
def gathered(
    samples: LabelledData,
    *,
    inputs: Sequence[TensorSpec],
    recipe: Recipe | None,
    progress: Progress,
    known: PictureHandling | None = None,
) -> Iterator[LabelledSamples]:
    """Give the samples as a file with these inputs takes them: all of them, whatever ``recipe.samples`` is.

    ``known`` is what becomes of pictures as the file's sidecar tells, where the recipe does not say it.

    Raises:
        RecipeError: the recipe is none.
        CalibrationError: they cannot be used as given.
        OutputError: there is no room for them.
    """
    if hasattr(samples, "files") and hasattr(samples, "labels"):
        yield samples
        return
    chosen = Recipe.chosen(recipe, {})
    with temporary_folder("edgekit-evaluate-") as folder:
        yield collect(
            samples,
            inputs=[as_taken(spec, recipe=chosen, known=known) for spec in inputs],
            recipe=chosen,
            folder=Path(folder, "samples"),
            known=known,
            limit=ALL_SAMPLES,
            progress=progress,
        )


def as_taken(spec: TensorSpec, *, recipe: Recipe, known: PictureHandling | None = None) -> TensorSpec:
    """Return a quantized input as the real numbers that it stands for, which running it quantizes.

    Bytes 0..255 are what pictures are stored as: such an input takes them as they are, unless a range is named.
    """
    unnamed = recipe.value_range is None and (known is None or not recipe.open_on_pictures)
    if spec.scale is None or (spec.dtype == "uint8" and unnamed):
        return spec
    return dataclasses.replace(spec, dtype="float32", scale=None, zero_point=None)
