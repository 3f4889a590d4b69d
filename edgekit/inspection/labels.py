"""Whether a sidecar describes a file: what it says against what the bytes say."""

from __future__ import annotations

import dataclasses
import json

from edgekit.artifact import Sidecar
from edgekit.inspection.facts import Inspection


def contradictions(sidecar: Sidecar, facts: Inspection) -> tuple[str, ...]:
    """Return the names of the sidecar's fields that are not true of the file; none where it describes it."""
    true = {
        "size_bytes": facts.size_bytes,
        "sha256": facts.sha256,
        "canonical_sha256": facts.canonical_sha256,
        "inputs": [spec.to_json() for spec in facts.inputs],
        "outputs": [spec.to_json() for spec in facts.outputs],
        "census": [dataclasses.asdict(row) for row in facts.census],
        "islands": [dataclasses.asdict(island) for island in facts.islands],
    }
    # Through JSON, which knows neither tuples nor the difference between them and lists.
    return tuple(name for name, value in json.loads(json.dumps(true)).items() if sidecar.document.get(name) != value)
