"""Files of runs, whether of one device or of a fleet."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from edgekit.errors import UsageError
from edgekit.files import DocumentReader
from edgekit.fleets.fleet import FLEET_SCHEMA
from edgekit.runs import Benchmark, load_benchmark, read_benchmark


@dataclass(frozen=True, slots=True)
class FleetRuns:
    """What a file of runs holds."""

    benchmarks: tuple[Benchmark, ...]
    failures: tuple[str, ...] = ()
    """Devices of a fleet that gave no run, each with why."""
    names: tuple[tuple[str, str], ...] = ()
    """The address of a device and what people call it."""


def load_all_benchmarks(path: str | Path) -> FleetRuns:
    """Read a run file, or what a fleet's benchmark was written to.

    Raises:
        UsageError: the file cannot be read or is neither; names the file and what was wrong with it.
    """
    try:
        document = json.loads(Path(path).read_bytes())
        fleet = isinstance(document, dict) and document.get("schema") == FLEET_SCHEMA
    except (OSError, ValueError, RecursionError):
        # What is wrong with it is told by the reader of run files.
        fleet = False
    if not fleet:
        return FleetRuns((load_benchmark(path),))
    try:
        return _read(DocumentReader(document, where="the document"))
    except UsageError as error:
        raise UsageError(f"{path} is no file of a fleet: {error.message}", hint=error.hint) from error


def _read(reader: DocumentReader) -> FleetRuns:
    reader.text("schema")
    verb = reader.text("verb")
    if verb != "benchmark":
        raise UsageError(f"it is of '{verb}', which measures nothing", hint="edgekit benchmark --fleet HOSTS -o FILE")
    failed = reader.whole("failed")
    reader.texts("notes")
    benchmarks, failures, names = [], [], []
    for device in reader.sections("devices"):
        name, address = device.text_or_none("name"), device.text("address")
        device.text_or_none("profile")
        names += [] if name is None else [(address, name)]
        result, error = device.value("result"), device.section_or_none("error")
        if error is None:
            benchmarks.append(read_benchmark(result))
        else:
            failures.append(f"{name or address}: {error.text('message')}")
        device.finish()
    reader.finish()
    if len(failures) != failed:
        raise UsageError(f"it says that {failed} devices failed, and holds {len(failures)} failures")
    return FleetRuns(tuple(benchmarks), tuple(failures), tuple(names))
