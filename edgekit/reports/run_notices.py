"""What must not be overlooked of runs: that they are tainted, emulated, in doubt or missing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from edgekit.reports.page import Block, Notice, Paragraph, Tone
from edgekit.reports.seen import SeenRun
from edgekit.units import format_count


def failure_notices(failures: Sequence[str]) -> Iterator[Block]:
    """Tell which devices of a fleet gave no run, and why."""
    if failures:
        title = f"Without a run: {format_count(len(failures), 'device')}"
        yield Notice(Tone.BAD, title, tuple(f"{failure}." for failure in failures))


def run_notices(seen: Sequence[SeenRun]) -> Iterator[Block]:
    """Tell what stands against the times of runs."""
    tainted = [each for each in seen if each.run.tainted]
    if tainted:
        many = "this run" if len(seen) == 1 else f"{len(tainted)} of {len(seen)} runs"
        yield Notice(
            Tone.BAD,
            f"Tainted: the times of {many} say little of the file",
            tuple(f"{each.name}: {'; '.join(each.run.taints)}." for each in tainted),
        )
    emulated = dict.fromkeys(each.run.device for each in seen if not each.timed)
    if emulated:
        yield Notice(
            Tone.DOUBTFUL,
            f"Emulated: {', '.join(emulated)}",
            ("Instructions are counted exactly; an emulator's seconds are nobody's latency, and are not shown.",),
        )
    silent = [each for each in seen if each.run.conditions is None and each.timed]
    if silent:
        names = "; ".join(each.name for each in silent)
        yield Paragraph(f"Not known is what went on around these runs, and so whether they were disturbed: {names}.")
    again = [each for each in seen if each.run.discarded]
    if again:
        yield Notice(
            Tone.DOUBTFUL,
            "Measured again, after a run that was tainted",
            tuple(
                f"{each.name}: {'; '.join(taint for dropped in each.run.discarded for taint in dropped.taints)}."
                for each in again
            ),
        )
