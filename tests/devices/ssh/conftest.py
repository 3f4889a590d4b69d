"""What the tests of boards behind ssh look at, and how they act in the middle of something."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from edgekit.testing import LoopbackBoard, until


@pytest.fixture
def work_folders() -> Callable[[LoopbackBoard], list[Path]]:
    """Gives the working folders of a board."""
    return lambda board: list((board.home / ".cache" / "edgekit" / "work").glob("*"))


@pytest.fixture
def cached() -> Callable[[LoopbackBoard], dict[str, bytes]]:
    """Gives what a board keeps, by name."""
    return lambda board: {
        path.name: path.read_bytes() for path in (board.home / ".cache" / "edgekit" / "files").iterdir()
    }


@pytest.fixture
def clients() -> Callable[[], list[str]]:
    """Gives the ssh processes that we have started and that are there, dead ones that nobody has asked after too."""

    def found() -> list[str]:
        children = Path(f"/proc/self/task/{threading.get_native_id()}/children").read_text().split()
        states = [Path(f"/proc/{each}/stat").read_text() for each in children]
        return [state for state in states if "(ssh)" in state]

    return found


@pytest.fixture
def in_the_middle() -> Callable[[LoopbackBoard, Callable[[], object]], threading.Thread]:
    """Acts when the command ``sleep 600`` runs on a board."""

    def act_then(board: LoopbackBoard, act: Callable[[], object]) -> threading.Thread:
        def wait_and_act() -> None:
            until(lambda: any("sleep 600" in line for line in board.processes().values()))
            act()

        thread = threading.Thread(target=wait_and_act)
        thread.start()
        return thread

    return act_then
