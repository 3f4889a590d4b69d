"""Gives a .tflite the signature that quantization and running by name need, where it has none."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ai_edge_litert import schema_py_generated as schema
from ai_edge_litert.tools import flatbuffer_utils

from edgekit.errors import ConversionError

SIGNATURE_KEY = "serving_default"


def with_signature(content: bytes, *, inputs: Sequence[str], outputs: Sequence[str]) -> bytes:
    """Return the file with a signature; unchanged where it has one.

    Args:
        content: a float .tflite.
        inputs: the model's input names, in the order of the graph's inputs.
        outputs: the model's output names, in the order of the graph's outputs.

    Raises:
        ConversionError: the graph has another number of inputs or outputs.
    """
    model = flatbuffer_utils.read_model_from_bytearray(bytearray(content))
    if model.signatureDefs:
        return content
    graph = model.subgraphs[0]
    if len(graph.inputs) != len(inputs) or len(graph.outputs) != len(outputs):
        raise ConversionError(
            f"the exported graph has {len(graph.inputs)} inputs and {len(graph.outputs)} outputs, "
            f"but the model has {len(inputs)} and {len(outputs)}",
            hint="an input that no output depends on, or an output given twice, cannot be exported: remove it",
        )
    definition = schema.SignatureDefT()
    definition.signatureKey = SIGNATURE_KEY
    definition.subgraphIndex = 0
    definition.inputs = [_entry(*pair) for pair in zip(inputs, graph.inputs, strict=True)]
    definition.outputs = [_entry(*pair) for pair in zip(outputs, graph.outputs, strict=True)]
    model.signatureDefs = [definition]
    return bytes(flatbuffer_utils.convert_object_to_bytearray(model))


def _entry(name: str, tensor: int) -> Any:
    entry = schema.TensorMapT()
    entry.name = name
    entry.tensorIndex = int(tensor)
    return entry
