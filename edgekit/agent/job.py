"""What a job is, how one is refused, and the word that is left of each stage."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

PROTOCOL = 2

Job = dict[str, Any]
Answer = dict[str, Any]


class Refused(Exception):
    """The job cannot be done as asked. ``kind`` is a word for the caller, the message a sentence for people."""

    def __init__(self, message: str, *, kind: str = "unfit") -> None:
        super().__init__(message)
        self.kind = kind


class Trail:
    """The result file: replaced as a whole at each step."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.model = 0
        """Which of several models this is about."""
        self.name: str | None = None
        """What it is called, where several are in one file."""

    def leave(self, stage: str, **answer: Any) -> None:
        """Leave word of the stage that begins; in the end ``done`` with the answer, or with an ``error``."""
        named = {} if self.name is None else {"name": self.name}
        beside = self._path.with_name(self._path.name + ".part")
        beside.write_text(
            json.dumps({"protocol": PROTOCOL, "stage": stage, "model": self.model, **named, **answer}), encoding="utf-8"
        )
        beside.replace(self._path)


def require_hash(path: Path, sha256: str) -> None:
    """Refuse a file that is not what was sent. It is read in pieces, so that the process does not grow."""
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        for piece in iter(lambda: stream.read(1 << 16), b""):
            digest.update(piece)
    if digest.hexdigest() != sha256:
        raise Refused("it arrived with another hash", kind="damaged")
