"""From a source to a float .tflite that is proven to be the model."""

from __future__ import annotations

import importlib.util
import shutil
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from edgekit.conversion.documentation import Documentation
from edgekit.conversion.judgement import first_layers_of, first_layers_request
from edgekit.errors import ConversionError, MissingExtra, UnsupportedOperator
from edgekit.exporting.converter_messages import death_error
from edgekit.exporting.routes import ROUTES
from edgekit.fidelity import PARITY_LIMIT, Parity
from edgekit.processes.spool import PARITY_SAMPLES, Spool
from edgekit.processes.worker import Worker, WorkerDied
from edgekit.progress import Progress
from edgekit.recipe.open_sizes import fixed_shapes
from edgekit.screening import FirstLayers
from edgekit.sources import EXPORTED, LOADED, Description, Source

TFLITE_UNMEASURED = "a .tflite does not say what its normalization layers were trained on"

_LIMIT_S = 900
"""Seconds that TensorFlow has to load a model, to export it by one route, or to run it on the samples."""
Gather = Callable[[Description], Spool]
"""Makes the samples, once the inputs are known."""
Measure = Callable[[Spool], dict[str, Any]]
"""Tells what the model's first layers see, where the model is in this process."""
Refer = Callable[[Description, Spool, Path], None]
"""Writes the model's own outputs on the first samples, where the model is in this process."""


@dataclass(frozen=True, slots=True)
class FloatExport:
    """A float .tflite in the work folder, open in the quantizer's child process."""

    path: Path
    description: Description
    spool: Spool
    route: str
    routes_failed: tuple[str, ...]
    parity: Parity | None
    """None where the source is a float .tflite: there is nothing to compare it with."""
    given: Path | None = None
    """The float .tflite as it is written: byte for byte what was given, where it was (``path`` may have got a
    signature), else the export with its metadata, once it has it."""
    first_layers: FirstLayers | None = None
    """What the model's first layers see of the samples; None where ``unmeasured`` tells why."""
    unmeasured: str | None = None
    documentation: Documentation | None = None
    """What goes into the metadata of every file that is made of it; None before that is known."""


def adopt_float(source: Source, quantizer: Worker, *, folder: Path, gather: Gather, progress: Progress) -> FloatExport:
    """Take a float .tflite as the export that it is already, with sizes for what it leaves open.

    Raises:
        SourceError: it is damaged, or quantized, or leaves sizes open that the source does not give.
        RecipeError: it has other sizes than the source is to have.
        ConversionError: it does not work at the sizes that were given.
    """
    row = EXPORTED[source.format]
    description = row.describe(source.path)
    shapes = fixed_shapes(description.inputs, source.input_shape, model=str(source.path))
    given, path = folder / "given.tflite", folder / "float.tflite"
    shutil.copyfile(source.path, given)
    route = "none: the source is a float .tflite"
    if any(None in spec.shape for spec in description.inputs):
        quantizer.request("fix", path=str(given), shapes=[list(shape) for shape in shapes], progress=progress)
        description = row.describe(given)
        route += "; its open sizes were fixed"
    shutil.copyfile(given, path)
    spool = gather(description)
    open_float(quantizer, path, description, progress=progress)
    return FloatExport(
        path,
        description,
        spool,
        route,
        (),
        None,
        given,
        unmeasured=TFLITE_UNMEASURED,
    )


def export_float(
    source: Source,
    quantizer: Worker,
    *,
    folder: Path,
    gather: Gather,
    refer: Refer | None,
    measure: Measure | None,
    progress: Progress,
) -> FloatExport:
    """Export by the first route whose result is proven to be the model.

    The samples are gathered here while the converter works in its child process.

    Args:
        source: what to export.
        quantizer: the child process that runs the result.
        folder: the work folder.
        gather: makes the samples.
        refer: runs the model for reference; None where the child process can.
        measure: looks at the model's first layers; None where the child process can.
        progress: told each step.

    Raises:
        SourceError: the model cannot be loaded.
        ConversionError: no route carries it.
    """
    path, reference = folder / "float.tflite", folder / "reference.npz"
    failures: dict[str, ConversionError] = {}
    spool: Spool | None = None
    with ExitStack() as stack:
        exporter, description = start_exporter(stack, source, folder=folder, progress=progress)
        for route in ROUTES:
            try:
                exporter.send("export", route=route, output=str(path), limit_s=_LIMIT_S)
                spool = spool or gather(description)
                exporter.receive(progress=progress)
            except ConversionError as error:
                failures[route] = error
                continue
            except WorkerDied as death:
                failures[route] = death_error(death, layers=description.layers, model=str(source.path), task="convert")
                if death.late:
                    # Every route traces the model; another one would most likely take as long.
                    break
                exporter, description = start_exporter(stack, source, folder=folder, progress=progress)
                continue
            try:
                _refer(exporter, refer, description, spool, reference, progress=progress)
            except WorkerDied as death:
                raise death_error(death, layers=(), model=str(source.path), task="run") from death
            try:
                open_float(quantizer, path, description, progress=progress)
                parity = _parity(quantizer, spool, reference, progress=progress)
            except ConversionError as error:
                # The runtime refuses what this route made; another route may make something else.
                failures[route] = error
                continue
            if parity.proven:
                told = tuple(f"{name}: {error.message}" for name, error in failures.items())
                seen = measured(exporter, measure, spool, progress=progress)
                return FloatExport(path, description, spool, route, told, parity, None, *seen)
            failures[route] = _not_the_model(source, parity)
    raise _most_telling(failures)


