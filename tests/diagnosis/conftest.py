"""What the tests of this room share: what is told of each broken network in int8."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import edgekit
from edgekit import Diagnosis

Files = dict[str, tuple[Path, Path]]


@pytest.fixture(scope="session")
def files(broken_files: Files) -> Files:
    """By name, the float file and the int8 file of each broken network."""
    return broken_files


@pytest.fixture(scope="session")
def unseen(unseen_photos: np.ndarray) -> np.ndarray:
    """Photos that nothing was trained or calibrated on."""
    return unseen_photos


@pytest.fixture(scope="session")
def told(files: Files, unseen: np.ndarray) -> Callable[[str], Diagnosis]:
    """The diagnosis of a broken network, made once."""
    known: dict[str, Diagnosis] = {}

    def diagnosis(name: str) -> Diagnosis:
        if name not in known:
            known[name] = edgekit.diagnose(*files[name], samples=unseen)
        return known[name]

    return diagnosis
