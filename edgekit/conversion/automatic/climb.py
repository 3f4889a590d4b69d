"""The climb: rung by rung, the cheapest first, until one is good enough."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass

from edgekit.artifact.ladder import Goal, Ladder, Rung
from edgekit.conversion.artifacts import Made
from edgekit.conversion.automatic.attempts import Attempt, attempts, told
from edgekit.conversion.automatic.mixing import fewer, mixed, moved_in
from edgekit.conversion.automatic.moves import FloatGraph
from edgekit.conversion.automatic.wishes import Wishes
from edgekit.conversion.automatic.workshop import Tried, Workshop
from edgekit.conversion.targets import Target, Targets
from edgekit.errors import BudgetExceeded, ConversionError
from edgekit.inspection import inspect
from edgekit.inspection.decoding import read_graph
from edgekit.progress import Step
from edgekit.recipe import Preference, Recipe, precision_named
from edgekit.units import format_count


@dataclass(frozen=True, slots=True)
class Climbed:
    """What a climb came to."""

    recipe: Recipe
    """Of the file that is kept: it makes the same file without a climb."""
    made: Made
    ladder: Ladder


def climb(recipe: Recipe, wishes: Wishes, workshop: Workshop) -> Climbed:
    """Return the file that reaches what is wished for, with the ladder that led to it.

    The same model, samples and wishes give the same file: nothing is drawn by chance, and nothing is timed.

    Args:
        recipe: the choices that are not made here.
        wishes: what is asked for.
        workshop: makes and judges files.

    Raises:
        BudgetExceeded: no file reaches it, and none is kept. It names the best one.
        RecipeError: a drop is asked for that nothing can tell.
        ConversionError: not a single file could be made.
    """
    path = workshop.exported.path
    goal = wishes.goal(classes=workshop.tells_classes(), require=workshop.require)
    graph = FloatGraph(read_graph(path.read_bytes(), name=str(path)).subgraphs[0], inspect(path))
    tried: list[Tried] = []

    def attempt(each: Attempt) -> Tried:
        # Bringing operators back may lead to what was there on the way.
        before = next((known for known in tried if known.made is not None and known.rung.recipe == each.recipe), None)
        if before is not None and each.fault is None:
            return before
        workshop.progress(Step(f"rung {len(tried) + 1}: {each.what}"))
        if each.fault is None:
            found = workshop.judge(each.recipe, goal, what=each.what)
        else:
            found = Tried(Rung.failed(each.what, each.recipe, each.fault), None)
        tried.append(found)
        return found

    with closing(attempts(recipe, workshop, graph, prefer=wishes.prefer, tried=tried)) as groups:
        for group in groups:
            found = [attempt(each) for each in group]
            if any(each.rung.reached for each in found):
                break
    kept = _chosen([each for each in tried if each.rung.reached], wishes.prefer)
    if kept is not None:
        kept = _fewest(kept, graph, attempt=attempt)
    ladder = Ladder(
        goal=goal,
        prefer=str(wishes.prefer),
        judged_on=workshop.judged_on(),
        rungs=tuple(dataclasses.replace(each.rung, kept=each is kept) for each in tried),
        files_made=workshop.files_made,
    )
    if kept is None or kept.made is None:
        raise _missed(tried, ladder, goal)
    made = workshop.finished(kept.made, kept.rung.recipe)
    if made.accuracy is not None and len(tried) > 1:
        made = dataclasses.replace(made, accuracy=made.accuracy.of_chosen_file())
    notes = (*made.notes, *_notes(ladder, workshop, made))
    return Climbed(kept.rung.recipe, dataclasses.replace(made, ladder=ladder, notes=notes), ladder)


def settled(targets: Targets, climbed: Climbed) -> Targets:
    """Return the target of a climb as what it came to."""
    (target,), ladder = targets.all, climbed.ladder
    kept = ladder.kept
    what = "" if kept is None else kept.what
    reason = (
        f"auto: {what}; kept of {format_count(len(ladder.rungs), 'rung')} for {ladder.goal}, prefer {ladder.prefer}"
    )
    precision = precision_named(climbed.recipe.precision or "")
    return Targets((Target(precision, climbed.recipe, target.path),), reason)


def _chosen(reached: Sequence[Tried], prefer: Preference) -> Tried | None:
    """Return which of several files that are good enough is kept; the first of those that are alike."""
    if not reached:
        return None
    match prefer:
        case Preference.LATENCY:
            return reached[0]
        case Preference.SIZE:
            return min(reached, key=lambda each: each.rung.size_bytes or 0)
        case Preference.ACCURACY:
            return max(reached, key=lambda each: each.rung.snr_db or 0.0)


def _fewest(kept: Tried, graph: FloatGraph, *, attempt: Callable[[Attempt], Tried]) -> Tried:
    """Return the rung that has the fewest operators outside of int8: each is brought back, where that will do."""
    for index, _ in fewer(kept.rung.recipe, graph):
        moved = {number: kind for number, kind in moved_in(kept.rung.recipe, graph).items() if number != index}
        if moved:
            recipe = mixed(kept.rung.recipe, moved, graph)
            found = attempt(Attempt(recipe, told(recipe, graph)))
            kept = found if found.rung.reached else kept
    return kept


_IN_FLOAT = {
    "float32": "float32 was kept: it is the model as it is, no smaller and no quicker",
    "float16": "float16 was kept: half the size of float32, and on most CPUs no quicker",
}
"""What a user gets where nothing in integers is good enough."""


def _notes(ladder: Ladder, workshop: Workshop, made: Made) -> Iterator[str]:
    kept = ladder.kept
    if kept is not None and kept.recipe.precision in _IN_FLOAT:
        yield (
            f"auto: nothing smaller reaches {ladder.goal}, so {_IN_FLOAT[kept.recipe.precision]}; edgekit diagnose "
            "tells what int8 breaks"
        )
    # The model as it is does on all samples what it does.
    as_it_is = kept is not None and kept.recipe.precision == "float32"
    if len(ladder.rungs) > 1 and not as_it_is:
        yield (
            f"auto: one of {len(ladder.rungs)} files was chosen by {ladder.judged_on}: on others it may do a little "
            "worse"
        )
    if workshop.examination is not None or made.ranges is None:
        return
    held_out = len(workshop.held_out())
    if held_out:
        yield (
            f"auto: the file that is kept was then calibrated on the {held_out} held-out samples too; the ladder's "
            "figures are of that recipe without them, and the artifact's own fidelity is seen on samples that made its "
            "ranges"
        )
    else:
        yield (
            "auto: too few samples were given to hold some out: every file was judged on the samples that made its "
            "ranges, which flatters it, minmax most (by 4 to 6 dB on ResNet-8)"
        )


def _missed(tried: Sequence[Tried], ladder: Ladder, goal: Goal) -> BudgetExceeded | ConversionError:
    log = "\n".join(ladder.lines())
    made = [each for each in tried if each.made is not None]
    if not made:
        return ConversionError(f"no precision can be made of this model: {tried[0].rung.fault}", log=log)
    best = max(made, key=lambda each: each.merit)
    return BudgetExceeded(
        f"no file reaches {goal}, on {ladder.judged_on}: the best of {format_count(len(tried), 'rung')} is {best.rung}",
        hint="nothing was written; allow more (--max-drop, --min-snr), look at the samples, or ask for that precision "
        "by its name",
        ladder=ladder.to_document(),
        log=log,
    )
