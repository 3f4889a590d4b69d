"""What comes from a board into a file, with its hash."""

from __future__ import annotations

import hashlib
from pathlib import Path
from types import TracebackType

from edgekit.files import output_errors


class FileSink:
    """Writes what it is given to a file. Raises OutputError about ``shown`` where this machine cannot."""

    def __init__(self, path: Path, *, shown: Path) -> None:
        self._shown = shown
        self._digest = hashlib.sha256()
        with output_errors(shown):
            self._stream = path.open("wb")

    def __enter__(self) -> FileSink:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with output_errors(self._shown):
            self._stream.close()

    def add(self, chunk: bytes) -> None:
        """Write the next bytes."""
        self._digest.update(chunk)
        with output_errors(self._shown):
            self._stream.write(chunk)

    @property
    def sha256(self) -> str:
        """Of everything so far, in hex digits."""
        return self._digest.hexdigest()
