"""Results as a terminal shows them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table

from edgekit.cli.console import VERDICT_STYLES, output
from edgekit.units import format_bytes, format_milliseconds

if TYPE_CHECKING:
    # Every verb shows something, and none needs all of these rooms.
    from edgekit.bundles import Bundle, BundleVerification
    from edgekit.profiles import DeviceProfile
    from edgekit.reproduction import Reproduction
    from edgekit.runner import Verification
    from edgekit.verdicts import Assessment


def new_table(*columns: str, right: Iterable[str] = ()) -> Table:
    """Return an empty table in the house's style; the columns of ``right`` are of numbers."""
    table = Table(box=None, pad_edge=False, header_style="bold", show_header=any(columns))
    for column in columns:
        table.add_column(column, justify="right" if column in right else "left", overflow="fold")
    return table


def show_notes(notes: Iterable[str]) -> None:
    """Show what a user should know, a line each."""
    for note in notes:
        output().print(f"note: {note}", markup=False)


def show_assessments(assessments: Sequence[Assessment]) -> None:
    """Show each assessment: the verdict, every check with its sentence, the advice."""
    console = output()
    for assessment in assessments:
        console.print()
        console.print(f"{assessment.file} on {assessment.profile}: ", end="", markup=False)
        console.print(str(assessment.verdict).upper(), style=VERDICT_STYLES[assessment.verdict])
        table = new_table("", "limit", "evidence", "")
        for check in assessment.checks:
            evidence = "-" if check.metric is None else str(check.metric.evidence)
            table.add_row(
                f"[{VERDICT_STYLES[check.verdict]}]{check.answer}[/]", check.limit, evidence, plain(check.sentence)
            )
        console.print(table)
        for sentence in assessment.advice:
            console.print(f"advice: {sentence}", markup=False)


def show_verification(result: Verification) -> None:
    """Show the verdict, what it rests on, and why each tolerance is what it is."""
    console = output()
    console.print(f"{result.file} on {result.device}: ", end="", markup=False)
    console.print(str(result.verdict).upper(), style=VERDICT_STYLES[result.verdict])
    console.print(result.sentence, markup=False)
    _show_next(console, result.advice)
    for each in result.outputs:
        console.print(f"tolerance of '{each.name}': {each.tolerance:.3g}, {each.reason}", markup=False)
    show_notes(result.notes)


def _show_next(console: Console, hint: str | None) -> None:
    if hint is not None:
        console.print(f"  next: {hint}", markup=False)


def show_bundle(made: Bundle) -> None:
    """Show what was written, and what is not known of the model in it."""
    output().print(str(made), markup=False)
    show_notes(made.notes)


def show_bundle_verification(result: BundleVerification) -> None:
    """Show the verdict, and each thing that was looked at."""
    console = output()
    console.print(f"{result.path} ({result.kind}, {result.name}): ", end="", markup=False)
    console.print(str(result.verdict).upper(), style=VERDICT_STYLES[result.verdict])
    for check in result.checks:
        console.print(f"{check.verdict:<8} {check.name:<12} {check.sentence}", markup=False)
        _show_next(console, check.hint)


def show_reproduction(result: Reproduction) -> None:
    """Show whether it is the same, what changed, and what differs."""
    console = output()
    console.print(f"{result.sidecar} ({result.precision}): ", end="", markup=False)
    console.print(str(result.verdict).upper(), style=VERDICT_STYLES[result.verdict])
    for line in result.lines:
        console.print(line, markup=False)


def show_profiles(profiles: Sequence[DeviceProfile]) -> None:
    """Show the catalog, a line for each profile."""
    table = new_table("name", "device", "kind", "cores", "memory", right=("cores", "memory"))
    for profile in profiles:
        facts = profile.facts
        table.add_row(
            plain(profile.name),
            plain(profile.title),
            str(profile.kind),
            "-" if facts.cores is None else str(facts.cores.value),
            "-" if facts.memory_bytes is None else format_bytes(facts.memory_bytes.value),
        )
    console = output()
    console.print(table)
    for profile in profiles:
        if profile.own is not None:
            console.print(f"your own: {profile.name}, in {profile.own}", markup=False)


def show_profile(profile: DeviceProfile) -> None:
    """Show one profile: facts with their sources, the default budget, advice for the usual precisions."""
    console = output()
    console.print(str(profile), markup=False)
    budget = profile.budget
    wishes = (
        ("file size", budget.file_size_bytes, format_bytes),
        ("memory", budget.memory_bytes, format_bytes),
        ("p90 latency", budget.latency_p90_ms, format_milliseconds),
        ("accuracy drop", budget.accuracy_drop_points, lambda points: f"{points:g} points"),
    )
    told = [f"{name} {show(value)}" for name, value, show in wishes if value is not None]
    console.print(f"default budget (wishes, not facts): {', '.join(told) or 'none'}", markup=False)
    from edgekit.profiles import advice_for

    for precision in ("float16", "int8"):
        for sentence in advice_for(profile, precision):
            console.print(f"advice: {sentence}", markup=False)
    if profile.own is not None:
        console.print(f"your own, in {profile.own}: change it there", markup=False)


def plain(text: str) -> str:
    """Return a text that is shown as it stands, whatever brackets it holds."""
    from rich.markup import escape

    return escape(text)
