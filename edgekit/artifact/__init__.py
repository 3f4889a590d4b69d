"""One immutable .tflite file; beside it lie its sidecar FILE.tflite.json and its golden pack FILE.tflite.golden.npz."""

from edgekit.artifact.artifact import (
    SIDECAR_SCHEMA,
    Artifact,
    GoldenRecord,
    Origin,
    PictureHandling,
    Provenance,
    SamplesUsed,
    golden_path,
    places_of,
    require_apart,
    sidecar_path,
)
from edgekit.artifact.census import CensusRow, Island
from edgekit.artifact.golden_pack import GOLDEN_LIMIT_BYTES, GoldenOutput, GoldenPack, read_golden_pack
from edgekit.artifact.sidecar import Sidecar, read_sidecar, recorded_accuracy, recorded_pictures

__all__ = [
    "GOLDEN_LIMIT_BYTES",
    "SIDECAR_SCHEMA",
    "Artifact",
    "CensusRow",
    "GoldenOutput",
    "GoldenPack",
    "GoldenRecord",
    "Island",
    "Origin",
    "PictureHandling",
    "Provenance",
    "SamplesUsed",
    "Sidecar",
    "golden_path",
    "places_of",
    "read_golden_pack",
    "read_sidecar",
    "recorded_accuracy",
    "recorded_pictures",
    "require_apart",
    "sidecar_path",
]
