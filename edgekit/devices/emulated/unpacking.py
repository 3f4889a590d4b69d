"""A system root out of its archive: the user's own files, of which none leads out."""

from __future__ import annotations

import shutil
import tarfile
from pathlib import Path, PurePosixPath


def unpack(archive: Path, place: Path) -> None:
    """Unpack folders, files and links into ``place``; devices and whatever else a root holds are left out.

    An absolute link becomes a relative one, so that it stays in the root. Raises OSError.
    """
    with tarfile.open(archive) as members:
        for member in members:
            parts = PurePosixPath(member.name).parts
            if ".." in parts or PurePosixPath(member.name).is_absolute():
                continue
            target = place.joinpath(*parts)
            if member.isdir():
                target.mkdir(parents=True, exist_ok=True)
            elif member.issym():
                target.parent.mkdir(parents=True, exist_ok=True)
                target.symlink_to(_relative(member.linkname, depth=len(target.relative_to(place).parts) - 1))
            elif member.islnk():
                shutil.copy2(place / member.linkname, target)
            elif member.isfile():
                _write(members, member, target)


def _relative(link: str, *, depth: int) -> str:
    return f"{'../' * depth}{link.lstrip('/')}" if link.startswith("/") else link


def _write(archive: tarfile.TarFile, member: tarfile.TarInfo, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    content = archive.extractfile(member)
    if content is None:
        raise OSError(f"{member.name} of the system root has no content")
    with content, target.open("wb") as copy:
        shutil.copyfileobj(content, copy)
    target.chmod(0o755 if member.mode & 0o100 else 0o644)
