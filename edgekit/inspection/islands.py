"""Float islands: where a graph that computes in integers does not."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from edgekit.artifact import Island
from edgekit.inspection.arithmetic import BOUNDARY, CONTROL, UNKNOWN
from edgekit.inspection.facts import OpFacts
from edgekit.inspection.graph import Graph, Subgraph, constant_origins

_INTEGER_ARITHMETIC = frozenset({"int8", "uint8", "int16", "int16x8", "int8x4", "int4_weights"})


def find_islands(graph: Graph, ops: Sequence[OpFacts]) -> tuple[Island, ...]:
    """Return the islands in the order in which they are first entered; none in a file that computes in floats only.

    Operators belong to one island where floating point activations go from one to the other, be it through operators
    of the same island only.

    Args:
        graph: the file's.
        ops: the facts about its operators, in the same order.
    """
    if not any(op.precision in _INTEGER_ARITHMETIC and not op.floating for op in ops):
        return ()
    return tuple(
        island
        for subgraph in graph.subgraphs
        for island in _islands_of(subgraph, [op for op in ops if op.subgraph == subgraph.index])
    )


def computing(ops: Sequence[OpFacts]) -> list[OpFacts]:
    """Return the operators that compute something: all but QUANTIZE, DEQUANTIZE and control flow."""
    return [op for op in ops if op.precision not in {BOUNDARY, CONTROL}]


def integers_only(ops: Sequence[OpFacts]) -> bool:
    """Return whether every operator is known to compute in integers."""
    return not any(op.floating or op.precision == UNKNOWN for op in computing(ops))


def _islands_of(subgraph: Subgraph, ops: Sequence[OpFacts]) -> Iterator[Island]:
    origins = constant_origins(subgraph)
    parents: dict[int, int] = {}

    def root(tensor: int) -> int:
        while parents[tensor] != tensor:
            parents[tensor] = tensor = parents[parents[tensor]]
        return tensor

    entries: list[tuple[OpFacts, int]] = []
    for operator, facts in zip(subgraph.operators, ops, strict=True):
        if not facts.floating:
            continue
        touched = [
            index
            for index in (*operator.inputs, *operator.outputs)
            if index >= 0 and index not in origins and subgraph.tensors[index].floating
        ]
        for index in touched:
            parents.setdefault(index, index)
            parents[root(index)] = root(touched[0])
        entries.append((facts, touched[0]))
    groups: dict[int, list[OpFacts]] = {}
    for facts, tensor in entries:
        groups.setdefault(root(tensor), []).append(facts)
    for members in groups.values():
        yield Island(
            subgraph=subgraph.index,
            operators=tuple(op.index for op in members),
            names=tuple(op.name for op in members),
            outputs=tuple(op.output for op in members),
        )
