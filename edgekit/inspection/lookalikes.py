"""What a file is that was given as a .tflite file and is none."""

from __future__ import annotations

from pathlib import Path

from edgekit.errors import SourceError

_CONVERT = "edgekit convert makes a .tflite file of a Keras model"
_AGAIN = "download it again, and look at what comes"
_PATH = "give the path of a .tflite file"
_LONGEST_LINE = 40
_SIGNS: tuple[tuple[bytes, str, str], ...] = (
    (b"PK\x03\x04", "a zip archive, as .keras files are", _CONVERT),
    (b"\x89HDF\r\n\x1a\n", "HDF5, as Keras .h5 files are", _CONVERT),
    (b"version https://git-lfs", "a Git LFS pointer, not the file itself", "fetch it with: git lfs pull"),
    (b"LITERTLM", "a .litertlm bundle", _PATH),
    (b"\x93NUMPY", "a NumPy array", _PATH),
    (b"\x89PNG", "a PNG image", _PATH),
    (b"\xff\xd8\xff", "a JPEG image", _PATH),
    (b"\x1f\x8b", "compressed with gzip", "unpack it first"),
    (b"\x7fELF", "a program or library", _PATH),
    (b"<", "a web page or XML", _AGAIN),
    (b"{", "JSON text", _PATH),
    (b"[", "JSON text", _PATH),
    # A protobuf message that begins with a small number and a string.
    (b"\x08", "a protobuf message, as ONNX and SavedModel files are", _CONVERT),
    (b"\x80", "pickled Python objects, as PyTorch files are", _PATH),
)


def not_tflite(path: Path | str, head: bytes) -> SourceError:
    """Return the error for a file that begins with ``head`` and lacks the identifier of a .tflite file."""
    name = Path(path).name
    # A sidecar, a golden pack or a run file lies beside the file that is meant.
    if ".tflite." in name and name.endswith((".json", ".golden.npz")):
        return _belonging(Path(path))
    if name.endswith(".npz") and head.startswith(b"PK"):
        return SourceError(f"{path} is not a .tflite file: it is an archive of NumPy arrays", hint=_PATH)
    content = head if head.startswith((b"\x08", b"\x80")) else head.lstrip()
    for sign, what, hint in _SIGNS:
        if content.startswith(sign):
            return SourceError(f"{path} is not a .tflite file: it is {what}", hint=hint)
    if ".tflite." in name and _meant(Path(path)).is_file():
        return _belonging(Path(path))
    if len(head) < 8:
        return SourceError(f"{path} is not a .tflite file: it has only {len(head)} bytes", hint=_PATH)
    identifier = head[4:8]
    if identifier.isalnum() and identifier.isascii() and not head[:4].isalnum():
        return SourceError(
            f"{path} is not a .tflite file: it may be a FlatBuffer of another kind, '{identifier.decode()}'",
            hint=_PATH,
        )
    if line := _first_line(head):
        return SourceError(f"{path} is not a .tflite file: it is a text, which begins with '{line}'", hint=_PATH)
    return SourceError(f"{path} is not a .tflite file: it lacks the identifier TFL3", hint=_PATH)


def _meant(path: Path) -> Path:
    return path.with_name(path.name.partition(".tflite.")[0] + ".tflite")


def _belonging(path: Path) -> SourceError:
    meant = _meant(path)
    return SourceError(
        f"{path} is not a .tflite file: by its name it belongs to {meant.name}",
        hint=f"give {meant}" if meant.is_file() else f"give the .tflite file: {meant} is not there",
    )


def _first_line(head: bytes) -> str | None:
    """Return how a text begins; None for what is none."""
    # The last letter may be cut through.
    text = head.decode("utf-8", errors="ignore")
    if len(text.encode()) < len(head) - 3 or not all(letter.isprintable() or letter.isspace() for letter in text):
        return None
    line = (text.strip().splitlines() or [""])[0]
    return line if len(line) <= _LONGEST_LINE else f"{line[:_LONGEST_LINE]}..."
