"""Results as a terminal shows them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table

from edgekit.cli.console import VERDICT_STYLES, output
from edgekit.cli.ladder_table import show_ladder
from edgekit.units import format_bytes, format_milliseconds

if TYPE_CHECKING:
    # Every verb shows something, and none needs all of these rooms.
    from edgekit.accuracy import Accuracy, AccuracyComparison
    from edgekit.bundles import Bundle, BundleVerification
    from edgekit.conversion import Conversion
    from edgekit.inspection import Inspection
    from edgekit.metadata import Metadata
    from edgekit.profiles import DeviceProfile
    from edgekit.reproduction import Reproduction
    from edgekit.runner import Verification
    from edgekit.screening import Screening
    from edgekit.verdicts import Assessment

_SEVERITY_STYLES = {"error": "bold red", "warning": "yellow", "note": "dim"}
_LABELS_SHOWN = 12


def new_table(*columns: str, right: Iterable[str] = ()) -> Table:
    """Return an empty table in the house's style; the columns of ``right`` are of numbers."""
    table = Table(box=None, pad_edge=False, header_style="bold", show_header=any(columns))
    for column in columns:
        table.add_column(column, justify="right" if column in right else "left", overflow="fold")
    return table


def show_conversion(conversion: Conversion) -> None:
    """Show the artifacts of a conversion, how they were proven, and what to know about them."""
    from edgekit.reports import agreement_text, compared_on_text, parity_text, snr_text

    console = output()
    console.print(conversion.reason, markup=False)
    table = new_table("file", "precision", "size", "SNR", "top-1 as float", right=("size", "SNR", "top-1 as float"))
    for artifact in conversion.artifacts:
        fidelity = artifact.provenance.fidelity
        table.add_row(
            plain(str(artifact.path)),
            artifact.precision,
            format_bytes(artifact.size_bytes),
            snr_text(fidelity),
            agreement_text(fidelity),
        )
    console.print(table)
    fidelities = {artifact.provenance.fidelity for artifact in conversion.artifacts}
    for told in sorted({compared_on_text(each) for each in fidelities if each is not None}):
        console.print(told, markup=False)
    for artifact in conversion.artifacts:
        if artifact.provenance.ladder is not None:
            show_ladder(console, artifact.provenance.ladder)
    show_comparisons([artifact.provenance.accuracy for artifact in conversion.artifacts])
    console.print(parity_text(conversion.artifact), markup=False)
    show_notes(conversion.notes)
    if conversion.screening is not None:
        show_findings(conversion.screening)


def show_screening(screening: Screening) -> None:
    """Show what was found about samples, and what could not be judged."""
    console = output()
    of = f" for {screening.model}" if screening.model else ""
    console.print(f"{screening.count} samples of {screening.path}{of} ({screening.preprocessing})", markup=False)
    show_notes(screening.notes)
    show_findings(screening)
    if not screening.findings:
        console.print("nothing was found against them", style="green")
    reasons: dict[str, list[str]] = {}
    for each in screening.unjudged:
        reasons.setdefault(each.because, []).append(each.name)
    for because, names in reasons.items():
        console.print(f"not judged: {', '.join(names)}: {because}", style="dim", markup=False)


def show_findings(screening: Screening) -> None:
    """Show each finding about samples, with its next step."""
    console = output()
    for finding in screening.findings:
        console.print(f"{finding.severity}: ", style=_SEVERITY_STYLES[finding.severity], end="", markup=False)
        console.print(f"{finding.name}: {finding.sentence}", markup=False)
        console.print(f"  next: {finding.next_step}", markup=False)


def show_notes(notes: Iterable[str]) -> None:
    """Show what a user should know, a line each."""
    for note in notes:
        output().print(f"note: {note}", markup=False)


