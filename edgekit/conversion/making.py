"""One file in the work folder: quantized by a recipe, then run beside the float one."""

from __future__ import annotations

import math
import shutil
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from edgekit.conversion.artifacts import Made
from edgekit.conversion.float_export import FloatExport
from edgekit.errors import CalibrationError, ConversionError
from edgekit.fidelity import PARITY_LIMIT, Fidelity
from edgekit.processes.spool import Spool
from edgekit.processes.worker import Worker
from edgekit.progress import Progress
from edgekit.quantization.sparse_weights import LEAST_ZEROS, with_sparse_weights
from edgekit.recipe import Recipe, precision_named
from edgekit.units import format_count

Ranges = Mapping[str, tuple[float, float]]
FIDELITY_SAMPLES = 64
"""How many samples a file is compared with the float one on, at most, unless it is judged by that alone."""


def quantized(
    recipe: Recipe,
    exported: FloatExport,
    quantizer: Worker,
    *,
    path: Path,
    held_out: Collection[int] = (),
    trained: Path | None = None,
    given: Ranges | None = None,
    progress: Progress,
) -> Made:
    """Quantize the float file by a recipe that names its precision. It has not run yet.

    Args:
        recipe: what to make.
        exported: the float file, and the samples.
        quantizer: the child process where the float file is open.
        path: where the file goes.
        held_out: numbers of samples that are not calibrated on, beside those that the recipe leaves out.
        trained: the float file with other weights; None: as it is.
        given: ranges of tensors, in place of those that were seen; None: none.
        progress: told each step.

    Raises:
        ConversionError: the model cannot be quantized so.
        RecipeError, CalibrationError: the recipe names an operator or a sample that is not there.
    """
    told = quantizer.request(
        "quantize",
        precision=recipe.precision,
        integer_io=recipe.io == "int",
        ranges=recipe.ranges,
        weight_block=recipe.weight_block,
        int16=list(recipe.int16_operators),
        floating=list(recipe.float_operators),
        left_out=sorted({*left_out(recipe, exported.spool), *held_out}),
        output=str(path),
        trained=None if trained is None else str(trained),
        given=given,
        **exported.spool.request(),
        progress=progress,
    )
    notes = tuple(told["notes"])
    if exported.documentation is not None:
        notes += exported.documentation.added_to(path, precision_named(recipe.precision or ""))
    return Made(path, None, ranges=told["ranges"], notes=notes)


def left_in_float(exported: FloatExport, quantizer: Worker, *, progress: Progress) -> Made:
    """Return the float file itself, as float32, once it has run.

    Raises:
        ConversionError: it does not run.
    """
    # Nothing has run this very file yet, but where it was given: that may lack the signature that it is run by.
    own = exported.parity is not None
    compared(quantizer, (exported.given if own else None) or exported.path, exported.spool, [0], progress=progress)
    return Made(exported.given or exported.path, None, notes=() if own else unlabelled_notes(exported))


def left_sparse(made: Made, exported: FloatExport, quantizer: Worker, *, folder: Path, progress: Progress) -> Made:
    """Return the float file with sparse weights, once it has run beside the plain one.

    Raises:
        ConversionError: there is nothing to store sparse, or the runtime refuses it, or answers otherwise.
    """
    # A file that was given may lack the signature that it is run by; its export has it.
    plain = exported.path if exported.parity is None else made.path
    content, count = with_sparse_weights(plain.read_bytes())
    if not count:
        raise ConversionError(
            f"no 1x1 convolution has {LEAST_ZEROS:.0%} zeros or more among its weights, so none can be stored sparse",
            hint="prune the model first: edgekit compress with a stage 'prune'; or leave --sparse-weights out",
        )
    path = folder / "sparse.tflite"
    path.write_bytes(content)
    fidelity = compared(quantizer, path, exported.spool, exported.spool.first(FIDELITY_SAMPLES), progress=progress)
    if not fidelity.snr_db >= -20 * math.log10(PARITY_LIMIT):
        raise ConversionError(
            f"with sparse weights the outputs are not the plain file's: SNR {fidelity.snr_db:.1f} dB",
            hint="leave --sparse-weights out, and please report it",
        )
    note = (
        f"float32: {format_count(count, 'convolution')} with sparse weights; whether sparse kernels run them depends "
        "on the board and the network: measure it"
    )
    return replace(made, path=path, fidelity=fidelity, notes=(*made.notes, note))


def documented_float(exported: FloatExport, *, folder: Path) -> Path:
    """Return the float file as it is written where float32 is asked for: the export, with its metadata."""
    path = folder / "documented.tflite"
    shutil.copyfile(exported.path, path)
    if exported.documentation is not None:
        exported.documentation.added_to(path, precision_named("float32"))
    return path


def unlabelled_notes(exported: FloatExport) -> tuple[str, ...]:
    """Return what to say where float32 is the file that was given, byte for byte, though labels were given too."""
    labels = None if exported.documentation is None else exported.documentation.labels
    asked = labels is not None and labels.asked
    return ("float32 of a .tflite is that file, so no labels were put into it",) if asked else ()


def compared(quantizer: Worker, path: Path, spool: Spool, samples: Sequence[int], *, progress: Progress) -> Fidelity:
    """Run a file beside the float one on the samples of these numbers.

    Raises:
        ConversionError: it does not run.
    """
    measured = quantizer.request(
        "fidelity",
        path=str(path),
        files=spool.request()["files"],
        samples=list(samples),
        synthetic=spool.synthetic,
        progress=progress,
    )
    return Fidelity(**measured)


def usual_fidelity(
    made: Made, recipe: Recipe, exported: FloatExport, quantizer: Worker, *, progress: Progress
) -> Fidelity:
    """Run a file beside the float one on the first samples that its recipe does not leave out.

    A sample that is left out would say of the repaired file what is wrong with the sample.

    Raises:
        ConversionError: it does not run.
    """
    spool = exported.spool
    samples = spool.first(FIDELITY_SAMPLES, without=left_out(recipe, spool))
    return compared(quantizer, made.path, spool, samples, progress=progress)


def left_out(recipe: Recipe, spool: Spool) -> list[int]:
    """Return the numbers of the samples that the recipe leaves out.

    Raises:
        CalibrationError: it names a sample that is not there, or all of them.
    """
    if not recipe.left_out or spool.calibration is None:
        return []
    ids = spool.calibration.sample_ids
    missing = sorted(set(recipe.left_out) - set(ids))
    if missing:
        raise CalibrationError(
            f"left_out names the sample {missing[0][:12]}..., which is not among the {len(ids)} chosen ones",
            hint="give the samples that the recipe was made for, or leave left_out out",
        )
    numbers = [number for number, sample_id in enumerate(ids) if sample_id in recipe.left_out]
    if len(numbers) == len(ids):
        raise CalibrationError("left_out names every sample: there is nothing to calibrate on")
    return numbers
