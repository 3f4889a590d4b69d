"""The operators of a graph as facts, and what they add up to."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from edgekit.artifact import CensusRow
from edgekit.inspection.arithmetic import file_precision, has_float_activations, op_precision
from edgekit.inspection.facts import OpFacts
from edgekit.inspection.graph import UNPACKING, Graph, Operator, Subgraph, Tensor, constant_origins
from edgekit.inspection.macs import macs_of
from edgekit.inspection.windows import window_of


@dataclass(frozen=True, slots=True)
class OpSurvey:
    """All operators of a file, and their sums."""

    ops: tuple[OpFacts, ...]
    untold: tuple[OpFacts, ...]
    """Those whose multiply-accumulates the shapes do not tell; they count as 0."""
    precision: str
    parameters: int
    weight_bytes: int
    float_storage: Mapping[str, int]
    """Type to bytes, of the constants that operators in float32 use as float32 values."""


def survey_ops(graph: Graph) -> OpSurvey:
    """Return the facts about the operators of all subgraphs, in execution order."""
    ops: list[OpFacts] = []
    untold: list[OpFacts] = []
    storage: Counter[str] = Counter()
    constants: dict[object, Tensor] = {}
    for subgraph in graph.subgraphs:
        origins = constant_origins(subgraph)
        logistic = {each.outputs[0]: each.inputs[0] for each in subgraph.operators if each.name == "LOGISTIC"}
        for operator in subgraph.operators:
            used = list(_used(operator, origins))
            macs = macs_of(operator, subgraph)
            facts = OpFacts(
                index=operator.index,
                subgraph=subgraph.index,
                name=operator.name,
                precision=op_precision(operator, subgraph, origins=origins),
                output=_first_output(operator, subgraph),
                macs=macs or 0,
                weight_bytes=sum(origin.stored_bytes for _, origin in used),
                floating=has_float_activations(operator, subgraph, origins=origins),
                read_values=sum(_values(subgraph, (each for each in operator.inputs if each not in origins))),
                written_values=sum(_values(subgraph, operator.outputs)),
                channels=_channels(operator, subgraph),
                window=window_of(operator, subgraph),
                unpacked_growth=sum(_growth(subgraph.tensors[index], origin) for index, origin in used),
                swish=operator.name == "MUL" and any(logistic.get(each) in operator.inputs for each in operator.inputs),
            )
            ops.append(facts)
            if macs is None:
                untold.append(facts)
            for index, origin in used:
                constants[origin.external or origin.buffer] = origin
                if facts.precision == "float32" and subgraph.tensors[index].dtype == "float32":
                    storage[origin.dtype] += origin.stored_bytes
    return OpSurvey(
        ops=tuple(ops),
        untold=tuple(untold),
        precision=file_precision((facts.precision for facts in ops), float_storage=storage),
        parameters=sum(constant.count or 0 for constant in constants.values()),
        weight_bytes=sum(constant.stored_bytes for constant in constants.values()),
        float_storage=dict(storage),
    )


def census_of(ops: tuple[OpFacts, ...]) -> tuple[CensusRow, ...]:
    """Return one row per kind of operator and precision, most multiply-accumulates and bytes first."""
    groups: dict[tuple[str, str], list[OpFacts]] = {}
    for facts in ops:
        groups.setdefault((facts.name, facts.precision), []).append(facts)
    rows = (
        CensusRow(
            name=name,
            precision=precision,
            count=len(members),
            weight_bytes=sum(member.weight_bytes for member in members),
            macs=sum(member.macs for member in members),
        )
        for (name, precision), members in groups.items()
    )
    return tuple(sorted(rows, key=lambda row: (-row.macs, -row.weight_bytes, -row.count, row.name, row.precision)))


def _used(operator: Operator, origins: Mapping[int, Tensor]) -> Iterator[tuple[int, Tensor]]:
    if operator.name in UNPACKING:
        return
    for index in dict.fromkeys(operator.inputs):
        if index in origins:
            yield index, origins[index]


def _growth(used: Tensor, origin: Tensor) -> int:
    return 0 if used is origin else max(0, (used.size_bytes or 0) - origin.stored_bytes)


def _values(subgraph: Subgraph, indices: Iterable[int]) -> Iterator[int]:
    yield from (subgraph.tensors[index].count or 0 for index in indices if index >= 0)


def _channels(operator: Operator, subgraph: Subgraph) -> int:
    shapes = [subgraph.tensors[index].shape for index in operator.outputs if index >= 0]
    return max(shapes[0][-1], 0) if shapes and shapes[0] else 0


def _first_output(operator: Operator, subgraph: Subgraph) -> str:
    return next((subgraph.tensors[index].name for index in operator.outputs if index >= 0), "")
