"""Sentences about what is unusual in a file."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

from edgekit.inspection.arithmetic import BOUNDARY, CONTROL, MIXED
from edgekit.inspection.facts import ArenaPlan
from edgekit.inspection.graph import Graph
from edgekit.inspection.obstacles import Obstacle, ObstacleKind
from edgekit.inspection.ops import OpSurvey


def notes_on(graph: Graph, survey: OpSurvey, *, arena: ArenaPlan, obstacles: tuple[Obstacle, ...]) -> tuple[str, ...]:
    """Return one sentence for each thing that a reader of the figures should know; the file is their subject."""
    notes = [obstacle.clause for obstacle in obstacles]
    if any(obstacle.kind is ObstacleKind.EDGE_TPU for obstacle in obstacles):
        notes.append("what the Edge TPU computes cannot be read: MACs, weights and arena are without it")
    if survey.precision == MIXED:
        notes += _mixture(survey)
    if survey.untold:
        notes.append(
            f"the MACs of {_operators(len(survey.untold))} ({_listed(op.name for op in survey.untold)}) cannot be told "
            "from shapes and count as 0"
        )
    if not arena.complete:
        notes.append("some sizes are only known while it runs: the memory figures are lower bounds")
    if len(graph.subgraphs) > 1:
        notes.append(f"has {len(graph.subgraphs)} subgraphs: figures add up all of them, each executed once")
    if any(tensor.external for subgraph in graph.subgraphs for tensor in subgraph.tensors):
        notes.append("keeps constants in other files, whose bytes are not counted")
    return tuple(notes)


def _mixture(survey: OpSurvey) -> Iterator[str]:
    kinds = Counter(op.precision for op in survey.ops if op.precision not in {BOUNDARY, CONTROL})
    if len(kinds) > 1:
        yield "no single precision: " + ", ".join(
            f"{_operators(count)} in {kind}" for kind, count in kinds.most_common()
        )
    unpacked = sorted(set(survey.float_storage) - {"float32", "float16"})
    if unpacked:
        yield f"weights are stored as {', '.join(unpacked)} and unpacked to float32 before use"


def _operators(count: int) -> str:
    return f"{count} operator{'' if count == 1 else 's'}"


def _listed(names: Iterable[str]) -> str:
    return ", ".join(sorted(set(names)))
