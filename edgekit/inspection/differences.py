"""What differs between two files that should compute the same: operators, then what they are told, then weights."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from edgekit.inspection.decoding import read_graph
from edgekit.inspection.graph import Operator, Quantization, Subgraph, Tensor


def differences(first: Path, second: Path) -> tuple[str, ...]:
    """Return a sentence for each difference that the canonical hash sees, in execution order; none where it sees none.

    Where the operators are not the same kinds in the same order, only the first of them that differs is told: what
    follows has no counterpart.

    Raises:
        SourceError: one of them is not a readable .tflite file.
    """
    one, other = (read_graph(path.read_bytes(), name=str(path)) for path in (first, second))
    found: list[str] = []
    if len(one.subgraphs) != len(other.subgraphs):
        found.append(f"it has {len(other.subgraphs)} subgraphs, not {len(one.subgraphs)}")
    for before, after in zip(one.subgraphs, other.subgraphs, strict=False):
        found += _subgraph(before, after)
    calls = [
        [(item.key, sorted(dict(item.inputs)), sorted(dict(item.outputs))) for item in graph.signatures]
        for graph in (one, other)
    ]
    if calls[0] != calls[1]:
        found.append("its signatures differ")
    return tuple(found)


def _subgraph(before: Subgraph, after: Subgraph) -> Iterator[str]:
    kinds = [[operator.name for operator in subgraph.operators] for subgraph in (before, after)]
    if kinds[0] != kinds[1]:
        length = min(map(len, kinds))
        place = next((index for index in range(length) if kinds[0][index] != kinds[1][index]), length)
        told = [names[place] if place < len(names) else "nothing" for names in kinds]
        yield (
            f"operator {place} is {told[1]}, not {told[0]} ({len(kinds[1])} operators in all, before {len(kinds[0])})"
        )
        return
    for side, one, other in (("input", before.inputs, after.inputs), ("output", before.outputs, after.outputs)):
        if len(one) != len(other):
            yield f"it has {len(other)} {side}s, not {len(one)}"
    for one_op, other_op in zip(before.operators, after.operators, strict=True):
        yield from _operator(one_op, before, other_op, after)


def _operator(one: Operator, before: Subgraph, other: Operator, after: Subgraph) -> Iterator[str]:
    name = next((before.tensors[index].name for index in one.outputs if index >= 0), "")
    where = f"{one.name} (operator {one.index}, {name})"
    if (
        one.version != other.version
        or one.custom_options != other.custom_options
        or not _same(one.options, other.options)
    ):
        yield f"{where}: its options differ"
    sides = ((one.inputs, other.inputs, "input"), (one.outputs, other.outputs, "output"))
    for firsts, seconds, side in sides:
        if len(firsts) != len(seconds):
            yield f"{where}: it has {len(seconds)} {side}s, not {len(firsts)}"
            continue
        for position, (a, b) in enumerate(zip(firsts, seconds, strict=True)):
            if (a < 0) != (b < 0):
                yield f"{where}: {side} {position} is {'left out' if b < 0 else 'there'} now"
            elif a >= 0:
                told = list(_tensor(before.tensors[a], after.tensors[b]))
                if told:
                    yield f"{where}: {side} {position}, {before.tensors[a].name}: {', '.join(told)}"


def _tensor(one: Tensor, other: Tensor) -> Iterator[str]:
    if one.shape != other.shape:
        yield f"shape {list(other.shape)}, not {list(one.shape)}"
    if one.dtype != other.dtype:
        yield f"{other.dtype}, not {one.dtype}"
    if not _same(_plain(one.quantization), _plain(other.quantization)):
        yield _scales(one.quantization, other.quantization)
    if one.data is not None and other.data is not None and one.data.size == other.data.size:
        changed = int(np.count_nonzero(one.data != other.data))
        if changed:
            yield f"{changed} of {one.data.size} bytes of its weights differ"
    elif (one.data is None) != (other.data is None) or one.stored_bytes != other.stored_bytes:
        yield f"{other.stored_bytes} bytes of weights, not {one.stored_bytes}"


def _scales(one: Quantization | None, other: Quantization | None) -> str:
    if one is not None and other is not None and one.scales.size == other.scales.size == 1:
        return f"scale {other.scales[0]:.6g}, not {one.scales[0]:.6g}"
    return "its scales differ"


def _plain(quantization: Quantization | None) -> Any:
    if quantization is None:
        return None
    return (quantization.scales, quantization.zero_points, quantization.axis, quantization.details)


def _same(one: Any, other: Any) -> bool:
    """Return whether two values are equal, arrays inside them included."""
    if isinstance(one, np.ndarray) or isinstance(other, np.ndarray):
        return np.array_equal(one, other)
    if isinstance(one, tuple | list) and isinstance(other, tuple | list):
        return len(one) == len(other) and all(map(_same, one, other))
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(_same(one[key], other[key]) for key in one)
    return bool(one == other)
