"""Figures beside the limit that they are held against, never rounded until they read alike; where they were seen."""

from __future__ import annotations

from collections.abc import Iterator

from edgekit.runs import RunResult
from edgekit.units import format_bytes, format_milliseconds
from edgekit.verdicts.runs import Group, Runs


def exact_bytes(value: float, limit: float) -> str:
    """Return ``value``, to the byte where it would read like the limit."""
    short = format_bytes(value)
    return f"{value:,.0f} B" if short == format_bytes(limit) and value != limit else short


def exact_milliseconds(value: float, limit: float) -> str:
    """Return ``value`` in a unit that suits it, with more digits where it would read like the limit."""
    short = format_milliseconds(value)
    return f"{value:.6g} ms" if short == format_milliseconds(limit) and value != limit else short


def place(run: RunResult) -> str:
    """Return where a run was seen: the device's address, which may be just "local", and what machine that is."""
    return f"{run.device} ({run.environment.board or run.environment.cpu_model})"


def choice(group: Group, runs: Runs, *, superlative: str) -> Iterator[str]:
    """Give, a clause each, which of several runs and of several numbers of threads a figure is of."""
    if len(group.runs) > 1:
        yield f"the {superlative} of {len(group.runs)} runs"
    if len(runs.groups) > 1:
        *fewer, most = (str(each.threads) for each in runs.groups)
        keeps = "may still keep the limits" if group.slowest.tainted else "keeps the limits best"
        yield f"of {', '.join(fewer)} and {most} threads, {group.threads} {keeps}"
