"""A Keras model in memory, brought to where the exporter's child process can load it."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import redirect_stdout
from dataclasses import dataclass, replace
from io import StringIO
from pathlib import Path
from typing import Any

from edgekit.conversion.judgement import first_layers_request
from edgekit.errors import SourceError
from edgekit.exporting.first_layers import measure_first_layers
from edgekit.exporting.reference import reference_error
from edgekit.processes.spool import PARITY_SAMPLES, Spool, read_sample, save_outputs
from edgekit.progress import Progress, silent
from edgekit.screening import Candidate
from edgekit.sources import Description, LoadedModel, Source
from edgekit.sources.keras_model import loaded_keras


@dataclass(frozen=True, slots=True)
class MemoryModel:
    """A model in memory and the SavedModel that stands for it.

    A SavedModel needs none of the model's Python classes, so even a layer defined in a notebook gets through.
    """

    loaded: LoadedModel
    source: Source

    def describe(self, saved: Description) -> Description:
        """Return the SavedModel's description with what only the model itself knows."""
        own = self.loaded.description
        return replace(saved, own_scaling=own.own_scaling, parameters=own.parameters, layers=own.layers)

    def measure_first_layers(self, spool: Spool) -> dict[str, Any]:
        """Look at the model's first layers in this process: the SavedModel has none."""
        return measure_here(self.loaded, spool, progress=silent)

    def write_reference(self, saved: Description, spool: Spool, path: Path) -> None:
        """Run the model itself on the first samples, in the SavedModel's order of inputs and outputs.

        Raises:
            ConversionError: the model fails on a sample.
        """
        own = self.loaded.description
        inputs = _order([spec.name for spec in own.inputs], [spec.name for spec in saved.inputs])
        outputs = _order([spec.name for spec in saved.outputs], [spec.name for spec in own.outputs])
        rows = []
        for index in range(min(PARITY_SAMPLES, spool.count)):
            sample = read_sample(spool.files, index)
            try:
                results = self.loaded.call([sample[position] for position in inputs])
            # The user's layers raise anything.
            except Exception as error:
                raise reference_error("<memory>", index, error, synthetic=spool.synthetic) from error
            rows.append([results[position].numpy() for position in outputs])
        save_outputs(path, rows)


def measure_here(loaded: LoadedModel, spool: Spool, *, progress: Progress) -> dict[str, Any]:
    """Look at the first layers of a model in this process; the samples may have its inputs in another order."""
    request = first_layers_request(spool)
    own = [spec.name for spec in loaded.description.inputs]
    given = [spec.name for spec in spool.calibration.inputs] if spool.calibration else own
    order = _order(own, given)
    return measure_first_layers(
        loaded,
        files=[request["files"][position] for position in order],
        count=request["count"],
        candidates=[Candidate.from_json(each) for each in request["candidates"]],
        pictures=[place for place, position in enumerate(order) if position in request["pictures"]],
        progress=progress,
    )


def is_memory_model(model: Any) -> bool:
    """Return whether ``model`` looks like a Keras or tf-keras model."""
    return all(hasattr(model, name) for name in ("layers", "get_weights", "export"))


def store_memory_model(model: Any, *, folder: Path, input_shape: str | None = None) -> MemoryModel:
    """Export a model in memory into the work folder; ``input_shape`` gives sizes to inputs whose own are open.

    Raises:
        SourceError: its inputs are not known or not of a fixed size, or it cannot be exported.
        RecipeError: ``input_shape`` does not fit.
    """
    loaded = loaded_keras(model, name="<memory>", input_shape=input_shape)
    target = folder / "memory"
    try:
        # Keras and tf-keras both tell what they saved, on standard output, which is the user's.
        with redirect_stdout(StringIO()):
            loaded.keras_model.export(str(target))
    # Tracing the user's layers raises anything.
    except Exception as error:
        raise SourceError(f"model <memory> cannot be exported: {error}", log=str(error)) from error
    return MemoryModel(loaded, Source(target, "saved-model"))


def _order(have: Sequence[str], want: Sequence[str]) -> list[int]:
    """Return where each of ``have`` stands in ``want``."""
    if sorted(have) != sorted(want):
        raise SourceError(f"model <memory> calls its tensors {list(have)}, but exports them as {list(want)}")
    return [list(want).index(name) for name in have]
