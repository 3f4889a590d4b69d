"""The checks: one table, in the order in which they are made. To add a check, add a function and a line here."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from edgekit.screening import amounts, contents, duplicates, value_ranges
from edgekit.screening.findings import SampleFinding, Screening, Unjudged, ordered
from edgekit.screening.sample_facts import SampleFacts


@dataclass(frozen=True, slots=True)
class SampleCheck:
    """One row of the table."""

    name: str
    find: Callable[[SampleFacts], Iterator[SampleFinding]]
    lacks: Callable[[SampleFacts], str | None] = lambda _facts: None
    """Tells what is not there to judge by; None where all is."""


def _pictures(facts: SampleFacts) -> str | None:
    return None if facts.pictures else "no input is known to take pictures"


def _colours(facts: SampleFacts) -> str | None:
    return _pictures(facts) or (None if facts.features.channels_first else "the pictures have one channel")


def _layers(facts: SampleFacts) -> str | None:
    return None if facts.first_layers else facts.unmeasured or "no model was given"


def _colours_and_layers(facts: SampleFacts) -> str | None:
    return _colours(facts) or _layers(facts)


def _labels(facts: SampleFacts) -> str | None:
    return None if facts.labels is not None else "the samples have no labels"


def _order(facts: SampleFacts) -> str | None:
    return None if facts.ordered else "the samples were mixed when they were chosen"


CHECKS: tuple[SampleCheck, ...] = (
    SampleCheck("not finite", contents.not_finite),
    SampleCheck("value range", value_ranges.value_range, _layers),
    SampleCheck("channels first", contents.channels_first, _colours),
    SampleCheck("channel order", value_ranges.channel_order, _colours_and_layers),
    SampleCheck("noise", contents.noise, _pictures),
    SampleCheck("constant samples", contents.constant),
    SampleCheck("exact duplicates", duplicates.exact_duplicates),
    SampleCheck("near duplicates", duplicates.near_duplicates, _pictures),
    SampleCheck("too few samples", amounts.too_few),
    SampleCheck("outliers", amounts.outliers),
    SampleCheck("order", amounts.order_effect, _order),
    SampleCheck("class mix", amounts.class_mix, _labels),
)


def screen(facts: SampleFacts, *, path: str, preprocessing: str) -> Screening:
    """Make every check that can be made; tell which cannot, and why."""
    findings: list[SampleFinding] = []
    unjudged: list[Unjudged] = []
    for check in CHECKS:
        lacking = check.lacks(facts)
        if lacking is None:
            findings += check.find(facts)
        else:
            unjudged.append(Unjudged(check.name, lacking))
    return Screening(
        path=path,
        count=facts.count,
        preprocessing=preprocessing,
        findings=ordered(findings),
        unjudged=tuple(unjudged),
        names=facts.names,
        sample_ids=facts.sample_ids,
        model=facts.model,
    )
