"""The answers of an evaluation so far, in a file on this machine: after a cut link nothing is run twice."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from edgekit.accuracy import NO_ANSWER
from edgekit.artifact.seals import SEALS, edited_fields, sealed
from edgekit.errors import OutputError, UsageError
from edgekit.files import DocumentReader, require_writable, write_json
from edgekit.resources import cache_folder

CHECKPOINT_SCHEMA = "edgekit.checkpoint/1"
MOST_UNUSED_DAYS = 30
"""Checkpoints in the cache folder that nobody came back to are removed after so long."""


@dataclass(frozen=True, slots=True)
class Subject:
    """What an evaluation is of. Answers to another one say nothing of it."""

    device: str
    """The device's address."""
    files: tuple[str, ...]
    """SHA-256 of each file that is run, in the order of running."""
    samples: str
    """SHA-256 of the preprocessed samples and their labels."""
    count: int
    """The number of samples."""
    threads: int
    output: str | None
    """The name of the output with the scores, where one was named."""


_TOLD = {
    "device": "another device",
    "files": "another file",
    "samples": "other samples, or samples that were preprocessed otherwise",
    "count": "another number of samples",
    "threads": "another number of threads",
    "output": "another output",
}
"""What it means where a field of two subjects differs."""


@dataclass(frozen=True, slots=True)
class Kept:
    """The answers to the first samples, by one file."""

    runtime: str
    """Package and version of what gave them."""
    chosen: tuple[int, ...]
    """The class that was named for each, in the order of the samples."""
    known: int | None
    """How many classes the file knows; None where it gives class numbers."""


class Checkpoint:
    """One file on this machine, written whole after each piece.

    Args:
        path: where it is, or will be.
        subject: of the evaluation.

    Raises:
        UsageError: what is there is no checkpoint, was edited, or is of another evaluation.
        OutputError: it cannot be written.
    """

    def __init__(self, path: Path, subject: Subject) -> None:
        self.path = path
        self._subject = subject
        self._kept = _read(path, subject) if path.exists() else {}
        require_writable(path)

    def of(self, sha256: str) -> Kept | None:
        """Return what is kept of a file; None: nothing."""
        return self._kept.get(sha256)

    def keep(self, sha256: str, kept: Kept) -> None:
        """Write what a file has answered so far. Raises OutputError."""
        self._kept = {**self._kept, sha256: kept}
        files = {name: {**dataclasses.asdict(each), "chosen": list(each.chosen)} for name, each in self._kept.items()}
        document = {"schema": CHECKPOINT_SCHEMA, "subject": _document(self._subject), "answers": files}
        write_json(self.path, sealed(document))

    @property
    def answered(self) -> int:
        """How many answers are kept, of all files together."""
        return sum(len(each.chosen) for each in self._kept.values())

    @property
    def wanted(self) -> int:
        """How many there will be in the end."""
        return self._subject.count * len(self._subject.files)

    def remove(self) -> None:
        """Remove the file: the evaluation is done."""
        self.path.unlink(missing_ok=True)


def usual_place(subject: Subject) -> Path:
    """Return the place of a checkpoint that nobody named, in the user's cache folder, which is made.

    Raises:
        OutputError: it cannot be made.
    """
    folder = cache_folder() / "evaluations"
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"cannot make {folder}: {error.strerror}", hint="name another place") from error
    for old in folder.glob("*.json"):
        with suppress(OSError):
            if time.time() - old.stat().st_mtime > MOST_UNUSED_DAYS * 86400:
                old.unlink()
    key = hashlib.sha256(json.dumps(_document(subject)).encode()).hexdigest()
    return folder / f"{key[:16]}.json"


def digest_of(files: Mapping[str, Path], labels: tuple[int, ...] | None) -> str:
    """Return the SHA-256 of samples as a file takes them, with their labels."""
    digest = hashlib.sha256(json.dumps([list(files), labels]).encode())
    for path in files.values():
        with path.open("rb") as stream:
            digest.update(hashlib.file_digest(stream, "sha256").digest())
    return digest.hexdigest()


def _document(subject: Subject) -> dict[str, Any]:
    return {**dataclasses.asdict(subject), "files": list(subject.files)}


def _read(path: Path, subject: Subject) -> dict[str, Kept]:
    hint = f"remove {path} to begin anew, or name another checkpoint"
    try:
        document = json.loads(path.read_bytes())
        found, answers = _taken(document)
    except (OSError, ValueError, TypeError, RecursionError) as error:
        raise UsageError(f"{path} is no checkpoint of an evaluation: {error}", hint=hint) from error
    except UsageError as error:
        raise UsageError(f"{path} is no checkpoint of an evaluation: {error.message}", hint=hint) from error
    wanted = _document(subject)
    for field, told in _TOLD.items():
        if found.get(field) != wanted[field]:
            shown = f" ({found.get(field)}, not {wanted[field]})" if field not in {"files", "samples"} else ""
            raise UsageError(f"checkpoint {path} is of {told}{shown}", hint=hint)
    for sha256, kept in answers.items():
        if sha256 not in subject.files or len(kept.chosen) > subject.count or min(kept.chosen, default=0) < NO_ANSWER:
            raise UsageError(f"{path} is no checkpoint of an evaluation: it contradicts itself", hint=hint)
    return answers


def _taken(document: Any) -> tuple[dict[str, Any], dict[str, Kept]]:
    reader = DocumentReader(document, where="the document")
    schema = reader.text("schema")
    if schema != CHECKPOINT_SCHEMA:
        raise UsageError(f"its schema is '{schema}', not '{CHECKPOINT_SCHEMA}'")
    if edited := edited_fields(document):
        raise UsageError(f"it was edited or damaged: {', '.join(edited)}")
    answers = {}
    for sha256, entry in reader.mapping("answers").items():
        kept = DocumentReader(entry, where=f"answers.{sha256[:12]}")
        chosen = kept.entries("chosen")
        answers[sha256] = Kept(kept.text("runtime"), tuple(map(int, chosen)), kept.whole_or_none("known"))
        kept.finish()
    subject = reader.mapping("subject")
    reader.mapping(SEALS)
    reader.finish()
    return subject, answers
