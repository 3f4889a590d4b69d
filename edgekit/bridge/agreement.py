"""Both models on the same samples: a bridge that changes what a model says is none."""

from __future__ import annotations

from typing import Any

import numpy as np

from edgekit.bridge.libraries import Library
from edgekit.data import collect
from edgekit.errors import ConversionError
from edgekit.fidelity import Parity, ParityMeter
from edgekit.processes.spool import PARITY_SAMPLES, read_samples
from edgekit.processes.work_folder import work_folder
from edgekit.recipe import Recipe
from edgekit.sources.keras_model import loaded_keras

LIMIT = 1e-5
"""Largest difference, as a share of the range of the model's outputs."""


def require_equal(model: Any, made: Any, *, source: Library, target: Library, samples: Any, recipe: Recipe) -> Parity:
    """Run both; return how far they are apart.

    Raises:
        CalibrationError, RecipeError, SourceError: the samples cannot be used as given.
        ConversionError: they are further apart than ``LIMIT``.
    """
    import tensorflow as tf

    ours, theirs = (loaded_keras(each, name="<memory>", input_shape=recipe.input_shape) for each in (model, made))
    description = ours.description
    meter = ParityMeter(synthetic=False)
    with work_folder() as folder:
        collected = collect(
            samples,
            inputs=description.inputs,
            recipe=recipe,
            folder=folder / "samples",
            own_scaling=description.own_scaling,
            limit=PARITY_SAMPLES,
        )
        count = len(collected.sample_ids)
        files = [collected.files[spec.name] for spec in description.inputs]
        # A model whose batch is fixed takes no other.
        at_once = count if all(tensor.shape[0] is None for tensor in model.inputs) else 1
        for start in range(0, count, at_once):
            given = [tf.constant(values) for values in read_samples(files, np.arange(start, start + at_once))]
            results = [[np.asarray(output) for output in each.call(given)] for each in (ours, theirs)]
            for place in range(at_once):
                first, second = ([output[place : place + 1] for output in outputs] for outputs in results)
                meter.add(first, second)
    parity = meter.result()
    if not parity.relative_error <= LIMIT:
        raise ConversionError(
            f"the model in {target.title} is not the one in {source.title}: on {parity.samples} samples the outputs "
            f"differ by up to {parity.max_error:.3g}, {parity.relative_error:.1e} of their range (limit {LIMIT:g})",
            hint="carry halves of it over to find the layer that the two libraries compute differently",
        )
    return parity
