"""What samples look like where no model says so."""

from __future__ import annotations

import tracemalloc
from pathlib import Path

import numpy as np
import pytest

from edgekit.data import inputs_of
from edgekit.errors import CalibrationError


def test_the_arrays_of_an_archive_are_not_loaded(tmp_path: Path) -> None:
    path = tmp_path / "faces.npz"
    # 64 MB, and a few kB as they are stored.
    np.savez_compressed(
        path, face=np.zeros((4000, 64, 64), np.float32), size=np.zeros((4000, 2), np.int16), y=[1] * 4000
    )
    tracemalloc.start()
    try:
        inputs = inputs_of(path)
        most = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert [(spec.name, spec.shape, spec.dtype) for spec in inputs] == [
        ("face", (1, 64, 64), "float32"), ("size", (1, 2), "int16"),
    ]  # fmt: skip
    assert most < 2_000_000


def test_one_array(tmp_path: Path) -> None:
    np.save(tmp_path / "x.npy", np.zeros((5, 3), np.float32))
    (spec,) = inputs_of(tmp_path / "x.npy")
    assert (spec.name, spec.shape, spec.dtype) == ("input", (1, 3), "float32")


def test_damaged_archives(tmp_path: Path) -> None:
    path = tmp_path / "x.npz"
    path.write_bytes(b"no archive")
    with pytest.raises(CalibrationError, match="x.npz"):
        inputs_of(path)
    np.savez(path, x=np.array([None, "objects"]))
    with pytest.raises(CalibrationError, match="x.npz holds Python objects for input 'x'"):
        inputs_of(str(path))
    np.savez(path, x=np.array(["text"]))
    with pytest.raises(CalibrationError, match="x.npz holds text"):
        inputs_of(path)
