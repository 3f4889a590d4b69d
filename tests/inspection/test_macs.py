"""Multiply-accumulates against counts by hand: the number of products that a plain loop would make."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ai_edge_litert import schema_py_generated as schema

from edgekit.inspection import inspect
from edgekit.inspection.decoding import read_graph
from edgekit.inspection.macs import macs_of


@pytest.fixture
def count(build: Callable[..., bytes]) -> Callable[..., int | None]:
    """Count one operator; shapes of inputs (None: left out), shape of the output."""

    def counted(name: str, *shapes: list[int] | None, output: list[int], options: Any = None) -> int | None:
        tensors = [{"shape": shape or [1]} for shape in (*shapes, output)]
        inputs = [-1 if shape is None else number for number, shape in enumerate(shapes)]
        given = [number for number in inputs if number >= 0]
        content = build(tensors, [(name, inputs, [len(shapes)], options)], inputs=given, outputs=[len(shapes)])
        subgraph = read_graph(content, name="built").subgraphs[0]
        return macs_of(subgraph.operators[0], subgraph)

    return counted


def _conv_loops(out: int, height: int, width: int, kernel: int, channels: int, groups: int) -> int:
    """Count one by one, as the definition says."""
    return sum(
        1 for _ in range(out * height * width) for _ in range(kernel * kernel) for _ in range(channels // groups)
    )


@pytest.mark.parametrize("groups", [1, 2, 6])
def test_conv_2d_counts_its_groups(count: Callable[..., int], groups: int) -> None:
    found = count("CONV_2D", [1, 9, 9, 6], [12, 3, 3, 6 // groups], [12], output=[1, 4, 4, 12])
    assert found == _conv_loops(12, 4, 4, 3, 6, groups)


def test_depthwise_with_a_multiplier(count: Callable[..., int]) -> None:
    assert count("DEPTHWISE_CONV_2D", [1, 8, 8, 3], [1, 5, 3, 6], output=[1, 8, 8, 6]) == 8 * 8 * 6 * 5 * 3


def test_dense_with_a_batch_and_kept_dimensions(count: Callable[..., int]) -> None:
    assert count("FULLY_CONNECTED", [2, 7, 20], [30, 20], None, output=[2, 7, 30]) == 2 * 7 * 30 * 20


def test_transposed_convolutions_count_by_their_input(count: Callable[..., int]) -> None:
    assert count("TRANSPOSE_CONV", [4], [16, 3, 3, 8], [1, 5, 5, 8], output=[1, 10, 10, 16]) == 5 * 5 * 8 * 16 * 9
    found = count("CONV_3D_TRANSPOSE", [5], [2, 3, 3, 16, 8], [1, 4, 5, 5, 8], output=[1, 8, 10, 10, 16])
    assert found == 4 * 5 * 5 * 8 * 16 * 2 * 9


def test_conv_3d(count: Callable[..., int]) -> None:
    assert count("CONV_3D", [1, 4, 8, 8, 3], [2, 3, 3, 3, 10], output=[1, 3, 6, 6, 10]) == 3 * 36 * 10 * 18 * 3


@pytest.mark.parametrize(("turned", "left"), [(False, [2, 5, 7]), (True, [2, 7, 5])])
def test_batch_matmul_either_way(count: Callable[..., int], turned: bool, left: list[int]) -> None:
    options = schema.BatchMatMulOptionsT(adjX=turned)
    assert count("BATCH_MATMUL", left, [2, 7, 9], output=[2, 5, 9], options=options) == 2 * 5 * 9 * 7


@pytest.mark.parametrize("name", ["LSTM", "UNIDIRECTIONAL_SEQUENCE_LSTM"])
def test_lstm_with_and_without_an_input_gate(count: Callable[..., int], name: str) -> None:
    gates, states = [[20, 28]] * 4, [[20, 20]] * 4
    assert count(name, [1, 28, 28], *gates, *states, output=[1, 28, 20]) == 28 * (4 * 20 * 28 + 4 * 20 * 20)
    coupled = count(name, [1, 28, 28], None, *gates[1:], None, *states[1:], output=[1, 28, 20])
    assert coupled == 28 * (3 * 20 * 28 + 3 * 20 * 20)


def test_lstm_with_a_projection_and_peepholes(count: Callable[..., int]) -> None:
    shapes = [[3, 1, 8], *[[16, 8]] * 4, *[[16, 4]] * 4, *[[16]] * 7, [4, 16]]
    assert count("UNIDIRECTIONAL_SEQUENCE_LSTM", *shapes, output=[3, 1, 4]) == 3 * (4 * 16 * 8 + 4 * 16 * 4 + 4 * 16)


def test_both_directions_count(count: Callable[..., int]) -> None:
    one_way = [*[[6, 5]] * 4, *[[6, 6]] * 4, *[[6]] * 7, None, None]
    found = count("BIDIRECTIONAL_SEQUENCE_LSTM", [9, 1, 5], *one_way, *one_way, output=[9, 1, 12])
    assert found == 2 * 9 * (4 * 6 * 5 + 4 * 6 * 6)
    found = count(
        "BIDIRECTIONAL_SEQUENCE_RNN",
        [9, 1, 5], [6, 5], [6, 6], [6], [1, 6], [6, 5], [6, 6], [6], [1, 6],
        output=[9, 1, 12],
    )  # fmt: skip
    assert found == 2 * 9 * (6 * 5 + 6 * 6)


def test_simple_recurrence(count: Callable[..., int]) -> None:
    assert count("UNIDIRECTIONAL_SEQUENCE_RNN", [1, 9, 5], [6, 5], [6, 6], [6], [1, 6], output=[1, 9, 6]) == 9 * 66
    assert count("RNN", [2, 5], [6, 5], [6, 6], [6], [2, 6], output=[2, 6]) == 2 * 66
    assert count("SVDF", [1, 40], [64, 40], [64, 8], [32], [1, 512], output=[1, 32]) == 64 * 40 + 64 * 8


@pytest.mark.parametrize("name", ["ADD", "MUL", "AVERAGE_POOL_2D", "SOFTMAX", "RESHAPE", "CUSTOM_CONV"])
def test_others_have_none(count: Callable[..., int], name: str) -> None:
    assert count(name, [1, 8, 8, 3], [1, 8, 8, 3], output=[1, 8, 8, 3]) == 0


def test_what_shapes_do_not_tell_is_not_guessed(count: Callable[..., int | None]) -> None:
    assert count("CONV_2D", [1, 8, 8, 3], output=[1, 8, 8, 4]) is None
    assert count("CONV_2D", [1, 8, 8, 3], [4, 3, 3, 3], output=[1, -1, -1, 4]) is None
    assert count("DEPTHWISE_CONV_2D", [1, 8, 8, 3], [9, 3], output=[1, 8, 8, 3]) is None
    assert count("FULLY_CONNECTED", [1, 8], None, output=[1, 4]) is None


def test_what_an_operator_moves_and_the_window_that_it_slides(shared_data: Path) -> None:
    ops = inspect(shared_data / "mlperf_tiny" / "vww_mobilenet_float32.tflite").ops
    stem, depthwise, pointwise = ops[:3]
    assert (stem.name, stem.window, stem.channels) == ("CONV_2D", 9, 8)
    assert (stem.read_values, stem.written_values) == (96 * 96 * 3, 48 * 48 * 8)
    assert (depthwise.name, depthwise.window, depthwise.channels) == ("DEPTHWISE_CONV_2D", 9, 8)
    assert (pointwise.name, pointwise.window, pointwise.channels) == ("CONV_2D", 1, 16)
    pool = next(op for op in ops if op.name == "AVERAGE_POOL_2D")
    assert (pool.window, pool.read_values, pool.written_values) == (9, 9 * 256, 256)
    assert [op.window for op in ops if op.name in ("RESHAPE", "SOFTMAX", "FULLY_CONNECTED")] == [0, 0, 0]


def test_the_zipped_size_is_told_unless_it_is_not_wanted(shared_data: Path) -> None:
    path = shared_data / "mlperf_tiny" / "vww_mobilenet_float32.tflite"
    whole, quick = inspect(path), inspect(path, zipped=False)
    assert (whole.zipped_bytes > 0, quick.zipped_bytes) == (True, 0)
    assert quick.ops == whole.ops
