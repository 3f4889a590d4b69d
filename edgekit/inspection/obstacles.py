"""Why the stock runtime on a CPU cannot run a file. The one place that words it, for whoever asks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from edgekit.inspection.graph import Graph, Subgraph

STOCK_CUSTOM_OPS = frozenset({"TFLite_Detection_PostProcess", "AudioSpectrogram", "Mfcc", "NumericVerify"})
"""Custom operators that the TFLite runtime brings along (tflite/core/kernels/register.cc)."""


class ObstacleKind(StrEnum):
    """What sort of reason it is."""

    EDGE_TPU = "edge-tpu"
    FLEX = "flex"
    CUSTOM = "custom"
    UNWRITTEN = "unwritten"


@dataclass(frozen=True, slots=True)
class Obstacle:
    """One reason."""

    kind: ObstacleKind
    clause: str
    """Without its subject, which is the file: "needs the custom operator 'X', which ..."."""


def obstacles_of(
    *, custom_ops: Iterable[str], flex_ops: tuple[str, ...], edgetpu_ops: int, unwritten: Iterable[str]
) -> tuple[Obstacle, ...]:
    """Return the reasons that facts give; each argument is the field of ``Inspection`` of that name."""
    found: list[Obstacle] = []
    if edgetpu_ops:
        found.append(Obstacle(ObstacleKind.EDGE_TPU, "is compiled for an Edge TPU: a CPU cannot run it"))
    if flex_ops:
        clause = (
            f"needs TensorFlow's own operators ({', '.join(flex_ops)}), which runtimes for devices do not have: it "
            "runs only with the Flex delegate"
        )
        found.append(Obstacle(ObstacleKind.FLEX, clause))
    for name in custom_ops:
        if name not in STOCK_CUSTOM_OPS:
            clause = (
                f"needs the custom operator '{name}', which the TFLite runtime does not have: it runs only in a "
                "program that brings the code for it"
            )
            found.append(Obstacle(ObstacleKind.CUSTOM, clause))
    found += [Obstacle(ObstacleKind.UNWRITTEN, f"cannot be run by the runtime: {place}") for place in unwritten]
    return tuple(found)


def in_words(obstacles: Iterable[Obstacle]) -> str:
    """Return all obstacles as one sentence about "it"."""
    return "; ".join(f"it {obstacle.clause}" for obstacle in obstacles)


def unwritten_reads(graph: Graph) -> tuple[str, ...]:
    """Return, for each subgraph that has one, a clause on the first operator that reads what nothing has written."""
    found = (next(_unwritten(subgraph), None) for subgraph in graph.subgraphs)
    return tuple(clause for clause in found if clause is not None)


def _unwritten(subgraph: Subgraph) -> Iterator[str]:
    known = set(subgraph.inputs)
    known.update(tensor.index for tensor in subgraph.tensors if tensor.constant or tensor.variable)
    for operator in subgraph.operators:
        for index in operator.inputs:
            if index >= 0 and index not in known and subgraph.tensors[index].size_bytes != 0:
                yield (
                    f"operator {operator.index} ({operator.name}) of subgraph {subgraph.index} reads tensor {index}, "
                    "which nothing has written"
                )
        known.update(operator.outputs)
