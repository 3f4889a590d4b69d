"""What is in a bundle: its files, and whether they are those that its manifest lists."""

from __future__ import annotations

import gzip
import tarfile
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

from edgekit.bundles.android.package import ASSETS
from edgekit.bundles.manifest import MANIFEST, BundleManifest, read_manifest, sha256
from edgekit.errors import UsageError

_LARGEST = 2 << 30


@dataclass(frozen=True, slots=True)
class Apk:
    """An APK, taken apart."""

    infos: tuple[zipfile.ZipInfo, ...]
    files: Mapping[str, bytes]
    """The bundle's, by their paths beside the manifest."""
    libraries: Mapping[str, bytes]
    """By ABI."""
    manifest: BundleManifest


def read_bundle(path: str | Path) -> bytes:
    """Return a bundle's bytes. Raises UsageError where it cannot be read."""
    try:
        return Path(path).read_bytes()
    except OSError as error:
        raise UsageError(f"bundle {path} cannot be read: {error.strerror}") from error


def is_archive(path: Path, content: bytes) -> bool:
    """Return whether a bundle is an archive for a board, and not an APK."""
    return content[:2] == b"\x1f\x8b" or path.name.endswith(".tar.gz")


def open_apk(place: Path, content: bytes) -> Apk:
    """Take an APK apart. Raises UsageError where it is none of edgekit's, or a damaged one."""
    try:
        with zipfile.ZipFile(BytesIO(content)) as archive:
            infos = archive.infolist()
            _require_size(place, sum(info.file_size for info in infos))
            entries = {info.filename: _content(archive, info) for info in infos}
    except (zipfile.BadZipFile, zlib.error, OSError, EOFError, NotImplementedError, RuntimeError) as error:
        raise UsageError(f"{place} is no APK, or a damaged one ({error})", hint="make the bundle again") from error
    files = {name.removeprefix(ASSETS): data for name, data in entries.items() if name.startswith(ASSETS)}
    libraries = {name.split("/")[1]: data for name, data in entries.items() if name.startswith("lib/")}
    return Apk(tuple(infos), files, libraries, _manifest(files, place))


def open_archive(place: Path, content: bytes) -> tuple[dict[str, bytes], BundleManifest]:
    """Return the files of an archive for a board, and its manifest. Raises as :func:`open_apk` does."""
    try:
        files = _read_members(content, place)
    except (tarfile.TarError, gzip.BadGzipFile, zlib.error, OSError, EOFError) as error:
        raise UsageError(f"{place} is no bundle, or a damaged one ({error})", hint="make the bundle again") from error
    if len({name.partition("/")[0] for name in files}) != 1:
        raise UsageError(f"{place} is no bundle: its files are not in one folder", hint="make the bundle again")
    files = {name.partition("/")[2]: content for name, content in files.items()}
    return files, _manifest(files, place)


def _content(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> bytes:
    """Return what an entry holds: nothing where the zip's own checksum says that it is damaged, which is not listed."""
    try:
        return archive.read(info)
    except (zipfile.BadZipFile, zlib.error, EOFError):
        return b""


def faults(files: Mapping[str, bytes], manifest: BundleManifest) -> tuple[str, ...]:
    """Return what is not as the manifest lists it, a clause each."""
    wrong = [f"{path} is missing" for path in manifest.files if path not in files]
    wrong += [f"{path} is not listed" for path in files if path not in manifest.files and path != MANIFEST]
    wrong += [
        f"{path} is not what it was"
        for path, listed in manifest.files.items()
        if path in files and sha256(files[path]) != listed.sha256
    ]
    if manifest.model not in manifest.files or manifest.files[manifest.model].sha256 != manifest.model_sha256:
        wrong.append("its model is not the one that it names")
    for role in (manifest.golden_pack, manifest.sidecar):
        if role is not None and role not in manifest.files:
            wrong.append(f"{role} is not listed")
    return tuple(wrong)


def _read_members(content: bytes, place: Path) -> dict[str, bytes]:
    """Return the files of a gzipped archive; of one that is damaged behind its manifest, those before the damage."""
    files: dict[str, bytes] = {}
    size = 0
    with tarfile.open(fileobj=BytesIO(content), mode="r:gz") as archive:
        try:
            for member in archive:
                size += member.size
                _require_size(place, size)
                stream = archive.extractfile(member) if member.isfile() else None
                if stream is not None:
                    files[member.name] = stream.read()
        except (tarfile.TarError, gzip.BadGzipFile, zlib.error):
            # What is missing then is told by the manifest, as what was changed is.
            if not any(name.partition("/")[2] == MANIFEST for name in files):
                raise
    return files


def _require_size(place: Path, size_bytes: int) -> None:
    if size_bytes > _LARGEST:
        raise UsageError(f"{place} would be larger unpacked than any bundle that edgekit makes")


def _manifest(files: Mapping[str, bytes], place: Path) -> BundleManifest:
    if MANIFEST not in files:
        raise UsageError(f"{place} is no bundle of edgekit: it has no {MANIFEST}", hint="make one with edgekit bundle")
    return read_manifest(files[MANIFEST], where=str(place))
