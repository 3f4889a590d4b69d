"""Makes sense of what the agent saw around a run, and says what taints it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from edgekit.devices.adb.facts import THERMAL_STATUSES
from edgekit.runner.conditions import Conditions, Snapshot
from edgekit.runner.regimes import TimelinePoint

OTHERS_LIMIT_CORES = 0.25
"""Processor time of others, as a number of cores, above which a run is tainted."""
CLOCK_LIMIT = 0.1
"""By how much of its highest value the clock may fall while it is timed. A ladder of clocks has wider steps."""
_ENOUGH_S = 0.3
"""The kernel counts processor time in steps of 10 ms on each core: over less than this, it says nothing."""
_HOLDS_BACK = re.compile(r"processor|cpu-?freq|powerclamp", re.IGNORECASE)
"""Cooling devices that make a processor slower; others are fans."""
THROTTLE_FLAGS = {
    0: "the supply voltage {} too low",
    1: "the clock {} capped",
    2: "it {} throttled",
    3: "the soft temperature limit {} active",
}
"""https://www.raspberrypi.com/documentation/computers/os.html#get_throttled

The same 16 bits higher: it was so since the board started."""


def read_conditions(said: Mapping[str, Any]) -> Conditions:
    """Return what the agent's ``conditions`` say."""
    snapshots = tuple(read_look(look) for look in said["looks"])
    seconds = said["timed_s"]
    tells = said["others_s"] is not None and seconds >= _ENOUGH_S
    unknown = [
        noun
        for noun, known in (
            ("temperature", any(each.temperature_c is not None for each in snapshots)),
            ("clock", any(each.clocks_mhz for each in snapshots)),
            ("governor", any(each.governor is not None for each in snapshots)),
            ("throttling", any(_tells_throttling(each) for each in snapshots)),
            ("load of others", tells),
            ("memory pressure", said["stall_s"] is not None),
        )
        if not known
    ]
    return Conditions(
        snapshots=snapshots,
        timed_s=seconds,
        others_cores=max(0.0, said["others_s"] / seconds) if tells else None,
        busiest=said["busiest"] if tells and said["busiest_s"] > 0 else None,
        busiest_cores=said["busiest_s"] / seconds if tells and said["busiest_s"] > 0 else None,
        voluntary_switches=said["switches"][0],
        involuntary_switches=said["switches"][1],
        memory_stall_share=None if said["stall_s"] is None or seconds <= 0 else min(1.0, said["stall_s"] / seconds),
        unknown=tuple(unknown),
    )


def read_look(said: Mapping[str, Any]) -> Snapshot:
    """Return one look of the agent's."""
    degrees = [number / 1000 for number in _numbers(said["temperatures"])]
    counts = _numbers(said["throttle_counts"])
    cooling = [
        int(state)
        for kind, state in zip(said["cooling_types"], said["cooling_states"], strict=True)
        if _HOLDS_BACK.search(kind) and state.isdecimal()
    ]
    flags = said["throttled"].removeprefix("0x")
    return Snapshot(
        at_s=said["at_s"],
        phase=said["phase"],
        temperature_c=max(degrees, default=None),
        clocks_mhz=tuple(number / 1000 for number in _numbers(said["clocks"])),
        governor=", ".join(sorted(set(filter(None, said["governors"])))) or None,
        throttle_flags=int(flags, 16) if re.fullmatch("[0-9a-fA-F]+", flags) else None,
        throttle_count=sum(counts) if counts else None,
        cooling_steps=sum(cooling) if cooling else None,
    )


def read_point(said: Mapping[str, Any], before: Snapshot | None) -> TimelinePoint:
    """Return one window of a sustained run; ``before``: the look before it."""
    look = read_look(said["look"])
    throttled = None
    if _tells_throttling(look):
        counted = before is not None and (look.throttle_count or 0) > (before.throttle_count or 0)
        throttled = bool((look.throttle_flags or 0) & 0xF or look.cooling_steps or counted)
    return TimelinePoint(
        at_s=said["at_s"],
        count=said["count"],
        median_ms=said["median_ns"] / 1e6,
        max_ms=said["max_ns"] / 1e6,
        temperature_c=look.temperature_c,
        clock_mhz=max(look.clocks_mhz, default=None),
        throttled=throttled,
    )


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


def _tells_throttling(look: Snapshot) -> bool:
    return any(each is not None for each in (look.throttle_flags, look.throttle_count, look.cooling_steps))


def _numbers(texts: Sequence[str]) -> list[int]:
    return [int(text) for text in texts if re.fullmatch(r"-?\d+", text)]
