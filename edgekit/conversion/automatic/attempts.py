"""What is tried, in which order: groups of recipes, each group only if none before it was good enough."""

from __future__ import annotations

import dataclasses
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass

from edgekit.conversion.automatic.mixing import mixes, moved_in
from edgekit.conversion.automatic.moves import FLOAT, INT16, FloatGraph
from edgekit.conversion.automatic.workshop import Tried, Workshop
from edgekit.errors import EdgekitError
from edgekit.processes.worker import Worker, WorkerDied
from edgekit.recipe import PRECISIONS, RANGE_STATISTICS, Preference, Recipe
from edgekit.sensitivity.names import short_name
from edgekit.units import format_count

_INT8 = "int8"
_TOLD = 4
"""How many operators a rung tells by name; all are in its recipe."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """A recipe to try, or why one cannot be found."""

    recipe: Recipe
    what: str
    """The recipe in words."""
    fault: str | None = None


def attempts(
    recipe: Recipe, workshop: Workshop, graph: FloatGraph, *, prefer: Preference, tried: Sequence[Tried]
) -> Generator[list[Attempt]]:
    """Yield groups of attempts.

    Args:
        recipe: the choices that are not made here.
        workshop: makes files, and knows the samples.
        graph: of the float file.
        prefer: decides the order.
        tried: what came of the attempts so far; it grows between two groups.
    """
    whole = [_whole(recipe, name) for name in _WHOLE[prefer] if _can_be(name, recipe)]
    last = [_whole(recipe, name) for name in _LAST[prefer] if _can_be(name, recipe)]
    unchanged = [_whole(recipe, name) for name in ("float32",) if _can_be(name, recipe)]
    statistics = [_int8(recipe, name) for name in RANGE_STATISTICS if name != recipe.ranges]
    match prefer:
        case Preference.ACCURACY:
            # The float model itself is the most exact of all, and would always be chosen.
            yield [*whole, *statistics, *last]
            yield unchanged
            return
        case Preference.SIZE:
            yield whole
        case Preference.LATENCY:
            yield from ([attempt] for attempt in whole)
    yield from ([attempt] for attempt in statistics)
    yield from ([attempt] for attempt in _without_outliers(recipe, workshop))
    yield from ([attempt] for attempt in _mixes(workshop, graph, prefer=prefer, tried=tried))
    yield from ([attempt] for attempt in (*last, *unchanged))


_WHOLE = {
    Preference.LATENCY: (_INT8,),
    Preference.SIZE: ("int4_weights", "dynamic_int8", _INT8),
    Preference.ACCURACY: (_INT8,),
}
"""Whole precisions to begin with."""
_LAST = {
    # int16x8 is not among them: it takes longer than float.
    Preference.LATENCY: ("dynamic_int8", "float16"),
    Preference.SIZE: ("int16x8", "float16"),
    Preference.ACCURACY: ("dynamic_int8", "int16x8", "float16"),
}
"""Whole precisions where int8, mended, is not good enough; after them comes float32."""


def told(recipe: Recipe, graph: FloatGraph) -> str:
    """Return in words which operators of an int8 recipe are outside of int8."""
    moved = moved_in(recipe, graph)
    parts = []
    for kind in (INT16, FLOAT):
        names = [_short(graph, index) for index in sorted(moved) if moved[index] == kind]
        if names:
            more = f" and {len(names) - _TOLD} more" if len(names) > _TOLD else ""
            parts.append(f"{kind} in {', '.join(names[:_TOLD])}{more}")
    return f"{_base(recipe)}, {'; '.join(parts)}" if parts else _base(recipe)


def _short(graph: FloatGraph, operator: int) -> str:
    """Return an operator as people know it, with the first of the layers that were fused into it."""
    return f"{graph.subgraph.operators[operator].name} {short_name(graph.name(operator)).split('+')[0]}"


def _base(recipe: Recipe) -> str:
    without = f" without {format_count(len(recipe.left_out), 'sample')}" if recipe.left_out else ""
    return f"int8, ranges {recipe.ranges}{without}"


def _can_be(name: str, recipe: Recipe) -> bool:
    return recipe.io == "float" or PRECISIONS[name].needs_calibration


def _whole(recipe: Recipe, name: str) -> Attempt:
    if name == _INT8:
        return _int8(recipe, recipe.ranges)
    return Attempt(dataclasses.replace(recipe, precision=name), name)


def _int8(recipe: Recipe, ranges: str) -> Attempt:
    chosen = dataclasses.replace(recipe, precision=_INT8, ranges=ranges)
    return Attempt(chosen, _base(chosen))


def _without_outliers(recipe: Recipe, workshop: Workshop) -> Iterator[Attempt]:
    """Give int8 without the samples that stretch a range alone, where there are a few."""
    calibration, outliers = workshop.exported.spool.calibration, workshop.outliers()
    if calibration is not None and outliers:
        left_out = tuple(dict.fromkeys(calibration.sample_ids[number] for number in sorted(outliers)))
        chosen = dataclasses.replace(recipe, precision=_INT8, left_out=left_out)
        yield Attempt(chosen, _base(chosen))


def _mixes(workshop: Workshop, graph: FloatGraph, *, prefer: Preference, tried: Sequence[Tried]) -> Iterator[Attempt]:
    bases = [each for each in tried if each.made is not None and each.rung.recipe.precision == _INT8]
    if not bases:
        return
    base = max(bases, key=lambda each: each.merit).rung.recipe
    try:
        with Worker("edgekit.sensitivity.examiner", folder=workshop.folder) as examiner:
            for found in mixes(base, workshop, graph, prefer=prefer, examiner=examiner):
                yield Attempt(found, told(found, graph))
    except WorkerDied:
        # Not the examiner's, which is told as an error: the child that makes files cannot be started again.
        raise
    except EdgekitError as error:
        yield Attempt(base, "int8 with operators outside of int8", error.message)
