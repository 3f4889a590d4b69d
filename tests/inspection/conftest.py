"""What the tests of this room share: files rewritten and built with the schema's own object API."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import flatbuffers
import numpy as np
import pytest
from ai_edge_litert import schema_py_generated as schema

Tensor = dict[str, Any]
Op = tuple[Any, ...]


def pack(model: Any) -> bytes:
    builder = flatbuffers.Builder(4096)
    builder.Finish(model.Pack(builder), b"TFL3")
    return bytes(builder.Output())


@pytest.fixture(scope="session")
def rewrite() -> Callable[[bytes, Callable[[Any], None]], bytes]:
    """Unpack a file, change it, write it anew: other offsets, other alignment."""

    def rewritten(content: bytes, change: Callable[[Any], None]) -> bytes:
        model = schema.ModelT.InitFromPackedBuf(content, 0)
        change(model)
        return pack(model)

    return rewritten


@pytest.fixture(scope="session")
def build() -> Callable[..., bytes]:
    """Write a small file: ``tensors`` are dicts, ``ops`` are (name, inputs, outputs[, options]), numbers are indices.

    A tensor has a ``shape`` and may have ``dtype``, ``data``, ``scale``, ``signature``, ``variable``, ``name``.
    A name that the schema does not have is a custom operator's.
    """

    def built(
        tensors: Sequence[Tensor],
        ops: Sequence[Op],
        *,
        inputs: Sequence[int],
        outputs: Sequence[int],
        signature: tuple[dict[str, int], dict[str, int]] | None = None,
        subgraphs: int = 1,
    ) -> bytes:
        model = schema.ModelT()
        model.version, model.description = 3, "built by a test"
        model.buffers, model.operatorCodes = [schema.BufferT()], []
        graph = schema.SubGraphT()
        graph.tensors = [_tensor(model, **{"name": f"t{number}", **each}) for number, each in enumerate(tensors)]
        graph.operators = [_operator(model, *each) for each in ops]
        graph.inputs, graph.outputs = list(inputs), list(outputs)
        model.subgraphs = [graph] * subgraphs
        if signature is not None:
            model.signatureDefs = [_signature(*signature)]
        return pack(model)

    return built


def _tensor(
    model: Any,
    *,
    shape: Sequence[int],
    name: str,
    dtype: str = "FLOAT32",
    data: Any = None,
    scale: float | Sequence[float] | None = None,
    signature: Sequence[int] | None = None,
    variable: bool = False,
) -> Any:
    tensor = schema.TensorT()
    tensor.shape, tensor.name, tensor.isVariable = list(shape), name, variable
    tensor.type = getattr(schema.TensorType, dtype)
    tensor.shapeSignature = signature
    if scale is not None:
        tensor.quantization = schema.QuantizationParametersT()
        tensor.quantization.scale = list(np.atleast_1d(scale))
        tensor.quantization.zeroPoint = [0] * np.size(scale)
    if data is not None:
        buffer = schema.BufferT()
        buffer.data = np.frombuffer(np.ascontiguousarray(data).tobytes(), np.uint8)
        tensor.buffer = len(model.buffers)
        model.buffers.append(buffer)
    return tensor


def _operator(model: Any, name: str, inputs: Sequence[int], outputs: Sequence[int], options: Any = None) -> Any:
    code = schema.OperatorCodeT()
    number = getattr(schema.BuiltinOperator, name, None)
    code.builtinCode = schema.BuiltinOperator.CUSTOM if number is None else number
    code.deprecatedBuiltinCode = min(code.builtinCode, 127)
    code.customCode = name if number is None else None
    code.version = 1
    operator = schema.OperatorT()
    operator.opcodeIndex = len(model.operatorCodes)
    model.operatorCodes.append(code)
    operator.inputs, operator.outputs = list(inputs), list(outputs)
    if options is not None:
        kind = type(options).__name__.removesuffix("T")
        operator.builtinOptionsType = getattr(schema.BuiltinOptions, kind)
        operator.builtinOptions = options
    return operator


def _signature(inputs: dict[str, int], outputs: dict[str, int]) -> Any:
    signature = schema.SignatureDefT()
    signature.signatureKey, signature.subgraphIndex = "serving_default", 0
    for side, pairs in (("inputs", inputs), ("outputs", outputs)):
        maps = []
        for name, index in pairs.items():
            entry = schema.TensorMapT()
            entry.name, entry.tensorIndex = name, index
            maps.append(entry)
        setattr(signature, side, maps)
    return signature


@pytest.fixture(scope="session")
def resnet(shared_data: Path) -> bytes:
    """MLPerf Tiny's float ResNet-8."""
    return (shared_data / "mlperf_tiny" / "ic_resnet8_float32.tflite").read_bytes()


@pytest.fixture(scope="session")
def variants(resnet: bytes, rewrite: Callable[..., bytes], tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """ResNet-8 in all the ways in which ai-edge-quantizer can store and compute it."""
    from ai_edge_quantizer import qtyping, quantizer, recipe

    folder = tmp_path_factory.mktemp("variants")
    source = folder / "signed.tflite"

    def sign(model: Any) -> None:
        graph = model.subgraphs[0]
        model.signatureDefs = [_signature({"image": graph.inputs[0]}, {"scores": graph.outputs[0]})]

    source.write_bytes(rewrite(resnet, sign))
    samples = {"serving_default": [{"image": np.random.default_rng(3).random((1, 32, 32, 3), np.float32)}]}
    everything = {"regex": ".*", "operation_name": qtyping.TFLOperationName.ALL_SUPPORTED}
    half = qtyping.OpQuantizationConfig(
        weight_tensor_config=qtyping.TensorQuantizationConfig(num_bits=16, dtype=qtyping.TensorDataType.FLOAT),
        compute_precision=qtyping.ComputePrecision.FLOAT,
    )
    ways: dict[str, Callable[[Any], Any]] = {
        "float16": lambda q: q.update_quantization_recipe(**everything, op_config=half, algorithm_key="float_casting"),
        "dynamic_int8": lambda q: q.load_quantization_recipe(recipe.dynamic_wi8_afp32()),
        "dynamic_int4": lambda q: q.load_quantization_recipe(recipe.dynamic_wi4_afp32()),
        "weight_only_int8": lambda q: q.load_quantization_recipe(recipe.weight_only_wi8_afp32()),
        "int8": lambda q: q.load_quantization_recipe(recipe.static_wi8_ai8()),
        "int16x8": lambda q: q.load_quantization_recipe(recipe.static_wi8_ai16()),
        "static_int4": lambda q: q.add_static_config(**everything, activation_num_bits=8, weight_num_bits=4),
    }
    files = {"float32": source}
    with warnings.catch_warnings():
        # The calibrator asks the runtime to keep all tensors, and the runtime warns that this takes memory.
        warnings.simplefilter("ignore")
        for name, choose in ways.items():
            maker = quantizer.Quantizer(str(source))
            choose(maker)
            ranges = maker.calibrate(samples) if maker.need_calibration else None
            files[name] = folder / f"{name}.tflite"
            files[name].write_bytes(bytes(maker.quantize(ranges).quantized_model))
    return files
