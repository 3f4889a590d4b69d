"""What the command line puts where: one document on standard output, everything else on standard error."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, TextIO, cast

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bar

from edgekit.errors import EdgekitError, error_document
from edgekit.metrics import Verdict
from edgekit.progress import Progress, Step, silent

# An exception says what is wrong first, a process that dies says it last.
_LOG_HEAD, _LOG_TAIL, _LOG_WIDTH = 8, 22, 400
_UNWRAPPED = 10_000
_BLANK_END = re.compile(r" +\n")


def output() -> Console:
    """Return the console of results."""
    # What goes into a file or a pipe is never wrapped. A name such as ":key:" is a name and no picture.
    if sys.stdout.isatty():
        return Console(highlight=False, emoji=False)
    return Console(file=cast("TextIO", _Trimmed()), highlight=False, emoji=False, width=_UNWRAPPED)


class _Trimmed:
    """Standard output without the blanks that fill the last column of a table."""

    def write(self, text: str) -> int:
        sys.stdout.write(_BLANK_END.sub("\n", text))
        return len(text)

    def flush(self) -> None:
        sys.stdout.flush()


def emit_json(document: Mapping[str, Any]) -> None:
    """Put one JSON document on standard output, in ASCII, which every terminal and every pipe can take."""
    sys.stdout.write(json.dumps(document, indent=2, allow_nan=False) + "\n")
    sys.stdout.flush()


@contextmanager
def progress_on_stderr(*, quiet: bool) -> Iterator[Progress]:
    """Show steps on standard error: a bar where a terminal is watching, else a line per stage."""
    if quiet:
        yield silent
    elif sys.stderr.isatty():
        yield from _bar()
    else:
        yield _lines()


def _bar() -> Iterator[Progress]:
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(bar_width=24),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    bar = Bar(*columns, console=Console(stderr=True), transient=True)
    task = bar.add_task("starting", total=None)
    try:

        def show(step: Step) -> None:
            # Until there is news the terminal belongs to ssh, which may ask for a passphrase or about a host key.
            bar.start()
            # A stage may be over before the next tick of the display; it is shown all the same, and so is its end.
            begins_or_ends = step.stage != bar.tasks[0].description or step.done == step.total
            bar.update(task, description=step.stage, completed=step.done, total=step.total, refresh=begins_or_ends)

        yield show
    finally:
        bar.stop()


def _lines() -> Progress:
    shown: list[str] = []

    def show(step: Step) -> None:
        if shown[-1:] != [step.stage]:
            shown.append(step.stage)
            sys.stderr.write(f"edgekit: {step.stage}\n")
            sys.stderr.flush()

    return show


def show_error(error: EdgekitError, *, as_json: bool) -> None:
    """Tell an error: what was wrong, the end of the log, the next step."""
    console = Console(stderr=True, highlight=False, emoji=False, soft_wrap=True)
    for line in _shortened(error.log):
        console.print(line[:_LOG_WIDTH], style="dim", markup=False)
    console.print("edgekit: error:", error.message, style="bold red", markup=False)
    if error.hint:
        console.print("  next:", error.hint, markup=False)
    if as_json:
        emit_json(error_document(error))


def _shortened(log: str | None) -> list[str]:
    lines = (log or "").strip().splitlines()
    if len(lines) <= _LOG_HEAD + _LOG_TAIL:
        return lines
    left_out = len(lines) - _LOG_HEAD - _LOG_TAIL
    return [*lines[:_LOG_HEAD], f"... {left_out} lines of the log are left out", *lines[-_LOG_TAIL:]]


def exit_code_for(verdict: Verdict, *, strict: bool) -> int:
    """Return 1 for ``fail``, and for ``unknown`` where the user is strict; else 0."""
    return int(verdict is Verdict.FAIL or (strict and verdict is not Verdict.PASS))


VERDICT_STYLES = {Verdict.PASS: "green", Verdict.FAIL: "bold red", Verdict.UNKNOWN: "yellow"}
