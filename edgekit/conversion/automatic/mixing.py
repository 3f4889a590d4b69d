"""Takes operators out of int8 one move at a time: the one that removes most error for what it adds."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path

from edgekit.conversion.automatic.moves import FLOAT, INT16, FloatGraph, Move
from edgekit.conversion.automatic.workshop import Workshop
from edgekit.errors import ConversionError
from edgekit.inspection.decoding import read_graph
from edgekit.processes.worker import Worker, WorkerDied
from edgekit.recipe import Preference, Recipe
from edgekit.sensitivity.pairing import pair
from edgekit.sensitivity.trials import WHOLE, output_ratios

_WORST = 3
_A_QUARTER = 0.25
_WORTH = 0.05
"""The least share of the noise that a move must remove."""
_MOST_OUTSIDE = 0.5
"""The most operators outside of int8: with more it is no int8 file."""

Moved = Mapping[int, str]
"""Operators of the float file outside of int8, by number, and what they compute in."""


def mixes(
    base: Recipe, workshop: Workshop, graph: FloatGraph, *, prefer: Preference, examiner: Worker
) -> Iterator[Recipe]:
    """Yield ``base`` with more and more operators outside of int8.

    Where the noise comes from is measured at every step, as diagnosis does: the error of each operator alone is put
    into the float file. For the worst tensors every move is made and run; the best one is the next recipe. Ends where
    no move removes a twentieth of the noise, or half of the operators are outside.

    Raises:
        EdgekitError: the errors of operators cannot be measured on this model, or the runtime died of it.
    """
    moved: Moved = {}
    while (seen := workshop.screen(mixed(base, moved, graph))) is not None:
        path, ratio = seen
        try:
            worst = _worst_tensors(path, workshop, examiner)
        except WorkerDied as death:
            raise ConversionError(f"measuring what operators cost {death.how}", log=death.log) from death
        further = _best_step(
            moved,
            _moves(worst, graph, moved=moved),
            path,
            ratio,
            base=base,
            workshop=workshop,
            graph=graph,
            prefer=prefer,
        )
        if further is None:
            return
        moved = further
        yield mixed(base, moved, graph)


def mixed(base: Recipe, moved: Moved, graph: FloatGraph) -> Recipe:
    """Return ``base`` with operators outside of int8."""

    def names(kind: str) -> tuple[str, ...]:
        return tuple(graph.name(index) for index in sorted(moved) if moved[index] == kind)

    return dataclasses.replace(base, int16_operators=names(INT16), float_operators=names(FLOAT))


def fewer(recipe: Recipe, graph: FloatGraph) -> Iterator[tuple[int, Moved]]:
    """Yield each operator outside of int8, the dearest first, with all that are outside."""
    moved = moved_in(recipe, graph)
    for index in sorted(moved, key=lambda number: (-graph.extra_work({number: moved[number]}), number)):
        yield index, moved


def moved_in(recipe: Recipe, graph: FloatGraph) -> Moved:
    """Return the operators that a recipe leaves outside of int8."""
    numbers = graph.numbers
    return {
        **{numbers[name]: INT16 for name in recipe.int16_operators},
        **{numbers[name]: FLOAT for name in recipe.float_operators},
    }


def _best_step(
    moved: Moved,
    moves: Iterator[Move],
    path: Path,
    ratio: float,
    *,
    base: Recipe,
    workshop: Workshop,
    graph: FloatGraph,
    prefer: Preference,
) -> Moved | None:
    noise, size = _noise(ratio), path.stat().st_size
    best: tuple[float, Moved] | None = None
    in_float = set()
    for move in moves:
        if prefer is Preference.LATENCY and move.operators in in_float:
            # Float is quicker than int16 on a CPU, and more exact: the file would be made for nothing.
            continue
        further = {**moved, **dict.fromkeys(move.operators, move.arithmetic)}
        seen = workshop.screen(mixed(base, further, graph))
        if seen is not None and move.arithmetic == FLOAT:
            in_float.add(move.operators)
        removed = 0.0 if seen is None else 1.0 - _noise(seen[1]) / noise
        if seen is None or removed < _WORTH:
            continue
        added = (len(further) - len(moved)) / graph.count
        if prefer is Preference.SIZE:
            added += max(0, seen[0].stat().st_size - size) / size
        else:
            added += max(0.0, graph.extra_work(further) - graph.extra_work(moved))
        worth = removed / max(added, 1e-6)
        if best is None or worth > best[0]:
            best = worth, further
    return None if best is None else best[1]


def _moves(tensors: Sequence[int], graph: FloatGraph, *, moved: Moved) -> Iterator[Move]:
    """Yield each move once, as the operators that are still in int8; what is outside already stays as it is."""
    given = set()
    for tensor in tensors:
        for move in graph.moves(tensor):
            further = Move(move.operators - set(moved), move.arithmetic)
            if not further.operators or len(moved) + len(further.operators) > _MOST_OUTSIDE * graph.count:
                continue
            if further not in given:
                given.add(further)
                yield further


def _worst_tensors(path: Path, workshop: Workshop, examiner: Worker) -> list[int]:
    """Return the tensors of the float file whose steps make most of the noise at the outputs, the worst first."""
    original = workshop.exported.path
    names = str(path), str(original)
    quantized, floating = (read_graph(file.read_bytes(), name=str(file)) for file in (path, original))
    sites = pair(quantized, floating, names=names).sites
    alone = [number for number, site in enumerate(sites) if site.alone]
    ask = partial(examiner.request, progress=workshop.progress, quantized=names[0], original=names[1])
    found = output_ratios(
        ask, workshop.exported.spool, [[[number, WHOLE]] for number in alone], "asking what each operator costs"
    )
    noise: dict[int, float] = {}
    for number, ratio in zip(alone, found, strict=True):
        twin = sites[number].twin
        noise[twin] = max(noise.get(twin, 0.0), _noise(ratio))
    most = max(noise.values(), default=0.0)
    ordered = sorted(noise, key=lambda tensor: (-noise[tensor], tensor))
    return [tensor for tensor in ordered if noise[tensor] > 0.0 and noise[tensor] >= _A_QUARTER * most][:_WORST]


def _noise(ratio: float) -> float:
    """Return the power of the noise where that of the signal is 1."""
    # No file is so bad or so good that a figure beyond tells more; infinite ones cannot be compared.
    return float(10.0 ** (-min(max(ratio, -300.0), 300.0) / 10.0)) if not math.isnan(ratio) else 1e30
