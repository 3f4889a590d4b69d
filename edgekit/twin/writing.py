"""Puts trained constants into a .tflite file."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray


def with_constants(content: bytes, constants: Mapping[int, NDArray[np.float32]]) -> bytes:
    """Return the file with other values in constants of its first subgraph. All else stays as it is.

    Args:
        content: of a .tflite file.
        constants: tensor to its new values. A vector that is stored once for several tensors gets a place of its own;
            a matrix changes for all of them.
    """
    from ai_edge_litert import schema_py_generated as schema
    from ai_edge_litert.tools import flatbuffer_utils

    model = flatbuffer_utils.read_model_from_bytearray(bytearray(content))
    users = Counter(tensor.buffer for subgraph in model.subgraphs for tensor in subgraph.tensors)
    for number, values in constants.items():
        tensor = model.subgraphs[0].tensors[number]
        if users[tensor.buffer] > 1 and values.ndim < 2:
            model.buffers.append(schema.BufferT())
            tensor.buffer = len(model.buffers) - 1
        stored = np.ascontiguousarray(values, np.float32)
        model.buffers[tensor.buffer].data = np.frombuffer(stored.tobytes(), np.uint8)
    for buffer in model.buffers:
        # Constants that lay behind the FlatBuffer do not come as arrays, and would be written byte by byte.
        if buffer.data is not None and not isinstance(buffer.data, np.ndarray):
            buffer.data = np.frombuffer(buffer.data, np.uint8)
    return bytes(flatbuffer_utils.convert_object_to_bytearray(model))
