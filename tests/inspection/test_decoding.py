"""Files that contradict themselves: each lie is told, none is believed."""

from __future__ import annotations

import random
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import flatbuffers
import numpy as np
import pytest
from ai_edge_litert import schema_py_generated as schema

from edgekit.errors import SourceError
from edgekit.files import encode_json
from edgekit.inspection import inspect
from edgekit.inspection.decoding import read_graph

Change = Callable[[Any], None]


def _graph(model: Any) -> Any:
    return model.subgraphs[0]


def _set(owner: Any, field: str, value: Any) -> None:
    setattr(owner, field, value)


def _custom_without_a_name(model: Any) -> None:
    model.operatorCodes[0].builtinCode = schema.BuiltinOperator.CUSTOM


def _scale_not_a_number(model: Any) -> None:
    _graph(model).tensors[0].quantization = schema.QuantizationParametersT(scale=[float("nan")], zeroPoint=[0])


def _signature(subgraph: int, tensor: int) -> Change:
    def change(model: Any) -> None:
        entry = schema.TensorMapT(name="x", tensorIndex=tensor)
        model.signatureDefs = [
            schema.SignatureDefT(inputs=[entry], outputs=[], signatureKey="go", subgraphIndex=subgraph)
        ]

    return change


def _sparse_without_end(model: Any) -> None:
    dimensions = [schema.DimensionMetadataT() for _ in range(65)]
    _graph(model).tensors[1].sparsity = schema.SparsityParametersT(dimMetadata=dimensions)


def _large_custom_options(model: Any) -> None:
    _graph(model).operators[0].largeCustomOptionsOffset = 10**9
    _graph(model).operators[0].largeCustomOptionsSize = 10


def _buffer_behind_the_end(model: Any) -> None:
    model.buffers[1].data, model.buffers[1].offset, model.buffers[1].size = None, 10**7, 16


LIES: dict[str, tuple[Change, str]] = {
    "no subgraph": (lambda m: _set(m, "subgraphs", []), "it holds no graph"),
    "operator of another code": (lambda m: _set(_graph(m).operators[0], "opcodeIndex", 99), "operator 0 is number 99"),
    "unknown operator": (lambda m: _set(m.operatorCodes[0], "builtinCode", 999), "operator number 999"),
    "custom operator": (_custom_without_a_name, "a custom operator without a name"),
    "unknown type": (lambda m: _set(_graph(m).tensors[0], "type", 99), "tensor 0 has an unknown type"),
    "unknown buffer": (lambda m: _set(_graph(m).tensors[3], "buffer", 4000), "tensor 3 uses buffer 4000 of 40"),
    "negative size": (lambda m: _set(_graph(m).tensors[0], "shape", [1, -2]), "tensor 0 has an impossible shape"),
    "too many sizes": (lambda m: _set(_graph(m).tensors[0], "shape", [1] * 33), "tensor 0 has an impossible shape"),
    "absurd size": (lambda m: _set(_graph(m).tensors[0], "shape", [2**31 - 1] * 3), "larger than any memory"),
    "constant too short": (lambda m: _set(_graph(m).tensors[1], "shape", [9, 9, 9]), "where its shape needs"),
    "scale": (_scale_not_a_number, "tensor 0 has a scale that is not a number"),
    "input of an operator": (lambda m: _set(_graph(m).operators[2], "inputs", [38]), "the inputs of operator 2 name"),
    "output of an operator": (lambda m: _set(_graph(m).operators[2], "outputs", [-2]), "the outputs of operator 2"),
    "left-out input of the graph": (lambda m: _set(_graph(m), "inputs", [-1]), "the inputs of subgraph 0 name"),
    "signature of another subgraph": (_signature(7, 0), "the signature 'go' is for subgraph 7 of 1"),
    "signature of another tensor": (_signature(0, 38), "the inputs of a signature name a tensor"),
    "options of another schema": (
        lambda m: _set(_graph(m).operators[0], "builtinOptionsType", 250),
        "it uses options that the schema does not have",
    ),
    "sparse without end": (_sparse_without_end, "a sparse tensor has too many dimensions"),
    "custom options behind the end": (_large_custom_options, "parts of it lie outside of it"),
    "buffer behind the end": (_buffer_behind_the_end, "parts of it lie outside of it"),
}


@pytest.mark.parametrize("lie", LIES)
def test_each_lie_is_told(resnet: bytes, rewrite: Callable[..., bytes], lie: str) -> None:
    change, sentence = LIES[lie]
    with pytest.raises(SourceError) as refused:
        read_graph(rewrite(resnet, change), name="net.tflite")
    assert refused.value.message.startswith("net.tflite is cut short or damaged: ")
    assert sentence in refused.value.message
    assert refused.value.hint == "copy or download the file again, or export it again"


