"""What the process takes of memory, in parts that the kernel tells apart."""

from __future__ import annotations

import re
from pathlib import Path

from .system import text_of


def anonymous_bytes() -> int | None:
    """Return the resident memory that belongs to no file: heap, arena, packed weights; None where it is not told."""
    found = re.search(r"^RssAnon:\s+(\d+) kB", text_of("/proc/self/status"), re.MULTILINE)
    return int(found[1]) * 1024 if found else None


def mapped_bytes(file: str) -> int | None:
    """Return how much of a mapped file is resident; 0 where it is not mapped, None where that is not told."""
    try:
        # Longer than text_of reads.
        lines = Path("/proc/self/smaps").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return None
    path, inside, total = str(Path(file).resolve()), False, 0
    for line in lines:
        # The line that begins a mapping has an address range first; the others have a word with a colon.
        if not line.partition(" ")[0].endswith(":"):
            inside = line.endswith(" " + path)
        elif inside and line.startswith("Rss:"):
            total += int(line.split()[1]) * 1024
    return total
