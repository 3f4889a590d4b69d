from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

COMPLETE = """\
title = "Test board"
kind = "linux-board"

[match]
machine = { value = ["aarch64"], source = "uname" }
board = { value = ["Test Board*"], source = "its device tree" }

[facts]
architecture = { value = "aarch64", source = "a data sheet" }
cpu = { value = "2x Cortex-A55", source = "a data sheet" }
cores = { value = 2, source = "a data sheet" }
fp16_arithmetic = { value = true, source = "a data sheet" }
memory = { value = "512 MiB", source = "a data sheet" }

[budget]
file_size = "4 MiB"
latency_p90 = "33 ms"
"""


@pytest.fixture(autouse=True)
def _no_own_profiles(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("EDGEKIT_PROFILES", raising=False)


@pytest.fixture
def write_profile(tmp_path: Path) -> Callable[..., Path]:
    """Write a complete profile with pieces of its text replaced."""

    def write(*replacements: tuple[str, str], path: Path = tmp_path / "board.toml") -> Path:
        text = COMPLETE
        for old, new in replacements:
            assert old in text
            text = text.replace(old, new)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return path

    return write
