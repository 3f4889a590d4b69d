"""Runs a .tflite under the real runtime, inside the child process that may die of it."""

from __future__ import annotations

import os
import signal
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from ai_edge_litert.interpreter import Interpreter
from numpy.typing import NDArray

from edgekit.errors import ConversionError

_INFERENCE_LIMIT_S = 60
THREADS = min(os.cpu_count() or 1, 4)


@contextmanager
def deadline() -> Iterator[None]:
    """End the process if one inference takes longer than a minute: a loop without end sits in C code.

    The signal's default action is what ends it; no Python code would get a turn.
    """
    signal.alarm(_INFERENCE_LIMIT_S)
    try:
        yield
    finally:
        signal.alarm(0)


@contextmanager
def no_memory_warning() -> Iterator[None]:
    """Leave out that keeping every tensor takes memory: that is what calibration does, for one sample at a time."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=".*experimental_preserve_all_tensors")
        yield


class Execution:
    """A loaded file that takes real values and gives real values, in a fixed order of names."""

    def __init__(self, path: Path, *, inputs: Sequence[str], outputs: Sequence[str]) -> None:
        try:
            self._interpreter = Interpreter(model_path=str(path), num_threads=THREADS)
            self._runner = self._interpreter.get_signature_runner()
        except (RuntimeError, ValueError) as error:
            raise ConversionError(f"the runtime refuses the converted file: {error}") from error
        self._inputs = [(name, self._detail(self._runner.get_input_details(), name)) for name in inputs]
        self._outputs = [(name, self._detail(self._runner.get_output_details(), name)) for name in outputs]

    @staticmethod
    def _detail(details: dict[str, Any], name: str) -> dict[str, Any]:
        if name not in details:
            raise ConversionError(f"the converted file has no '{name}', but {', '.join(details)}")
        return dict(details[name])

    def run(self, values: Sequence[NDArray[Any]]) -> list[NDArray[Any]]:
        """Run one sample. Values are real on both sides, whatever the file stores.

        Raises:
            ConversionError: the runtime fails on it.
        """
        feed = {
            name: quantized_values(value, detail) for (name, detail), value in zip(self._inputs, values, strict=True)
        }
        try:
            with deadline():
                results = self._runner(**feed)
            # A state that outlives its sample would go on into the next one.
            self._interpreter.reset_all_variables()
        except (RuntimeError, ValueError) as error:
            raise ConversionError(f"the converted file does not run: {error}") from error
        return [_real(results[name], detail) for name, detail in self._outputs]


def quantized_values(value: NDArray[Any], detail: dict[str, Any]) -> NDArray[Any]:
    """Return real values as an input stores them; ``detail`` is the runtime's.

    In float32, as the agent and the snippets do: of -1..1 in int8, float64 rounds one grey value in 16 to another step.
    """
    dtype = np.dtype(detail["dtype"])
    scale, zero_point = detail["quantization"]
    if scale == 0.0:
        return np.asarray(value, dtype=dtype)
    limits = np.iinfo(dtype)
    steps = np.round(np.asarray(value, np.float32) / np.float32(scale)) + zero_point
    quantized: NDArray[Any] = np.clip(steps, limits.min, limits.max).astype(dtype)
    return quantized


def _real(value: NDArray[Any], detail: dict[str, Any]) -> NDArray[Any]:
    scale, zero_point = detail["quantization"]
    if scale == 0.0:
        return value
    real: NDArray[Any] = (value.astype(np.float64) - zero_point) * scale
    return real