def _most_telling(failures: dict[str, ConversionError]) -> ConversionError:
    """Return the failure that names a layer, where one does; else that of the first route. Its log has them all."""
    errors = list(failures.values())
    named = (error for error in errors if isinstance(error, UnsupportedOperator) and error.layers)
    chosen = next(named, errors[0])
    logs = [f"route {route}: {error.message}\n{error.log or ''}" for route, error in failures.items()]
    chosen.log = "\n".join(logs)
    return chosen


def require_tensorflow(source: Source | None) -> None:
    """Raise MissingExtra where the model cannot be read without TensorFlow, and it is not installed."""
    if source is not None and source.format in LOADED and not importlib.util.find_spec("tensorflow"):
        raise MissingExtra("tensorflow", purpose=f"reading {LOADED[source.format].title} models")


def start_exporter(stack: ExitStack, source: Source, *, folder: Path, progress: Progress) -> tuple[Worker, Description]:
    """Start the child process that has TensorFlow, and load the model there. Raises SourceError."""
    worker = stack.enter_context(Worker("edgekit.exporting.exporter", folder=folder))
    try:
        description = worker.request("load", source=source.to_json(), limit_s=_LIMIT_S, progress=progress)
    except WorkerDied as death:
        raise death_error(death, layers=(), model=str(source.path), task="load") from death
    return worker, Description.from_json(description)


def _refer(
    exporter: Worker, refer: Refer | None, description: Description, spool: Spool, path: Path, *, progress: Progress
) -> None:
    if path.exists():
        return
    if refer is None:
        exporter.request(
            "reference",
            **spool.request(PARITY_SAMPLES),
            output=str(path),
            synthetic=spool.synthetic,
            limit_s=_LIMIT_S,
            progress=progress,
        )
    else:
        refer(description, spool, path)


def measured(
    exporter: Worker | None, measure: Measure | None, spool: Spool, *, progress: Progress
) -> tuple[FirstLayers | None, str | None]:
    """Return what the model's first layers see, or why that is not known; neither where nobody asks."""
    if spool.features is None:
        return None, None
    if not spool.features.finite.all():
        return None, "what is no number gets into every figure of a layer"
    if measure is not None:
        return first_layers_of(measure(spool))
    if exporter is None:
        raise ValueError("nothing is given that could run the model")
    try:
        found = exporter.request("first_layers", **first_layers_request(spool), limit_s=_LIMIT_S, progress=progress)
    except WorkerDied as death:
        # What is wrong with the model is told where it is exported; the samples may still be sound.
        return None, f"the model could not be run up to its first layers: {death.message}"
    return first_layers_of(found)


def open_float(quantizer: Worker, path: Path, description: Description, *, progress: Progress) -> None:
    """Give the child process that runs files the float one."""
    quantizer.request(
        "open",
        path=str(path),
        inputs=[spec.name for spec in description.inputs],
        outputs=[spec.name for spec in description.outputs],
        progress=progress,
    )


def _parity(quantizer: Worker, spool: Spool, reference: Path, *, progress: Progress) -> Parity:
    measured = quantizer.request(
        "parity",
        **spool.request(PARITY_SAMPLES),
        reference=str(reference),
        synthetic=spool.synthetic,
        progress=progress,
    )
    return Parity(**measured)


def _not_the_model(source: Source, parity: Parity) -> ConversionError:
    return ConversionError(
        f"the float export of model {source.path} is not the model: its outputs are off by {parity.max_error:.3g}, "
        f"{parity.relative_error:.2g} of their range (limit {PARITY_LIMIT:g})",
        hint="an operation that depends on chance or on the batch, or one that is exported wrongly, can do this; "
        "try the model in smaller pieces",
    )
