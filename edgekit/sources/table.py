"""The formats that a model can come in: one table, in the order they are tried. To add a format, add it here."""

from __future__ import annotations

import zipfile
from pathlib import Path

from edgekit.errors import SourceError
from edgekit.sources.keras_archive import KerasArchive
from edgekit.sources.keras_hdf5 import KerasHdf5
from edgekit.sources.saved_model import SavedModelFolder
from edgekit.sources.source import Source, SourceFormat
from edgekit.sources.tflite import FloatTflite

FORMATS: dict[str, SourceFormat] = {
    source_format.name: source_format
    for source_format in (KerasArchive(), KerasHdf5(), SavedModelFolder(), FloatTflite())
}


def identify(path: str | Path, *, custom_objects: tuple[str, ...] = (), trust: bool = False) -> Source:
    """Return the source at ``path``, its format found by content and not by suffix.

    Raises:
        SourceError: there is no such file, it is empty, cut off, or of no format that edgekit reads.
    """
    path = Path(path)
    try:
        for source_format in FORMATS.values():
            if source_format.recognises(path):
                return Source(path, source_format.name, custom_objects, trust)
        raise SourceError(_not_recognised(path), hint=f"edgekit reads {_readable()}")
    except FileNotFoundError:
        raise SourceError(f"model {path} does not exist", hint="check the path") from None
    except OSError as error:
        raise SourceError(f"model {path} cannot be read: {error.strerror}") from error


def _readable() -> str:
    return ", ".join(source_format.title for source_format in FORMATS.values())


def _not_recognised(path: Path) -> str:
    if path.is_dir():
        return f"folder {path} is no SavedModel: it has no saved_model.pb"
    with path.open("rb") as stream:
        head = stream.read(64)
    if not head:
        return f"model {path} is empty (0 bytes)"
    if head.startswith(b"PK"):
        if zipfile.is_zipfile(path):
            if _is_pytorch(path):
                return f"model {path} is a PyTorch file, not a Keras model"
            return f"model {path} is a zip archive, but holds no Keras model (no config.json)"
        return f"model {path} is damaged: it starts like a .keras archive, but is cut off or broken"
    if head.startswith(b"\x08") and b"onnx" in head.lower():
        return f"model {path} is an ONNX model, not a Keras model"
    if head.startswith(b"\x80"):
        return f"model {path} is a Python pickle, which edgekit never opens"
    return f"model {path} is of no known format (it starts with {head[:8]!r})"


def _is_pytorch(path: Path) -> bool:
    with zipfile.ZipFile(path) as archive:
        return any(name.endswith("/data.pkl") for name in archive.namelist())
