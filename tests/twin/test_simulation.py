"""The simulated file gives what the quantized file gives, and keeps what it is told to keep while it is trained."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

_SCRIPT = Path(__file__).with_name("simulating.py")


@cache
def simulated(float_file: Path, photos: Path, precision: str, *more: str) -> dict[str, Any]:
    told = subprocess.run(
        [sys.executable, str(_SCRIPT), str(float_file), str(photos), precision, *more],
        capture_output=True, text=True, check=False, env={**os.environ, "PYTHONWARNINGS": "ignore"},
    )  # fmt: skip
    assert told.returncode == 0, told.stderr[-3000:]
    found: dict[str, Any] = json.loads(told.stdout.splitlines()[-1])
    return found


@pytest.fixture(scope="module")
def photos(photo_model: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """240 photos as the network takes them."""
    files = sorted((photo_model / "test").glob("*/*.JPG"))[::-1][:240]
    images = (Image.open(file).convert("RGB").resize((48, 48), Image.Resampling.BILINEAR) for file in files)
    path = tmp_path_factory.mktemp("photos") / "photos.npz"
    np.savez(path, photo=np.stack([np.asarray(image, np.float32) / 255 for image in images]))
    return path


@pytest.fixture(scope="module")
def int8(photo_float: Path, photos: Path) -> dict[str, Any]:
    return simulated(photo_float, photos, "int8")


def test_it_gives_what_the_quantized_file_gives(int8: dict[str, Any]) -> None:
    assert int8["photos"] == 200
    # They are not all alike: agreement would be cheap then.
    assert int8["distinct"] > 20
    assert int8["top1"] >= 0.995
    assert int8["within_one_step"] >= 0.95
    # All of them here.
    assert int8["same"] >= 0.99


def test_kernels_that_round_twice(photo_float: Path, photos: Path) -> None:
    found = simulated(photo_float, photos, "int8x4")
    assert found["distinct"] > 20
    assert found["top1"] >= 0.995
    assert found["within_one_step"] >= 0.97
    # All of them here; one rounding alone, as XNNPACK's kernels do it, gives 66 %.
    assert found["same"] >= 0.97


def test_zeros_stay_zero(int8: dict[str, Any]) -> None:
    assert int8["kept sparsity"] >= 9
    assert int8["zeros"]
    assert int8["moved"] > 0
    assert int8["losses sparsity"][1] < int8["losses sparsity"][0]


def test_shared_weights_stay_shared(int8: dict[str, Any]) -> None:
    assert int8["kept clusters"] >= 5
    assert int8["values"] <= 17


def test_training_that_is_cut_off_in_mid_epoch_goes_on_to_the_same_bits(int8: dict[str, Any]) -> None:
    assert int8["steps"] == 3
    assert int8["same bits"]
    assert int8["another's"].startswith("checkpoint /checkpoint.npz is of another fine-tuning")


def test_a_loss_that_is_no_number_ends_it(int8: dict[str, Any]) -> None:
    assert int8["not a number"] == "fine-tuning came to a loss that is no number, in epoch 1 of 2"
