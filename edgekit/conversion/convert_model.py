"""The whole way from a model to artifacts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, Unpack

from edgekit.artifact import Origin
from edgekit.conversion.artifacts import write_artifacts
from edgekit.conversion.automatic.climb import climb, settled
from edgekit.conversion.automatic.wishes import read_wishes
from edgekit.conversion.automatic.workshop import Workshop
from edgekit.conversion.completing import completed, with_golden_pack
from edgekit.conversion.conversion import Conversion
from edgekit.conversion.documentation import documentation
from edgekit.conversion.evaluation import evaluation_notes, examine_float
from edgekit.conversion.finetuning import require_trainable, require_tunable
from edgekit.conversion.float_export import FloatExport, adopt_float, export_float, require_tensorflow
from edgekit.conversion.judgement import checked, look_at, require_sound, with_leakage
from edgekit.conversion.labels import LabelNames, given_names
from edgekit.conversion.making import documented_float
from edgekit.conversion.memory_model import is_memory_model, store_memory_model
from edgekit.conversion.targets import choose_targets, read_beside, with_checkpoint
from edgekit.data import collect
from edgekit.errors import ConversionError, SourceError
from edgekit.files import paths_among, sha256_of
from edgekit.inspection import require_known
from edgekit.processes.spool import Spool, spool_of, synthetic_spool
from edgekit.processes.work_folder import work_folder
from edgekit.processes.worker import Worker, WorkerDied
from edgekit.progress import Progress, silent
from edgekit.recipe import Choices, Recipe, precision_names
from edgekit.screening import Screening
from edgekit.sources import LOADED, Description, Source, identify

_UNCHECKED = ("the calibration samples were not checked (--no-samples-check)",)


def convert(
    model: Any,
    output: str | Path | None = None,
    *,
    precision: str | Sequence[str] = (),
    calibration: Any = None,
    evaluate: Any = None,
    labels: LabelNames | None = None,
    recipe: Recipe | None = None,
    custom_objects: Sequence[str] = (),
    trust: bool = False,
    samples_check: bool = True,
    require: Sequence[str] = (),
    prefer: str | None = None,
    max_drop: float | None = None,
    min_snr: float | None = None,
    checkpoint: str | Path | None = None,
    progress: Progress = silent,
    **choices: Unpack[Choices],
) -> Conversion:
    """Turn a model into one artifact per precision, each proven against the model and run before it is written.

    Args:
        model: a Keras model in memory, or the path of a ``.keras``, ``.h5``, SavedModel or float ``.tflite``.
        output: a file name, or an existing folder; None: ``NAME.PRECISION.tflite`` in the current folder. With
            several precisions, each name gets its precision before the suffix.
        precision: one name or several from the table of precisions; none: the recipe's, and without a recipe
            ``int8`` with calibration samples, ``dynamic_int8`` without. ``"auto"`` alone: precisions, range statistics
            and mixes of int8 with int16 and float operators are tried until a file reaches the goal; the ladder comes
            with the artifact, whose recipe makes the same file again.
        calibration: representative samples: a folder of images, ``.npz``, ``.npy``, an array or an iterable.
        evaluate: labelled samples, in the same forms and preprocessed alike. All of them are run through the float
            model and each artifact; the accuracy that is lost comes with the artifact. None: it is not evaluated.
        labels: the names of the classes, for the artifacts' metadata: a text file with one on each line, or the names.
            None: those of the class folders of the samples, where they are sorted into such.
        recipe: all choices, as one value.
        custom_objects: import paths, ``package.module:Name``, of what the model file names but does not hold.
        trust: whether code inside the model file may run.
        samples_check: whether the calibration samples are checked first, see :func:`edgekit.samples`. Errors stop the
            conversion; warnings come with it.
        require: names from ``inspection.REQUIREMENTS`` that each artifact must meet: ``full-int8``, ``int8-io``,
            ``builtins``.
        prefer: for ``auto``: ``latency`` (the default), ``size`` or ``accuracy``: which file is kept of those that
            reach the goal.
        max_drop: for ``auto``: the most that may be lost, in percentage points: of accuracy with ``evaluate``, else of
            top-1 agreement with the float model. Default 1 where neither limit is given and there are classes. The
            point estimate is held against it, not its interval.
        min_snr: for ``auto``: the least signal to noise ratio of the outputs in dB. Default 20 where there are none.
        checkpoint: the file in which it is written how far fine-tuning has come; where it is there already, the same
            conversion goes on from it, to the same bytes. It is gone when the artifacts are written. With several that
            are fine-tuned, each name gets its precision before the suffix.
        progress: told each step.
        choices: single choices of the recipe, over ``recipe``: ``value_range="unit"``, ``samples=500``, ...

    Raises:
        SourceError, CalibrationError, RecipeError, OutputError, UsageError: what was given is wrong; of the samples,
            too, what the check calls an error.
        ConversionError: this model cannot become that artifact, or the artifact does not meet ``require``.
        BudgetExceeded: ``auto`` found no file that reaches the goal. Nothing is written; the best one is named.
        MissingExtra: reading the model needs TensorFlow, and it is not installed.
    """
    require_known(require)
    chosen = Recipe.chosen(recipe, choices)
    names = precision_names(precision)
    if chosen.precision is not None and not names:
        names = [chosen.precision]
    wishes = read_wishes(
        names,
        prefer=prefer,
        max_drop=max_drop,
        min_snr=min_snr,
        recipe=chosen,
        calibrated=calibration is not None,
    )
    asked = None if labels is None else given_names(labels)
    source = None if is_memory_model(model) else identify(model, custom_objects=tuple(custom_objects), trust=trust)
    beside = paths_among(read_beside(calibration, evaluate, labels))
    targets = choose_targets(
        _stem(model, source),
        output,
        precisions=names,
        recipe=chosen,
        calibrated=calibration is not None,
        source=None if source is None else source.path,
        samples=beside,
    )
    targets = with_checkpoint(
        targets, checkpoint, read=beside if source is None else {**beside, "the model": source.path}
    )
    require_tensorflow(source)
    require_trainable(targets.all)
    origin = _origin(source)
    with work_folder() as folder, Worker("edgekit.quantization.quantizer", folder=folder) as quantizer:
        gather = partial(
            _gather,
            calibration=calibration,
            recipe=chosen,
            check=samples_check,
            tuned=any(target.recipe.finetune for target in targets.all),
            folder=folder,
            progress=progress,
        )
        try:
            exported = _export(model, source, quantizer, recipe=chosen, folder=folder, gather=gather, progress=progress)
            screening = _screened(exported, source)
            evaluation = None
            if evaluate is not None:
                # Before anything is quantized: labels that do not fit should cost little.
                evaluation = examine_float(
                    evaluate,
                    quantizer,
                    path=exported.path,
                    description=exported.description,
                    recipe=chosen,
                    folder=folder,
                    progress=progress,
                )
                if screening is not None:
                    screening = with_leakage(screening, evaluation.samples.sample_ids)
            exported = replace(
                exported,
                documentation=documentation(
                    _stem(model, source),
                    source=source,
                    description=exported.description,
                    recipe=chosen,
                    labels=asked,
                    samples=(None if evaluation is None else evaluation.samples, exported.spool.calibration),
                ),
            )
            if exported.given is None:
                float_file = documented_float(exported, folder=folder)
                exported = replace(exported, given=float_file)
                evaluation = None if evaluation is None else evaluation.by(float_file)
            if wishes is None:
                made = [
                    completed(target, exported, quantizer, evaluation=evaluation, folder=folder, progress=progress)
                    for target in targets.all
                ]
            else:
                workshop = Workshop(exported, quantizer, evaluation, targets.all[0].path, folder, progress, require)
                climbed = climb(targets.all[0].recipe, wishes, workshop)
                targets = settled(targets, climbed)
                made = [
                    with_golden_pack(
                        climbed.made, targets.all[0], exported, quantizer, folder=folder, progress=progress
                    )
                ]
        except WorkerDied as death:
            raise ConversionError(
                f"the converted model could not be run: {death.message}",
                hint=death.hint or "the log is the runtime's own",
                log=death.log,
            ) from death
        unchecked = exported.spool.calibration if screening is None else None
        written = write_artifacts(
            targets,
            made,
            exported,
            origin=_unchanged(replace(origin, parameters=exported.description.parameters), source),
            notes=(
                *(_UNCHECKED if unchecked else ()),
                *(() if evaluation is None else evaluation_notes(evaluation, unchecked)),
                *(() if exported.documentation is None else exported.documentation.notes),
            ),
            screening=screening,
            require=require,
        )
    for target in targets.all:
        if target.checkpoint is not None:
            target.checkpoint.unlink(missing_ok=True)
    return written


def _stem(model: Any, source: Source | None) -> str:
    if source is None:
        return str(getattr(model, "name", "model"))
    # The name that was given counts, not that of the file which a link leads to; "." and ".." are no names.
    path = source.path if source.path.name.strip(".") else source.path.resolve()
    return path.name if path.is_dir() else path.stem


def _screened(exported: FloatExport, source: Source | None) -> Screening | None:
    """Return what there is to say of the samples. Raises CalibrationError where they are not fit to calibrate on."""
    spool = exported.spool
    if spool.calibration is None or spool.features is None:
        return None
    screening = checked(
        spool.calibration,
        spool.features,
        model="<memory>" if source is None else str(source.path),
        outputs=exported.description.outputs,
        first_layers=exported.first_layers,
        unmeasured=exported.unmeasured,
    )
    require_sound(screening)
    return screening


def _gather(
    description: Description,
    *,
    calibration: Any,
    recipe: Recipe,
    check: bool,
    tuned: bool,
    folder: Path,
    progress: Progress,
) -> Spool:
    if calibration is None:
        return synthetic_spool(description.inputs, folder, raw_pixels=description.own_scaling is not None)
    target = folder / "samples"
    target.mkdir()
    collected = collect(
        calibration,
        inputs=description.inputs,
        recipe=recipe,
        folder=target,
        own_scaling=description.own_scaling,
        progress=progress,
    )
    if tuned:
        require_tunable(collected, description.outputs)
    features = look_at(collected, progress=progress) if check else None
    return spool_of(collected, description.inputs, features=features)


def _export(
    model: Any,
    source: Source | None,
    quantizer: Worker,
    *,
    recipe: Recipe,
    folder: Path,
    gather: Any,
    progress: Progress,
) -> FloatExport:
    if source is None:
        memory = store_memory_model(model, folder=folder, input_shape=recipe.input_shape)
        return export_float(
            memory.source,
            quantizer,
            folder=folder,
            gather=lambda saved: gather(memory.describe(saved)),
            refer=memory.write_reference,
            measure=memory.measure_first_layers,
            progress=progress,
        )
    source = replace(source, input_shape=recipe.input_shape)
    if source.format in LOADED:
        return export_float(
            source, quantizer, folder=folder, gather=gather, refer=None, measure=None, progress=progress
        )
    return adopt_float(source, quantizer, folder=folder, gather=gather, progress=progress)


def _origin(source: Source | None) -> Origin:
    if source is None:
        return Origin("<memory>", "memory", None, None)
    digest = sha256_of(source.path)
    return Origin(str(source.path), source.format, digest, None, source.custom_objects, source.trust)


def _unchanged(origin: Origin, source: Source | None) -> Origin:
    """Return ``origin``. Raises SourceError if the model has been written to since its hash was taken."""
    if source is not None and (not source.path.exists() or sha256_of(source.path) != origin.sha256):
        raise SourceError(
            f"model {source.path} was changed while it was being converted", hint="convert it again when it is done"
        )
    return origin
