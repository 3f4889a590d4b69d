"""``explain``: where the time goes and why, and what would change it, in sentences with estimates."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from edgekit.artifact import Artifact
from edgekit.errors import EdgekitError
from edgekit.inspection import Inspection, inspect
from edgekit.prediction.board_costs import BoardCosts, default_threads, has_dot_product, probe_command
from edgekit.prediction.estimate import OpShare, Prediction
from edgekit.prediction.predicting import estimate, known_costs, predicted
from edgekit.prediction.work import KernelKind, OpWork, Work, WorkKind, computed_in, work_of
from edgekit.profiles import DeviceProfile, list_profiles, profile_named
from edgekit.units import format_bytes, format_count, format_milliseconds

EXPLANATION_SCHEMA = "edgekit.explanation/1"
_SHOWN_OPS = 3
_SHOWN_BOARDS = 3
_WIDTH = 0.5
_NOTICED = 0.03
"""Share of the time: a change of less is none. Estimates are not that sure, and nobody would do anything for it."""
_WORDS = {
    WorkKind.POINTWISE: "pointwise convolutions",
    WorkKind.SPATIAL: "convolutions with larger windows",
    WorkKind.DEPTHWISE: "depthwise convolutions",
    WorkKind.DENSE: "dense layers and matrix products",
    WorkKind.RECURRENT: "recurrent layers",
    WorkKind.ELEMENTWISE: "elementwise operators and poolings",
    WorkKind.MOVED: "operators that only copy",
}


@dataclass(frozen=True, slots=True)
class Change:
    """What something else would make of the latency."""

    name: str
    sentence: str
    median_ms: float | None
    """None where the fit has seen nothing like it, so that nothing is promised."""


@dataclass(frozen=True, slots=True)
class Explanation:
    """Where the time of an inference goes on a kind of board, estimated."""

    prediction: Prediction
    reasons: tuple[str, ...]
    """Sentences: what costs most, and why."""
    changes: tuple[Change, ...]

    def __str__(self) -> str:
        return "\n".join((str(self.prediction), *self.reasons, *(change.sentence for change in self.changes)))

    def to_document(self) -> dict[str, Any]:
        """Return the explanation as JSON values."""
        return {
            "schema": EXPLANATION_SCHEMA,
            "prediction": self.prediction.to_document(),
            "reasons": list(self.reasons),
            "changes": [dataclasses.asdict(change) for change in self.changes],
        }


def explain(
    file: str | Path | Artifact,
    profile: str | Path | DeviceProfile,
    *,
    threads: int | None = None,
    mode: str | None = None,
) -> Explanation:
    """Tell where the time goes on a kind of board, and what would change it. Nothing is executed.

    Args and errors as for :func:`edgekit.predict`.
    """
    return explained(inspect(file, zipped=False), profile, threads=threads, mode=mode)


def explained(
    inspection: Inspection, profile: str | Path | DeviceProfile, *, threads: int | None = None, mode: str | None = None
) -> Explanation:
    """Do the same for a file that was inspected."""
    if not isinstance(profile, DeviceProfile):
        profile = profile_named(profile)
    prediction = predicted(inspection, profile, threads=threads, mode=mode)
    costs = known_costs(profile, mode=mode, threads=prediction.threads)
    work = work_of(inspection, dot_product=has_dot_product(profile))
    case = _Case(inspection, profile, work, costs, prediction)
    # Of a file whose operators cost nothing, nothing makes it faster; of what costs are not known, nobody can tell.
    told = prediction.median_ms and not case.unknown
    changes = tuple(change for rule in _RULES for change in rule(case)) if told else ()
    return Explanation(prediction, tuple(_reasons(case)), changes)


@dataclass(frozen=True, slots=True)
class _Case:
    inspection: Inspection
    profile: DeviceProfile
    work: Work
    costs: BoardCosts
    prediction: Prediction

    def with_work(self, change: Callable[[OpWork], OpWork]) -> Prediction:
        """Return the prediction for other work."""
        return estimate(self.inspection, Work(tuple(change(op) for op in self.work.ops)), self.costs)

    def milliseconds(self, op: OpWork, amounts: Mapping[WorkKind, float]) -> float:
        """Return what an operator would take with other amounts of work."""
        return self.costs.milliseconds(dataclasses.replace(op, amounts=amounts))

    @property
    def unknown(self) -> bool:
        """Whether no cost covers any operator that computes: what is estimated then is the calling of them alone."""
        computing = (op for op in self.work.ops if op.kind is not WorkKind.MOVED and not op.free)
        return bool(self.work.uncovered) and not any(op.covered for op in computing)

    @property
    def computes_in_floats(self) -> bool:
        """Whether a share of the time that counts goes into floats: an int8 file still turns some into integers."""
        floats = sum(
            op.milliseconds
            for op in self.prediction.ops
            if op.arithmetic is KernelKind.FLOAT32 and op.kind is not WorkKind.MOVED
        )
        return floats > _NOTICED * self.prediction.median_ms


def _reasons(case: _Case) -> Iterator[str]:
    total = case.prediction.median_ms or 1.0
    if case.unknown:
        named = ", ".join(f"{count}x {name}" for name, count in case.work.uncovered.items())
        yield f"Nothing is known of what its operators take, so this says nothing of its time: {named}."
        return
    kinds = [f"{share:.0%} in {_WORDS[kind]}" for kind, share in case.prediction.kinds() if share >= 0.01]
    yield f"Of the time, {', '.join(kinds)}." if kinds else "Its operators only rename what is there: no cost is known."
    weights = {op.index: op.amounts.get(WorkKind.WEIGHTS, 0.0) for op in case.work.ops}
    macs = {op.index: op.amounts.get(op.kind, 0.0) for op in case.work.ops}
    costly = sorted(case.prediction.ops, key=lambda op: -op.milliseconds)[:_SHOWN_OPS]
    for op in costly:
        yield (
            f"{op.name} '{_short(op.output)}' takes {format_milliseconds(op.milliseconds)} "
            f"({op.milliseconds / total:.0%}): {_why(op, macs[op.index], weights[op.index], case)}."
        )
    basis = case.prediction.basis
    yield f"This rests on {'; '.join(basis.fitted_on)}."
    if basis.distance:
        yield f"The interval is wider, because of this: {'; '.join(basis.distance)}."


def _why(op: OpShare, amount: float, weights: float, case: _Case) -> str:
    if op.memory_bound:
        return f"memory bound, it reads {format_bytes(weights)} of weights in each inference, each used once"
    work = next(each for each in case.work.ops if each.index == op.index)
    moved = work.amounts.get(WorkKind.MOVED, 0.0)
    moving = {**dict.fromkeys(work.amounts, 0.0), WorkKind.MOVED: moved}
    computing = {**dict.fromkeys(work.amounts, 0.0), op.kind: amount}
    if case.milliseconds(work, moving) > case.milliseconds(work, computing):
        return f"memory bound, it moves {moved:,.0f} values of activations"
    unit = "values" if op.kind is WorkKind.ELEMENTWISE else "multiply-accumulates"
    return f"compute bound, {amount:,.0f} {unit} in {op.arithmetic}"


def _short(name: str) -> str:
    last = name.rsplit(";", maxsplit=1)[-1] or name
    return last if len(last) <= 48 else f"...{last[-45:]}"


def _change(case: _Case, name: str, what: str, other: Prediction, *, more: str = "") -> Change:
    before, after = case.prediction.median_ms, other.median_ms
    relation = "faster" if after < before else "slower"
    factor = before / after if after < before else after / before
    sentence = (
        f"{what}: about {format_milliseconds(after)} ({other.interval_text}), {factor:.2g} times {relation}{more}."
    )
    return Change(name, sentence, after)


def _differs(case: _Case, other: Prediction) -> bool:
    return abs(math.log(other.median_ms / case.prediction.median_ms)) > _NOTICED


def _int8(case: _Case) -> Iterator[Change]:
    wanted = next((each for each in case.costs.arithmetics if each is not KernelKind.FLOAT32), None)
    if wanted is None or not case.computes_in_floats:
        return

    other = case.with_work(lambda op: computed_in(op, wanted) if op.arithmetic is KernelKind.FLOAT32 else op)
    if _differs(case, other):
        yield _change(case, "int8", "In int8", other, more="; its accuracy must be measured")


def _narrower(case: _Case) -> Iterator[Change]:
    kept = {WorkKind.OPERATORS, WorkKind.PLACES}
    squared = {WorkKind.POINTWISE, WorkKind.SPATIAL, WorkKind.DENSE, WorkKind.RECURRENT, WorkKind.WEIGHTS}

    def thinned(op: OpWork) -> OpWork:
        amounts = {
            kind: amount * (1 if kind in kept else _WIDTH**2 if kind in squared else _WIDTH)
            for kind, amount in op.amounts.items()
        }
        return dataclasses.replace(
            op,
            amounts=amounts,
            channels=math.ceil(op.channels * _WIDTH),
            weight_bytes=math.ceil(op.weight_bytes * _WIDTH**2),
        )

    yield _change(
        case,
        "channels",
        f"With {_WIDTH:.0%} of the channels everywhere",
        case.with_work(thinned),
        more="; the model must be trained again",
    )


def _fp16(case: _Case) -> Iterator[Change]:
    fact = case.profile.facts.fp16_arithmetic
    if not case.computes_in_floats:
        return
    if fact is None or not fact.value:
        if case.inspection.precision == "float16":
            return
        known = "has none" if fact is not None else "is not known to have any"
        sentence = f"With fp16 arithmetic: no change, as this CPU {known}; the file would be half as large."
        yield Change("fp16", sentence, case.prediction.median_ms if fact is not None else None)
        return
    least = format_milliseconds(case.prediction.median_ms / 2)
    sentence = (
        f"With fp16 arithmetic: between {least}, where its products alone count and take half the time, and no change. "
        "No measurement that the costs were fitted to is in fp16, so no more is promised; and the runtime computes in "
        "float32 unless an app forces it."
    )
    yield Change("fp16", sentence, None)


def _threads(case: _Case) -> Iterator[Change]:
    cores = sum(cluster.count.value for cluster in case.profile.clusters[:1])
    for count in (1, 2, 4):
        if count == case.prediction.threads or count > max(cores, default_threads(case.profile)):
            continue
        what = f"With {format_count(count, 'thread')}"
        other = predicted(case.inspection, case.profile, threads=count, mode=case.prediction.mode)
        if other.runtime != case.prediction.runtime:
            # Of two sources, the difference of the sources would be told as that of the threads.
            sentence = (
                f"{what}: the board was not probed so; {probe_command(case.profile)} --threads {count} would tell."
            )
            yield Change(f"threads {count}", sentence, None)
            continue
        if _differs(case, other):
            yield _change(case, f"threads {count}", what, other)


def _other_boards(case: _Case) -> Iterator[Change]:
    found = []
    for profile in list_profiles():
        if profile.name == case.profile.name or profile.obstacle is not None:
            continue
        try:
            found.append((predicted(case.inspection, profile), profile))
        except EdgekitError:
            continue
    faster = [each for each in found if each[0].median_ms < case.prediction.median_ms]
    # Of those that are faster the nearest ones: they are what one would buy instead.
    for other, profile in sorted(faster, key=lambda each: -each[0].median_ms)[:_SHOWN_BOARDS]:
        threads = format_count(other.threads, "thread")
        yield _change(case, f"board {profile.name}", f"On {profile.title} with {threads}", other)


_RULES: tuple[Callable[[_Case], Iterator[Change]], ...] = (_int8, _narrower, _fp16, _threads, _other_boards)
