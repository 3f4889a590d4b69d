"""What the tests of this room share: files with some bytes changed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest


@pytest.fixture
def edited(tmp_path: Path) -> Callable[[Path, dict[int, int]], Path]:
    """Return a function that copies a file with some bytes changed."""

    def edit(source: Path, changes: dict[int, int]) -> Path:
        content = bytearray(source.read_bytes())
        for offset, value in changes.items():
            content[offset] = value
        target = tmp_path / f"edited_{source.name}"
        target.write_bytes(content)
        return target

    return edit
