"""Writes small .tflite files of single kinds of operators, with random weights, without TensorFlow."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

_SCALE, _WEIGHT_SCALE = 0.05, 0.01
_RANGES = {"LOGISTIC": (1 / 256, -128), "SOFTMAX": (1 / 256, -128), "TANH": (1 / 128, 0)}
"""Scale and zero point that the kernels insist on; all else has ``_SCALE`` and 0."""
_VERSIONS = {
    "CONV_2D": (1, 3),
    "DEPTHWISE_CONV_2D": (1, 3),
    "FULLY_CONNECTED": (1, 4),
    "TRANSPOSE_CONV": (3, 3),
    "RESIZE_BILINEAR": (3, 3),
    "RESIZE_NEAREST_NEIGHBOR": (3, 3),
    "HARD_SWISH": (1, 1),
    "QUANTIZE": (1, 1),
    "TILE": (1, 1),
}
"""Of operators in float32 and in int8, where they are not 1 and 2."""


class NetworkWriter:
    """Builds one network: a chain from one input to one output, or to several at its end.

    Layers of one shape have one tensor of weights in the file. The runtime packs it for each of them all the same, so
    that small files stream many weights.

    Args:
        quantized: whether it computes in int8, else in float32.
        shape: of the input, with the batch.
        float_input: whether the input is in float32 all the same.
    """

    def __init__(self, *, quantized: bool, shape: Sequence[int], float_input: bool = False) -> None:
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
        self._stored: dict[tuple[object, ...], int] = {}
        self._head = self._values(self._shape, floating=float_input)
        self._graph.inputs = [self._head]
        self._outputs: list[int] = []

    @property
    def shape(self) -> list[int]:
        """Of what the chain gives so far."""
        return list(self._shape)

    @property
    def quantized(self) -> bool:
        """Whether it computes in int8."""
        return self._quantized

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

    def scaled(self) -> None:
        """Add a MUL with one constant for each channel."""
        factors = self._weights([1] * (len(self._shape) - 1) + self._shape[-1:], axis=None)
        self._add("MUL", [factors], self._shape, self._options("MulOptions"))

    def gated(self) -> None:
        """Add a MUL with the mean of each channel, as squeeze-and-excitation does."""
        values, shape = self._head, self._shape
        self.averaged()
        gate, self._head, self._shape = self._head, values, shape
        self._add("MUL", [gate], self._shape, self._options("MulOptions"))

    def unary(self, name: str) -> None:
        """Add an operator with one input, an output of its shape, and no options: LOGISTIC, HARD_SWISH."""
        self._add(name, [], self._shape, None)

    def averaged(self) -> None:
        """Add a MEAN over all places."""
        axes = self._constant(np.array([1, 2], np.int32))
        self._add("MEAN", [axes], [1, 1, 1, self._shape[-1]], self._options("ReducerOptions", keepDims=1))

    def pooled(self, name: str = "AVERAGE_POOL_2D", *, window: int = 2, stride: int = 0) -> None:
        """Add a pooling; without ``stride`` its windows lie side by side."""
        _, height, width, depth = self._shape
        step = stride or window
        options = self._options("Pool2DOptions", strideH=step, strideW=step, filterHeight=window, filterWidth=window)
        self._add(name, [], [1, -(-height // step), -(-width // step), depth], options)

    def padded(self) -> None:
        """Add a PAD of one place on each side."""
        _, height, width, depth = self._shape
        margins = self._constant(np.array([[0, 0], [1, 1], [1, 1], [0, 0]], np.int32))
        self._add("PAD", [margins], [1, height + 2, width + 2, depth], self._options("PadOptions"))

    def tiled(self) -> None:
        """Add a TILE that repeats the columns."""
        _, height, width, depth = self._shape
        times = self._constant(np.array([1, 1, 2, 1], np.int32))
        self._add("TILE", [times], [1, height, 2 * width, depth], self._options("TileOptions"))

    def resized(self, name: str) -> None:
        """Add a RESIZE_BILINEAR or RESIZE_NEAREST_NEIGHBOR to twice the sides."""
        _, height, width, depth = self._shape
        size = self._constant(np.array([2 * height, 2 * width], np.int32))
        options = "ResizeBilinearOptions" if name == "RESIZE_BILINEAR" else "ResizeNearestNeighborOptions"
        self._add(name, [size], [1, 2 * height, 2 * width, depth], self._options(options, halfPixelCenters=1))

    def transposed(self, channels: int, *, window: int = 2) -> None:
        """Add a TRANSPOSE_CONV that doubles the sides."""
        _, height, width, depth = self._shape
        shape = [1, 2 * height, 2 * width, channels]
        size, weights = self._constant(np.array(shape, np.int32)), self._weights([channels, window, window, depth])
        options = self._options("TransposeConvOptions", strideH=2, strideW=2)
        self._add("TRANSPOSE_CONV", [self._bias(channels)], shape, options, before=(size, weights))

    def converted(self, name: str) -> None:
        """Add a QUANTIZE or a DEQUANTIZE."""
        self._add(name, [], self._shape, self._options(f"{name.title()}Options"), floating=name == "DEQUANTIZE")

    def softened(self) -> None:
        """Add a SOFTMAX."""
        self._add("SOFTMAX", [], self._shape, self._options("SoftmaxOptions", beta=1.0))

    def fanned(self, times: int, add: Callable[[], None]) -> None:
        """Add ``times`` operators that all read the end of the chain, and end it with an output of each."""
        head, shape = self._head, self._shape
        for _ in range(times):
            self._head, self._shape = head, shape
            add()
            self._outputs.append(self._head)

    def joined(self) -> None:
        """Add a CONCATENATION of the chain with itself along the channels."""
        options = self._options("ConcatenationOptions", axis=len(self._shape) - 1)
        self._add("CONCATENATION", [self._head], [*self._shape[:-1], 2 * self._shape[-1]], options)

    def written(self) -> bytes:
        """Return the file."""
        import flatbuffers

        self._graph.outputs = self._outputs or [self._head]
        self._model.subgraphs = [self._graph]
        builder = flatbuffers.Builder(1 << 16)
        builder.Finish(self._model.Pack(builder), b"TFL3")
        return bytes(builder.Output())

    def _add(
        self,
        name: str,
        others: Sequence[int],
        shape: Sequence[int],
        options: Any,
        *,
        before: Sequence[int] = (),
        floating: bool = False,
    ) -> None:
        schema = self._schema
        code = schema.OperatorCodeT()
        code.builtinCode = getattr(schema.BuiltinOperator, name)
        code.deprecatedBuiltinCode = min(code.builtinCode, 127)
        code.version = _VERSIONS.get(name, (1, 2))[self._quantized]
        operator = schema.OperatorT()
        operator.opcodeIndex = len(self._model.operatorCodes)
        self._model.operatorCodes.append(code)
        operator.inputs = [*before, self._head, *others]
        scale, zero_point = _RANGES.get(name, (_SCALE, 0))
        self._head = self._values(list(shape), scale=scale, zero_point=zero_point, floating=floating)
        operator.outputs = [self._head]
        if options is not None:
            operator.builtinOptionsType = getattr(schema.BuiltinOptions, type(options).__name__.removesuffix("T"))
            operator.builtinOptions = options
        self._graph.operators.append(operator)
        self._shape = list(shape)

    def _options(self, kind: str, **fields: float) -> Any:
        options = getattr(self._schema, f"{kind}T")()
        for name, value in {"padding": 0, "dilationHFactor": 1, "dilationWFactor": 1, **fields}.items():
            # Padding 0 is SAME.
            if hasattr(options, name):
                setattr(options, name, value)
        return options

    def _values(self, shape: list[int], *, scale: float = _SCALE, zero_point: int = 0, floating: bool = False) -> int:
        kind = self._schema.TensorType
        if floating or not self._quantized:
            return self._tensor(shape, kind.FLOAT32)
        return self._tensor(shape, kind.INT8, scale=[scale], zero_point=zero_point)

    def _weights(self, shape: list[int], *, axis: int | None = 0) -> int:
        kind = self._schema.TensorType
        if (key := (*shape, axis)) in self._stored:
            return self._stored[key]
        if not self._quantized:
            values = self._random.standard_normal(shape).astype(np.float32) * np.float32(0.05)
            self._stored[key] = self._tensor(shape, kind.FLOAT32, data=values)
        else:
            integers = self._random.integers(-127, 128, shape, dtype=np.int8)
            scales = [_WEIGHT_SCALE] * (1 if axis is None or len(shape) == 2 else shape[axis])
            self._stored[key] = self._tensor(shape, kind.INT8, data=integers, scale=scales, axis=axis or 0)
        return self._stored[key]

    def _constant(self, values: NDArray[np.int32]) -> int:
        return self._tensor(list(values.shape), self._schema.TensorType.INT32, data=values)

    def _bias(self, count: int) -> int:
        kind = self._schema.TensorType
        if (key := ("bias", count)) in self._stored:
            return self._stored[key]
        if not self._quantized:
            self._stored[key] = self._tensor([count], kind.FLOAT32, data=np.zeros(count, np.float32))
        else:
            zeros, scales = np.zeros(count, np.int32), [_SCALE * _WEIGHT_SCALE] * count
            self._stored[key] = self._tensor([count], kind.INT32, data=zeros, scale=scales)
        return self._stored[key]

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
