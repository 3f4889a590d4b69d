"""What an input stores of real values: the same wherever a file is run."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from edgekit.agent import tensors
from edgekit.data.preprocessing import Scaling, scale
from edgekit.quantization.execution import quantized_values
from edgekit.recipe import VALUE_RANGES
from edgekit.sensitivity import running

_GREYS = np.repeat(np.arange(256, dtype=np.uint8)[:, None, None], 3, axis=2)


@pytest.mark.parametrize("dtype", ["int8", "uint8", "int16"])
@pytest.mark.parametrize("name", VALUE_RANGES)
def test_every_grey_value_is_stored_as_on_a_device(name: str, dtype: str) -> None:
    value_range = VALUE_RANGES[name]
    values = scale(_GREYS, Scaling(value_range, value_range.colour)).astype(np.float32)
    limits = np.iinfo(dtype)
    low, high = min(float(values.min()), 0.0), max(float(values.max()), 0.0)
    if dtype == "int16":
        step, zero_point = np.float32(max(-low, high) / limits.max), 0
    else:
        step = np.float32((high - low) / 255)
        zero_point = round(limits.min - low / float(step))
    detail: dict[str, Any] = {
        "name": "x",
        "dtype": np.dtype(dtype).type,
        "shape": np.array(values.shape),
        "quantization": (float(step), zero_point),
        "quantization_parameters": {"scales": np.array([step]), "zero_points": np.array([zero_point])},
    }
    found = quantized_values(values, detail)
    assert np.array_equal(found, tensors.stored(values, detail))
    quantization = SimpleNamespace(scales=np.array([step]), zero_points=np.array([zero_point]))
    tensor: Any = SimpleNamespace(name="x", dtype=dtype, quantized=True, quantization=quantization)
    assert np.array_equal(found, running.stored(values, tensor))
    assert len(np.unique(found)) >= 200
