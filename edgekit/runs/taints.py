"""What taints a run: signs, in what was seen around it, that its times say little of the file."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from edgekit.devices.adb.facts import THERMAL_STATUSES
from edgekit.runs.conditions import Conditions, Snapshot

OTHERS_LIMIT_CORES = 0.25
"""Processor time of others, as a number of cores, above which a run is tainted."""
CLOCK_LIMIT = 0.1
"""By how much of its highest value the clock may fall while it is timed. A ladder of clocks has wider steps."""
THROTTLE_FLAGS = {
    0: "the supply voltage {} too low",
    1: "the clock {} capped",
    2: "it {} throttled",
    3: "the soft temperature limit {} active",
}
"""https://www.raspberrypi.com/documentation/computers/os.html#get_throttled

The same 16 bits higher: it was so since the board started."""


def taints_of(conditions: Conditions) -> tuple[str, ...]:
    """Return why the times that were seen under ``conditions`` say little, a clause each. Empty: nothing was seen."""
    return tuple(_taints(conditions))


def _taints(conditions: Conditions) -> Iterator[str]:
    # Before and after, an idle clock is low by right; the core that works has the highest of all.
    clocks = [max(each.clocks_mhz) for each in conditions.during if each.clocks_mhz]
    if clocks and min(clocks) < (1 - CLOCK_LIMIT) * max(clocks):
        yield f"the clock was between {min(clocks):.0f} and {max(clocks):.0f} MHz"
    yield from _throttling(conditions.before, (*conditions.during, conditions.after))
    statuses = [each.thermal_status for each in conditions.snapshots]
    if worst := max((THERMAL_STATUSES.index(each) for each in statuses if each in THERMAL_STATUSES), default=0):
        yield f"the phone's thermal status was {THERMAL_STATUSES[worst]} while it ran"
    others = conditions.others_cores
    if others is not None and others > OTHERS_LIMIT_CORES:
        named = ""
        if conditions.busiest is not None and conditions.busiest_cores is not None:
            named = f", of which '{conditions.busiest}' {conditions.busiest_cores:.2f}"
        yield f"other processes took {others:.2f} cores{named}"


def _throttling(before: Snapshot, later: Sequence[Snapshot]) -> Iterator[str]:
    flags = [each.throttle_flags or 0 for each in later]
    since = (before.throttle_flags or 0) >> 16
    for bit, clause in THROTTLE_FLAGS.items():
        now = any(each >> bit & 1 for each in flags)
        meanwhile = any(each >> 16 + bit & 1 for each in flags) and not since >> bit & 1
        if now or meanwhile:
            yield f"{clause.format('is')} (the board's own flags)"
    counts = [each.throttle_count for each in (before, *later) if each.throttle_count is not None]
    if counts and max(counts) > counts[0]:
        yield f"the processor throttled {max(counts) - counts[0]} times for heat"
    if any(each.cooling_steps for each in later):
        yield "the kernel held the processor back for heat"
