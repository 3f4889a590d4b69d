"""Which tensor of a quantized file stands for which tensor of the float file that it was made from.

Operators pair by the names of their outputs, which quantizers keep; where some are renamed, and both files have the
same operators in the same order, by that. QUANTIZE, DEQUANTIZE and DENSIFY do not count: what they give stands for the
same float tensor as what they take (ai-edge-quantizer appends ``_quantized`` and ``_dequant`` to its name, other tools
other things). Tensors pair where their operators do.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from edgekit.errors import SourceError
from edgekit.inspection.arithmetic import BOUNDARIES
from edgekit.inspection.graph import Graph, Operator, Subgraph, Tensor, constant_origins

OTHER_MODEL = "give the float file that the quantized one was made from"
_STEPPED = frozenset({"int8", "uint8", "int16"})
INPUT = -1
"""In place of an operator: the tensor is an input of the file."""


@dataclass(frozen=True, slots=True)
class Site:
    """One place where a quantized file can lose something: a real-valued tensor that is written, and its writer."""

    operator: int
    """Number of the operator that writes the tensor, or ``INPUT`` where the file takes integers."""
    tensor: int
    """Number of the tensor in the quantized file."""
    twin: int
    """Number of the tensor in the float file that it stands for."""
    alone: bool
    """Whether the operator can be run alone: all that it reads has a twin."""


@dataclass(frozen=True, slots=True)
class Pairing:
    """Two files of one model, tensor by tensor. All numbers are of the first subgraph."""

    inputs: tuple[tuple[int, int], ...]
    """Of the quantized and of the float file, in the order of the float file."""
    outputs: tuple[tuple[int, int], ...]
    operators: Mapping[int, int]
    """From operators of the quantized file to those of the float file; without QUANTIZE and DEQUANTIZE."""
    twins: Mapping[int, int]
    """From tensors of the quantized file to those of the float file; only real-valued ones that are computed."""
    sites: tuple[Site, ...]
    """In execution order."""


def pair(quantized: Graph, original: Graph, *, names: tuple[str, str]) -> Pairing:
    """Pair a quantized file with the float file.

    Args:
        quantized: the quantized file.
        original: the float file.
        names: of both for sentences, in this order.

    Raises:
        SourceError: they are not two files of one model.
    """
    ours, theirs = quantized.subgraphs[0], original.subgraphs[0]
    inputs = _boundary(quantized, original, "inputs", names=names)
    outputs = _boundary(quantized, original, "outputs", names=names)
    operators = _paired_operators(ours, theirs)
    twins = _twins(ours, theirs, inputs=inputs, operators=operators)
    count = len(_computing(ours))
    strays = any(real(ours.tensors[index]) and twins.get(index) != wanted for index, wanted in outputs)
    if strays or 2 * len(operators) < count:
        raise SourceError(
            f"{names[0]} and {names[1]} are not two files of one model: of the {count} operators of the first, "
            f"{len(operators)} are found in the second",
            hint=OTHER_MODEL,
        )
    return Pairing(inputs, outputs, operators, twins, _sites(ours, theirs, twins=twins, operators=operators))


def real(tensor: Tensor) -> bool:
    """Return whether a tensor holds real numbers, as floats or as integers that stand for them."""
    return (tensor.floating or (tensor.quantized and tensor.dtype in _STEPPED)) and not tensor.variable


def real_inputs(operator: Operator, subgraph: Subgraph, *, fixed: Collection[int]) -> tuple[int, ...]:
    """Return the places, among an operator's inputs, of real-valued tensors that are not among ``fixed``."""
    return tuple(
        slot
        for slot, index in enumerate(operator.inputs)
        if index >= 0 and index not in fixed and real(subgraph.tensors[index])
    )


