"""The canonical hash in both directions: writing a file otherwise keeps it, computing otherwise does not."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from ai_edge_litert import schema_py_generated as schema

from edgekit.errors import SourceError
from edgekit.inspection import canonical_sha256, inspect

Change = Callable[[Any], None]


@pytest.fixture(scope="session")
def subject(shared_data: Path, variants: dict[str, Path]) -> bytes:
    """An int8 file with a signature: scales, zero points, per-channel weights."""
    return variants["int8"].read_bytes()


def _shuffle_buffers(model: Any) -> None:
    order = list(range(1, len(model.buffers)))
    random.Random(5).shuffle(order)
    place = {old: new for new, old in enumerate([0, *order])}
    model.buffers = [model.buffers[old] for old in [0, *order]]
    for item in [*model.subgraphs[0].tensors, *model.metadata]:
        item.buffer = place[item.buffer]


def _own_buffers(model: Any) -> None:
    for tensor in model.subgraphs[0].tensors:
        copy = schema.BufferT()
        copy.data = model.buffers[tensor.buffer].data
        model.buffers.append(copy)
        tensor.buffer = len(model.buffers) - 1


def _shuffle_codes(model: Any) -> None:
    last = len(model.operatorCodes) - 1
    model.operatorCodes.reverse()
    for operator in model.subgraphs[0].operators:
        operator.opcodeIndex = last - operator.opcodeIndex


def _shuffle_tensors(model: Any) -> None:
    graph = model.subgraphs[0]
    order = list(range(len(graph.tensors)))
    random.Random(6).shuffle(order)
    place = {old: new for new, old in enumerate(order)} | {-1: -1}
    graph.tensors = [graph.tensors[old] for old in order]
    graph.inputs, graph.outputs = ([place[i] for i in side] for side in (graph.inputs, graph.outputs))
    for operator in graph.operators:
        operator.inputs = [place[i] for i in operator.inputs]
        operator.outputs = [place[i] for i in operator.outputs]
    for entry in [*model.signatureDefs[0].inputs, *model.signatureDefs[0].outputs]:
        entry.tensorIndex = place[entry.tensorIndex]


def _other_names(model: Any) -> None:
    model.subgraphs[0].name = b"another"
    for number, tensor in enumerate(model.subgraphs[0].tensors):
        tensor.name = f"renamed/{number}"


def _unused_parts(model: Any) -> None:
    model.buffers.append(schema.BufferT())
    tensor = schema.TensorT()
    tensor.shape, tensor.name = [3], b"nobody uses it"
    model.subgraphs[0].tensors.append(tensor)
    model.operatorCodes.append(schema.OperatorCodeT())


def _ranges_for_information(model: Any) -> None:
    for tensor in model.subgraphs[0].tensors:
        if tensor.quantization is not None:
            tensor.quantization.min, tensor.quantization.max = [-1.0], [1.0]


def _say_the_shape_twice(model: Any) -> None:
    for tensor in model.subgraphs[0].tensors:
        if tensor.shapeSignature is None:
            tensor.shapeSignature = list(tensor.shape)


def _first_code_in_the_old_field_only(model: Any) -> None:
    for code in model.operatorCodes:
        if code.builtinCode < 127:
            code.deprecatedBuiltinCode, code.builtinCode = code.builtinCode, 0


SAME: dict[str, Change] = {
    "written anew": lambda model: None,
    "description": lambda model: setattr(model, "description", b"another"),
    "metadata": lambda model: setattr(model, "metadata", []),
    "order of buffers": _shuffle_buffers,
    "a buffer for each tensor": _own_buffers,
    "order of operator codes": _shuffle_codes,
    "order of tensors": _shuffle_tensors,
    "names of tensors": _other_names,
    "parts that nobody uses": _unused_parts,
    "minima and maxima": _ranges_for_information,
    "a signature that says the shape again": _say_the_shape_twice,
    "operator codes in the old field": _first_code_in_the_old_field_only,
}


@pytest.mark.parametrize("how", SAME)
def test_the_hash_stays(subject: bytes, rewrite: Callable[..., bytes], how: str) -> None:
    rewritten = rewrite(subject, SAME[how])
    assert how == "written anew" or rewritten != subject
    assert canonical_sha256(rewritten) == canonical_sha256(subject)


def test_bytes_behind_the_model_do_not_count(subject: bytes) -> None:
    assert canonical_sha256(subject + b"PK\x05\x06" + bytes(18)) == canonical_sha256(subject)


def _tensors(model: Any) -> Any:
    return model.subgraphs[0].tensors


def _weights(model: Any) -> Any:
    return _tensors(model)[model.subgraphs[0].operators[0].inputs[1]]


def _one_byte_of_weights(model: Any) -> None:
    buffer = model.buffers[_weights(model).buffer]
    buffer.data = np.array(buffer.data)
    buffer.data[-1] ^= 1


def _nudge(owner: Any, field: str) -> None:
    values = np.array(getattr(owner, field))
    values.view(np.uint8)[0] ^= 1
    setattr(owner, field, values)


def _swap_inputs(model: Any) -> None:
    add = next(op for op in model.subgraphs[0].operators if len(op.inputs) == 2 and op.opcodeIndex)
    add.inputs = list(add.inputs)[::-1]


def _set(owner: Any, field: str, value: Any) -> None:
    assert getattr(owner, field) != value
    setattr(owner, field, value)


def _first(model: Any) -> Any:
    return model.subgraphs[0].operators[0]


def _fix_the_batch(model: Any) -> None:
    tensor = _tensors(model)[model.subgraphs[0].inputs[0]]
    assert list(tensor.shapeSignature) == [-1, 32, 32, 3]
    tensor.shapeSignature = None


OTHER: dict[str, Change] = {
    "one byte of weights": _one_byte_of_weights,
    "the last bit of a scale": lambda model: _nudge(_weights(model).quantization, "scale"),
    "a zero point": lambda model: _nudge(_tensors(model)[model.subgraphs[0].inputs[0]].quantization, "zeroPoint"),
    "the axis of the scales": lambda model: _set(_weights(model).quantization, "quantizedDimension", 3),
    "a stride": lambda model: _set(_first(model).builtinOptions, "strideW", 2),
    "an activation": lambda model: _set(_first(model).builtinOptions, "fusedActivationFunction", 0),
    "the version of an operator": lambda model: _set(model.operatorCodes[0], "version", 9),
    "custom options": lambda model: _set(_first(model), "customOptions", np.uint8([7])),
    "the order of inputs": _swap_inputs,
    "the batch": _fix_the_batch,
    "a variable": lambda model: _set(_tensors(model)[_first(model).outputs[0]], "isVariable", True),
    "an output": lambda model: _set(model.subgraphs[0], "outputs", [_first(model).outputs[0]]),
    "the name of an input": lambda model: _set(model.signatureDefs[0].inputs[0], "name", b"photo"),
    "the name of the signature": lambda model: _set(model.signatureDefs[0], "signatureKey", b"predict"),
    "no signature": lambda model: setattr(model, "signatureDefs", []),
    "an operator less": lambda model: model.subgraphs[0].operators.pop(),
}


@pytest.mark.parametrize("how", OTHER)
def test_the_hash_goes(subject: bytes, rewrite: Callable[..., bytes], how: str) -> None:
    assert canonical_sha256(rewrite(subject, OTHER[how])) != canonical_sha256(subject)


def test_each_change_gives_a_hash_of_its_own(subject: bytes, rewrite: Callable[..., bytes]) -> None:
    assert len({canonical_sha256(rewrite(subject, change)) for change in OTHER.values()}) == len(OTHER)


def test_real_files_keep_theirs_when_written_anew(shared_data: Path, rewrite: Callable[..., bytes]) -> None:
    paths = sorted(shared_data.rglob("*.tflite"))
    hashes = {path: inspect(path).canonical_sha256 for path in paths}
    assert len(set(hashes.values())) == len(paths) == 12
    for path in paths:
        content = path.read_bytes()
        assert canonical_sha256(content) == hashes[path]
        assert canonical_sha256(rewrite(content, lambda model: setattr(model, "metadata", []))) == hashes[path]


def test_sparse_weights_and_blockwise_scales_count(build: Callable[..., bytes], rewrite: Callable[..., bytes]) -> None:
    weights = {"shape": [4, 8], "dtype": "INT8", "scale": 0.5, "data": np.arange(32, dtype=np.int8)}
    content = build(
        [{"shape": [1, 8]}, weights, {"shape": [1, 4]}],
        [("FULLY_CONNECTED", [0, 1], [2], schema.FullyConnectedOptionsT())],
        inputs=[0],
        outputs=[2],
    )

    def sparse(size: int) -> Change:
        def change(model: Any) -> None:
            dimension = schema.DimensionMetadataT(denseSize=size)
            sparsity = schema.SparsityParametersT(traversalOrder=[0, 1], dimMetadata=[dimension, dimension])
            model.subgraphs[0].tensors[1].sparsity = sparsity

        return change

    def blocks(size: int) -> Change:
        def change(model: Any) -> None:
            quantization = model.subgraphs[0].tensors[1].quantization
            quantization.detailsType = schema.QuantizationDetails.BlockwiseQuantization
            quantization.details = schema.BlockwiseQuantizationT(scales=0, blockSize=size)

        return change

    changed = [rewrite(content, change) for change in (sparse(4), sparse(8), blocks(4), blocks(8))]
    assert len({canonical_sha256(each) for each in (content, *changed)}) == 5


def test_what_cannot_be_read_has_no_hash(subject: bytes) -> None:
    with pytest.raises(SourceError, match="the model is cut short or damaged"):
        canonical_sha256(subject[: len(subject) // 2])
    with pytest.raises(SourceError, match="the model is cut short or damaged"):
        canonical_sha256(b"")
