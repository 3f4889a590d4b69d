"""Temporary folders, and interrupts that come while they are made, used and removed."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from edgekit.files import temporary_folder


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder for temporary files."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


def interrupted_after(function: Callable[..., Any], calls: list[object]) -> Callable[..., Any]:
    """The same function; the first time, Ctrl-C comes before anybody knows that it is done."""

    def call(*arguments: Any, **options: Any) -> Any:
        function(*arguments, **options)
        calls.append(arguments)
        if len(calls) == 1:
            raise KeyboardInterrupt

    return call


def test_it_is_ones_own_and_gone_afterwards(place: Path) -> None:
    with temporary_folder("edgekit-x-") as folder:
        assert (folder.parent, folder.stat().st_mode & 0o777) == (place, 0o700)
        assert folder.name.startswith("edgekit-x-")
        (folder / "below").mkdir()
        (folder / "below" / "file").touch()
    assert list(place.iterdir()) == []


def test_an_interrupt_while_it_is_made(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[object] = []
    monkeypatch.setattr(Path, "mkdir", interrupted_after(Path.mkdir, calls))
    with pytest.raises(KeyboardInterrupt), temporary_folder("edgekit-"):
        pytest.fail("it was given")
    assert len(calls) == 1
    assert list(place.iterdir()) == []


def test_an_interrupt_while_it_is_removed(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    removed = shutil.rmtree

    def halfway(folder: Path, **options: Any) -> None:
        monkeypatch.setattr(shutil, "rmtree", removed)
        (folder / "one").unlink()
        raise KeyboardInterrupt

    monkeypatch.setattr(shutil, "rmtree", halfway)
    (place / "full").mkdir()
    for name in ("one", "two"):
        (place / "full" / name).touch()
    with pytest.raises(KeyboardInterrupt), temporary_folder("edgekit-") as folder:
        shutil.copytree(place / "full", folder, dirs_exist_ok=True)
    removed(place / "full")
    assert list(place.iterdir()) == []
