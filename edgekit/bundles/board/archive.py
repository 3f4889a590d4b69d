"""A .tar.gz with the same bytes for the same content."""

from __future__ import annotations

import gzip
import io
import tarfile
from collections.abc import Mapping
from pathlib import Path

from edgekit.bundles.manifest import MANIFEST
from edgekit.snippets.python import resizing_module

PROGRAM = "run.py"
_ALONG = (PROGRAM, "requirements.txt", "edgekit-model.service")


def along() -> dict[str, bytes]:
    """Return the files that go with every model."""
    files = {name: Path(__file__).with_name(name).read_bytes() for name in _ALONG}
    return {**files, "resizing.py": resizing_module().encode()}


def pack(files: Mapping[str, bytes], *, folder: str) -> bytes:
    """Return the archive, in which all files lie in one folder."""
    stream = io.BytesIO()
    # A time of 0, and no name, in gzip's own header.
    with (
        gzip.GzipFile(filename="", mode="wb", fileobj=stream, mtime=0, compresslevel=9) as compressed,
        tarfile.open(fileobj=compressed, mode="w", format=tarfile.PAX_FORMAT) as archive,
    ):
        # The manifest first: of a damaged archive it tells what is missing.
        for path, content in sorted(files.items(), key=lambda item: (item[0] != MANIFEST, item[0])):
            info = tarfile.TarInfo(f"{folder}/{path}")
            info.size = len(content)
            info.mode = 0o755 if path == PROGRAM else 0o644
            archive.addfile(info, io.BytesIO(content))
    return stream.getvalue()
