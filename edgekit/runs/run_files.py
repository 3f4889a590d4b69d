"""Run files: one document for one call of ``benchmark``, schema ``edgekit.run/2``.

Those of schema 1, which say less, are read as well.
"""

from __future__ import annotations

import json
from pathlib import Path

from edgekit.errors import UsageError
from edgekit.files import DocumentReader
from edgekit.runs.benchmark import Benchmark
from edgekit.runs.result import RUN_SCHEMA, RunResult
from edgekit.runs.speed import SPEED_SCHEMA

_OLD_SCHEMA = "edgekit.run/1"
_HINT = "run files are written by edgekit benchmark --output"


def load_runs(path: str | Path) -> tuple[RunResult, ...]:
    """Read the runs of a file that ``Benchmark.save`` or ``edgekit benchmark --output`` wrote.

    Raises:
        UsageError: the file cannot be read or is no run file; names the file and what was wrong with it.
    """
    return load_benchmark(path).runs


def load_benchmark(path: str | Path) -> Benchmark:
    """Read a whole run file. Raises as :func:`load_runs` does."""
    try:
        document = json.loads(Path(path).read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise UsageError(f"run file {path} does not exist") from None
    except OSError as error:
        raise UsageError(f"run file {path} cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise UsageError(f"{path} is no run file: it is not JSON, nor any text in UTF-8", hint=_HINT) from error
    # Nesting that is deep beyond reason ends in a RecursionError.
    except (ValueError, RecursionError) as error:
        raise UsageError(f"{path} is no run file: it is not JSON ({error})", hint=_HINT) from error
    try:
        return read_benchmark(document)
    except UsageError as error:
        raise UsageError(f"{path} is no run file: {error.message}", hint=_HINT) from error


def read_benchmark(document: object) -> Benchmark:
    """Return the benchmark that ``Benchmark.to_document`` gave. Raises UsageError."""
    file, runs = read_runs(document)
    return Benchmark(file, runs)


def read_runs(document: object) -> tuple[str, tuple[RunResult, ...]]:
    """Return the name of the file that ran, and its runs, at least one, of a document that anybody wrote.

    Raises UsageError.
    """
    reader = DocumentReader(document, where="the document")
    schema = reader.text("schema")
    if schema == SPEED_SCHEMA:
        raise UsageError("it tells which of several files is faster, and no file's own times")
    if schema not in {_OLD_SCHEMA, RUN_SCHEMA}:
        raise UsageError(f"its schema is '{schema}', not '{RUN_SCHEMA}'")
    file = reader.text("file")
    shared = {"artifact_sha256": reader.digest("artifact_sha256"), "device": reader.text("device")}
    entries = reader.entries("runs")
    reader.finish()
    if not entries:
        raise UsageError("it holds no runs")
    runs = []
    for index, entry in enumerate(entries):
        where = f"runs[{index}]"
        if not isinstance(entry, dict) or shared.keys() & entry.keys():
            raise UsageError(f"{where} is not an entry of a run file")
        runs.append(RunResult.from_document({**entry, **shared}, where=where, schema=schema))
    return file, tuple(runs)
