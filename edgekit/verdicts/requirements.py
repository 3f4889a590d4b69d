"""What was required of the file itself, as checks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from edgekit.inspection import REQUIREMENTS, Inspection, shortfalls
from edgekit.metrics import Check, Evidence, Metric, Verdict


def required(inspection: Inspection, names: Sequence[str]) -> Iterator[Check]:
    """Give one check for each of ``names``. Raises UsageError where one is no requirement."""
    missed = {each.requirement: each for each in shortfalls(inspection, names)}
    for name in dict.fromkeys(names):
        against = missed.get(name)
        metric = Metric(name, against.count if against else 0, "count", Evidence.MEASURED, "read from the file")
        if against is None:
            yield Check(name, None, metric, Verdict.PASS, f"{REQUIREMENTS[name].summary} (read from the file)")
        else:
            yield Check(name, None, metric, Verdict.FAIL, f"it {against.clause} (read from the file)")
