"""Whether the samples are enough and mixed: halves, outliers, order, classes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from edgekit.screening.findings import SampleFinding, Severity, listed
from edgekit.screening.sample_facts import SampleFacts
from edgekit.screening.stretching import FEWEST, Stretched, stretched, width

_HALVES_APART = 0.2
_SPLITS = 41
_CLASS_SAMPLES = 5
_DOMINANT = 0.5
_RANK_LIMIT = 4.5
_RUNS_LIMIT = -6.0


def too_few(facts: SampleFacts) -> Iterator[SampleFinding]:
    """Split the samples in two at random, many times: enough samples give both halves the same ranges."""
    count = facts.count
    worst, place = _halves_apart(facts) if count >= 2 else (0.0, "")
    if count >= FEWEST and worst <= _HALVES_APART:
        return
    told = f"the ranges of two halves of the {count} samples differ by {worst:.0%} at {place}"
    yield SampleFinding(
        "too few samples",
        Severity.WARNING,
        told
        if worst > _HALVES_APART
        else f"{count} {'sample is' if count == 1 else 'samples are'} too few to tell whether the ranges are stable",
        (),
        "give more samples, 100 to 500 are usual" if count < 100 else "give more samples, or more alike ones",
    )


def _halves_apart(facts: SampleFacts) -> tuple[float, str]:
    """Return by how much the widths of two halves differ, the median of many splits, where that is most."""
    generator = np.random.default_rng(0)
    # Outliers have a check of their own, and would be told twice.
    kept = np.setdiff1d(np.arange(facts.count), [place for each in _outliers(facts).values() for place in each.samples])
    orders = [generator.permutation(kept) for _ in range(_SPLITS)]
    found = [(0.0, "")]
    for name, (lowest, highest) in facts.extremes.items():
        apart = []
        for order in orders:
            halves = order[: len(order) // 2], order[len(order) // 2 :]
            widths = [width(lowest[half], highest[half]) for half in halves if half.size]
            apart.append(1.0 - min(widths) / max(widths) if len(widths) == 2 and max(widths) > 0 else 0.0)
        found.append((float(np.median(apart)), name))
    return max(found)


def outliers(facts: SampleFacts) -> Iterator[SampleFinding]:
    """Find the one or few samples without which a range would be much narrower."""
    found = _outliers(facts)
    if not found:
        return
    name, most = max(found.items(), key=lambda item: item[1].ratio)
    places = most.samples
    concerned = tuple(sorted({place for each in found.values() for place in each.samples}))
    yield SampleFinding(
        "outliers",
        Severity.WARNING,
        f"{listed(places, facts.names)} alone {'makes' if len(places) == 1 else 'make'} the range of {name} "
        f"{most.ratio:.3g} times as wide as all {facts.count - len(places)} others do"
        + (f", and those of {len(found) - 1} more" if len(found) > 1 else ""),
        concerned,
        "look at these samples; where they are real, try --ranges percentile-99.99",
    )


def _outliers(facts: SampleFacts) -> dict[str, Stretched]:
    """Return the places whose range a few samples stretch."""
    found = {name: stretched(lowest, highest) for name, (lowest, highest) in facts.extremes.items()}
    return {name: each for name, each in found.items() if each is not None}


def order_effect(facts: SampleFacts) -> Iterator[SampleFinding]:
    """Find an order that means something: sorted by class, or drifting."""
    if not facts.ordered or facts.count < 2 * FEWEST:
        return
    told = []
    runs = _runs(facts.labels)
    if runs is not None and runs < _RUNS_LIMIT:
        told.append(f"the classes come in blocks ({runs:.0f} deviations fewer changes than mixed samples have)")
    drifts = {
        f"{what} of input '{name}'": _rank_drift(values[name])
        for what, values in (("mean", facts.features.mean), ("deviation", facts.features.deviation))
        for name in values
    }
    name, drift = max(drifts.items(), key=lambda item: abs(item[1]))
    if abs(drift) > _RANK_LIMIT:
        told.append(
            f"the {name} {'rises' if drift > 0 else 'falls'} from the first to the last ({drift:+.1f} deviations)"
        )
    if told:
        yield SampleFinding(
            "order",
            Severity.WARNING,
            f"the samples are not mixed: {'; '.join(told)}",
            (),
            "mix them before the first ones are taken; the ranges themselves do not depend on the order",
        )


def _runs(labels: tuple[int, ...] | None) -> float | None:
    """Return how far the number of changes of class is from that of mixed samples, in deviations."""
    if labels is None:
        return None
    count = len(labels)
    shares = np.array(list(Counter(labels).values())) / count
    same = float(np.square(shares).sum())
    if len(shares) < 2:
        return None
    changes = sum(first != second for first, second in pairwise(labels))
    spread = np.sqrt((count - 1) * same * (1 - same))
    return float((changes - (count - 1) * (1 - same)) / max(spread, 1e-12))


def _rank_drift(values: NDArray[np.float64]) -> float:
    """Return the rank correlation with the order, in deviations of that of mixed samples (Spearman)."""
    from scipy.stats import rankdata

    ranks, count = rankdata(values), len(values)
    if np.ptp(ranks) == 0:
        return 0.0
    return float(np.corrcoef(ranks, np.arange(count))[0, 1] * np.sqrt(count - 1))


def class_mix(facts: SampleFacts) -> Iterator[SampleFinding]:
    """Find classes that are missing, or one that crowds out the others."""
    if facts.labels is None:
        return
    counts = Counter(facts.labels)
    known = max(len(facts.classes), facts.class_count or 0, max(counts) + 1)
    if known < 2:
        return
    missing = [label for label in range(known) if label not in counts]
    named = [facts.classes[label] if label < len(facts.classes) else str(label) for label in range(known)]
    told = []
    # Where the choice is by class, each has its share; where it is not, one may be missing by chance.
    by_chance = facts.ordered or not facts.classes
    if missing and facts.count >= known * (_CLASS_SAMPLES if by_chance else 1):
        names = ", ".join(named[label] for label in missing[:5]) + (", ..." if len(missing) > 5 else "")
        told.append(f"{len(missing)} of {known} classes have no sample ({names})")
    label, most = counts.most_common(1)[0]
    share = most / facts.count
    if facts.count >= FEWEST and share > max(_DOMINANT, 1.8 / known):
        told.append(f"{share:.0%} of the samples are of class '{named[label]}', one of {known}")
    if told:
        yield SampleFinding(
            "class mix",
            Severity.WARNING,
            "; ".join(told),
            (),
            "take samples of every class: what one class alone excites gets no range otherwise",
        )
