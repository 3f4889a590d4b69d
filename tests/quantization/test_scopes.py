"""Operators that ai-edge-quantizer must be told about one by one: loops, outputs that nobody reads, blocks."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from ai_edge_litert import schema_py_generated as schema
from ai_edge_litert.tools import flatbuffer_utils
from flatbuffers import flexbuffers

from edgekit import convert, inspect
from edgekit.quantization.scopes import block_scope, float_scope


def test_an_ordinary_network_needs_no_exceptions(resnet: Any) -> None:
    assert float_scope(resnet.path) is None


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "islands"), [("lstm", {"MUL", "TANH"}), ("gru", {"MUL", "TANH"}), ("unrolled", {"SPLIT"})]
)
def test_recurrent_networks_become_int8(zoo: Path, tmp_path: Path, name: str, islands: set[str]) -> None:
    """What is inside a loop stays in float, with integer weights; what is around it does not."""
    samples = np.random.default_rng(0).normal(size=(30, 12, 5)).astype(np.float32)
    conversion = convert(zoo / f"{name}.keras", tmp_path, precision=("int8", "int16x8"), calibration=samples)
    for artifact in conversion.artifacts:
        fidelity = artifact.provenance.fidelity
        assert fidelity is not None
        assert fidelity.snr_db > 25
        census = inspect(artifact.path).census
        assert islands <= {row.name for row in census if row.precision == "float32"}
        assert "FULLY_CONNECTED" not in {row.name for row in census if row.precision == "float32"}
        assert artifact.precision in {row.precision for row in census if row.name == "FULLY_CONNECTED"}
    assert any("operators compute in float32" in note for note in conversion.notes)


def weight_kinds(path: Path) -> dict[str, int]:
    """Count the 4-bit weights by the kind of their scales."""
    model = flatbuffer_utils.read_model(str(path))
    kinds: dict[str, int] = {}
    for tensor in model.subgraphs[0].tensors:
        if tensor.type == schema.TensorType.INT4:
            blocked = tensor.quantization.detailsType == schema.QuantizationDetails.BlockwiseQuantization
            kind = f"blocks of {tensor.quantization.details.blockSize}" if blocked else "rows"
            kinds[kind] = kinds.get(kind, 0) + 1
    return kinds


@pytest.fixture
def autoencoder(autoencoder_float: Path) -> Path:
    """One of its ten layers takes 8 values, which no block divides."""
    return autoencoder_float


@pytest.mark.slow
def test_blocks_save_what_rows_lose(autoencoder: Path, tmp_path: Path) -> None:
    samples = np.random.default_rng(0).normal(-20, 10, (40, 640)).astype(np.float32)
    snr, sizes = {}, {}
    for block in (None, 32, 64):
        conversion = convert(
            autoencoder, tmp_path / f"{block}.tflite", precision="int4_weights", calibration=samples, weight_block=block
        )
        artifact = conversion.artifact
        fidelity = artifact.provenance.fidelity
        assert fidelity is not None
        snr[block], sizes[block] = fidelity.snr_db, artifact.size_bytes
        assert inspect(artifact.path).precision == "int4_weights"
        assert "costs accuracy" in conversion.notes[0]
        assert weight_kinds(artifact.path) == ({"rows": 10} if block is None else {f"blocks of {block}": 9, "rows": 1})
        assert artifact.provenance.recipe.weight_block == block
    assert snr[32] > snr[64] > snr[None]
    assert snr[32] > snr[None] + 4
    assert max(sizes.values()) < 170_000
    assert inspect(autoencoder).size_bytes > 1_000_000


def test_where_no_block_fits_it_is_told(shared_data: Path, tmp_path: Path) -> None:
    model = shared_data / "mlperf_tiny" / "ic_resnet8_float32.tflite"
    conversion = convert(model, tmp_path, precision="int4_weights", weight_block=128)
    assert (
        "int4_weights: no dense layer or embedding has rows that divide into blocks of 128: each row has one scale"
        in (conversion.notes)
    )
    assert block_scope(model, block=128) is None
    assert block_scope(model, block=64) is not None


def in_a_composite(content: bytes) -> bytes:
    """Move all operators of a model into a part that one composite operator stands for."""
    model = flatbuffer_utils.read_model_from_bytearray(bytearray(content))
    (part,) = model.subgraphs
    part.name = b"part"
    whole = schema.SubGraphT()
    whole.name, whole.tensors, whole.operators = b"main", [], []
    for index in (*part.inputs, *part.outputs):
        tensor = schema.TensorT()
        original = part.tensors[index]
        tensor.name, tensor.shape, tensor.type, tensor.buffer = (
            original.name + b"_outer",
            original.shape,
            original.type,
            0,
        )
        whole.tensors.append(tensor)
    count = len(part.inputs)
    whole.inputs, whole.outputs = list(range(count)), list(range(count, len(whole.tensors)))
    code = schema.OperatorCodeT()
    code.builtinCode = schema.BuiltinOperator.STABLEHLO_COMPOSITE
    code.deprecatedBuiltinCode, code.version = 127, 1
    options = schema.StableHLOCompositeOptionsT()
    options.name, options.decompositionSubgraphIndex = b"test.part", 1
    options.compositeAttributes = flexbuffers.Dumps({})
    composite = schema.OperatorT()
    composite.opcodeIndex, composite.inputs, composite.outputs = len(model.operatorCodes), whole.inputs, whole.outputs
    composite.builtinOptions2Type = schema.BuiltinOptions2.StableHLOCompositeOptions
    composite.builtinOptions2 = options
    whole.operators.append(composite)
    model.operatorCodes.append(code)
    model.subgraphs = [whole, part]
    for entries, indices in (
        (model.signatureDefs[0].inputs, whole.inputs),
        (model.signatureDefs[0].outputs, whole.outputs),
    ):
        for entry, index in zip(entries, indices, strict=True):
            entry.tensorIndex = index
    return bytes(flatbuffer_utils.convert_object_to_bytearray(model))


def test_the_parts_of_a_composite_are_seen(resnet: Any, photos: list[np.ndarray], tmp_path: Path) -> None:
    usual = resnet.observed(photos[:8])
    wrapped = type(resnet)(tmp_path / "composite.tflite")
    wrapped.path.write_bytes(in_a_composite(resnet.path.read_bytes()))
    seen = wrapped.observed(photos[:8])
    assert float_scope(wrapped.path) is None
    assert {name: (each.bins.minimum, each.bins.maximum) for name, each in usual.items()}.items() <= {
        name: (each.bins.minimum, each.bins.maximum) for name, each in seen.items()
    }.items()
