"""The size of the file."""

from __future__ import annotations

from edgekit.inspection import Inspection
from edgekit.metrics import Check, Evidence, Metric, Verdict
from edgekit.units import format_bytes
from edgekit.verdicts.figures import exact_bytes


def file_size(inspection: Inspection, limit: int) -> Check:
    """Judge the size of the file as it lies on the disk."""
    metric = Metric("file_size", inspection.size_bytes, "bytes", Evidence.MEASURED, "the size of the file")
    fits = inspection.size_bytes <= limit
    relation = "within" if fits else "over"
    figure = exact_bytes(inspection.size_bytes, limit)
    sentence = f"the file has {figure}, {relation} the limit of {format_bytes(limit)}"
    return Check("file_size", limit, metric, Verdict.PASS if fits else Verdict.FAIL, f"{sentence} (measured)")
