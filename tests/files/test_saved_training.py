"""Checkpoints of trainings: what was saved comes back, and what is something else is said to be that."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from edgekit.errors import UsageError
from edgekit.files.saved_training import SavedTraining, load_training, save_training


def test_what_was_saved_comes_back_in_order(tmp_path: Path) -> None:
    values = [np.full(number, number, np.float32) for number in range(12)]
    path = tmp_path / "c.npz"
    assert load_training(path) is None
    save_training(path, SavedTraining("mine", {"losses": [0.1, 1 / 3]}, {"variable": values, "best": []}))
    found = load_training(path)
    assert found is not None
    assert (found.whose, found.position) == ("mine", {"losses": [0.1, 1 / 3]})
    assert found.arrays.keys() == {"variable"}
    assert [each.tolist() for each in found.arrays["variable"]] == [each.tolist() for each in values]


def test_another_file_is_no_checkpoint(tmp_path: Path) -> None:
    whole = tmp_path / "whole.npz"
    save_training(whole, SavedTraining("mine", {}, {"variable": [np.zeros(100)]}))
    np.savez(tmp_path / "samples.npz", x=np.zeros(3))
    np.save(tmp_path / "samples.npy", np.zeros(3))
    (tmp_path / "half.npz").write_bytes(whole.read_bytes()[:-200])
    np.savez_compressed(tmp_path / "torn.npz", whose=np.arange(9999))
    torn = bytearray((tmp_path / "torn.npz").read_bytes())
    torn[120:160] = b"\xff" * 40
    (tmp_path / "torn.npz").write_bytes(torn)
    (tmp_path / "text.npz").write_text("text")
    (tmp_path / "empty.npz").touch()
    for name in ("samples.npz", "samples.npy", "half.npz", "torn.npz", "text.npz", "empty.npz", "n" * 300):
        with pytest.raises(UsageError, match="is no checkpoint of a training") as caught:
            load_training(tmp_path / name)
        assert f"remove {tmp_path / name} to begin anew" in str(caught.value.hint)