def _boundary(quantized: Graph, original: Graph, side: str, *, names: tuple[str, str]) -> tuple[tuple[int, int], ...]:
    """Pair inputs or outputs: by the names of the signatures, or in their order where these differ."""
    ours, theirs = _named(quantized, side), _named(original, side)
    if ours and set(ours) == set(theirs):
        pairs = [(ours[name], theirs[name]) for name in theirs]
    else:
        pairs = list(zip(getattr(quantized.subgraphs[0], side), getattr(original.subgraphs[0], side), strict=False))
    told = [
        [_told(graph.subgraphs[0].tensors[index]) for index in getattr(graph.subgraphs[0], side)]
        for graph in (quantized, original)
    ]
    shapes = [
        (quantized.subgraphs[0].tensors[index].shape, original.subgraphs[0].tensors[twin].shape)
        for index, twin in pairs
    ]
    if len(told[0]) != len(told[1]) or any(shape != other for shape, other in shapes):
        raise SourceError(
            f"{names[0]} and {names[1]} are not two files of one model: the {side} of the first are "
            f"{', '.join(told[0])}, those of the second {', '.join(told[1])}",
            hint=OTHER_MODEL,
        )
    return tuple(pairs)


def _named(graph: Graph, side: str) -> dict[str, int]:
    """Return inputs or outputs of the first subgraph by the names of its signature; nothing where it has none."""
    signature = next((item for item in graph.signatures if item.subgraph == 0), None)
    pairs = dict(getattr(signature, side)) if signature else {}
    return pairs if sorted(pairs.values()) == sorted(getattr(graph.subgraphs[0], side)) else {}


def _told(tensor: Tensor) -> str:
    return f"{tensor.name}[{'x'.join(map(str, tensor.shape))}]"


def _paired_operators(ours: Subgraph, theirs: Subgraph) -> dict[int, int]:
    mine, others = _computing(ours), _computing(theirs)
    writers = {theirs.tensors[index].name: operator for operator in others for index in operator.outputs if index >= 0}
    found = {}
    for operator in mine:
        names = [ours.tensors[index].name for index in operator.outputs if index >= 0]
        other = next((writers[name] for name in names if name in writers), None)
        if other is not None and other.name == operator.name:
            found[operator.index] = other.index
    if len(found) < len(mine) and [operator.name for operator in mine] == [operator.name for operator in others]:
        return {one.index: other.index for one, other in zip(mine, others, strict=True)}
    return found


def _computing(subgraph: Subgraph) -> list[Operator]:
    fixed = constant_origins(subgraph)
    return [
        operator
        for operator in subgraph.operators
        if operator.name not in BOUNDARIES and not all(index in fixed for index in operator.outputs)
    ]


def _twins(
    ours: Subgraph, theirs: Subgraph, *, inputs: tuple[tuple[int, int], ...], operators: Mapping[int, int]
) -> dict[int, int]:
    fixed = constant_origins(ours)
    twins = {index: twin for index, twin in inputs if real(ours.tensors[index])}
    for operator in ours.operators:
        if operator.name in BOUNDARIES:
            source = operator.inputs[0] if operator.inputs else -1
            if source in twins:
                twins.update(dict.fromkeys(operator.outputs, twins[source]))
        elif operator.index in operators:
            other = theirs.operators[operators[operator.index]]
            twins |= {
                index: twin
                for index, twin in zip(operator.outputs, other.outputs, strict=False)
                if min(index, twin) >= 0 and index not in fixed and _alike(ours.tensors[index], theirs.tensors[twin])
            }
    return twins


def _alike(tensor: Tensor, twin: Tensor) -> bool:
    return real(tensor) and twin.floating and tensor.shape == twin.shape


def _sites(
    ours: Subgraph, theirs: Subgraph, *, twins: Mapping[int, int], operators: Mapping[int, int]
) -> tuple[Site, ...]:
    fixed = constant_origins(ours)
    sites = [
        Site(INPUT, index, twins[index], alone=True)
        for index in ours.inputs
        if index in twins and ours.tensors[index].quantized
    ]
    for operator in ours.operators:
        slots = real_inputs(operator, ours, fixed=fixed)
        if operator.name in BOUNDARIES:
            alone = all(operator.inputs[slot] in twins for slot in slots)
        else:
            other = theirs.operators[operators[operator.index]].inputs if operator.index in operators else ()
            alone = operator.index in operators and all(
                slot < len(other) and twins.get(operator.inputs[slot]) == other[slot] for slot in slots
            )
        sites += [Site(operator.index, index, twins[index], alone) for index in operator.outputs if index in twins]
    return tuple(sites)
