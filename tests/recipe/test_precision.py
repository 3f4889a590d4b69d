from __future__ import annotations

import pytest

from edgekit.errors import RecipeError
from edgekit.recipe import PRECISIONS, precision_named


def test_the_table() -> None:
    assert list(PRECISIONS) == ["float32", "float16", "dynamic_int8", "int8", "int16x8", "int8x4", "int4_weights"]
    assert {name for name, precision in PRECISIONS.items() if precision.needs_calibration} == {
        "int8",
        "int16x8",
        "int8x4",
    }


def test_an_unknown_precision_offers_the_nearest() -> None:
    with pytest.raises(RecipeError, match="unknown precision 'int-8'. Did you mean 'int8'\\? Valid: float32, float16"):
        precision_named("int-8")
