"""What the tests of this room share: the broken networks in int8, and photos."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest


@pytest.fixture(scope="session")
def files(broken_files: dict[str, tuple[Path, Path]]) -> dict[str, tuple[Path, Path]]:
    """By name, the float file and the int8 file of each broken network."""
    return broken_files


@pytest.fixture(scope="session")
def unseen(unseen_photos: np.ndarray) -> np.ndarray:
    """Photos that nothing was trained or calibrated on."""
    return unseen_photos
