"""Weights of which most are zero, stored without the zeros: the form that the runtime's sparse kernels start from."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

LEAST_ZEROS = 2 / 3
"""Share of zeros from which XNNPACK takes its sparse kernel for a 1x1 convolution in float32."""
_DENSE, _SPARSE = 0, 1


def with_sparse_weights(content: bytes) -> tuple[bytes, int]:
    """Return a float .tflite whose 1x1 convolutions keep their weights sparse, and how many of them do.

    Those with fewer zeros than ``LEAST_ZEROS`` stay as they are; with none, so do the bytes. The operator ``DENSIFY``,
    which is put before each, tells XNNPACK to look for sparse kernels; any other kernel gets plain weights from it.
    The answers stay those of the plain file but for the order of sums.
    """
    from ai_edge_litert import schema_py_generated as schema
    from ai_edge_litert.tools import flatbuffer_utils

    model = flatbuffer_utils.read_model_from_bytearray(bytearray(content))
    graph = model.subgraphs[0]
    operators: list[Any] = []
    made: dict[int, int] = {}
    for operator in graph.operators:
        number = _filter_of(model, graph, operator)
        if number is not None and number not in made and _read_alike(model, graph, number):
            values = _sparse_values(model, graph.tensors[number])
            if values is not None:
                made[number] = _densified(schema, graph, number)
                _store(schema, model, graph.tensors[number], values)
                operators.append(_densify(schema, model, number, made[number]))
        if number in made:
            operator.inputs = np.array([operator.inputs[0], made[number], *operator.inputs[2:]], np.int32)
        operators.append(operator)
    if not made:
        return content, 0
    graph.operators = operators
    for buffer in model.buffers:
        if buffer.data is not None and not isinstance(buffer.data, np.ndarray):
            buffer.data = np.frombuffer(buffer.data, np.uint8)
    return bytes(flatbuffer_utils.convert_object_to_bytearray(model)), len(made)


def why_none(content: bytes) -> str:
    """Return why :func:`with_sparse_weights` leaves all weights of a float .tflite as they are, as a clause."""
    from ai_edge_litert.tools import flatbuffer_utils

    model = flatbuffer_utils.read_model_from_bytearray(bytearray(content))
    graph = model.subgraphs[0]
    filters = {_filter_of(model, graph, operator) for operator in graph.operators} - {None}
    if not filters:
        return "it has no 1x1 convolution, and the runtime has sparse kernels for no other operator"
    own = [number for number in filters if number is not None and _read_alike(model, graph, number)]
    shares = [
        float(np.mean(values == 0)) for each in own if (values := _values(model, graph.tensors[each])) is not None
    ]
    if not shares:
        return "the weights of its 1x1 convolutions are not theirs alone"
    return f"at most {int(100 * max(shares))}% of the weights of a 1x1 convolution are zero, and it takes two of three"


def _filter_of(model: Any, graph: Any, operator: Any) -> int | None:
    """Return the tensor of a 1x1 convolution's weights in float32; None of any other operator."""
    from ai_edge_litert import schema_py_generated as schema

    if model.operatorCodes[operator.opcodeIndex].builtinCode != schema.BuiltinOperator.CONV_2D:
        return None
    number = int(operator.inputs[1])
    tensor = graph.tensors[number]
    is_pointwise = len(tensor.shape) == 4 and list(tensor.shape[1:3]) == [1, 1]
    return number if is_pointwise and tensor.type == schema.TensorType.FLOAT32 else None


def _read_alike(model: Any, graph: Any, number: int) -> bool:
    """Return whether whatever reads a tensor is a 1x1 convolution that has it for weights, and the graph does not."""
    readers = [each for each in graph.operators if number in list(each.inputs)]
    return number not in list(graph.outputs) and all(_filter_of(model, graph, each) == number for each in readers)


def _sparse_values(model: Any, tensor: Any) -> NDArray[np.float32] | None:
    """Return the weights as [outputs, inputs] where most are zero."""
    values = _values(model, tensor)
    return values if values is not None and np.mean(values == 0) >= LEAST_ZEROS else None


def _values(model: Any, tensor: Any) -> NDArray[np.float32] | None:
    """Return the weights as [outputs, inputs]; None where they are no constant, or stored sparse already."""
    data = model.buffers[tensor.buffer].data
    if data is None or tensor.sparsity is not None:
        return None
    return np.frombuffer(bytes(data), np.float32).reshape(tensor.shape[0], tensor.shape[3])


def _store(schema: Any, model: Any, tensor: Any, values: NDArray[np.float32]) -> None:
    """Let a tensor hold the values that are not zero; others of the same buffer keep it."""
    before = tensor.buffer
    own = schema.BufferT()
    own.data = np.frombuffer(values[values != 0].tobytes(), np.uint8)
    model.buffers.append(own)
    tensor.buffer, tensor.sparsity = len(model.buffers) - 1, _layout(schema, values)
    if not any(other.buffer == before for each in model.subgraphs for other in each.tensors):
        model.buffers[before].data = None


def _densified(schema: Any, graph: Any, number: int) -> int:
    """Add the tensor that the plain weights are written to, and return its number."""
    tensor = schema.TensorT()
    before = graph.tensors[number]
    tensor.name, tensor.shape, tensor.type, tensor.buffer = before.name + b"/dense", before.shape, before.type, 0
    graph.tensors.append(tensor)
    return len(graph.tensors) - 1


def _densify(schema: Any, model: Any, sparse: int, dense: int) -> Any:
    code = schema.BuiltinOperator.DENSIFY
    known = [each.builtinCode for each in model.operatorCodes]
    if code not in known:
        added = schema.OperatorCodeT()
        added.builtinCode = added.deprecatedBuiltinCode = code
        added.version = 1
        model.operatorCodes.append(added)
        known.append(code)
    operator = schema.OperatorT()
    operator.opcodeIndex = known.index(code)
    operator.inputs, operator.outputs = np.array([sparse], np.int32), np.array([dense], np.int32)
    return operator


def _layout(schema: Any, values: NDArray[np.float32]) -> Any:
    """Return where the values belong that are not zero: row after row, as compressed sparse rows."""
    rows, columns = np.nonzero(values)
    ends = np.concatenate([[0], np.cumsum(np.bincount(rows, minlength=len(values)))])
    sparsity = schema.SparsityParametersT()
    sparsity.traversalOrder, sparsity.blockMap = np.arange(4, dtype=np.int32), None
    sparsity.dimMetadata = [_dense(schema, size) for size in (len(values), 1, 1)]
    inputs = schema.DimensionMetadataT()
    inputs.format = _SPARSE
    inputs.arraySegmentsType, inputs.arraySegments = _vector(schema, ends)
    inputs.arrayIndicesType, inputs.arrayIndices = _vector(schema, columns)
    sparsity.dimMetadata.append(inputs)
    return sparsity


def _dense(schema: Any, size: int) -> Any:
    dimension = schema.DimensionMetadataT()
    dimension.format, dimension.denseSize = _DENSE, size
    return dimension


def _vector(schema: Any, numbers: NDArray[Any]) -> tuple[int, Any]:
    """Return whole numbers in the shortest of the schema's vectors that holds them."""
    largest = int(numbers.max(initial=0))
    name, dtype = ("Uint8Vector", "u1") if largest < 2**8 else ("Uint16Vector", "<u2")
    if largest >= 2**16:
        name, dtype = "Int32Vector", "<i4"
    made = getattr(schema, f"{name}T")()
    made.values = numbers.astype(dtype)
    return int(getattr(schema.SparseIndexVector, name)), made
