"""The calibration doctor on real photos and a trained network: faults that must be found, and samples without any.

``scripts/bench doctor`` prints the whole table.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

_SUBSETS, _CLEAN = 2, 6

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def found(photo_model: Path, shared_data: Path) -> dict[str, Any]:
    script = Path(__file__).resolve().parents[1] / "planted_faults.py"
    command = [script, photo_model / "photos.keras", shared_data / "sign_language_digits", str(_SUBSETS), str(_CLEAN)]
    done = subprocess.run([sys.executable, *command], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    document: dict[str, Any] = json.loads(done.stdout)
    return document


def test_every_planted_fault_is_found_in_every_subset(found: dict[str, Any]) -> None:
    assert len(found["faults"]) == 19
    assert {name: told for name, told in found["faults"].items() if None in told or len(told) != _SUBSETS} == {}


def test_what_ruins_the_ranges_is_an_error(found: dict[str, Any]) -> None:
    errors = {name for name, told in found["faults"].items() if set(told) == {"error"}}
    assert errors == {
        "not finite",
        "range raw",
        "range signed",
        "range imagenet-torch",
        "range imagenet-caffe",
        "NCHW for NHWC",
    }


def test_clean_subsets_are_clean(found: dict[str, Any]) -> None:
    assert found["clean"] == [[]] * _CLEAN
