"""From what every operator costs to the causes: who is to blame, for what, and what its repair can bring."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from edgekit.diagnosis.causes import Cause, cause_of
from edgekit.diagnosis.diagnosis import UNKNOWN, Finding
from edgekit.diagnosis.neighbours import Neighbours
from edgekit.diagnosis.suspect import REST, ROUNDING, Suspect
from edgekit.inspection.graph import Graph
from edgekit.sensitivity.measures import Measured
from edgekit.sensitivity.names import short_name
from edgekit.sensitivity.pairing import INPUT, Pairing
from edgekit.sensitivity.trials import WHOLE, Groups

LIMIT_DB = 20.0
"""From here on outputs are called healthy: a noise of 1 % of the power. Photo networks that lose no accuracy to int8
are at 25 to 40 dB, and one at 15 dB has lost several points."""

_A_TENTH_DB = 10.0
_A_QUARTER_DB = 6.0
_TRIED = 96
_AS_SEEN_DB = 3.0
"""How much better than the file itself all errors together may be, and still explain it."""
ADDED_UP = "many small errors"

Try = Callable[[Groups, str], list[float]]
"""Puts groups of errors, each a list of [site, part], into the float file; gives the outputs' ratios in dB."""


@dataclass(frozen=True, slots=True)
class Symptoms:
    """What was measured of two paired files."""

    graphs: tuple[Graph, Graph]
    """The quantized and the float file."""
    pairing: Pairing
    measured: Sequence[Measured]
    """Of each site."""
    output_snr_db: float


def costs(symptoms: Symptoms, attempt: Try) -> dict[int, float]:
    """Return, for each site that was tried, what its error alone makes of the outputs, in dB.

    Of very long graphs, those sites are tried that add most to any of their channels.
    """

    def added(number: int) -> float:
        each = symptoms.measured[number]
        return min(_or_infinite(each.own_snr_db), _or_infinite(each.channel_snr_db))

    tried = [
        number for number in _alone(symptoms) if not math.isinf(_or_infinite(symptoms.measured[number].own_snr_db))
    ]
    tried = sorted(sorted(tried, key=added)[:_TRIED])
    found = attempt([[[number, WHOLE]] for number in tried], "asking what each operator costs")
    return dict(zip(tried, found, strict=True))


def start_of(symptoms: Symptoms, cost: dict[int, float]) -> int | None:
    """Return the first site that alone makes a quarter of the noise at the outputs, where they are not healthy."""
    if symptoms.output_snr_db >= LIMIT_DB:
        return None
    bound = symptoms.output_snr_db + _A_QUARTER_DB
    return next((number for number in sorted(cost) if cost[number] <= bound), None)


def findings_of(symptoms: Symptoms, cost: dict[int, float], attempt: Try) -> tuple[Finding, ...]:
    """Return the causes, most harmful first; none where the outputs are healthy."""
    if symptoms.output_snr_db >= LIMIT_DB:
        return ()
    bound = max(LIMIT_DB, symptoms.output_snr_db + _A_TENTH_DB)
    blamed = [number for number in sorted(cost) if cost[number] <= bound]
    if not blamed:
        return _added_up(symptoms, cost, attempt)
    groups = _by_cause(symptoms, cost, _parts(blamed, attempt, bound=bound))
    everything = _alone(symptoms)
    trials: Groups = []
    for members in groups.values():
        numbers = {number for number, _ in members}
        trials.append([[number, WHOLE] for number in sorted(numbers)])
        trials.append([[number, WHOLE] for number in everything if number not in numbers])
    figures = attempt(trials, "trying what a repair can bring")
    found = [
        _finding(cause, members, symptoms, figures=(figures[2 * position], figures[2 * position + 1]))
        for position, (cause, members) in enumerate(groups.items())
    ]
    return tuple(sorted(found, key=lambda finding: finding.alone_snr_db))


