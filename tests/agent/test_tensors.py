"""The values that the agent gives a file, and what it makes of those that come out."""

from __future__ import annotations

import hashlib
from typing import Any

import numpy as np
import pytest

from edgekit.agent import tensors
from edgekit.agent.job import Refused


def test_seeded_values_are_the_same_bytes_for_ever() -> None:
    # The same digest came from numpy 1.26 under Python 3.9 and from numpy 2.4 under Python 3.11.
    stream, digest = np.random.PCG64(7), hashlib.sha256()
    for dtype, shape in (
        (np.float32, (1, 32, 32, 3)),
        (np.int8, (1, 7)),
        (np.int16, (3,)),
        (np.int64, (5,)),
        (np.bool_, (4,)),
        (np.uint8, (2, 2)),
        (np.float16, (9,)),
        (np.float32, ()),
    ):
        values = tensors.seeded_values(stream, {"name": "x", "dtype": dtype, "shape": np.array(shape, np.int32)})
        assert values.dtype == dtype
        assert values.shape == shape
        digest.update(values.tobytes())
    assert digest.hexdigest() == "a19af703b86d7ef26ea86f4eafad14b35879bf557f5001d7ba1ae8ccecb76a36"


def test_seeded_values_fill_their_ranges() -> None:
    def values_of(dtype: Any) -> np.ndarray:
        return tensors.seeded_values(np.random.PCG64(0), {"name": "x", "dtype": dtype, "shape": (20_000,)})

    assert 0 <= values_of(np.float32).min() < 0.001
    assert 0.999 < values_of(np.float32).max() < 1
    assert (values_of(np.int8).min(), values_of(np.int8).max()) == (-128, 127)
    assert (values_of(np.uint8).min(), values_of(np.uint8).max()) == (0, 255)
    assert values_of(np.int16).min() < -32_700
    assert set(values_of(np.int32)) == {0, 1}
    assert set(values_of(np.bool_)) == {False, True}


def detail_of(dtype: Any, *, scales: list[float], zeros: list[int], shape: tuple[int, ...] = (1, 4)) -> dict[str, Any]:
    return {
        "name": "x",
        "dtype": dtype,
        "shape": np.array(shape),
        "quantization_parameters": {"scales": np.array(scales), "zero_points": np.array(zeros)},
    }


def test_real_samples_are_quantized_and_clipped() -> None:
    detail = detail_of(np.int8, scales=[0.5], zeros=[-3])
    values = tensors.stored(np.array([[0.0, 0.26, -1000.0, 1000.0]], np.float32), detail)
    assert values.dtype == np.int8
    assert values.tolist() == [[-3, -2, -128, 127]]


def test_samples_of_the_inputs_own_dtype_are_taken_as_stored() -> None:
    given = np.array([[0, 1, 128, 255]], np.uint8)
    assert tensors.stored(given, detail_of(np.uint8, scales=[0.5], zeros=[3])).tolist() == given.tolist()


def test_integers_must_fit_an_input_that_is_not_quantized() -> None:
    detail = detail_of(np.int8, scales=[], zeros=[])
    assert tensors.stored(np.array([[1, 2, 3, 127]]), detail).dtype == np.int8
    for wrong in (np.array([[1, 2, 3, 128]]), np.array([[1.0, 2.0, 3.0, 4.0]])):
        with pytest.raises(Refused, match="input 'x' takes int8, and the samples are"):
            tensors.stored(wrong, detail)


def test_outputs_are_dequantized() -> None:
    stored = np.array([[-128, 0, 127]], np.int8)
    values = tensors.real(stored, detail_of(np.int8, scales=[0.25], zeros=[-128]))
    assert values.dtype == np.float32
    assert values.tolist() == [[0.0, 32.0, 63.75]]
    assert tensors.real(stored, detail_of(np.int8, scales=[], zeros=[])) is stored
    with pytest.raises(Refused, match="quantized per channel"):
        tensors.real(stored, detail_of(np.int8, scales=[1, 2], zeros=[0, 0]))
