"""What a job is, how one is refused, and the word that is left of each stage."""

from __future__ import annotations

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

    def leave(self, stage: str, **answer: Any) -> None:
        """Leave word of the stage that begins; in the end ``done`` with the answer, or with an ``error``."""
        beside = self._path.with_name(self._path.name + ".part")
        beside.write_text(json.dumps({"protocol": PROTOCOL, "stage": stage, **answer}), encoding="utf-8")
        beside.replace(self._path)
