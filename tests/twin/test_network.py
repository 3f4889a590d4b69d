"""The twin computes what the runtime computes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from edgekit.twin.operators.table import KINDS, TRAINED

LIMIT = 1e-5
"""Of the output's range: as much as another order of additions costs."""
_SCRIPT = Path(__file__).with_name("parities.py")
_MATRIX = ("unet", "keywords", "vision_transformer", "two_and_two", "text", "shared_layers")


def parities(*arguments: object) -> dict[str, Any]:
    told = subprocess.run(
        [sys.executable, str(_SCRIPT), *map(str, arguments)],
        capture_output=True, text=True, check=False, env={**os.environ, "PYTHONWARNINGS": "ignore"},
    )  # fmt: skip
    assert told.returncode == 0, told.stderr[-3000:]
    found: dict[str, Any] = json.loads(told.stdout.splitlines()[-1])
    return found


@pytest.fixture(scope="module")
def found() -> dict[str, Any]:
    return parities("operators")


@pytest.fixture(scope="module")
def operators(found: dict[str, Any]) -> dict[str, Any]:
    return {name: each for name, each in found.items() if name != "kernels"}


def test_every_family_of_operators(operators: dict[str, Any]) -> None:
    assert [each["unknown"] for each in operators.values()] == [[]] * len(operators)
    assert max(each["error"] for each in operators.values()) <= LIMIT
    kinds = {kind for each in operators.values() for kind in each["operators"]}
    assert len(kinds & KINDS.keys()) > 55


def test_kernels_of_integers(found: dict[str, Any]) -> None:
    """For each pair of integers, or each one, what the runtime's own kernel gives."""
    kernels = found["kernels"]["parted"]
    assert found["kernels"]["untried"] == []
    # None here; other processors' kernels may round a half the other way, or take it from a coarser table.
    assert {name: off for name, (off, of, _) in kernels.items() if off > 0.003 * of} == {}
    assert max(steps for _, _, steps in kernels.values()) <= 1


def test_gradients_of_a_symmetric_range(found: dict[str, Any]) -> None:
    """-2 lies in it, although nothing below -1 was seen, and what is cut pulls at the end that sets the step."""
    for values, by_values, by_ends in found["kernels"]["gradients"].values():
        assert values == pytest.approx([-2.0, 1.0, 5.0, -5.0], abs=2e-4)
        assert by_values == [1.0, 1.0, 0.0, 0.0]
        assert by_ends == pytest.approx([0.0, 10.0], abs=1e-3)


def test_reference_models(shared_data: Path) -> None:
    names = ("ic_resnet8", "vww_mobilenet")
    found = parities("files", *(shared_data / "mlperf_tiny" / f"{name}_float32.tflite" for name in names))
    assert [each["unknown"] for each in found.values()] == [[], []]
    assert max(each["error"] for each in found.values()) <= LIMIT


@pytest.mark.slow
def test_models_of_the_matrix(made_once: Callable[..., Path], shared_data: Path) -> None:
    # The same folder as that of the tests of breadth, which convert them.
    cases = ("unet", "keywords", "stacked_recurrent", "vision_transformer", "two_and_two", "dynamic_size", "text")
    cases += ("shared_layers", "subclassed_file", "subclassed_memory")
    folder = made_once("matrix", "matrix_making.py", shared_data / "sign_language_digits", *cases)
    found = parities("matrix", folder, *_MATRIX, "stacked_recurrent")
    loops = found.pop("stacked_recurrent")
    assert loops["unknown"][0].startswith("WHILE (operator ")
    assert loops["unknown"][0].endswith("is not among the operators that can be trained through")
    assert tuple(found) == _MATRIX
    assert max(each["error"] for each in found.values()) <= LIMIT


def test_only_what_can_be_computed_is_trained() -> None:
    assert TRAINED.keys() <= KINDS.keys()
