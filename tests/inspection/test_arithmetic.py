"""What operators compute in, on real files made in every way that the converter has, and on the odd ones."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from ai_edge_litert import schema_py_generated as schema

from edgekit.inspection import Inspection, inspect
from edgekit.inspection.arithmetic import file_precision

# Kind of file: its word, and how its convolutions, its dense layer, and its additions compute.
COMPUTED = {
    "float32": ("float32", "float32", "float32", "float32"),
    "float16": ("float16", "float32", "float32", "float32"),
    "dynamic_int8": ("dynamic_int8", "dynamic_int8", "dynamic_int8", "float32"),
    "dynamic_int4": ("int4_weights", "int4_weights", "int4_weights", "float32"),
    "weight_only_int8": ("mixed", "float32", "float32", "float32"),
    "int8": ("int8", "int8", "int8", "int8"),
    "int16x8": ("int16x8", "int16x8", "int16x8", "int16"),
    "static_int4": ("int8x4", "int8x4", "int8x4", "int8"),
}


@pytest.mark.parametrize("kind", COMPUTED)
def test_every_way_to_quantize_is_recognised(variants: dict[str, Path], kind: str) -> None:
    facts = inspect(variants[kind])
    by_name = {
        name: {op.precision for op in facts.ops if op.name == name} for name in ("CONV_2D", "FULLY_CONNECTED", "ADD")
    }
    word, conv, dense, add = COMPUTED[kind]
    assert facts.precision == word
    assert by_name == {"CONV_2D": {conv}, "FULLY_CONNECTED": {dense}, "ADD": {add}}
    assert facts.macs == 12_501_632
    assert facts.parameters == 77_708


def test_weights_behind_a_dequantize_count_where_they_are_used(variants: dict[str, Path]) -> None:
    whole, half = inspect(variants["float32"]), inspect(variants["float16"])
    convs = {facts.path: sum(op.weight_bytes for op in facts.ops if op.name == "CONV_2D") for facts in (whole, half)}
    # Biases stay in float32: 9 convolutions with 16 + 16 + 16 + 32 * 3 + 64 * 3 outputs.
    biases = 4 * (3 * 16 + 3 * 32 + 3 * 64)
    assert convs[half.path] == (convs[whole.path] - biases) // 2 + biases
    unpacking = [op for op in half.ops if op.name == "DEQUANTIZE"]
    assert {(op.precision, op.weight_bytes) for op in unpacking} == {("boundary", 0)}
    assert half.notes == ()


def test_weights_that_are_only_stored_short_are_told(variants: dict[str, Path]) -> None:
    notes = inspect(variants["weight_only_int8"]).notes
    assert notes == ("weights are stored as int8 and unpacked to float32 before use",)


def test_a_float_file_that_is_not_float_is_told(shared_data: Path) -> None:
    facts = inspect(shared_data / "mlperf_tiny" / "kws_dscnn_float32.tflite")
    counted = Counter((op.name, op.precision) for op in facts.ops if op.weight_bytes > 8)
    assert counted == {
        ("CONV_2D", "dynamic_int8"): 5, ("DEPTHWISE_CONV_2D", "float32"): 4, ("FULLY_CONNECTED", "float32"): 1
    }  # fmt: skip


def test_quantize_at_the_border_does_not_make_a_file_mixed(shared_data: Path) -> None:
    facts = inspect(shared_data / "coral" / "keras_lstm_mnist_ptq.tflite")
    assert facts.precision == "int8"
    assert [op.precision for op in facts.ops] == ["boundary", "int8", "int8", "int8", "int8", "boundary"]


@pytest.fixture
def look(build: Callable[..., bytes], tmp_path: Path) -> Callable[..., Inspection]:
    def looked(*arguments: object, **options: object) -> Inspection:
        path = tmp_path / "built.tflite"
        path.write_bytes(build(*arguments, **options))
        return inspect(path)

    return looked


INT8: dict[str, Any] = {"dtype": "INT8", "scale": 0.1}


def test_a_float_island_is_told(look: Callable[..., Inspection]) -> None:
    facts = look(
        [{"shape": [1, 8], **kind} for kind in (INT8, {}, {}, INT8, INT8)],
        [("DEQUANTIZE", [0], [1]), ("EXP", [1], [2]), ("QUANTIZE", [2], [3]), ("ADD", [3, 0], [4])],
        inputs=[0],
        outputs=[4],
    )
    assert [op.precision for op in facts.ops] == ["boundary", "float32", "boundary", "int8"]
    assert facts.precision == "mixed"
    assert facts.notes == ("no single precision: 1 operator in float32, 1 operator in int8",)


def test_indices_and_masks_do_not_count(look: Callable[..., Inspection]) -> None:
    facts = look(
        [
            {"shape": [1, 8], **INT8},
            {"shape": [2], "dtype": "INT32"},
            {"shape": [1], "dtype": "INT32"},
            {"shape": [1], "dtype": "INT64"},
            {"shape": [1, 8], "dtype": "BOOL"},
            {"shape": [], "dtype": "INT32", "data": np.int32(0)},
        ],
        [("SHAPE", [0], [1]), ("GATHER", [1, 5], [2]), ("ARG_MAX", [0, 5], [3]), ("GREATER", [0, 0], [4])],
        inputs=[0],
        outputs=[2, 3, 4],
    )
    assert [op.precision for op in facts.ops] == ["int32", "int32", "int8", "int8"]
    assert facts.precision == "int8"


def test_control_flow_computes_nothing_itself(look: Callable[..., Inspection]) -> None:
    options = schema.WhileOptionsT(condSubgraphIndex=1, bodySubgraphIndex=1)
    facts = look(
        [{"shape": [1, 8]}, {"shape": [1, 8]}, {"shape": [1, 8]}],
        [("WHILE", [0], [1], options), ("EXP", [1], [2])],
        inputs=[0],
        outputs=[2],
        subgraphs=2,
    )
    assert [op.precision for op in facts.ops] == ["control", "float32"] * 2
    assert [op.subgraph for op in facts.ops] == [0, 0, 1, 1]
    assert facts.precision == "float32"
    assert facts.arena.arena_bytes == 2 * (64 + 64 + 32)
    assert facts.notes == ("has 2 subgraphs: figures add up all of them, each executed once",)


@pytest.mark.parametrize(
    ("weights", "word"), [("INT8", "dynamic_int8"), ("INT4", "int4_weights"), ("INT2", "int2_weights")]
)
def test_a_table_of_embeddings_is_read_by_a_hybrid_kernel(
    look: Callable[..., Inspection], weights: str, word: str
) -> None:
    bits = int(weights.removeprefix("INT"))
    table = {"shape": [100, 16], "dtype": weights, "scale": 0.1, "data": np.zeros(100 * 16 * bits // 8, np.uint8)}
    facts = look(
        [{"shape": [3], "dtype": "INT32"}, table, {"shape": [3, 16]}],
        [("EMBEDDING_LOOKUP", [0, 1], [2])],
        inputs=[0],
        outputs=[2],
    )
    assert facts.ops[0].precision == word
    assert facts.weight_bytes == 1600 * bits // 8
    assert facts.parameters == 1600
    assert facts.precision == (word if bits > 2 else "mixed")


def test_an_operator_that_touches_nothing(look: Callable[..., Inspection]) -> None:
    facts = look([{"shape": [1]}], [("EXP", [], [])], inputs=[0], outputs=[0])
    assert (facts.ops[0].precision, facts.ops[0].output, facts.precision) == ("unknown", "", "mixed")


@pytest.mark.parametrize(
    ("precisions", "storage", "word"),
    [
        ({"float32", "boundary", "int64", "bool"}, {"float32": 10}, "float32"),
        ({"float32"}, {}, "float32"),
        ({"float32"}, {"float32": 10, "float16": 9}, "float32"),
        ({"float32"}, {"float32": 10, "float16": 11}, "float16"),
        ({"float16"}, {}, "float16"),
        ({"uint8", "int32"}, {}, "uint8"),
        ({"int16"}, {}, "int16x8"),
        ({"int8", "dynamic_int8"}, {}, "mixed"),
        ({"int8", "int16x8"}, {}, "mixed"),
        ({"int4_weights", "int8", "float32"}, {}, "mixed"),
        ({"int8x4", "int8"}, {}, "int8x4"),
        ({"int8x4", "float32"}, {}, "mixed"),
        ({"int8", "unknown"}, {}, "mixed"),
        ({"int32", "control"}, {}, "mixed"),
        (set(), {}, "mixed"),
    ],
)
def test_the_rule_for_one_word(precisions: set[str], storage: dict[str, int], word: str) -> None:
    assert file_precision(precisions, float_storage=storage) == word
