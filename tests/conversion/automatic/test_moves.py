"""Which operators may leave int8 together, and what that costs."""

from __future__ import annotations

from typing import Any

import pytest

import edgekit
from edgekit.conversion.automatic.mixing import mixed, moved_in
from edgekit.conversion.automatic.moves import FLOAT, INT16, FloatGraph
from edgekit.inspection.decoding import read_graph
from edgekit.recipe import Recipe


@pytest.fixture(scope="module")
def graphs(broken_models: dict[str, Any]) -> dict[str, FloatGraph]:
    made = {}
    for name in ("concatenation", "tiny_softmax"):
        path = broken_models[name].float_file
        made[name] = FloatGraph(read_graph(path.read_bytes(), name=name).subgraphs[0], edgekit.inspect(path))
    return made


def names(graph: FloatGraph, tensor: int) -> list[tuple[str, list[str]]]:
    operators = graph.subgraph.operators
    return [
        (move.arithmetic, [operators[number].name for number in sorted(move.operators)]) for move in graph.moves(tensor)
    ]


def written_by(graph: FloatGraph, kind: str, nth: int = 0) -> int:
    return [operator for operator in graph.subgraph.operators if operator.name == kind][nth].outputs[0]


def test_a_reader_that_shares_its_steps_takes_its_readers_along(graphs: dict[str, FloatGraph]) -> None:
    graph = graphs["concatenation"]
    assert names(graph, written_by(graph, "CONV_2D", 1)) == [
        (kind, operators)
        for operators in (
            ["CONV_2D", "CONCATENATION", "DEPTHWISE_CONV_2D"],
            ["CONCATENATION", "DEPTHWISE_CONV_2D"],
            ["CONV_2D"],
        )
        for kind in (FLOAT, INT16)
    ]
    graph = graphs["tiny_softmax"]
    assert (FLOAT, ["SOFTMAX", "RESHAPE", "BATCH_MATMUL"]) in names(graph, written_by(graph, "SOFTMAX"))


def test_inputs_have_readers_and_outputs_a_writer(graphs: dict[str, FloatGraph]) -> None:
    graph = graphs["concatenation"]
    assert names(graph, graph.subgraph.inputs[0]) == [(FLOAT, ["CONV_2D"]), (INT16, ["CONV_2D"])]
    assert names(graph, graph.subgraph.outputs[0]) == [(FLOAT, ["SOFTMAX"]), (INT16, ["SOFTMAX"])]


def test_int16_takes_longer_than_float_and_both_longer_than_int8(graphs: dict[str, FloatGraph]) -> None:
    graph = graphs["concatenation"]
    everything = range(graph.count)
    assert graph.count == 15
    assert graph.extra_work({}) == 0
    assert graph.extra_work(dict.fromkeys(everything, FLOAT)) == pytest.approx(2)
    assert graph.extra_work(dict.fromkeys(everything, INT16)) == pytest.approx(19)
    assert 0 < graph.extra_work({14: FLOAT}) < graph.extra_work({0: FLOAT})


def test_a_recipe_names_the_operators(graphs: dict[str, FloatGraph]) -> None:
    graph = graphs["concatenation"]
    moved = {3: FLOAT, 14: INT16, 4: FLOAT}
    recipe = mixed(Recipe(precision="int8"), moved, graph)
    assert recipe.float_operators == (graph.name(3), graph.name(4))
    assert recipe.int16_operators == (graph.name(14),)
    assert moved_in(recipe, graph) == moved
