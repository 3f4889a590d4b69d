"""Outputs appear whole or not at all: written beside, flushed, then renamed."""

from __future__ import annotations

import errno
import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from edgekit.errors import EdgekitError, OutputError, UsageError

_REASONS = {
    errno.ENOSPC: ("the disk is full", "free some space or choose another place with -o"),
    errno.EDQUOT: ("the disk quota is used up", "free some space or choose another place with -o"),
    errno.EACCES: ("it is not writable", "choose a place that you may write to with -o"),
    errno.EPERM: ("it is not writable", "choose a place that you may write to with -o"),
    errno.EROFS: ("the file system is read-only", "choose another place with -o"),
    errno.ENOENT: ("the folder does not exist", "create it first, or choose another place with -o"),
    errno.ENOTDIR: ("part of the path is not a folder", "choose another place with -o"),
    errno.EISDIR: ("it is a folder", "name a file"),
    errno.EEXIST: ("it is a file", "name a folder"),
    errno.ENAMETOOLONG: ("the name is too long", "choose a shorter name with -o"),
}


@contextmanager
def output_errors(path: Path) -> Iterator[None]:
    """Map OSError raised inside to OutputError about ``path``."""
    try:
        yield
    except OSError as error:
        number = error.errno or 0
        if number == errno.ENOENT and path.parent.is_dir():
            # Places that are no real folders, such as /proc, say so.
            number = errno.EACCES
        reason, hint = _REASONS.get(number, (str(error), "choose another place with -o"))
        raise OutputError(f"cannot write {path}: {reason}", hint=hint) from error


def named_input(path: object, what: str) -> Path:
    """Return a path that was given, such as that of ``what`` = "the sidecar". Raises UsageError where it is none."""
    if not isinstance(path, str | os.PathLike) or isinstance(path, bytes):
        raise UsageError(f"{what} is {path!r}, but must be a path", hint="give it as a text or a pathlib.Path")
    return Path(path)


def named_output(output: str | Path, *, may_be_made: bool = False) -> Path:
    """Return ``output`` as a path.

    Args:
        output: a file or a folder; a final slash says that it is a folder.
        may_be_made: whether that folder need not be there yet.

    Raises:
        OutputError: it is no path, empty or too long, or the folder is not there.
    """
    if not isinstance(output, str | os.PathLike):
        raise OutputError(f"the output is {output!r}, but must be a path", hint="name a file or a folder")
    text = str(output)
    path = Path(text)
    if not text:
        raise OutputError("the name of the output is empty", hint="name a file or a folder with -o")
    with output_errors(path):
        is_folder = path.is_dir()
    if text.endswith(os.sep) and not is_folder and not may_be_made:
        reason, hint = _REASONS[errno.ENOENT]
        raise OutputError(f"cannot write {text}: {reason}", hint=hint)
    return path


def require_other(path: Path, given: Path, *, what: str) -> None:
    """Raise OutputError if ``path`` is the very file ``given``, be it by another name; ``what`` is that for people."""
    with output_errors(path):
        same = path.exists() and given.exists() and path.samefile(given)
    if same:
        raise OutputError(f"the output {path} is {what} itself", hint="name another file with -o")


def paths_among(given: Mapping[str, Any]) -> dict[str, Path]:
    """Return those of the things that were given which are paths, under what they are, for :func:`require_other`."""
    return {what: Path(each) for what, each in given.items() if isinstance(each, str | Path)}


def require_writable(path: Path) -> None:
    """Raise OutputError now if ``path`` could not be written later: long work should not end in vain."""
    with output_errors(path):
        _require_replaceable(path)
        descriptor, name = tempfile.mkstemp(prefix=f".{path.name[:60]}.", dir=path.parent)
        os.close(descriptor)
        Path(name).unlink()


def require_document_place(path: Path, *schemas: str) -> None:
    """Raise OutputError if a document at ``path`` would take the place of anything but an older one of its kind.

    That keeps what is read, what lies beside it, such as a model's sidecar, and what only happens to be called so. A
    file that is empty holds nothing to lose.

    Args:
        path: the file.
        schemas: those that may be replaced, such as ``edgekit.probe/4``; of each also all other numbers.
    """
    with output_errors(path):
        _require_replaceable(path)
        if not path.exists() or not path.stat().st_size:
            return
        with path.open("rb") as stream:
            # A model may be larger than memory.
            content = b"{" + stream.read() if stream.read(1) == b"{" else b""
    try:
        document = json.loads(content)
    except (ValueError, RecursionError):
        document = None
    found = document.get("schema") if isinstance(document, dict) else None
    kinds = [schema.partition("/")[0] for schema in schemas]
    if not isinstance(found, str) or found.partition("/")[0] not in kinds:
        what = f"is {found}" if isinstance(found, str) else "is none"
        raise OutputError(
            f"{path} exists, and is not overwritten: only an older {' or '.join(kinds)} would be, and it {what}",
            hint="name another file with -o",
        )


