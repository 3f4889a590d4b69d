"""A board on loopback, behind a real SSH server."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator

import pytest

from edgekit.testing import LoopbackBoard


@pytest.fixture
def board(
    missing: Callable[[str], None], tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> Iterator[LoopbackBoard]:
    """A board whose python3 is ours; at the end of every test nothing of ours may be left on it."""
    if lacking := LoopbackBoard.missing():
        missing(", ".join(lacking))
    with LoopbackBoard(tmp_path_factory.mktemp("board"), python=[sys.executable]) as board:
        monkeypatch.setenv("PATH", board.path)
        yield board
