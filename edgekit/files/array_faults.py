"""What numpy and zipfile raise over a file of arrays that is cut off, damaged or something else."""

from __future__ import annotations

import lzma
import zipfile
import zlib

# RuntimeError: an encrypted member, or a compression that this Python was built without.
ARRAY_FAULTS = (OSError, ValueError, EOFError, RuntimeError, zipfile.BadZipFile, zlib.error, lzma.LZMAError)