def _added_up(symptoms: Symptoms, cost: dict[int, float], attempt: Try) -> tuple[Finding, ...]:
    """Return the finding that no operator is to blame, if the errors of all of them together are what is seen."""
    everything = _alone(symptoms)
    worst = sorted(cost, key=cost.__getitem__)[: max(1, len(everything) // 4)]
    if not worst:
        return ()
    others = [number for number in everything if number not in worst]
    groups: Groups = [[[number, WHOLE] for number in numbers] for numbers in (everything, worst, others)]
    together, alone, repaired = attempt(groups, "adding up what all operators cost")
    if together > symptoms.output_snr_db + _AS_SEEN_DB:
        return ()
    sites = symptoms.pairing.sites
    return (
        Finding(
            cause=ADDED_UP,
            operators=tuple(sorted({sites[number].operator for number in worst})),
            sentence=f"none of the {len(everything)} tensors alone costs a tenth of the noise (the worst: "
            f"{cost[worst[0]]:.0f} dB at the outputs), but all of them together give {together:.0f} dB. Without the "
            f"errors of the {len(worst)} that cost most it would be {repaired:.0f} dB.",
            repair="train the network further, or with fake quantization; or take int16x8 or float16",
            alone_snr_db=alone,
            repaired_snr_db=repaired,
        ),
    )


def _parts(blamed: Sequence[int], attempt: Try, *, bound: float) -> dict[int, tuple[str, ...]]:
    """Return which parts of each operator's error cost too much, the worst first; one at least."""
    figures = attempt([[[number, part]] for number in blamed for part in (ROUNDING, REST)], "looking for the causes")
    parts = {}
    for number, rounding, rest in zip(blamed, figures[::2], figures[1::2], strict=True):
        ordered = sorted([(rounding, ROUNDING), (rest, REST)])
        parts[number] = tuple(part for place, (figure, part) in enumerate(ordered) if place == 0 or figure <= bound)
    return parts


_Members = list[tuple[int, str]]


def _by_cause(
    symptoms: Symptoms, cost: dict[int, float], parts: dict[int, tuple[str, ...]]
) -> dict[Cause | None, _Members]:
    """Return per cause its sites, each with the evidence; the one that costs most comes first."""
    neighbours = Neighbours(symptoms.graphs[0].subgraphs[0])
    sites = symptoms.pairing.sites
    everything = {site.tensor: each for site, each in zip(sites, symptoms.measured, strict=True)}
    groups: dict[Cause | None, _Members] = {}
    for number in sorted(parts, key=cost.__getitem__):
        suspects = [
            _suspect(symptoms, number, part, cost=cost[number], everything=everything, neighbours=neighbours)
            for part in parts[number]
        ]
        known = next((found for found in map(cause_of, suspects) if found is not None), None)
        cause, sentence = known if known is not None else (None, _unexplained(suspects[0]))
        groups.setdefault(cause, []).append((number, sentence))
    return groups


def _suspect(
    symptoms: Symptoms,
    number: int,
    part: str,
    *,
    cost: float,
    everything: dict[int, Measured],
    neighbours: Neighbours,
) -> Suspect:
    ours, theirs = (graph.subgraphs[0] for graph in symptoms.graphs)
    site = symptoms.pairing.sites[number]
    twin = symptoms.pairing.operators.get(site.operator)
    return Suspect(
        tensor=site.tensor,
        operator=None if site.operator == INPUT else ours.operators[site.operator],
        twin=None if twin is None else theirs.operators[twin],
        part=part,
        measured=symptoms.measured[number],
        everything=everything,
        neighbours=neighbours,
        original=theirs,
        output_snr_db=cost,
    )


def _unexplained(suspect: Suspect) -> str:
    what = "the steps of its output" if suspect.part == ROUNDING else "its weights and its kernel"
    return f"most of its error comes from {what}, and no known cause fits"


def _finding(cause: Cause | None, members: _Members, symptoms: Symptoms, *, figures: tuple[float, float]) -> Finding:
    worst, sentence = members[0]
    site = symptoms.pairing.sites[worst]
    ours = symptoms.graphs[0].subgraphs[0]
    name = "the input" if site.operator == INPUT else f"operator {site.operator}, {ours.operators[site.operator].name},"
    return Finding(
        cause=UNKNOWN if cause is None else cause.name,
        operators=tuple(sorted({symptoms.pairing.sites[number].operator for number, _ in members})),
        sentence=f"{name} '{short_name(ours.tensors[site.tensor].name)}': {sentence}.",
        repair="keep these operators in int16 or float" if cause is None else cause.repair,
        alone_snr_db=figures[0],
        repaired_snr_db=figures[1],
    )


def _alone(symptoms: Symptoms) -> list[int]:
    return [number for number, site in enumerate(symptoms.pairing.sites) if site.alone]


def _or_infinite(value: float | None) -> float:
    return math.inf if value is None else value
