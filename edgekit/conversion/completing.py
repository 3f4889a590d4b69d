"""One artifact of a conversion: made, trained further where that is asked for, run, and held against labels."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from edgekit.conversion.artifacts import Made
from edgekit.conversion.evaluation import LabelledEvaluation, examined
from edgekit.conversion.finetuning import fine_tuned, with_accuracy
from edgekit.conversion.float_export import FloatExport
from edgekit.conversion.making import left_in_float, left_sparse, quantized, usual_fidelity
from edgekit.conversion.targets import Target
from edgekit.processes.worker import Worker
from edgekit.progress import Progress
from edgekit.recipe import Arithmetic


def completed(
    target: Target,
    exported: FloatExport,
    quantizer: Worker,
    *,
    evaluation: LabelledEvaluation | None,
    folder: Path,
    progress: Progress,
) -> Made:
    """Make one artifact in the work folder, and run it there."""
    made = _converted(target, exported, quantizer, folder=folder, progress=progress)
    made = with_golden_pack(made, target, exported, quantizer, folder=folder, progress=progress)
    if evaluation is None:
        return made
    after = examined(made, evaluation, quantizer=quantizer, target=target, progress=progress)
    if made.untuned is None:
        return after
    before = examined(
        replace(made, path=made.untuned), evaluation, quantizer=quantizer, target=target, progress=progress
    )
    return with_accuracy(after, before, precision=target.precision.name)


def with_golden_pack(
    made: Made, target: Target, exported: FloatExport, quantizer: Worker, *, folder: Path, progress: Progress
) -> Made:
    """Return what was made with its golden pack beside it: some samples, and what the file answers to them."""
    calibration = exported.spool.calibration
    pack = folder / f"{target.precision.name}.golden.npz"
    quantizer.request(
        "golden",
        path=str(made.path),
        name=target.path.name,
        preprocessing="seeded noise: no samples were given" if calibration is None else calibration.preprocessing.text,
        sample_ids=[] if calibration is None else list(calibration.sample_ids),
        **exported.spool.request(),
        output=str(pack),
        progress=progress,
    )
    return replace(made, golden=pack)


def _converted(target: Target, exported: FloatExport, quantizer: Worker, *, folder: Path, progress: Progress) -> Made:
    sparse = target.recipe.sparse_weights
    if target.precision.arithmetic is Arithmetic.FLOAT:
        made = left_in_float(exported, quantizer, progress=progress)
        return left_sparse(made, exported, quantizer, folder=folder, progress=progress) if sparse else made
    path = folder / f"{target.precision.name}.tflite"
    made = quantized(target.recipe, exported, quantizer, path=path, progress=progress)
    made = replace(made, fidelity=usual_fidelity(made, target.recipe, exported, quantizer, progress=progress))
    if not target.recipe.finetune:
        return made
    return fine_tuned(made, target, exported, quantizer, folder=folder, progress=progress)