def show_comparisons(comparisons: Iterable[AccuracyComparison | None]) -> None:
    """Show what files lose against the float one on the same labelled samples; None where that is not known."""
    from edgekit.reports import accuracy_text, drop_text

    known = [each for each in comparisons if each is not None]
    if not known:
        return
    console = output()
    reference = known[0].reference
    console.print(
        f"accuracy on {known[0].samples} ({reference.total}): {reference.value:.1%} by {known[0].reference_file}",
        markup=False,
    )
    right = ("accuracy", "drop in points (95 % interval)", "lost", "gained", "p")
    table = new_table("file", *right, "worst class, its drop (interval)", right=right)
    for each in known:
        worst = each.worst
        low, high = worst.interval_points
        table.add_row(
            plain(each.file),
            accuracy_text(each),
            drop_text(each),
            str(each.lost),
            str(each.gained),
            f"{each.p_value:.2g}",
            plain(f"{worst.name}: {worst.drop_points:.1f} ({low:.1f} to {high:.1f})"),
        )
    console.print(table)


def show_accuracy(file: str, accuracy: Accuracy) -> None:
    """Show how often one file is right."""
    output().print(f"{file}: {accuracy}", markup=False)
    show_notes(accuracy.notes)


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


def show_inspection(facts: Inspection, *, ops: bool) -> None:
    """Show what a file is; ``ops`` adds every operator in execution order."""
    console = output()
    console.print(f"{facts.path}: {facts.precision}", style="bold", markup=False)
    rows = [
        (
            "size",
            f"{format_bytes(facts.size_bytes)} ({facts.size_bytes} bytes), zipped {format_bytes(facts.zipped_bytes)}",
        ),
        *(("input", str(spec)) for spec in facts.inputs),
        *(("output", str(spec)) for spec in facts.outputs),
        ("MACs", f"{facts.macs:,}"),
        ("weights", f"{facts.parameters:,} values in {format_bytes(facts.weight_bytes)}"),
        ("arena", _arena(facts)),
        ("sha256", facts.sha256),
        ("canonical", facts.canonical_sha256),
        *_metadata(facts.metadata),
    ]
    table = new_table("", "")
    for name, value in rows:
        table.add_row(name, plain(value))
    console.print(table)
    console.print()
    console.print(_census(facts))
    for island in facts.islands:
        console.print(f"float island: {island}", markup=False)
    if ops:
        console.print()
        console.print(_operators(facts))
    show_notes(facts.notes)


def _metadata(metadata: Metadata | None) -> Iterator[tuple[str, str]]:
    if metadata is None:
        yield "metadata", "none"
        return
    yield "metadata", " - ".join(text for text in (metadata.name, metadata.description) if text) or "no name"
    for kind, tensors in (("takes", metadata.inputs), ("gives", metadata.outputs)):
        for tensor in tensors:
            told = [str(tensor.content)]
            if tensor.normalization is not None:
                mean, std = (
                    ", ".join(f"{value:.6g}" for value in values)
                    for values in (tensor.normalization.mean, tensor.normalization.std)
                )
                told.append(f"(value - mean) / std with mean {mean}, std {std}")
            if tensor.labels:
                shown = ", ".join(tensor.labels[:_LABELS_SHOWN])
                more = ", ..." if len(tensor.labels) > _LABELS_SHOWN else ""
                told.append(f"{len(tensor.labels)} labels: {shown}{more}")
            elif tensor.label_file is not None:
                told.append(f"labels in {tensor.label_file}, which is not in the file")
            yield f"  {kind}", f"{tensor.name or 'no name'}: {'; '.join(told)}"


def _arena(facts: Inspection) -> str:
    arena = facts.arena
    bound = "" if arena.complete else " at least (dynamic shapes)"
    return f"{format_bytes(arena.arena_bytes)}{bound}, {format_bytes(arena.peak_live_bytes)} alive at once"


def _census(facts: Inspection) -> Table:
    table = new_table("operator", "computes in", "count", "weights", "MACs", right=("count", "weights", "MACs"))
    for row in facts.census:
        table.add_row(plain(row.name), row.precision, str(row.count), format_bytes(row.weight_bytes), f"{row.macs:,}")
    return table


def _operators(facts: Inspection) -> Table:
    table = new_table("#", "operator", "computes in", "MACs", "weights", "output", right=("#", "MACs", "weights"))
    for op in facts.ops:
        table.add_row(
            str(op.index),
            plain(op.name),
            op.precision,
            f"{op.macs:,}",
            format_bytes(op.weight_bytes),
            plain(op.output),
        )
    return table


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


def plain(text: str) -> str:
    """Return a text that is shown as it stands, whatever brackets it holds."""
    from rich.markup import escape

    return escape(text)
