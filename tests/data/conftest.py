"""What the tests of this room share: real photos in small folders, and what every refusal must keep."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from edgekit.data import collect
from edgekit.errors import CalibrationError
from edgekit.recipe import Recipe
from edgekit.tensors import TensorSpec

UNIT = Recipe(value_range="unit")


@pytest.fixture
def image_input() -> TensorSpec:
    """Of a model that takes 32x32 photos."""
    return TensorSpec("image", (None, 32, 32, 3), "float32")


@pytest.fixture(scope="session")
def digits(shared_data: Path) -> Path:
    """2062 photos in ten class folders."""
    return shared_data / "sign_language_digits"


@pytest.fixture
def photos(digits: Path, tmp_path: Path) -> Path:
    """A flat folder of ten of them, 0.jpg to 9.jpg."""
    folder = tmp_path / "photos"
    folder.mkdir()
    for number in range(10):
        shutil.copy(sorted((digits / str(number)).iterdir())[0], folder / f"{number}.jpg")
    return folder


@pytest.fixture
def spool(tmp_path: Path) -> Path:
    """Where a set may go; not made yet."""
    return tmp_path / "spool"


@pytest.fixture
def refused(spool: Path, image_input: TensorSpec) -> Callable[..., CalibrationError]:
    """A call of ``collect`` that must fail with a sentence and a hint, and leave nothing behind."""

    def call(samples: Any, *, inputs: list[TensorSpec] | None = None, **options: Any) -> CalibrationError:
        options = {"recipe": UNIT, **options}
        with pytest.raises(CalibrationError) as caught:
            collect(samples, inputs=inputs or [image_input], folder=spool, **options)
        error = caught.value
        assert error.hint
        assert error.exit_code == 2
        assert not spool.exists()
        return error

    return call
