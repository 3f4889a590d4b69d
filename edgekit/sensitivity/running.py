"""A .tflite file in memory, run by the numbers of its tensors, in the child process that may die of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from ai_edge_litert.interpreter import Interpreter
from numpy.typing import NDArray

from edgekit.errors import InferenceError
from edgekit.inspection.graph import Tensor
from edgekit.quantization.execution import THREADS


class Run:
    """A loaded file.

    Args:
        content: its bytes.
        what: the file in a sentence.

    Raises:
        InferenceError: the runtime refuses it.
    """

    def __init__(self, content: bytes, *, what: str) -> None:
        self._what = what
        try:
            self._interpreter = Interpreter(model_content=content, num_threads=THREADS)
            self._interpreter.allocate_tensors()
        # What the runtime raises is RuntimeError; shapes that make no sense are ValueError.
        except (RuntimeError, ValueError) as error:
            raise InferenceError(f"the runtime refuses {what}: {error}") from error
        self.outputs = tuple(int(detail["index"]) for detail in self._interpreter.get_output_details())

    def __call__(self, values: Mapping[int, NDArray[Any]]) -> None:
        """Set inputs, by the numbers of their tensors, and execute. An input that is not set keeps its value.

        Raises:
            InferenceError: the runtime fails on it.
        """
        try:
            for index, value in values.items():
                self._interpreter.set_tensor(index, value)
            self._interpreter.reset_all_variables()
            self._interpreter.invoke()
        except (RuntimeError, ValueError) as error:
            raise InferenceError(f"{self._what} does not run: {error}") from error

    def value(self, index: int) -> NDArray[Any]:
        """Return an input or output, by the number of its tensor, as it is stored."""
        stored: NDArray[Any] = self._interpreter.get_tensor(index)
        return stored


def stored(values: NDArray[np.float32], tensor: Tensor) -> NDArray[Any]:
    """Return real values as ``tensor`` stores them: rounded to its steps and cut at its range, or in its float type."""
    if not tensor.quantized:
        return values.astype(tensor.dtype, copy=False)
    scale, zero_point = steps(tensor)
    limits = np.iinfo(tensor.dtype)
    counted = np.round(values / np.float32(scale)) + np.float32(zero_point)
    return np.clip(counted, limits.min, limits.max).astype(tensor.dtype)


def real_numbers(values: NDArray[Any], tensor: Tensor) -> NDArray[np.float32]:
    """Return what ``tensor`` stores as real numbers."""
    if not tensor.quantized:
        return values.astype(np.float32, copy=False)
    scale, zero_point = steps(tensor)
    return (values.astype(np.float32) - np.float32(zero_point)) * np.float32(scale)


def steps(tensor: Tensor) -> tuple[float, int]:
    """Return scale and zero point of a quantized tensor that is computed; these have one for all values."""
    quantization = tensor.quantization
    if quantization is None or quantization.scales.size != 1:
        raise InferenceError(f"tensor '{tensor.name}' is quantized in a way that the runtime does not compute in")
    zero_points = quantization.zero_points
    return float(quantization.scales[0]), int(zero_points[0]) if zero_points.size else 0
