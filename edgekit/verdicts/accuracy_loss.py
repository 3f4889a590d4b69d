"""The accuracy that is lost: judged by where it may lie, not by the number that happened to be seen."""

from __future__ import annotations

from edgekit.accuracy import AccuracyComparison
from edgekit.errors import UsageError
from edgekit.inspection import Inspection
from edgekit.metrics import Check, Evidence, Metric, Verdict
from edgekit.statistics import samples_to_settle

Drop = Metric | AccuracyComparison
"""What a file loses against the float model: a comparison on the same samples, or a number in points."""


def judge_drop(drop: Drop | str | None, limit: float, *, inspection: Inspection) -> Check:
    """Judge the accuracy that is lost against the float model.

    Args:
        drop: a comparison is judged by its interval: within the limit as a whole, beyond it as a whole, or unknown.
            A number is taken for certain. A sentence: why one that was found before is not taken.
        limit: in percentage points.
        inspection: of the file.

    Raises:
        UsageError: the number is not in percentage points, or the comparison is of another file.
    """
    if drop is None or isinstance(drop, str):
        sentence = (
            f"only labelled data can tell the accuracy that is lost (limit: {limit:g} points), and none was used: "
            "evaluate this file and the float model on the same samples"
            + ("" if drop is None else f"; what was found before is not taken, as {drop}")
        )
        return Check("accuracy_drop", limit, None, Verdict.UNKNOWN, sentence)
    if isinstance(drop, AccuracyComparison):
        return _compared(drop, limit, inspection=inspection)
    if drop.unit != "points":
        raise UsageError(f"the accuracy drop is given in '{drop.unit}', but must be in 'points' (percentage points)")
    fits = drop.value <= limit
    sentence = (
        f"it loses {drop.value:.3g} points of accuracy, {'within' if fits else 'over'} the limit of {limit:g} "
        f"({drop.evidence}: {drop.source})"
    )
    return Check("accuracy_drop", limit, drop, Verdict.PASS if fits else Verdict.FAIL, sentence)


def _compared(comparison: AccuracyComparison, limit: float, *, inspection: Inspection) -> Check:
    if comparison.sha256 != inspection.sha256:
        raise UsageError(
            f"the accuracy is of another file: it has the hash {comparison.sha256[:12]}, and {inspection.path} has "
            f"{inspection.sha256[:12]}",
            hint="evaluate this file",
        )
    low, high = comparison.interval_points
    accuracy, reference = comparison.accuracy, comparison.reference
    source = f"{accuracy.correct} of {accuracy.total} samples right, {reference.correct} by the float model"
    metric = Metric("accuracy_drop", comparison.drop_points, "points", Evidence.MEASURED, source)
    points = comparison.drop_points
    seen = f"it {'gains' if points < 0 else 'loses'} {abs(points):.2f} points of accuracy (measured: {source})"
    truth = f"a loss of {low:.2f} to {high:.2f} with {comparison.interval.confidence:.0%} confidence"
    if comparison.sha256 == comparison.reference_sha256:
        sentence = f"it is the float model itself, and loses nothing ({accuracy.value:.1%} of {accuracy.total} right)"
    elif high <= limit:
        sentence = f"{seen}: {truth}, all of it within the limit of {limit:g}"
    elif low > limit:
        sentence = f"{seen}: {truth}, all of it over the limit of {limit:g}"
    else:
        wanted = _wanted(comparison, limit)
        sentence = f"{seen}: {truth}, and the limit of {limit:g} lies between: {wanted}"
    verdict = Verdict.PASS if high <= limit else Verdict.FAIL if low > limit else Verdict.UNKNOWN
    return Check("accuracy_drop", limit, metric, verdict, sentence)


def _wanted(comparison: AccuracyComparison, limit: float) -> str:
    more = samples_to_settle(comparison.counts, limit=limit / 100)
    if more is None:
        return "what was seen is so near the limit that no number of samples would settle it"
    return f"{_rounded(more):,} more samples like these would most likely settle it"


def _rounded(count: int) -> int:
    """Return ``count`` rounded up to two digits: it is no surer than that."""
    unit = int(10 ** max(len(str(count)) - 2, 0))
    return -(-count // unit) * unit
