"""One immutable .tflite file with its hashes, what it computes in, and how it came to be."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from edgekit.accuracy import AccuracyComparison
from edgekit.artifact.census import CensusRow, Island
from edgekit.artifact.finetuning import FineTuning
from edgekit.artifact.ladder import Ladder
from edgekit.artifact.seals import sealed
from edgekit.fidelity import Fidelity, Parity
from edgekit.files import require_other
from edgekit.recipe import Recipe
from edgekit.screening import SampleFinding, Unjudged
from edgekit.tensors import TensorSpec

SIDECAR_SCHEMA = "edgekit.artifact/2"
"""Number 2 added census, islands, golden pack and seals."""


@dataclass(frozen=True, slots=True)
class Origin:
    """The model that an artifact was made from."""

    path: str
    """As it was given; ``<memory>`` for a model in memory."""
    format: str
    """The name in the table of sources, such as ``keras``; ``memory`` for a model in memory."""
    sha256: str | None
    """None for a model in memory."""
    parameters: int | None
    custom_objects: tuple[str, ...] = ()
    """Import paths of what the file names but does not hold."""
    trust: bool = False
    """Whether code inside the file was allowed to run."""


@dataclass(frozen=True, slots=True)
class SamplesUsed:
    """The samples that an artifact was compared with the float model on and, where it needs it, calibrated on."""

    path: str
    sample_ids: tuple[str, ...]
    """SHA-256 of each sample's content, in the order used."""
    skipped: tuple[str, ...]
    """One sentence for each sample that could not be read."""
    preprocessing: str
    """What was done to them before the model saw them, in words."""
    findings: tuple[SampleFinding, ...] | None = None
    """What was found about them before anything was calibrated; None where they were not checked."""
    unjudged: tuple[Unjudged, ...] = ()
    """The checks that could not be made, and why."""


@dataclass(frozen=True, slots=True)
class PictureHandling:
    """What a picture becomes before an input takes it."""

    value_range: str
    """A name from ``VALUE_RANGES``, or ``"mean=...;std=..."``: what 0..255 becomes."""
    resize: str
    """A name from ``Resize``."""
    filter: str
    """A name from ``Filter``."""
    colour: str | None
    """A name from ``Colour``; None for one channel."""


@dataclass(frozen=True, slots=True)
class Provenance:
    """How an artifact came to be: enough to doubt it, and to make it again."""

    origin: Origin
    recipe: Recipe
    versions: dict[str, str]
    """Package name to version, of everything that had a hand in it."""
    route: str
    """The route of float export that worked."""
    routes_failed: tuple[str, ...]
    """One sentence for each route that was tried before."""
    parity: Parity | None
    """None where the source is already a float .tflite."""
    fidelity: Fidelity | None
    """None for float32, which is what the others are compared with."""
    samples: SamplesUsed | None
    accuracy: AccuracyComparison | None = None
    """Against the float model, on labelled samples; None where it was not evaluated."""
    ranges: Mapping[str, tuple[float, float]] | None = None
    """Tensor of the float file to the lowest and highest value that the quantizer was told; None where nothing was
    calibrated. The quantizer keeps to them but where a kernel wants another: the outputs of softmax and the like, and
    tensors that must share the scale of a neighbour."""
    ladder: Ladder | None = None
    """What precision ``auto`` tried; None where the precision was named."""
    finetuning: FineTuning | None = None
    """What fine-tuning came to; None where it was not asked for."""
    pictures: Mapping[str, PictureHandling] = field(default_factory=dict)
    """Of each input that takes pictures, where it is known how these become numbers."""


@dataclass(frozen=True, slots=True)
class GoldenRecord:
    """The golden pack that was made with an artifact and lies beside it."""

    sha256: str
    size_bytes: int
    samples: int
    tolerances: Mapping[str, float]
    """Output to the largest difference that counts as agreement, in the numbers that the file gives."""