def test_every_length_of_a_cut_file_is_refused(resnet: bytes, tmp_path: Path) -> None:
    path = tmp_path / "cut.tflite"
    for length in [8, 9, 16, 100, *range(1000, len(resnet), 3989), len(resnet) - 8, len(resnet) - 1]:
        path.write_bytes(resnet[:length])
        with pytest.raises(SourceError, match="is cut short or damaged"):
            inspect(path)


def test_constants_behind_the_flatbuffer_are_found(resnet: bytes, rewrite: Callable[..., bytes]) -> None:
    whole = read_graph(resnet, name="whole")
    weights = whole.subgraphs[0].tensors[1]
    assert weights.data is not None

    def move(offset: int) -> Change:
        def change(model: Any) -> None:
            buffer = model.buffers[weights.buffer]
            buffer.data, buffer.offset, buffer.size = None, offset, weights.stored_bytes

        return change

    length = len(rewrite(resnet, move(4096)))
    moved = rewrite(resnet, move(length)) + weights.data.tobytes()
    found = read_graph(moved, name="moved").subgraphs[0].tensors[1]
    assert found.data is not None
    assert found.data.tobytes() == weights.data.tobytes()


def test_constants_in_other_files_are_told(
    build: Callable[..., bytes], rewrite: Callable[..., bytes], tmp_path: Path
) -> None:
    content = build(
        [{"shape": [1, 8]}, {"shape": [4, 8]}, {"shape": [1, 4]}],
        [("FULLY_CONNECTED", [0, 1], [2], schema.FullyConnectedOptionsT())],
        inputs=[0],
        outputs=[2],
    )

    def move(model: Any) -> None:
        model.externalBufferGroups = [schema.ExternalBufferGroupT(name="weights.bin")]
        model.externalBuffers = [schema.ExternalBufferT(id=5, group=0, offset=64, length=128)]
        model.subgraphs[0].tensors[1].externalBuffer = 5

    path = tmp_path / "external.tflite"
    path.write_bytes(rewrite(content, move))
    facts = inspect(path)
    assert (facts.parameters, facts.weight_bytes, facts.macs) == (32, 0, 32)
    assert facts.notes == ("keeps constants in other files, whose bytes are not counted",)


def test_what_nothing_has_written_is_told(build: Callable[..., bytes], tmp_path: Path) -> None:
    path = tmp_path / "hole.tflite"
    path.write_bytes(build([{"shape": [4]}] * 3, [("EXP", [1], [2])], inputs=[0], outputs=[2]))
    facts = inspect(path)
    assert facts.unwritten == ("operator 0 (EXP) of subgraph 0 reads tensor 1, which nothing has written",)
    assert facts.notes == (f"cannot be run by the runtime: {facts.unwritten[0]}",)
    assert not facts.runs_on_cpu
    document = facts.to_document()
    assert (document["runs_on_cpu"], document["unwritten"]) == (False, list(facts.unwritten))


def test_untold_macs_are_told(build: Callable[..., bytes], tmp_path: Path) -> None:
    path = tmp_path / "free.tflite"
    tensors = [{"shape": [1, 8]}, {"shape": [4, 8], "data": np.zeros((4, 8), np.float32)}, {"shape": [-1, 4]}]
    path.write_bytes(build(tensors, [("FULLY_CONNECTED", [0, 1], [2])], inputs=[0], outputs=[2]))
    facts = inspect(path)
    assert facts.macs == 0
    assert facts.outputs[0].shape == (None, 4)
    assert facts.notes[0] == "the MACs of 1 operator (FULLY_CONNECTED) cannot be told from shapes and count as 0"


def test_names_that_are_not_text_are_marked(resnet: bytes, rewrite: Callable[..., bytes]) -> None:
    content = rewrite(resnet, lambda model: _set(_graph(model).tensors[0], "name", b"caf\xe9"))
    assert read_graph(content, name="latin").subgraphs[0].tensors[0].name == "caf\ufffd"


