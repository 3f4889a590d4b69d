"""Files of one operator of integers each, and where its kernel and the simulated one part."""

from __future__ import annotations

from typing import Any

import numpy as np
import tensorflow as tf
from ai_edge_litert import schema_py_generated as schema
from ai_edge_litert.interpreter import Interpreter
from ai_edge_litert.tools import flatbuffer_utils

from edgekit.inspection.decoding import read_graph
from edgekit.twin.grids import Grid
from edgekit.twin.kernels.table import KERNELS, LONG_KERNELS, whole_result
from edgekit.twin.kernels.work import KernelWork
from edgekit.twin.network import Network
from edgekit.twin.network import constant as constant_of
from edgekit.twin.placement import ConstantRounding, Rounding, Roundings
from edgekit.twin.simulation import Simulation

_ALL = np.arange(-128, 128, dtype=np.int8)
_PAIRS = [values.reshape(1, -1) for values in np.meshgrid(_ALL, _ALL, indexing="ij")]
_RANDOM = np.random.default_rng(3)
_PHOTO = _RANDOM.integers(-128, 128, (1, 9, 9, 16)).astype(np.int8)
_LEFT, _RIGHT = (_RANDOM.integers(-128, 128, shape).astype(np.int8) for shape in ((1, 4, 16, 24), (1, 4, 24, 20)))
_LONG = _RANDOM.integers(-20000, 20000, (2, 1, 16, 16)).astype(np.int16)
_ROWS = _RANDOM.integers(-6000, 6000, (1, 7, 512)).astype(np.int16)
_TYPES = {"int8": schema.TensorType.INT8, "int16": schema.TensorType.INT16, "int32": schema.TensorType.INT32}
_TYPES["int64"] = schema.TensorType.INT64
_SIGNS = _RANDOM.integers(-1, 2, (12, 40)).astype(np.int8)
_FILTERS = _RANDOM.integers(-1, 2, (12, 3, 3, 16)).astype(np.int8)
Given = tuple[Any, tuple[Any, int] | None]
"""Values, and their grid; constants of the file are those without one, or with a step for each channel."""
_CHANNELS = {"DEPTHWISE_CONV_2D": 3}
"""Axes of the channels of weights, where it is not the first."""


