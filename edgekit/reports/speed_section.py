"""Files that took turns on a device, as a section: which is faster, and how sure that is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from edgekit.reports.bar_chart import Amount, bar_chart
from edgekit.reports.page import Block, Figure, Gallery, Notice, PageTable, Paragraph, Section, Tone
from edgekit.runs import SpeedComparison
from edgekit.units import format_count, format_milliseconds

_COLUMNS = ("file", "p50", "runs", "times the first one's", "interval", "")


def speed_sections(comparisons: Sequence[SpeedComparison]) -> Iterator[Section]:
    """Give a section for each comparison."""
    for each in comparisons:
        names = " and ".join(dict.fromkeys(times.file for times in each.files))
        yield Section(f"Which is faster on {each.device}: {names}", tuple(_blocks(each)))


def _blocks(comparison: SpeedComparison) -> Iterator[Block]:
    machine = comparison.environment
    if comparison.taints:
        yield Notice(
            Tone.DOUBTFUL,
            "Disturbed, all files alike: ratios hold, times say little",
            tuple(f"{taint}." for taint in comparison.taints),
        )
    amounts = [
        Amount(times.file, times.steady.p50_ms, format_milliseconds(times.steady.p50_ms)) for times in comparison.files
    ]
    chart = bar_chart(amounts, told=f"Median of each file on {comparison.device}")
    yield Gallery((Figure(chart, "The median of each file, over all of its turns."),))
    rows = tuple(
        (
            times.file,
            format_milliseconds(times.steady.p50_ms),
            f"{times.steady.count:,}",
            "" if ratio is None else f"{ratio.ratio:.3f}",
            "" if ratio is None else f"{ratio.interval.low:.3f} to {ratio.interval.high:.3f}",
            "" if ratio is None else str(ratio.verdict),
        )
        for times, ratio in zip(comparison.files, (None, *comparison.ratios), strict=True)
    )
    yield PageTable(_COLUMNS, rows, frozenset(_COLUMNS[1:5]))
    yield Paragraph(f"{comparison.certainty[:1].upper()}{comparison.certainty[1:]}.")
    yield Paragraph(
        f"{machine.cpu_model}, {format_count(machine.cores, 'core')}, {machine.software}, "
        f"{format_count(comparison.threads, 'thread')}."
    )
