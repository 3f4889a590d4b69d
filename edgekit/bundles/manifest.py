"""The manifest of a bundle: what is in it, with hashes, and how the model's numbers come about."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from edgekit.errors import UsageError
from edgekit.files import DocumentReader
from edgekit.snippets.plan import SnippetPlan, SnippetTensor

MANIFEST_SCHEMA = "edgekit.bundle/1"
MANIFEST = "manifest.json"
"""Its name; it lists all files but itself."""


@dataclass(frozen=True, slots=True)
class Listed:
    """One file of a bundle."""

    sha256: str
    size_bytes: int


@dataclass(frozen=True, slots=True)
class BundleManifest:
    """What a manifest says, as far as a check of the bundle needs it."""

    name: str
    """The model's name for people."""
    model: str
    """Path of the .tflite file; all paths are relative to the manifest."""
    model_sha256: str
    golden_pack: str | None
    sidecar: str | None
    files: Mapping[str, Listed]


def manifest_document(
    plan: SnippetPlan, *, name: str, version: str, roles: Mapping[str, Any], files: Mapping[str, bytes]
) -> dict[str, Any]:
    """Return the manifest as JSON values.

    Args:
        plan: what is known of the model's inputs and outputs.
        name: the model's name for people.
        version: edgekit's.
        roles: ``model``, ``golden_pack``, ``sidecar`` (a path or None each) and ``samples`` (paths).
        files: everything in the bundle but the manifest.
    """
    model = files[roles["model"]]
    return {
        "schema": MANIFEST_SCHEMA,
        "name": name,
        "edgekit": version,
        "model": {
            "file": roles["model"],
            "sha256": plan.sha256,
            "size_bytes": len(model),
            "precision": plan.precision,
        },
        "inputs": [_tensor(tensor) for tensor in plan.inputs],
        "outputs": [_tensor(tensor) for tensor in plan.outputs],
        "picture_source": plan.source,
        "golden_pack": roles["golden_pack"],
        "sidecar": roles["sidecar"],
        "samples": list(roles["samples"]),
        "files": {path: {"sha256": sha256(files[path]), "size_bytes": len(files[path])} for path in sorted(files)},
    }


def read_manifest(content: bytes, *, where: str) -> BundleManifest:
    """Read a manifest. Raises UsageError where it is damaged or of another version."""
    try:
        document = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise UsageError(f"{where}: its manifest is not JSON ({error})", hint="make the bundle again") from error
    reader = DocumentReader(document, where=f"{where}: manifest")
    if (schema := reader.text("schema")) != MANIFEST_SCHEMA:
        raise UsageError(f"{where}: its manifest is '{schema}', not '{MANIFEST_SCHEMA}'", hint="make the bundle again")
    model = reader.section("model")
    listed = reader.mapping("files")
    return BundleManifest(
        name=reader.text("name"),
        model=model.text("file"),
        model_sha256=model.digest("sha256"),
        golden_pack=reader.text_or_none("golden_pack"),
        sidecar=reader.text_or_none("sidecar"),
        files={path: _listed(entry, where=f"{where}: manifest, {path}") for path, entry in listed.items()},
    )


def sha256(content: bytes) -> str:
    """Return the SHA-256 of bytes in hexadecimal digits."""
    return hashlib.sha256(content).hexdigest()


def _listed(entry: object, *, where: str) -> Listed:
    reader = DocumentReader(entry, where=where)
    found = Listed(reader.digest("sha256"), reader.whole("size_bytes"))
    reader.finish()
    return found


def _tensor(tensor: SnippetTensor) -> dict[str, Any]:
    spec, picture = tensor.spec, tensor.picture
    return {
        "name": spec.name,
        "dtype": spec.dtype,
        "shape": list(spec.shape),
        "scale": spec.scale,
        "zero_point": spec.zero_point,
        "labels": list(tensor.labels),
        "picture_shaped": tensor.picture_shaped,
        "picture": None
        if picture is None
        else {
            "width": picture.size.width,
            "height": picture.size.height,
            "channels": picture.size.channels,
            "resize": picture.resize,
            "filter": picture.filter,
            "colour": None if picture.colour is None else str(picture.colour),
            "range": str(picture.value_range),
            "factor": picture.value_range.factor,
            "mean": list(picture.per_channel(picture.value_range.mean)),
            "std": list(picture.per_channel(picture.value_range.std)),
        },
    }