def cases() -> dict[str, tuple[str, list[Given], tuple[int, ...], tuple[float, int], Any]]:
    """Kind, inputs, the output's shape and grid, and the options. Inputs are all integers, or all pairs of two."""
    one, two = (1, 256), (1, 65536)
    pair = [(_PAIRS[0], (0.021, -7)), (_PAIRS[1], (0.013, 31))]
    halves = [(_PAIRS[0], (0.02, -7)), (_PAIRS[1], (0.01, 31))]
    places = (np.array([1, 2], np.int32), None)
    channels = (np.array([3], np.int32), None)
    filters, single = (_FILTERS, ([0.01] * 12, 0)), (_FILTERS[:1], ([0.01] * 16, 0))
    images = (_ROWS.reshape(1, 7, 32, 16), (2e-4, 0))
    convolved = options("Conv2D", strideH=1, strideW=1)
    apart = options("DepthwiseConv2D", strideH=1, strideW=1, depthMultiplier=1)
    relu6 = schema.ActivationFunctionType.RELU6
    return {
        "ADD": ("ADD", pair, two, (0.029, 5), options("Add")),
        "ADD of halves": ("ADD", halves, two, (0.04, 5), options("Add")),
        "ADD with RELU6": ("ADD", pair, two, (0.05, -90), options("Add", fusedActivationFunction=relu6)),
        "SUB": ("SUB", pair, two, (0.017, -20), options("Sub")),
        "MUL": ("MUL", pair, two, (0.031, 11), options("Mul")),
        "SQUARED_DIFFERENCE": ("SQUARED_DIFFERENCE", pair, two, (0.11, -128), options("SquaredDifference")),
        # Every second sum ends in a half: what is off by any share of a unit falls to one side or the other.
        "FULLY_CONNECTED": (
            "FULLY_CONNECTED", [(_PHOTO.reshape(-1)[:1280].reshape(32, 40), (0.02, 3)), (_SIGNS, ([0.01] * 12, 0))],
            (32, 12), (0.0004, 5), options("FullyConnected"),
        ),
        "CONV_2D": ("CONV_2D", [(_PHOTO, (0.02, 3)), filters, bias(12)], (1, 9, 9, 12), (0.0016, 5), convolved),
        "DEPTHWISE_CONV_2D": (
            "DEPTHWISE_CONV_2D", [(_PHOTO, (0.02, 3)), single, bias(16)], _PHOTO.shape, (0.0004, 5), apart,
        ),
        "TRANSPOSE_CONV": (
            "TRANSPOSE_CONV", [(np.array([1, 18, 18, 12], np.int32), None), filters, (_PHOTO, (0.02, 3))],
            (1, 18, 18, 12), (0.0016, 5), options("TransposeConv", strideH=2, strideW=2),
        ),
        "QUANTIZE": ("QUANTIZE", [(_ALL[None], (0.021, -7))], one, (0.0337, 40), options("Quantize")),
        "LOGISTIC": ("LOGISTIC", [(_ALL[None], (0.043, 3))], one, (1 / 256, -128), None),
        # Float32 cannot tell one of its results from a half.
        "LOGISTIC at a half": ("LOGISTIC", [(_ALL[None], (0.056450576, 2))], one, (1 / 256, -128), None),
        "TANH": ("TANH", [(_ALL[None], (0.023, 3))], one, (1 / 128, 0), None),
        "GELU": ("GELU", [(_ALL[None], (0.043, 3))], one, (0.02, -120), options("Gelu")),
        "HARD_SWISH": ("HARD_SWISH", [(_ALL[None], (0.043, 3))], one, (0.02, -110), options("HardSwish")),
        "RELU": ("RELU", [(_ALL[None], (0.021, -7))], one, (0.0137, -128), None),
        "RELU6": ("RELU6", [(_ALL[None], (0.035, -100))], one, (0.0861, -120), None),
        "LEAKY_RELU": (
            "LEAKY_RELU", [(_ALL[None], (0.021, -7))], one, (0.0137, -20), options("LeakyRelu", alpha=0.2)
        ),
        "RSQRT": ("RSQRT", [(_ALL[None], (0.011, -128))], one, (0.0087, -128), None),
        "SQRT": ("SQRT", [(_ALL[None], (0.11, -128))], one, (0.02, -128), None),
        "SOFTMAX": ("SOFTMAX", [(_PHOTO, (0.04, 3))], _PHOTO.shape, (1 / 256, -128), options("Softmax", beta=1.0)),
        "MEAN": ("MEAN", [(_PHOTO, (0.2, 3)), places], (1, 1, 1, 16), (0.009, 5), options("Reducer", keepDims=True)),
        "MEAN of channels": (
            "MEAN", [(_PHOTO, (0.2, 3)), channels], (1, 9, 9, 1), (0.05, 5), options("Reducer", keepDims=True)
        ),
        "SUM": ("SUM", [(_PHOTO, (0.2, 3)), places], (1, 1, 1, 16), (0.9, 5), options("Reducer", keepDims=True)),
        "AVERAGE_POOL_2D": (
            "AVERAGE_POOL_2D", [(_PHOTO, (0.2, 3))], (1, 5, 5, 16), (0.2, 3),
            options("Pool2D", strideH=2, strideW=2, filterHeight=2, filterWidth=2),
        ),
        "RESIZE_BILINEAR": (
            "RESIZE_BILINEAR", [(_PHOTO, (0.2, 3)), (np.array([18, 18], np.int32), None)], (1, 18, 18, 16), (0.2, 3),
            options("ResizeBilinear", halfPixelCenters=True),
        ),
        "RESIZE_BILINEAR by no whole number": (
            "RESIZE_BILINEAR", [(_PHOTO, (0.2, 3)), (np.array([14, 20], np.int32), None)], (1, 14, 20, 16), (0.2, 3),
            options("ResizeBilinear", halfPixelCenters=True),
        ),
        "BATCH_MATMUL": (
            "BATCH_MATMUL", [(_LEFT, (0.02, 9)), (_RIGHT, (0.03, -9))], (1, 4, 16, 20), (2.1, 5),
            options("BatchMatMul"),
        ),
        "BATCH_MATMUL of 16 bits": (
            "BATCH_MATMUL", [(_LONG[0], (2e-4, 0)), (_LONG[1], (3e-4, 0))], (1, 16, 16), (0.0047, 0),
            options("BatchMatMul"),
        ),
        "CONV_2D of 16 bits": (
            "CONV_2D", [images, filters, bias(12, long=True)], (1, 7, 32, 12), (1.7e-5, 0), convolved
        ),
        "DEPTHWISE_CONV_2D of 16 bits": (
            "DEPTHWISE_CONV_2D", [images, single, bias(16, long=True)], (1, 7, 32, 16), (2.9e-6, 0), apart
        ),
        "MEAN of 16 bits": (
            "MEAN", [(_ROWS, (2e-4, 0)), (np.array([1], np.int32), None)], (1, 1, 512), (2.5e-4, 0),
            options("Reducer", keepDims=True),
        ),
    }  # fmt: skip


