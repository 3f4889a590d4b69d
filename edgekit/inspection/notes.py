"""Sentences about what is unusual in a file."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

from edgekit.inspection.arithmetic import BOUNDARY, CONTROL, MIXED
from edgekit.inspection.facts import STOCK_CUSTOM_OPS, ArenaPlan
from edgekit.inspection.graph import Graph, Subgraph
from edgekit.inspection.ops import OpSurvey


def notes_on(
    graph: Graph,
    survey: OpSurvey,
    *,
    arena: ArenaPlan,
    custom_ops: tuple[str, ...],
    flex_ops: tuple[str, ...],
    edgetpu_ops: int,
) -> tuple[str, ...]:
    """Return one sentence for each thing that a reader of the figures should know."""
    notes: list[str] = []
    if edgetpu_ops:
        notes.append("compiled for an Edge TPU: a CPU cannot run it")
        notes.append("what the Edge TPU computes cannot be read: MACs, weights and arena are without it")
    if flex_ops:
        notes.append(
            f"needs TensorFlow's own operators ({', '.join(flex_ops)}): it runs only with the Flex delegate, which "
            "runtimes for devices do not have"
        )
    notes += [
        f"needs the custom operator '{name}', which the TFLite runtime does not have: it runs only in a program that "
        "brings the code for it"
        for name in custom_ops
        if name not in STOCK_CUSTOM_OPS
    ]
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
    for subgraph in graph.subgraphs:
        notes += _unwritten(subgraph)
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


def _unwritten(subgraph: Subgraph) -> Iterator[str]:
    """Name the first operator that reads what nothing before it has written."""
    known = set(subgraph.inputs)
    known.update(tensor.index for tensor in subgraph.tensors if tensor.constant or tensor.variable)
    for operator in subgraph.operators:
        for index in operator.inputs:
            if index >= 0 and index not in known and subgraph.tensors[index].size_bytes != 0:
                yield (
                    f"operator {operator.index} ({operator.name}) of subgraph {subgraph.index} reads tensor {index}, "
                    "which nothing has written: the runtime cannot run it"
                )
                return
        known.update(operator.outputs)


def _operators(count: int) -> str:
    return f"{count} operator{'' if count == 1 else 's'}"


def _listed(names: Iterable[str]) -> str:
    return ", ".join(sorted(set(names)))
