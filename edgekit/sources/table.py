"""The formats that a model can come in: one table, in the order they are tried. To add a format, add it here."""

from __future__ import annotations

import zipfile
from pathlib import Path

from edgekit.errors import SourceError
from edgekit.sources.keras_archive import KerasArchive
from edgekit.sources.keras_hdf5 import KerasHdf5
from edgekit.sources.saved_model import SavedModelFolder
from edgekit.sources.source import ExportedFormat, LoadedFormat, Source, SourceFormat
from edgekit.sources.tflite import FloatTflite

LOADED: dict[str, LoadedFormat] = {each.name: each for each in (KerasArchive(), KerasHdf5(), SavedModelFolder())}
"""Those that TensorFlow loads, by name."""
EXPORTED: dict[str, ExportedFormat] = {each.name: each for each in (FloatTflite(),)}
"""Those that are float .tflite files already, by name."""
FORMATS: dict[str, SourceFormat] = {**LOADED, **EXPORTED}


def identify(path: str | Path, *, custom_objects: tuple[str, ...] = (), trust: bool = False) -> Source:
    """Return the source at ``path``, its format found by content and not by suffix.

    Raises:
        SourceError: there is no such file, it is empty, cut off, or of no format that edgekit reads.
    """
    if not isinstance(path, str | Path) or "\0" in str(path):
        raise SourceError(
            f"{path!r} is neither a path nor a Keras model", hint="give the path of a model file, or a model in memory"
        )
    if not str(path):
        raise SourceError("the path of the model is empty", hint="name a model file or a SavedModel folder")
    path = Path(path)
    try:
        if path.exists() and not path.is_file() and not path.is_dir():
            # Opening a pipe would wait for ever.
            raise SourceError(f"model {path} is not a regular file", hint="copy it to a file first")
        for source_format in FORMATS.values():
            if source_format.recognises(path):
                return Source(path, source_format.name, custom_objects, trust)
        raise _not_recognised(path)
    except FileNotFoundError:
        raise SourceError(f"model {path} does not exist", hint="check the path") from None
    except OSError as error:
        raise SourceError(
            f"model {path} cannot be read: {error.strerror}", hint="check the path and its permissions"
        ) from error


def _not_recognised(path: Path) -> SourceError:
    readable = f"edgekit reads {', '.join(source_format.title for source_format in FORMATS.values())}"
    if path.is_dir():
        return SourceError(f"folder {path} is no SavedModel: it has no saved_model.pb", hint=readable)
    with path.open("rb") as stream:
        head = stream.read(64)
    again = "copy or save the file again"
    if not head:
        return SourceError(f"model {path} is empty (0 bytes)", hint=again)
    if head.startswith(b"PK") and not _is_whole_zip(path):
        return SourceError(
            f"model {path} is damaged: it starts like a .keras archive, but is cut off or broken", hint=again
        )
    return SourceError(f"model {path} is {_kind(path, head)}", hint=readable)


def _kind(path: Path, head: bytes) -> str:
    if head.startswith(b"PK"):
        if _is_pytorch(path):
            return "a PyTorch file, not a Keras model"
        return "a zip archive, but holds no Keras model (no config.json)"
    if head.startswith(b"\x08") and b"onnx" in head.lower():
        return "an ONNX model, not a Keras model"
    if head.startswith(b"\x80"):
        return "a Python pickle, which edgekit never opens"
    return f"of no known format (it starts with {head[:8]!r})"


def _is_pytorch(path: Path) -> bool:
    with zipfile.ZipFile(path) as archive:
        return any(name.endswith("/data.pkl") for name in archive.namelist())


def _is_whole_zip(path: Path) -> bool:
    try:
        zipfile.ZipFile(path).close()
    except zipfile.BadZipFile:
        return False
    return True
