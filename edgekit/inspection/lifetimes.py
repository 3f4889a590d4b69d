"""From when to when each tensor of a subgraph needs memory, as the runtime's planner sees it.

Inputs and outputs are never given up. Some operators write over an input that nobody needs afterwards; their output
then has no memory of its own. (tflite/arena_planner.cc of LiteRT 2.)
"""

from __future__ import annotations

from edgekit.inspection.graph import UNPACKING, Subgraph, Tensor

_SAME_VALUES = frozenset({"RESHAPE", "SQUEEZE", "EXPAND_DIMS", "BITCAST"})
_IN_PLACE = {"ADD": 2, "SUB": 2, "MUL": 2, "DIV": 2, "SOFTMAX": 1, "DYNAMIC_UPDATE_SLICE": 1}
"""Operators that may write over one of their first inputs; seen on ai-edge-litert 2.3."""


def lifetimes(subgraph: Subgraph) -> dict[int, tuple[int, int | None]]:
    """Return first and last operator of each tensor that owns a place in the arena; None: to the end.

    Constants, variables, and tensors that share another one's memory are not among them.
    """
    tensors = subgraph.tensors
    outside = {tensor.index for tensor in tensors if tensor.constant} | persistent_tensors(subgraph).keys()
    owner = _owners(subgraph, outside)
    uses = _uses(subgraph)
    left: dict[int, int] = {}
    for index, count in uses.items():
        left[owner.get(index, index)] = left.get(owner.get(index, index), 0) + count
    held = {*subgraph.inputs, *subgraph.outputs}
    first = dict.fromkeys(subgraph.inputs, 0)
    last: dict[int, int] = {}
    for number, operator in enumerate(subgraph.operators):
        for index in operator.outputs:
            first.setdefault(index, number)
        for index in operator.inputs:
            root = owner.get(index, index)
            left[root] = left.get(root, 0) - 1
            if left[root] == 0 and root in first and root not in held:
                last[root] = number
    return {
        index: (start, last.get(index))
        for index, start in first.items()
        if index >= 0 and index not in outside and index not in owner
    }


def persistent_tensors(subgraph: Subgraph) -> dict[int, int]:
    """Return index and bytes of what stays outside of the arena for as long as the interpreter lives.

    Those are the variables, and what DEQUANTIZE and DENSIFY unpack once from constants.
    """
    kept = {tensor.index for tensor in subgraph.tensors if tensor.variable}
    constant = {tensor.index for tensor in subgraph.tensors if tensor.constant}
    for operator in subgraph.operators:
        if operator.name in UNPACKING and operator.inputs and operator.inputs[0] in constant:
            kept.update(index for index in operator.outputs if index >= 0)
    return {index: subgraph.tensors[index].size_bytes or 0 for index in sorted(kept)}


def _uses(subgraph: Subgraph) -> dict[int, int]:
    uses: dict[int, int] = {}
    for operator in subgraph.operators:
        for index in operator.inputs:
            uses[index] = uses.get(index, 0) + 1
    return uses


def _owners(subgraph: Subgraph, outside: set[int]) -> dict[int, int]:
    """Return, for each output that is written over an input, the tensor whose memory that is."""
    uses, owner = _uses(subgraph), dict[int, int]()
    inputs, outputs = set(subgraph.inputs), set(subgraph.outputs)
    for index in subgraph.outputs:
        uses[index] = uses.get(index, 0) + 1
    for operator in subgraph.operators:
        same = operator.name in _SAME_VALUES
        candidates = operator.inputs[: 1 if same else _IN_PLACE.get(operator.name, 0)]
        target = operator.outputs[0] if operator.outputs else -1
        if target < 0 or target in outputs or target in outside or operator.custom:
            continue
        for index in candidates:
            if index < 0 or index in inputs or index in outside:
                continue
            if not _fits(subgraph.tensors[index], subgraph.tensors[target], same=same):
                continue
            if same or uses.get(index, 0) <= 1:
                root = owner.get(index, index)
                if same or uses.get(root, 0) <= 1:
                    owner[target] = root
                break
    return owner


def _fits(source: Tensor, target: Tensor, *, same: bool) -> bool:
    # Scalars are not shared by operators that change values: a small tensor may be one that is yet to be resized.
    size = source.size_bytes
    return size is not None and size == target.size_bytes and (same or size > 4)