def bias(count: int, *, long: bool = False) -> Given:
    """One for each channel."""
    values, step = (np.arange(count, dtype=np.int64), 2e-4 * 0.01) if long else (np.arange(count, dtype=np.int32), 2e-4)
    return values * 3, ([step] * count, 0)


def options(name: str, **fields: Any) -> Any:
    made = getattr(schema, f"{name}OptionsT")()
    for field, value in fields.items():
        setattr(made, field, value)
    return made


def file_of(kind: str, given: list[Given], shape: tuple[int, ...], grid: tuple[float, int], chosen: Any) -> bytes:
    """A .tflite with this operator alone."""
    model, graph, operator, code = (
        getattr(schema, f"{name}T")() for name in ("Model", "SubGraph", "Operator", "OperatorCode")
    )
    model.version, model.buffers, model.subgraphs, model.operatorCodes = 3, [schema.BufferT()], [graph], [code]
    code.builtinCode = getattr(schema.BuiltinOperator, kind)
    code.deprecatedBuiltinCode = min(code.builtinCode, 127)
    code.version = 1 if kind in {"HARD_SWISH", "RSQRT", "SQRT"} else 2
    graph.tensors, graph.operators = [], [operator]
    computed = next(values for values, stands_for in given if not constant(stands_for))
    for values, stands_for in [*given, (np.empty(shape, computed.dtype), grid)]:
        tensor = schema.TensorT()
        tensor.name, tensor.shape = f"t{len(graph.tensors)}".encode(), np.array(values.shape, np.int32)
        tensor.type, tensor.buffer = _TYPES[values.dtype.name], 0
        if constant(stands_for):
            tensor.buffer = len(model.buffers)
            model.buffers.append(schema.BufferT())
            model.buffers[-1].data = np.frombuffer(values.tobytes(), np.uint8)
        if stands_for is not None:
            weights = constant(stands_for) and values.ndim > 1
            tensor.quantization = schema.QuantizationParametersT()
            tensor.quantization.scale = np.array(stands_for[0], np.float32).reshape(-1)
            tensor.quantization.quantizedDimension = _CHANNELS.get(kind, 0) if weights else 0
            tensor.quantization.zeroPoint = np.full_like(tensor.quantization.scale, stands_for[1], np.int64)
        graph.tensors.append(tensor)
    operator.inputs, operator.outputs = list(range(len(given))), [len(given)]
    if chosen is not None:
        operator.builtinOptions = chosen
        operator.builtinOptionsType = getattr(schema.BuiltinOptions, type(chosen).__name__[:-1])
    graph.inputs = [place for place, (_, stands_for) in enumerate(given) if not constant(stands_for)]
    graph.outputs = operator.outputs
    return bytes(flatbuffer_utils.convert_object_to_bytearray(model))


def constant(stands_for: tuple[Any, int] | None) -> bool:
    """Whether values are part of the file."""
    return stands_for is None or isinstance(stands_for[0], list)


