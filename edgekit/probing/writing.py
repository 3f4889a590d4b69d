"""Writes small .tflite files of single kinds of operators, with random weights, without TensorFlow."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

_SCALE, _WEIGHT_SCALE = 0.05, 0.01


class NetworkWriter:
    """Builds one network: a chain from one input to one output.

    Args:
        quantized: whether it computes in int8, else in float32.
        shape: of the input, with the batch.
    """

    def __init__(self, *, quantized: bool, shape: Sequence[int]) -> None:
        # The schema's generated code is large: only who writes a file pays for it.
        from ai_edge_litert import schema_py_generated as schema

        self._schema: Any = schema
        self._quantized = quantized
        self._random = np.random.default_rng(7)
        self._model: Any = schema.ModelT()
        self._model.version, self._model.description = 3, "edgekit probe"
        self._model.buffers, self._model.operatorCodes = [schema.BufferT()], []
        self._graph: Any = schema.SubGraphT()
        self._graph.tensors, self._graph.operators = [], []
        self._shape = list(shape)
        self._head = self._values(self._shape)
        self._graph.inputs = [self._head]

    @property
    def shape(self) -> list[int]:
        """Of what the chain gives so far."""
        return list(self._shape)

    def convolution(self, channels: int, *, window: int = 1, stride: int = 1) -> None:
        """Add a CONV_2D."""
        _, height, width, depth = self._shape
        options = self._options("Conv2DOptions", strideH=stride, strideW=stride)
        weights = self._weights([channels, window, window, depth])
        self._add(
            "CONV_2D",
            [weights, self._bias(channels)],
            [1, -(-height // stride), -(-width // stride), channels],
            options,
        )

    def depthwise(self, *, window: int = 3, stride: int = 1) -> None:
        """Add a DEPTHWISE_CONV_2D."""
        _, height, width, depth = self._shape
        options = self._options("DepthwiseConv2DOptions", strideH=stride, strideW=stride, depthMultiplier=1)
        weights = self._weights([1, window, window, depth], axis=3)
        shape = [1, -(-height // stride), -(-width // stride), depth]
        self._add("DEPTHWISE_CONV_2D", [weights, self._bias(depth)], shape, options)

    def dense(self, units: int) -> None:
        """Add a FULLY_CONNECTED."""
        weights = self._weights([units, self._shape[-1]])
        self._add("FULLY_CONNECTED", [weights, self._bias(units)], [1, units], self._options("FullyConnectedOptions"))

    def doubled(self) -> None:
        """Add an ADD of the chain to itself."""
        self._add("ADD", [self._head], self._shape, self._options("AddOptions"))

    def unary(self, name: str) -> None:
        """Add an operator with one input, an output of its shape, and no options: LOGISTIC, HARD_SWISH."""
        self._add(name, [], self._shape, None)

    def pooled(self, *, window: int = 2) -> None:
        """Add an AVERAGE_POOL_2D that halves the sides."""
        _, height, width, depth = self._shape
        options = self._options(
            "Pool2DOptions", strideH=window, strideW=window, filterHeight=window, filterWidth=window
        )
        self._add("AVERAGE_POOL_2D", [], [1, height // window, width // window, depth], options)

    def joined(self) -> None:
        """Add a CONCATENATION of the chain with itself along the channels."""
        options = self._options("ConcatenationOptions", axis=len(self._shape) - 1)
        self._add("CONCATENATION", [self._head], [*self._shape[:-1], 2 * self._shape[-1]], options)

    def written(self) -> bytes:
        """Return the file."""
        import flatbuffers

        self._graph.outputs = [self._head]
        self._model.subgraphs = [self._graph]
        builder = flatbuffers.Builder(1 << 16)
        builder.Finish(self._model.Pack(builder), b"TFL3")
        return bytes(builder.Output())

    def _add(self, name: str, others: Sequence[int], shape: Sequence[int], options: Any) -> None:
        schema = self._schema
        code = schema.OperatorCodeT()
        code.builtinCode = getattr(schema.BuiltinOperator, name)
        code.deprecatedBuiltinCode = min(code.builtinCode, 127)
        code.version = 2 if self._quantized and name not in ("CONV_2D", "DEPTHWISE_CONV_2D", "FULLY_CONNECTED") else 1
        if self._quantized and name in ("CONV_2D", "DEPTHWISE_CONV_2D"):
            code.version = 3
        if self._quantized and name == "FULLY_CONNECTED":
            code.version = 4
        operator = schema.OperatorT()
        operator.opcodeIndex = len(self._model.operatorCodes)
        self._model.operatorCodes.append(code)
        operator.inputs = [self._head, *others]
        scale = 1 / 256 if name == "LOGISTIC" else _SCALE
        self._head = self._values(list(shape), scale=scale, zero_point=-128 if name == "LOGISTIC" else 0)
        operator.outputs = [self._head]
        if options is not None:
            operator.builtinOptionsType = getattr(schema.BuiltinOptions, type(options).__name__.removesuffix("T"))
            operator.builtinOptions = options
        self._graph.operators.append(operator)
        self._shape = list(shape)

    def _options(self, kind: str, **fields: int) -> Any:
        options = getattr(self._schema, f"{kind}T")()
        for name, value in {"padding": 0, "dilationHFactor": 1, "dilationWFactor": 1, **fields}.items():
            # Padding 0 is SAME.
            if hasattr(options, name):
                setattr(options, name, value)
        return options

    def _values(self, shape: list[int], *, scale: float = _SCALE, zero_point: int = 0) -> int:
        kind = self._schema.TensorType
        return self._tensor(shape, kind.INT8 if self._quantized else kind.FLOAT32, scale=[scale], zero_point=zero_point)

    def _weights(self, shape: list[int], *, axis: int = 0) -> int:
        kind = self._schema.TensorType
        if not self._quantized:
            values = self._random.standard_normal(shape).astype(np.float32) * np.float32(0.05)
            return self._tensor(shape, kind.FLOAT32, data=values)
        integers = self._random.integers(-127, 128, shape, dtype=np.int8)
        dense = len(shape) == 2
        scales = [_WEIGHT_SCALE] * (1 if dense else shape[axis])
        return self._tensor(shape, kind.INT8, data=integers, scale=scales, axis=axis)

    def _bias(self, count: int) -> int:
        kind = self._schema.TensorType
        if not self._quantized:
            return self._tensor([count], kind.FLOAT32, data=np.zeros(count, np.float32))
        return self._tensor([count], kind.INT32, data=np.zeros(count, np.int32), scale=[_SCALE * _WEIGHT_SCALE] * count)

    def _tensor(
        self,
        shape: list[int],
        kind: int,
        *,
        data: NDArray[Any] | None = None,
        scale: Sequence[float] = (),
        zero_point: int = 0,
        axis: int = 0,
    ) -> int:
        schema = self._schema
        tensor = schema.TensorT()
        tensor.shape, tensor.type, tensor.name = shape, kind, f"t{len(self._graph.tensors)}"
        if data is not None:
            buffer = schema.BufferT()
            buffer.data = np.frombuffer(data.tobytes(), np.uint8)
            tensor.buffer = len(self._model.buffers)
            self._model.buffers.append(buffer)
        if self._quantized and scale:
            tensor.quantization = schema.QuantizationParametersT()
            tensor.quantization.scale = list(scale)
            tensor.quantization.zeroPoint = [zero_point] * len(scale)
            tensor.quantization.quantizedDimension = axis
        self._graph.tensors.append(tensor)
        return len(self._graph.tensors) - 1
