"""Other forms of one .tflite file, in which what happens inside can be seen and changed.

The runtime keeps a tensor that is an input or an output of the graph, and executes all others as it likes. So a tensor
that is to be seen becomes an output, and one that is to be set becomes an input: the kernels stay those of the stock
runtime, delegate included.
"""

from __future__ import annotations

import copy
from collections.abc import Collection, Iterable, Mapping
from typing import Any

import numpy as np
from ai_edge_litert import schema_py_generated as schema
from ai_edge_litert.tools import flatbuffer_utils


def exposed(content: bytes, *, tensors: Iterable[int]) -> bytes:
    """Return the file with ``tensors`` as its outputs. Their numbers stay as they are."""
    model = _read(content)
    model.subgraphs[0].outputs = _outputs(model.subgraphs[0], tensors)
    return _written(model)


def taken_apart(
    content: bytes, *, slots: Mapping[int, Collection[int]], tensors: Iterable[int]
) -> tuple[bytes, dict[tuple[int, int], int]]:
    """Return the file with operators that do not wait for one another.

    Args:
        content: the file.
        slots: number of an operator to those of its inputs, by place, that are given instead of computed.
        tensors: the outputs.

    Returns:
        The file, and the number of the new graph input for each operator and place.
    """
    model = _read(content)
    graph = model.subgraphs[0]
    given: dict[tuple[int, int], int] = {}
    for number, places in slots.items():
        operator = graph.operators[number]
        inputs = list(operator.inputs)
        for place in places:
            given[number, place] = _added(graph, like=inputs[place], name=f"given/{number}/{place}")
            inputs[place] = given[number, place]
        operator.inputs = inputs
    graph.inputs = [*graph.inputs, *given.values()]
    graph.outputs = _outputs(graph, tensors)
    return _written(model), given


def disturbed(content: bytes, *, tensors: Iterable[int]) -> tuple[bytes, dict[int, int]]:
    """Return a float file with an ADD behind each of ``tensors``: what is given is added to what was computed.

    Returns:
        The file, and for each tensor the number of the new graph input that is added to it. The outputs keep their
        order, not their numbers.
    """
    model = _read(content)
    graph = model.subgraphs[0]
    code = _operator_code(model, schema.BuiltinOperator.ADD)
    added: dict[int, int] = {}
    after: dict[int, int] = {}
    operators = []
    wanted = set(tensors)

    def disturb(written: Iterable[int]) -> None:
        for index in written:
            if index in wanted:
                added[index] = _added(graph, like=index, name=f"error/{index}")
                after[index] = _added(graph, like=index, name=f"disturbed/{index}")
                operators.append(_addition(code, (index, added[index]), after[index]))

    disturb(graph.inputs)
    for operator in graph.operators:
        operator.inputs = [after.get(index, index) for index in operator.inputs]
        operators.append(operator)
        disturb(operator.outputs)
    graph.operators = operators
    graph.inputs = [*graph.inputs, *added.values()]
    graph.outputs = [after.get(index, index) for index in graph.outputs]
    return _written(model), added


def _read(content: bytes) -> Any:
    model = flatbuffer_utils.read_model_from_bytearray(bytearray(content))
    # They name outputs that are no longer there; tensors are set and read by their numbers.
    model.signatureDefs = []
    for buffer in model.buffers:
        # Constants that lay behind the FlatBuffer do not come as arrays, and would be written byte by byte.
        if buffer.data is not None and not isinstance(buffer.data, np.ndarray):
            buffer.data = np.frombuffer(buffer.data, np.uint8)
    return model


def _written(model: Any) -> bytes:
    return bytes(flatbuffer_utils.convert_object_to_bytearray(model))


def _outputs(graph: Any, tensors: Iterable[int]) -> list[int]:
    # An input is known anyway, and the same tensor twice is one too many for the runtime.
    inputs = set(map(int, graph.inputs))
    return [index for index in dict.fromkeys(tensors) if index not in inputs]


def _added(graph: Any, *, like: int, name: str) -> int:
    tensor = copy.copy(graph.tensors[like])
    tensor.name, tensor.buffer, tensor.isVariable = name.encode(), 0, False
    graph.tensors.append(tensor)
    return len(graph.tensors) - 1


def _operator_code(model: Any, builtin: int) -> int:
    code = schema.OperatorCodeT()
    code.builtinCode, code.deprecatedBuiltinCode, code.version = builtin, min(builtin, 127), 1
    model.operatorCodes.append(code)
    return len(model.operatorCodes) - 1


def _addition(code: int, inputs: tuple[int, int], output: int) -> Any:
    operator = schema.OperatorT()
    operator.opcodeIndex, operator.inputs, operator.outputs = code, list(inputs), [output]
    operator.builtinOptionsType = schema.BuiltinOptions.AddOptions
    operator.builtinOptions = schema.AddOptionsT()
    return operator