def parted() -> dict[str, tuple[int, int, int]]:
    """By case: how many results are not the kernel's, of how many, and how many steps they are off at most."""
    found = {}
    for name, (kind, given, shape, grid, chosen) in cases().items():
        content = file_of(kind, given, shape, grid, chosen)
        samples = [values for values, stands_for in given if not constant(stands_for)]
        interpreter = Interpreter(model_content=content, num_threads=1)
        interpreter.allocate_tensors()
        for detail, values in zip(interpreter.get_input_details(), samples, strict=True):
            interpreter.set_tensor(detail["index"], values)
        interpreter.invoke()
        real = interpreter.get_tensor(interpreter.get_output_details()[0]["index"]).astype(int)
        differ = np.abs(real - simulated(content, samples))
        found[name] = (int((differ > 0).sum()), differ.size, int(differ.max()))
    return found


def untried() -> list[str]:
    """Kernels that are simulated, and that no case is of."""
    tried = {(kind, any(values.dtype == np.int16 for values, _ in given)) for kind, given, *_ in cases().values()}
    tables = (KERNELS, False), (LONG_KERNELS, True)
    return [name for table, long in tables for name in table if (name, long) not in tried]


def gradients() -> dict[str, Any]:
    """Of an activation and a constant of 16 bits whose range, -1 to 5, ends at -5 and 5: by values, and by its ends."""
    content = file_of("RELU", [(np.zeros((1, 4), np.int16), (1.0, 0))], (1, 4), (1.0, 0), None)
    rounding = Rounding(bits=16, symmetric=True, source="t0", fixed=None)
    placed = Roundings(read_graph(content, name="the file").subgraphs[0], {0: rounding}, {}, {}, {}, {}, frozenset())
    simulation = Simulation(placed, network=Network(placed.subgraph), ranges={"t0": (-1.0, 5.0)})
    stored = ConstantRounding(origin=0, bits=16, axis=None, rule="source", source="t0")
    values = tf.constant([[-2.0, 1.0, 6.0, -7.0]])
    found = {}
    for name in ("activation", "constant"):
        with tf.GradientTape() as tape:
            tape.watch(values)
            if name == "activation":
                result = simulation({0: values[:, np.newaxis]}, wanted=[0])[0]
            else:
                result = simulation._rounded(values, simulation._grid_of(values, stored), stored)
            loss = tf.reduce_sum(result * [1.0, 1.0, 1.0, -1.0])
        ends = simulation.ranges["t0"].variable
        found[name] = [each.numpy().ravel().tolist() for each in (result, *tape.gradient(loss, [values, ends]))]
    return found


def simulated(content: bytes, samples: list[Any]) -> Any:
    """The integers that the simulated kernel gives."""
    subgraph = read_graph(content, name="the file").subgraphs[0]
    grids = {
        tensor.index: Grid(
            tf.constant(tensor.quantization.scales.squeeze()),
            tf.constant(float(tensor.quantization.zero_points[0])),
            *((-128.0, 127.0) if tensor.dtype == "int8" else (-32768.0, 32767.0)),
        )
        for tensor in subgraph.tensors
        if tensor.quantization is not None and tensor.quantized
    }
    (operator,), (output,) = subgraph.operators, subgraph.outputs
    read = {
        index: ((values.astype(np.float32) - grids[index].zero) * grids[index].step)[None]
        for index, values in zip(subgraph.inputs, samples, strict=True)
    }
    weights = {
        # The axis of their channels comes last, and goes back.
        tensor.index: np.moveaxis(
            np.moveaxis(constant_of(tensor).astype(np.float32), axis, -1) * grids[tensor.index].step.numpy(), -1, axis
        )
        for tensor in subgraph.tensors
        if tensor.constant and tensor.quantization is not None and (axis := tensor.quantization.axis) is not None
    }
    result = Network(subgraph, values=weights)(read)[output]
    inputs = operator.inputs
    work = KernelWork(operator, result, grids[output], [read.get(i) for i in inputs], [grids.get(i) for i in inputs])
    values = grids[output].values(whole_result(work))[0]
    return np.rint(values / grids[output].step + grids[output].zero).astype(int)
