"""Whether the float file is the model that it was exported from, as its own sidecar tells."""

from __future__ import annotations

from pathlib import Path

from edgekit.artifact import Artifact, read_sidecar, sidecar_path
from edgekit.errors import UsageError
from edgekit.fidelity import PARITY_LIMIT, Parity


def float_parity(file: str | Path | Artifact, *, sha256: str) -> tuple[Parity | None, str]:
    """Return what was proven of a float file when it was converted, and that in words.

    Args:
        file: the float ``.tflite``; its sidecar, if it has one, lies beside it.
        sha256: of the file as it is now.
    """
    path = file.path if isinstance(file, Artifact) else Path(file)
    place = sidecar_path(path)
    if not place.exists():
        return (
            None,
            f"not known: {path.name} has no sidecar; edgekit convert --precision float32 proves it and writes one",
        )
    try:
        sidecar = read_sidecar(place)
    except UsageError as error:
        return None, f"not known: {error.message}"
    if sidecar.sha256 != sha256:
        return None, f"not known: the sidecar {place.name} is that of another file"
    proven = sidecar.document.get("parity")
    if proven is None:
        return None, "not known: it was a float .tflite already when it was converted"
    parity = Parity(
        max_error=float(proven["max_error"]),
        output_range=float(proven["output_range"]),
        samples=int(proven["samples"]),
        synthetic=bool(proven["synthetic"]),
    )
    kind = "noise" if parity.synthetic else "real"
    return parity, (
        f"largest error {parity.max_error:.2g}, {parity.relative_error:.1g} of the outputs' range (limit "
        f"{PARITY_LIMIT:g}), on {parity.samples} {kind} samples when it was exported"
    )
