"""Ranges of activations over the samples, for static quantization."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from ai_edge_quantizer import calibrator, qtyping, recipe_manager
from ai_edge_quantizer.utils import qsv_utils

from edgekit.conversion.quantization.execution import THREADS
from edgekit.conversion.quantization.signature import SIGNATURE_KEY
from edgekit.conversion.spool import read_sample
from edgekit.errors import ConversionError
from edgekit.progress import Progress, Step

Ranges = dict[str, Any]
"""Tensor name to its minimum and maximum, in ai-edge-quantizer's form."""


def observe_ranges(
    path: Path,
    *,
    recipe: qtyping.ModelQuantizationRecipe,
    inputs: Sequence[str],
    files: Iterable[str],
    count: int,
    progress: Progress,
) -> Ranges:
    """Return minimum and maximum of every tensor over the samples of the spool.

    The plain minimum and maximum do not depend on the order of the samples; ai-edge-quantizer's own moving average
    does. Samples are read one at a time: its own loop would hold them all.
    """
    manager = recipe_manager.RecipeManager()
    manager.load_quantization_recipe(recipe)
    try:
        watcher = calibrator.Calibrator(
            str(path),
            num_threads=THREADS,
            mode=calibrator.CalibrationMode.CALIBRATION_PRESERVE_ALL_TENSORS,
            qsv_update_func=qsv_utils.min_max_update,
        )
        for index in range(count):
            progress(Step("calibrating", index, count))
            sample = dict(zip(inputs, read_sample(files, index), strict=True))
            watcher.calibrate({SIGNATURE_KEY: [sample]}, manager)
    except (RuntimeError, ValueError) as error:
        raise ConversionError(f"calibration failed: {error}") from error
    progress(Step("calibrating", count, count))
    return dict(watcher.get_model_qsvs())
