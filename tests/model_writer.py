"""Writes small models by hand: what the real ones do not do, such as never ending."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import flatbuffers
import numpy as np
from ai_edge_litert import schema_py_generated as schema

TYPES = {
    "float32": schema.TensorType.FLOAT32,
    "int32": schema.TensorType.INT32,
    "int64": schema.TensorType.INT64,
    "int8": schema.TensorType.INT8,
    "bool": schema.TensorType.BOOL,
    "string": schema.TensorType.STRING,
}


class ModelWriter:
    """Writes one .tflite file, tensor by tensor and operator by operator."""

    def __init__(self) -> None:
        self.model = schema.ModelT()
        self.model.version = 3
        self.model.description = b"by hand"
        self.model.buffers = [schema.BufferT()]
        self.model.operatorCodes = []
        self.model.subgraphs = []
        self.subgraph()

    def subgraph(self) -> int:
        """Begin another subgraph; what follows belongs to it."""
        graph = schema.SubGraphT()
        graph.tensors, graph.operators, graph.inputs, graph.outputs = [], [], [], []
        self.graph = graph
        self.model.subgraphs.append(graph)
        return len(self.model.subgraphs) - 1

    def tensor(
        self,
        name: str,
        dtype: str,
        shape: Sequence[int],
        *,
        signature: Sequence[int] | None = None,
        scale: float | None = None,
        zero: int = 0,
        data: np.ndarray | None = None,
        io: str = "",
    ) -> int:
        tensor = schema.TensorT()
        tensor.name, tensor.type, tensor.shape = name.encode(), TYPES[dtype], list(shape)
        tensor.shapeSignature = list(signature) if signature is not None else None
        tensor.buffer = 0
        if data is not None:
            buffer = schema.BufferT()
            buffer.data = np.frombuffer(data.tobytes(), dtype=np.uint8)
            self.model.buffers.append(buffer)
            tensor.buffer = len(self.model.buffers) - 1
        if scale is not None:
            tensor.quantization = schema.QuantizationParametersT()
            tensor.quantization.scale, tensor.quantization.zeroPoint = [scale], [zero]
        self.graph.tensors.append(tensor)
        index = len(self.graph.tensors) - 1
        if "i" in io:
            self.graph.inputs.append(index)
        if "o" in io:
            self.graph.outputs.append(index)
        return index

    def operator(
        self, name: str, inputs: Sequence[int], outputs: Sequence[int], options: tuple[str, object] | None = None
    ) -> None:
        code = schema.OperatorCodeT()
        code.builtinCode = getattr(schema.BuiltinOperator, name)
        code.deprecatedBuiltinCode = min(code.builtinCode, 127)
        code.version = 1
        self.model.operatorCodes.append(code)
        operator = schema.OperatorT()
        operator.opcodeIndex = len(self.model.operatorCodes) - 1
        operator.inputs, operator.outputs = list(inputs), list(outputs)
        if options is not None:
            operator.builtinOptionsType = getattr(schema.BuiltinOptions, options[0])
            operator.builtinOptions = options[1]
        self.graph.operators.append(operator)

    def write(self, path: Path) -> Path:
        builder = flatbuffers.Builder(1024)
        builder.Finish(self.model.Pack(builder), file_identifier=b"TFL3")
        path.write_bytes(bytes(builder.Output()))
        return path


def write_endless(path: Path) -> Path:
    """A WHILE whose condition is always true: loads well, and its first inference never ends."""
    writer = ModelWriter()
    loop = schema.WhileOptionsT()
    loop.condSubgraphIndex, loop.bodySubgraphIndex = 1, 2
    value = writer.tensor("in", "float32", [1], io="i")
    writer.operator("WHILE", [value], [writer.tensor("out", "float32", [1], io="o")], ("WhileOptions", loop))
    writer.subgraph()
    value = writer.tensor("cond_in", "float32", [1], io="i")
    limit = writer.tensor("limit", "float32", [1], data=np.array([1e30], np.float32))
    writer.operator("LESS", [value, limit], [writer.tensor("cond_out", "bool", [1], io="o")])
    writer.subgraph()
    value = writer.tensor("body_in", "float32", [1], io="i")
    writer.operator("ABS", [value], [writer.tensor("body_out", "float32", [1], io="o")])
    return writer.write(path)
