"""The runs in a document of schema ``edgekit.run/2``, whoever wrote it. Those of schema 1 are read as well."""

from __future__ import annotations

from edgekit.documents import DocumentReader
from edgekit.errors import UsageError
from edgekit.runner.result import RUN_SCHEMA, RunResult

_OLD_SCHEMA = "edgekit.run/1"


def read_runs(document: object) -> tuple[str, tuple[RunResult, ...]]:
    """Return the name of the file that ran, and its runs, of which there is one at least. Raises UsageError."""
    reader = DocumentReader(document, where="the document")
    schema = reader.text("schema")
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