def write_bytes(path: Path, content: bytes) -> None:
    """Write ``content`` to ``path`` whole or not at all. Raises OutputError; leaves nothing behind."""
    write_together({path: content})


def write_json(path: Path, document: Mapping[str, Any]) -> None:
    """Write ``document`` to ``path`` as indented JSON, whole or not at all. Raises OutputError."""
    write_bytes(path, encode_json(document))


def encode_json(document: Mapping[str, Any]) -> bytes:
    """Return ``document`` as indented UTF-8 JSON with a final newline; NaN is refused."""
    text = json.dumps(document, indent=2, allow_nan=False, ensure_ascii=False) + "\n"
    # File names that are not UTF-8 hold surrogates; escaped as \udcXX they are JSON, and come back as they were.
    return text.encode(errors="backslashreplace")


def write_together(contents: Mapping[Path, bytes]) -> None:
    """Write several files; a failure while writing any of them leaves none. Raises OutputError.

    Everything is on the disk beside its place before the first rename; only a failing rename, or an interrupt
    between two of them, can leave some files new and others old. Each file is whole in any case.
    """
    written: dict[Path, Path] = {}
    try:
        for path, content in contents.items():
            with output_errors(path):
                _require_replaceable(path)
                descriptor, name = tempfile.mkstemp(prefix=f".{path.name[:60]}.", dir=path.parent)
                written[path] = Path(name)
                with os.fdopen(descriptor, "wb") as stream:
                    stream.write(content)
                    stream.flush()
                    os.fsync(stream.fileno())
                written[path].chmod(0o666 & ~_umask())
        for path in list(written):
            with output_errors(path):
                written[path].replace(path)
                del written[path]
    finally:
        for beside in written.values():
            # An interrupt may come between a rename and the note that it is done.
            beside.unlink(missing_ok=True)


@contextmanager
def staged_folder(path: Path, *, given: Mapping[str, Path]) -> Iterator[Path]:
    """Give a folder to fill, whose files move to the folder ``path`` together when the work inside is done.

    If the work fails, ``path`` is what it was: not there, or with the files that it had. The same holds of an interrupt
    but between two of the last renames. Errors raised inside speak of ``path``.

    Args:
        path: the folder.
        given: files that are never to be overwritten: what each is, such as ``the model``, to its path.

    Raises:
        OutputError: it cannot be made or written to; its parent must exist. A file would take the place of a given one.
    """
    with output_errors(path):
        existed = path.is_dir()
        if path.exists() and not existed:
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(path))
        stage = Path(tempfile.mkdtemp(prefix=".edgekit-", dir=path if existed else path.parent))
    try:
        yield stage
        with output_errors(path):
            if existed:
                _move_all(stage, path, given=given)
            else:
                stage.chmod(0o777 & ~_umask())
                stage.rename(path)
    except EdgekitError as error:
        error.message = error.message.replace(str(stage), str(path))
        error.args = (error.message,)
        raise
    finally:
        shutil.rmtree(stage, ignore_errors=True)


def _move_all(stage: Path, path: Path, *, given: Mapping[str, Path]) -> None:
    moves = {each: path / each.name for each in sorted(stage.iterdir())}
    for target in moves.values():
        for what, each in given.items():
            require_other(target, each, what=what)
        with output_errors(target):
            _require_replaceable(target)
    for each, target in moves.items():
        each.replace(target)


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a file, or of a folder's files with their relative names, as hex digits."""
    digest = hashlib.sha256()
    if path.is_dir():
        for member in sorted(item for item in path.rglob("*") if item.is_file()):
            digest.update(f"{member.relative_to(path).as_posix()}\0{sha256_of(member)}\n".encode())
        return digest.hexdigest()
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _require_replaceable(path: Path) -> None:
    """Raise OSError or OutputError if the final rename would take the place of something else than a file."""
    if path.is_dir():
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
    if path.exists() and not path.is_file():
        raise OutputError(
            f"cannot write {path}: it is not a regular file, and would be replaced by one",
            hint="choose another place with -o",
        )


def _umask() -> int:
    current = os.umask(0)
    os.umask(current)
    return current
