"""The child process that has TensorFlow: loads a model, exports it to a float .tflite, runs it for reference."""

from __future__ import annotations

import faulthandler
import os

# Read when TensorFlow is imported. The log is for errors; no GPU is wanted for what takes a second.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "1")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")

from pathlib import Path
from typing import Any

from edgekit.errors import ConversionError, EdgekitError
from edgekit.exporting.converter_messages import conversion_error
from edgekit.exporting.first_layers import measure_first_layers
from edgekit.exporting.reference import reference_error
from edgekit.exporting.routes import ROUTES
from edgekit.processes.serving import serve
from edgekit.processes.spool import read_sample, save_outputs
from edgekit.progress import Progress, Step
from edgekit.screening import Candidate
from edgekit.sources import LOADED, LoadedModel, Source


class Exporter:
    """Holds the loaded model between requests."""

    def __init__(self) -> None:
        self._loaded: LoadedModel | None = None
        self._name = ""

    def load(self, *, source: dict[str, Any], progress: Progress) -> dict[str, Any]:
        """Load the source; return its description."""
        progress(Step("loading the model"))
        given = Source.from_json(source)
        self._name = str(given.path)
        self._loaded = LOADED[given.format].load(given)
        return self._loaded.description.to_json()

    def export(self, *, route: str, output: str, progress: Progress) -> None:
        """Write a float .tflite by one route."""
        loaded = self._require_loaded()
        progress(Step(f"exporting by route {route}"))
        try:
            content = ROUTES[route](loaded)
        except EdgekitError:
            raise
        # The converter raises its own errors, and tracing a model raises anything.
        except Exception as error:
            raise conversion_error(str(error), layers=loaded.description.layers, model=self._name) from error
        Path(output).write_bytes(content)

    def reference(
        self, *, files: list[str], count: int, output: str, synthetic: bool, progress: Progress
    ) -> dict[str, Any]:
        """Run the model itself on the first ``count`` samples of the spool; write its outputs in order."""
        import tensorflow as tf

        loaded = self._require_loaded()
        collected: list[list[Any]] = []
        for index in range(count):
            progress(Step("running the model for reference", index, count))
            tensors = [tf.constant(values) for values in read_sample(files, index)]
            try:
                collected.append([tensor.numpy() for tensor in loaded.call(tensors)])
            # The model's layers raise anything.
            except Exception as error:
                raise reference_error(self._name, index, error, synthetic=synthetic) from error
        save_outputs(Path(output), collected)
        return {"count": count}

    def first_layers(
        self, *, files: list[str], count: int, candidates: list[Any], pictures: list[int], progress: Progress
    ) -> dict[str, Any]:
        """Tell what the model's first normalization layers see of the samples."""
        return measure_first_layers(
            self._require_loaded(),
            files=files,
            count=count,
            candidates=[Candidate.from_json(each) for each in candidates],
            pictures=pictures,
            progress=progress,
        )

    def _require_loaded(self) -> LoadedModel:
        if self._loaded is None:
            raise ConversionError("the exporter was asked before a model was loaded")
        return self._loaded


if __name__ == "__main__":
    # Where the converter dies, the log tells which Python line it was at.
    faulthandler.enable()
    exporter = Exporter()
    serve(
        {
            "load": exporter.load,
            "export": exporter.export,
            "reference": exporter.reference,
            "first_layers": exporter.first_layers,
        }
    )
