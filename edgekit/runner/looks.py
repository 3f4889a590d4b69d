"""Makes sense of what the agent saw around a run."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from edgekit.runs import Conditions, Snapshot, TimelinePoint

ENOUGH_S = 0.3
"""The kernel counts processor time in steps of 10 ms on each core: over less than this, it says nothing."""
_HOLDS_BACK = re.compile(r"processor|cpu-?freq|powerclamp", re.IGNORECASE)
"""Cooling devices that make a processor slower; others are fans."""


def read_conditions(said: Mapping[str, Any]) -> Conditions:
    """Return what the agent's ``conditions`` say."""
    snapshots = tuple(read_look(look) for look in said["looks"])
    seconds = said["timed_s"]
    tells = said["others_s"] is not None and seconds >= ENOUGH_S
    load = "load of others"
    if said["others_s"] is not None and not tells:
        load += f" ({seconds:.2g} s are too short to tell, {ENOUGH_S:g} s would do)"
    unknown = [
        noun
        for noun, known in (
            ("temperature", any(each.temperature_c is not None for each in snapshots)),
            ("clock", any(each.clocks_mhz for each in snapshots)),
            ("governor", any(each.governor is not None for each in snapshots)),
            ("throttling", any(_tells_throttling(each) for each in snapshots)),
            (load, tells),
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


def _tells_throttling(look: Snapshot) -> bool:
    return any(each is not None for each in (look.throttle_flags, look.throttle_count, look.cooling_steps))


def _numbers(texts: Sequence[str]) -> list[int]:
    return [int(text) for text in texts if re.fullmatch(r"-?\d+", text)]
