"""A float .tflite: exported already, only to be quantized. Needs no TensorFlow."""

from __future__ import annotations

from pathlib import Path

from edgekit.errors import SourceError
from edgekit.inspection import in_words, inspect
from edgekit.sources.source import Description
from edgekit.tensors import TensorSpec


class FloatTflite:
    """``.tflite`` in float32."""

    name = "tflite"
    title = "float .tflite"

    def recognises(self, path: Path) -> bool:
        """Return whether ``path`` has the identifier of a TFLite flatbuffer."""
        if path.is_dir():
            return False
        with path.open("rb") as stream:
            return stream.read(8)[4:] == b"TFL3"

    def describe(self, path: Path) -> Description:
        """Return what the file says of itself; sizes that it leaves open are None.

        Raises:
            SourceError: it is damaged, is quantized already, or has operators that only one accelerator knows.
        """
        facts = inspect(path)
        if not facts.runs_on_cpu:
            raise SourceError(f"{path} cannot be converted: {in_words(facts.obstacles)}", hint="give the float model")
        if facts.precision != "float32":
            raise SourceError(
                f"{path} is quantized already ({facts.precision})",
                hint="give the float model that it was made from; what is lost in quantization does not come back",
            )
        return Description(
            inputs=tuple(TensorSpec(spec.name, spec.shape, spec.dtype) for spec in facts.inputs),
            outputs=tuple(TensorSpec(spec.name, spec.shape, spec.dtype) for spec in facts.outputs),
            parameters=facts.parameters,
        )
