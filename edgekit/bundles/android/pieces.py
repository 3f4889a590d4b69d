"""What an app is built from that is not ours, from Maven Central: one table, each to the byte."""

from __future__ import annotations

import hashlib
import http.client
import urllib.request
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from edgekit.errors import DownloadFailed, OutputError
from edgekit.files import output_errors, sha256_of
from edgekit.progress import Progress, Step, silent
from edgekit.resources import cache_folder
from edgekit.resources.cache import alone
from edgekit.units import format_bytes

_CENTRAL = "https://repo1.maven.org/maven2"
_CHUNK = 1 << 20
_TIMEOUT_S = 60.0


@dataclass(frozen=True, slots=True)
class Component:
    """One file of Maven Central."""

    path: str
    """Below the repository."""
    sha256: str
    size_bytes: int
    purpose: str

    @property
    def name(self) -> str:
        """The file's name."""
        return self.path.rpartition("/")[2]


RUNTIME = Component(
    "org/tensorflow/tensorflow-lite/2.16.1/tensorflow-lite-2.16.1.aar",
    "34b065817e294e7dd3569504e8b9454938ceae453b6a459da54d5f6e45d3c94e",
    6_230_530,
    "the runtime, with native libraries for four ABIs",
)
RUNTIME_API = Component(
    "org/tensorflow/tensorflow-lite-api/2.16.1/tensorflow-lite-api-2.16.1.aar",
    "885b95bc9e47a4aa5cf8e71523aed9b05e397cfef1ea09773f13fea8b649fcee",
    23_844,
    "the runtime's interface",
)
PLATFORM = Component(
    "org/robolectric/android-all/14-robolectric-10818077/android-all-14-robolectric-10818077.jar",
    "6be2218c6a53fe3c57bc22ebdc723edcb7270a8a6f187545708aa5c0ed813977",
    137_666_235,
    "Android 14's classes and resources, to compile against",
)
DEXER = Component(
    "com/jakewharton/android/repackaged/dalvik-dx/16.0.1/dalvik-dx-16.0.1.jar",
    "1e4b645628e3bdb097b5331d669e177ef235a551582a8c646dbe36865e541907",
    1_039_009,
    "turns Java's byte code into Android's",
)
PIECES = (RUNTIME, RUNTIME_API, PLATFORM, DEXER)


def pieces_folder() -> Path:
    """Return where they are kept, in the user's cache folder."""
    return cache_folder() / "android" / "pieces"


def fetch_pieces(pieces: Iterable[Component] = PIECES, *, progress: Progress = silent) -> dict[Component, Path]:
    """Return where each piece is, fetched if it is not there. Each is held against its hash, also one that was kept.

    Raises:
        DownloadFailed: the network is not there, or what came is not what was pinned; nothing of it is kept.
        OutputError: the cache folder cannot be written.
    """
    folder, wanted = pieces_folder(), tuple(pieces)
    with alone(folder):
        missing = [piece for piece in wanted if not _is_there(folder / piece.name, piece)]
        for number, piece in enumerate(missing):
            told = f"fetching {piece.name} ({format_bytes(piece.size_bytes)}), once"
            progress(Step(told, number, len(missing)))
            try:
                _fetch(piece, folder / piece.name, also=missing[number + 1 :])
            except OutputError as error:
                hint = "make room for 150 MB there, or name another folder in XDG_CACHE_HOME"
                raise OutputError(error.message, hint=hint) from error
    return {piece: folder / piece.name for piece in wanted}


def _is_there(path: Path, piece: Component) -> bool:
    return path.is_file() and path.stat().st_size == piece.size_bytes and sha256_of(path) == piece.sha256


def _fetch(piece: Component, path: Path, *, also: list[Component]) -> None:
    beside = path.with_name(f".making-{path.name}")
    digest = hashlib.sha256()
    try:
        with output_errors(path):
            stream = beside.open("wb")
        # What is left in its buffer is written when it closes.
        with output_errors(path), stream:
            try:
                # An https address that is written above.
                with urllib.request.urlopen(  # noqa: S310
                    f"{_CENTRAL}/{piece.path}", timeout=_TIMEOUT_S
                ) as answer:
                    while chunk := answer.read(_CHUNK):
                        digest.update(chunk)
                        with output_errors(path):
                            stream.write(chunk)
            except (OSError, http.client.HTTPException) as error:
                rest = f"; {', '.join(each.name for each in also)} would be fetched as well" if also else ""
                raise DownloadFailed(
                    f"{piece.name}, {piece.purpose}, could not be fetched from {_CENTRAL}: "
                    f"{getattr(error, 'reason', error)}{rest}",
                    hint=f"look at the network and try again, or put the file into {path.parent} yourself",
                ) from error
        if digest.hexdigest() != piece.sha256:
            raise DownloadFailed(
                f"{piece.name} came with the SHA-256 {digest.hexdigest()[:16]}..., not {piece.sha256[:16]}...: it was "
                "damaged on its way, or is not what it says",
                hint="try again; if it stays so, something between here and Maven Central changes files",
            )
        with output_errors(path):
            beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)