@dataclass(frozen=True, slots=True)
class Artifact:
    """A .tflite file on disk that was converted and has run under the real runtime."""

    path: Path
    precision: str
    size_bytes: int
    sha256: str
    canonical_sha256: str
    """Hash of what the file means: ignores the order of buffers and metadata."""
    inputs: tuple[TensorSpec, ...]
    outputs: tuple[TensorSpec, ...]
    provenance: Provenance
    census: tuple[CensusRow, ...] = ()
    islands: tuple[Island, ...] = ()
    """Where it leaves integer arithmetic; empty for a file that computes in floats anyway."""
    golden_pack: GoldenRecord | None = None

    def __str__(self) -> str:
        return f"{self.path} ({self.precision}, {self.size_bytes} bytes, sha256 {self.sha256[:12]})"

    @property
    def sidecar_path(self) -> Path:
        """Where the provenance lies."""
        return sidecar_path(self.path)

    @property
    def golden_path(self) -> Path:
        """Where the golden pack lies."""
        return golden_path(self.path)

    def to_document(self) -> dict[str, Any]:
        """Return the sidecar's content as JSON values."""
        return sealed(self._fields())

    def _fields(self) -> dict[str, Any]:
        provenance = self.provenance
        return {
            "schema": SIDECAR_SCHEMA,
            "file": self.path.name,
            "precision": self.precision,
            "size_bytes": self.size_bytes,
            "sha256": self.sha256,
            "canonical_sha256": self.canonical_sha256,
            "inputs": [spec.to_json() for spec in self.inputs],
            "outputs": [spec.to_json() for spec in self.outputs],
            "census": [dataclasses.asdict(row) for row in self.census],
            "islands": [_island_document(island) for island in self.islands],
            "golden_pack": None if self.golden_pack is None else self._golden_document(self.golden_pack),
            "origin": {
                **dataclasses.asdict(provenance.origin),
                "custom_objects": list(provenance.origin.custom_objects),
            },
            "recipe": provenance.recipe.to_mapping(),
            "versions": dict(provenance.versions),
            "route": provenance.route,
            "routes_failed": list(provenance.routes_failed),
            "parity": _parity_document(provenance.parity),
            "fidelity": None if provenance.fidelity is None else provenance.fidelity.to_document(),
            "samples": _samples_document(provenance.samples),
            "pictures": {name: dataclasses.asdict(item) for name, item in provenance.pictures.items()},
            "ranges": None if provenance.ranges is None else dict(provenance.ranges),
            "ladder": None if provenance.ladder is None else provenance.ladder.to_document(),
            "finetuning": None if provenance.finetuning is None else provenance.finetuning.to_document(),
            "accuracy": None if provenance.accuracy is None else provenance.accuracy.to_document(),
        }

    def _golden_document(self, record: GoldenRecord) -> dict[str, Any]:
        return {"file": self.golden_path.name, **dataclasses.asdict(record), "tolerances": dict(record.tolerances)}


def golden_path(path: Path) -> Path:
    """Return where the golden pack of the artifact at ``path`` lies."""
    return path.with_name(path.name + ".golden.npz")


def sidecar_path(path: Path) -> Path:
    """Return where the provenance of the artifact at ``path`` lies."""
    return path.with_name(path.name + ".json")


def places_of(path: Path) -> tuple[Path, Path, Path]:
    """Return all that is written with the artifact at ``path``: itself, its sidecar and its golden pack."""
    return path, sidecar_path(path), golden_path(path)


def require_apart(path: Path, given: Mapping[str, Path]) -> None:
    """Raise OutputError if writing the artifact at ``path`` would overwrite one of the files in ``given``.

    Args:
        path: where the artifact is to lie; its sidecar and golden pack count as well.
        given: what each file is, such as ``the model``, to its path.
    """
    for place in places_of(path):
        for what, each in given.items():
            require_other(place, each, what=what)


def _island_document(island: Island) -> dict[str, Any]:
    return {name: list(v) if isinstance(v, tuple) else v for name, v in dataclasses.asdict(island).items()}


def _parity_document(parity: Parity | None) -> dict[str, Any] | None:
    if parity is None:
        return None
    return _finite({**dataclasses.asdict(parity), "relative_error": parity.relative_error})


def _finite(document: dict[str, Any]) -> dict[str, Any]:
    """Return ``document`` with null for every number that JSON cannot hold."""
    return {
        name: None if isinstance(value, float) and not math.isfinite(value) else value
        for name, value in document.items()
    }


def _samples_document(samples: SamplesUsed | None) -> dict[str, Any] | None:
    if samples is None:
        return None
    return {
        "path": samples.path,
        "count": len(samples.sample_ids),
        "sample_ids": list(samples.sample_ids),
        "skipped": list(samples.skipped),
        "preprocessing": samples.preprocessing,
        "findings": None if samples.findings is None else [finding.to_json() for finding in samples.findings],
        "unjudged": [each.to_json() for each in samples.unjudged],
    }
