"""Samples held up to the checks without converting anything."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, Unpack

from edgekit.conversion.float_export import TFLITE_UNMEASURED, measured, require_tensorflow, start_exporter
from edgekit.conversion.judgement import checked, look_at, with_leakage
from edgekit.conversion.memory_model import is_memory_model, measure_here
from edgekit.data import ALL_SAMPLES, collect, inputs_of
from edgekit.processes.spool import Spool, spool_of
from edgekit.processes.work_folder import work_folder
from edgekit.progress import Progress, silent
from edgekit.recipe import Choices, Recipe
from edgekit.recipe.open_sizes import fixed_shapes
from edgekit.screening import FirstLayers, Screening
from edgekit.sources import EXPORTED, Description, Source, identify
from edgekit.sources.keras_model import loaded_keras


def samples(
    path: Any,
    *,
    model: Any = None,
    evaluate: Any = None,
    recipe: Recipe | None = None,
    custom_objects: Sequence[str] = (),
    trust: bool = False,
    progress: Progress = silent,
    **choices: Unpack[Choices],
) -> Screening:
    """Tell whether samples are fit to calibrate on: what :func:`edgekit.convert` checks first.

    Args:
        path: the samples, as for :func:`edgekit.convert`'s ``calibration``; those that a conversion would choose are
            looked at.
        model: what they are for, as for :func:`edgekit.convert`; None: they are judged by themselves, and whether the
            value range fits is not known.
        evaluate: the evaluation set: samples of it should not be calibrated on.
        recipe: all choices, as one value.
        custom_objects: as for ``convert``.
        trust: as for ``convert``.
        progress: told each step.
        choices: single choices of the recipe, over ``recipe``.

    Raises:
        SourceError, CalibrationError, RecipeError: what was given is wrong. A finding is no error.
        MissingExtra: reading the model needs TensorFlow, and it is not installed.
    """
    chosen = Recipe.chosen(recipe, choices)
    source = (
        None
        if model is None or is_memory_model(model)
        else replace(identify(model, custom_objects=tuple(custom_objects), trust=trust), input_shape=chosen.input_shape)
    )
    require_tensorflow(source)
    with work_folder() as folder, ExitStack() as stack:
        subject = _subject(model, source, stack, input_shape=chosen.input_shape, folder=folder, progress=progress)
        description = subject.description
        inputs = inputs_of(path) if description is None else description.inputs
        # Without a model there is no size that it was trained on, and no filter to name.
        recipe = chosen if description is not None else replace(chosen, filter=chosen.used_filter)
        gather = partial(
            collect,
            inputs=inputs,
            recipe=recipe,
            own_scaling=None if description is None else description.own_scaling,
            allow_not_finite=True,
            progress=progress,
        )
        collected = gather(path, folder=folder / "samples")
        features = look_at(collected, progress=progress)
        first_layers, unmeasured = subject.measure(spool_of(collected, inputs, features=features))
        screening = checked(
            collected,
            features,
            model=subject.name,
            outputs=() if description is None else description.outputs,
            first_layers=first_layers,
            unmeasured=unmeasured,
        )
        # A conversion tells these with its other notes.
        screening = replace(screening, skipped=collected.skipped, notes=tuple(collected.told()))
        if evaluate is None:
            return screening
        evaluated = gather(evaluate, folder=folder / "evaluated", limit=ALL_SAMPLES)
        screening = replace(screening, notes=(*screening.notes, *evaluated.told("evaluation ")))
        return with_leakage(screening, evaluated.sample_ids)


@dataclass(frozen=True, slots=True)
class _Subject:
    """What the samples are held against."""

    name: str | None
    description: Description | None
    measure: Callable[[Spool], tuple[FirstLayers | None, str | None]]


def _subject(
    model: Any,
    source: Source | None,
    stack: ExitStack,
    *,
    input_shape: str | None,
    folder: Path,
    progress: Progress,
) -> _Subject:
    if model is None:
        return _Subject(None, None, lambda _spool: (None, "no model was given"))
    if source is None:
        loaded = loaded_keras(model, name="<memory>", input_shape=input_shape)
        return _Subject(
            "<memory>",
            loaded.description,
            lambda spool: measured(None, partial(measure_here, loaded, progress=progress), spool, progress=progress),
        )
    name = str(source.path)
    if source.format in EXPORTED:
        description = EXPORTED[source.format].describe(source.path)
        shapes = fixed_shapes(description.inputs, input_shape, model=name)
        inputs = tuple(replace(spec, shape=shape) for spec, shape in zip(description.inputs, shapes, strict=True))
        return _Subject(name, replace(description, inputs=inputs), lambda _spool: (None, TFLITE_UNMEASURED))
    exporter, description = start_exporter(stack, source, folder=folder, progress=progress)
    return _Subject(name, description, lambda spool: measured(exporter, None, spool, progress=progress))
