"""One device or several: how the verbs take them, and how they tell of several."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import click
from rich.markup import escape
from rich.table import Table

import edgekit
from edgekit.checkup import Checkup
from edgekit.cli.console import VERDICT_STYLES, emit_json, output
from edgekit.cli.tables import new_table
from edgekit.devices import Host, require_different
from edgekit.errors import UsageError
from edgekit.fleets import Fleet, Outcome
from edgekit.runner import Verification
from edgekit.runs import Benchmark, RunResult
from edgekit.units import format_bytes, format_milliseconds

_Command = Callable[..., Any]
Chosen = str | tuple[Host, ...]
"""The address of one device, or a fleet."""

fleet_option = click.option(
    "--fleet",
    metavar="HOSTS.toml",
    help="File of devices: address, name and profile of each; boards run side by side.",
)


def device_options(command: _Command) -> _Command:
    """Add ``--device``, repeatable, and ``--fleet``; the command gets them as one ``device``."""

    @functools.wraps(command)
    def with_devices(*, devices: tuple[str, ...], fleet: str | None, **rest: Any) -> Any:
        return command(device=chosen_devices(devices, fleet) if devices or fleet else "local", **rest)

    device_option = click.option(
        "--device",
        "devices",
        multiple=True,
        help="local, emulated:PROFILE, ssh://[user@]host[:port] or adb:[SERIAL]; repeatable.  [default: local]",
    )
    wrapped: _Command = device_option(fleet_option(with_devices))
    return wrapped


def chosen_devices(addresses: Sequence[str], fleet: str | None) -> Chosen:
    """Return the one device that is named, or all of them. Raises UsageError where there is none, or one twice."""
    if fleet is None and len(addresses) == 1:
        return addresses[0]
    hosts = (*map(Host, addresses), *(() if fleet is None else edgekit.read_hosts(fleet)))
    if not hosts:
        raise UsageError(
            "no device is named" if fleet is None else f"fleet {fleet} names no device", hint="edgekit devices"
        )
    require_different(hosts)
    return hosts


def finish_fleet(fleet: Fleet[Any], table: Table, *, as_json: bool, otherwise: int = 0) -> int:
    """Show what became of a fleet, and return the exit code: the highest of what ended each device, and of the rest.

    So it is 3 where a device failed, and for a file that no runtime takes the same 1 as on one device.

    Args:
        fleet: the result.
        table: the same for people.
        as_json: whether it is for machines.
        otherwise: the exit code where none failed.
    """
    if as_json:
        emit_json(fleet.to_document())
    else:
        console = output()
        console.print(table)
        for note in fleet.notes:
            console.print(f"note: {note}", markup=False)
        for outcome in fleet.failed:
            if outcome.error is not None and outcome.error.hint:
                console.print(f"next, for {outcome.host}: {outcome.error.hint}", markup=False)
    if not fleet.failed:
        return otherwise
    names = ", ".join(str(outcome.host) for outcome in fleet.failed)
    click.echo(f"edgekit: {len(fleet.failed)} of {len(fleet.outcomes)} devices failed: {names}", err=True)
    return max(otherwise, *(outcome.error.exit_code for outcome in fleet.failed if outcome.error is not None))


def benchmark_table(fleet: Fleet[Benchmark]) -> Table:
    """A row for each run, and for each device that gave none."""
    figures = ("threads", "p50", "p90", "p99", "peak memory")
    table = new_table("device", "board", *figures, "state", right=figures)
    for outcome in fleet.outcomes:
        if outcome.result is None:
            table.add_row(escape(str(outcome.host)), *["-"] * 6, _failure(outcome))
            continue
        for run in outcome.result.runs:
            board = run.environment.board or run.environment.cpu_model
            table.add_row(escape(str(outcome.host)), escape(board), str(run.threads), *_figures(run), _state(run))
    return table


def verification_table(fleet: Fleet[Verification]) -> Table:
    """A row for each device."""
    table = new_table("device", "verdict", "why")
    for outcome in fleet.outcomes:
        if outcome.result is None:
            table.add_row(escape(str(outcome.host)), "-", _failure(outcome))
        else:
            verdict = outcome.result.verdict
            told = f"[{VERDICT_STYLES[verdict]}]{verdict}[/]"
            table.add_row(escape(str(outcome.host)), told, escape(outcome.result.sentence))
    return table


def checkup_table(fleet: Fleet[Checkup]) -> Table:
    """A row for each device, and one below it for each finding that has a next step."""
    table = new_table("device", "board", "profile", "interpreter", "what is in the way")
    for outcome in fleet.outcomes:
        if outcome.result is None:
            table.add_row(escape(str(outcome.host)), "-", "-", "-", _failure(outcome))
            continue
        checkup = outcome.result
        found = [f"{each.topic}: {each.sentence}" for each in checkup.findings if each.next_step]
        table.add_row(
            escape(str(outcome.host)),
            escape(checkup.board or checkup.cpu_model),
            checkup.profile or "-",
            escape(checkup.interpreter or "none"),
            escape(found[0]) if found else "nothing",
        )
        for more in found[1:]:
            table.add_row("", "", "", "", escape(more))
    return table


def _figures(run: RunResult) -> Iterator[str]:
    if run.environment.emulated:
        # What an emulator takes is nobody's latency, and its memory nobody's memory.
        yield from ["-"] * 4
        return
    for value in (run.steady.p50_ms, run.steady.p90_ms, run.steady.p99_ms):
        yield format_milliseconds(value)
    yield "unknown" if run.peak_memory_bytes is None else format_bytes(run.peak_memory_bytes)


def _state(run: RunResult) -> str:
    if run.tainted:
        return f"[bold red]TAINTED[/]: {escape('; '.join(run.taints))}"
    metric = run.instruction_count
    if run.environment.emulated:
        return "emulated" if metric is None else f"emulated: {metric.value:,.0f} instructions"
    return "" if run.settled else "warm-up did not settle"


def _failure(outcome: Outcome[Any]) -> str:
    return "" if outcome.error is None else f"[bold red]failed[/]: {escape(outcome.error.message)}"