def _crowd(tensors: int, operators: int, operands: int) -> bytes:
    """All tensors are one table, all operators another, with one list of inputs."""
    builder = flatbuffers.Builder(1 << 16)
    name = builder.CreateString("x" * 500)
    schema.TensorStart(builder)
    schema.TensorAddName(builder, name)
    tensor = schema.TensorEnd(builder)
    inputs = builder.CreateNumpyVector(np.zeros(operands, np.int32))
    schema.OperatorStart(builder)
    schema.OperatorAddInputs(builder, inputs)
    operator = schema.OperatorEnd(builder)
    schema.OperatorCodeStart(builder)
    code = schema.OperatorCodeEnd(builder)

    def vector(start: Callable[[Any, int], Any], item: int, count: int) -> Any:
        start(builder, count)
        for _ in range(count):
            builder.PrependUOffsetTRelative(item)
        return builder.EndVector()

    all_tensors = vector(schema.SubGraphStartTensorsVector, tensor, tensors)
    all_operators = vector(schema.SubGraphStartOperatorsVector, operator, operators)
    schema.SubGraphStart(builder)
    schema.SubGraphAddTensors(builder, all_tensors)
    schema.SubGraphAddOperators(builder, all_operators)
    subgraphs = vector(schema.ModelStartSubgraphsVector, schema.SubGraphEnd(builder), 1)
    codes = vector(schema.ModelStartOperatorCodesVector, code, 1)
    schema.ModelStart(builder)
    schema.ModelAddVersion(builder, 3)
    schema.ModelAddSubgraphs(builder, subgraphs)
    schema.ModelAddOperatorCodes(builder, codes)
    builder.Finish(schema.ModelEnd(builder), b"TFL3")
    return bytes(builder.Output())


@pytest.mark.parametrize(
    ("crowd", "sentence"),
    [
        ((900, 1, 1), "claim more bytes than it has"),
        ((1, 900, 1000), "claim more bytes than it has"),
        ((1, 20_000, 0), "it claims more parts than it has room for"),
    ],
)
def test_a_small_file_cannot_pretend_to_be_large(crowd: tuple[int, int, int], sentence: str) -> None:
    with pytest.raises(SourceError, match=sentence):
        read_graph(_crowd(*crowd), name="crowd")


def test_zeros_are_not_endless_empty_tables(resnet: bytes) -> None:
    """A list of 10,000 operators in the middle of zeros."""
    changed = bytearray(resnet + bytes(400_000))
    graph = schema.Model.GetRootAs(resnet).Subgraphs(0)
    field, room = graph._tab.Pos + graph._tab.Offset(10), (len(resnet) + 3) & ~3
    struct.pack_into("<I", changed, field, room - field)
    struct.pack_into("<I", changed, room, 10_000)
    with pytest.raises(SourceError, match="there is no table at byte"):
        read_graph(bytes(changed), name="zeros")


def test_a_name_that_is_cut_is_not_a_shorter_name(build: Callable[..., bytes]) -> None:
    content = build([{"shape": [1]}] * 2, [("MyOwnOperator", [0], [1])], inputs=[0], outputs=[1])
    end = content.index(b"MyOwnOperator") + len(b"MyOwnOperator")
    assert end >= len(content) - 4
    assert read_graph(content, name="whole").subgraphs[0].operators[0].name == "MyOwnOperator"
    for length in range(end - 13, end):
        with pytest.raises(SourceError, match="parts of it lie outside of it"):
            read_graph(content[:length], name="cut")


def _mutate(content: bytes, rng: random.Random) -> bytes:
    changed = bytearray(content)

    def place() -> int:
        # Most of a file is weights, which any byte may be; the structure is at both ends.
        area = rng.choice(((0, 4096), (len(changed) - 40_000, len(changed)), (0, len(changed))))
        return rng.randrange(max(area[0], 0), min(area[1], len(changed)))

    match rng.randrange(6):
        case 0:
            for _ in range(rng.choice((1, 2, 8, 64))):
                changed[place()] ^= 1 << rng.randrange(8)
        case 1:
            size, here, there = rng.randrange(1, 64), place(), place()
            changed[here : here + size] = changed[there : there + size]
        case 2:
            del changed[rng.randrange(len(changed)) :]
        case 3:
            at, wild = place() & ~3, (0, 1, 70_000, 2**31, 2**32 - 1, len(changed), len(changed) // 4)
            changed[at : at + 4] = struct.pack("<I", rng.choice(wild))
        case 4:
            at, size = place(), rng.randrange(1, 4096)
            changed[at : at + size] = bytes(len(changed[at : at + size]))
        case _:
            for _ in range(rng.choice((1, 4, 30))):
                changed[place()] = rng.randrange(256)
    return bytes(changed)


def test_mutated_files_give_facts_or_a_source_error(shared_data: Path, tmp_path: Path) -> None:
    rng = random.Random(20)
    files = [path.read_bytes() for path in sorted(shared_data.rglob("*.tflite"))]
    path = tmp_path / "mutated.tflite"
    told = refused = 0
    for _ in range(400):
        path.write_bytes(_mutate(rng.choice(files), rng))
        try:
            facts = inspect(path)
        except SourceError:
            refused += 1
        else:
            assert encode_json(facts.to_document(ops=True))
            told += 1
    assert told > 100
    assert refused > 100
