"""Makes the golden pack of a converted file: runs it on a few samples and judges how exactly others must agree."""

from __future__ import annotations

import platform
import zlib
from collections.abc import Iterator, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from ai_edge_litert.interpreter import Interpreter
from numpy.typing import NDArray

from edgekit.artifact import GOLDEN_LIMIT_BYTES, GoldenOutput, GoldenPack
from edgekit.artifact.golden_pack import EXACT, encode_golden_pack
from edgekit.errors import ConversionError
from edgekit.fidelity import PARITY_LIMIT
from edgekit.inspection import Inspection, inspect, integers_only
from edgekit.quantization.execution import THREADS, deadline, quantized_values

GOLDEN_SAMPLES = 4
"""How many samples a pack holds, at most."""
_INPUT_LIMIT_BYTES = GOLDEN_LIMIT_BYTES * 5 // 8
_OUTPUT_VALUES = 4096
"""How many values of all outputs together are kept of each sample."""
_CHANNELS = 4
"""An axis that is no longer than this is one of channels, and never coarsened."""
_ROUNDING = 1e-6
"""About eight steps of float32: what another order of additions costs."""
_DRAWS = 2
_STEP = 1 / 128
_EXACT = (
    f"{EXACT}: every operator computes in integers, and kernels of the same kind give the same bits on every machine; "
    "kernels that round otherwise (a runtime without XNNPACK) are told apart"
)
_FLOATS = (
    f"float arithmetic: kernels add in another order. {PARITY_LIMIT:g} of the output's range, or twice what outputs "
    f"move by when the inputs change by {_ROUNDING:g} of their size, if that is more"
)
_MIXED = (
    "float values are rounded to integers while running, and a rounding that falls the other way is a whole step: "
    f"1/128 of the output's range, or twice what outputs move by when the inputs change by {_ROUNDING:g} of their "
    "size, if that is more"
)


def make_golden_pack(
    path: Path,
    *,
    name: str,
    order: Sequence[str],
    samples: Sequence[Sequence[NDArray[Any]]],
    preprocessing: str,
    sample_ids: Sequence[str],
) -> bytes:
    """Return the golden pack of a converted file, never larger than ``GOLDEN_LIMIT_BYTES``.

    Args:
        path: the file as it will be given out.
        name: what it will be called.
        order: the inputs' names in the order of ``samples``.
        samples: a few samples, each one array per input with a batch dimension of 1, real-valued.
        preprocessing: what was done to them, in words.
        sample_ids: their hashes; empty for noise.

    Raises:
        ConversionError: the runtime refuses the file, or it does not run.
    """
    facts = inspect(path)
    execution = _Execution(path, shapes=[samples[0][list(order).index(spec.name)].shape for spec in facts.inputs])
    stored = [
        {
            spec.name: quantized_values(sample[list(order).index(spec.name)], detail)
            for spec, detail in zip(facts.inputs, execution.inputs, strict=True)
        }
        for sample in samples
    ]
    kept, factor = _small(stored)
    answers = [execution.run(list(sample.values())) for sample in kept]
    return encode_golden_pack(
        GoldenPack(
            file=name,
            sha256=facts.sha256,
            canonical_sha256=facts.canonical_sha256,
            inputs={spec.name: np.concatenate([sample[spec.name] for sample in kept]) for spec in facts.inputs},
            outputs=tuple(_outputs(facts, kept, answers, execution)),
            preprocessing=preprocessing,
            sample_ids=tuple(sample_ids[: len(kept)]),
            coarsened=factor,
            runtime=f"ai-edge-litert {version('ai-edge-litert')} on {platform.machine()}",
        )
    )


class _Execution:
    """The file under the runtime, in the order of its own inputs and outputs and in the numbers that it stores."""

    def __init__(self, path: Path, *, shapes: Sequence[tuple[int, ...]]) -> None:
        try:
            self._interpreter = Interpreter(model_path=str(path), num_threads=THREADS)
            for detail, shape in zip(self._interpreter.get_input_details(), shapes, strict=True):
                if tuple(detail["shape"]) != shape:
                    self._interpreter.resize_tensor_input(detail["index"], list(shape))
            self._interpreter.allocate_tensors()
        except (RuntimeError, ValueError) as error:
            raise ConversionError(f"the runtime refuses the converted file: {error}") from error
        self.inputs: list[dict[str, Any]] = self._interpreter.get_input_details()

    def run(self, values: Sequence[NDArray[Any]]) -> list[NDArray[Any]]:
        try:
            self._interpreter.reset_all_variables()
            for detail, value in zip(self.inputs, values, strict=True):
                self._interpreter.set_tensor(detail["index"], value)
            with deadline():
                self._interpreter.invoke()
            outputs = self._interpreter.get_output_details()
            # As the agent gives them: without a batch dimension of 1.
            return [_without_batch(self._interpreter.get_tensor(detail["index"])) for detail in outputs]
        except (RuntimeError, ValueError) as error:
            raise ConversionError(f"the converted file does not run: {error}") from error


def _without_batch(values: NDArray[Any]) -> NDArray[Any]:
    return values[0] if values.ndim and values.shape[0] == 1 else values


_Sample = dict[str, NDArray[Any]]


def _small(samples: list[_Sample]) -> tuple[list[_Sample], int]:
    """Return as many samples as fit, at least one; a single one that is too large is made coarser."""
    for count in range(len(samples), 0, -1):
        if _packed(samples[:count]) <= _INPUT_LIMIT_BYTES:
            return samples[:count], 1
    sample, factor = samples[0], 1
    while _packed([sample]) > _INPUT_LIMIT_BYTES:
        factor *= 2
        sample = {name: _coarser(values, factor) for name, values in samples[0].items()}
    return [sample], factor


def _packed(samples: Sequence[_Sample]) -> int:
    stacked = (np.concatenate(values) for values in zip(*(sample.values() for sample in samples), strict=True))
    # As savez_compressed deflates them; names and frame are a few hundred bytes, which the limit leaves room for.
    return sum(len(zlib.compress(values.tobytes())) for values in stacked)


def _coarser(values: NDArray[Any], factor: int) -> NDArray[Any]:
    for axis, size in enumerate(values.shape):
        if size > _CHANNELS:
            every = np.take(values, np.arange(0, size, factor), axis=axis)
            values = np.take(np.repeat(every, factor, axis=axis), np.arange(size), axis=axis)
    return np.ascontiguousarray(values)


def _outputs(
    facts: Inspection, samples: Sequence[_Sample], answers: Sequence[list[NDArray[Any]]], execution: _Execution
) -> Iterator[GoldenOutput]:
    exact = integers_only(facts.ops)
    floats = facts.precision in {"float32", "float16"}
    share, reason = (PARITY_LIMIT, _FLOATS) if floats else (_STEP, _MIXED)
    moved = [0.0] * len(facts.outputs) if exact else _moved(samples, answers, execution)
    kept = max(1, _OUTPUT_VALUES // len(facts.outputs))
    generator = np.random.default_rng(0)
    for index, spec in enumerate(facts.outputs):
        values = np.stack([answer[index] for answer in answers])
        size = int(np.prod(values.shape[1:]))
        tolerance = 0.0 if exact else max(share * _span(values), 2 * moved[index])
        positions = None
        if size > kept:
            positions = np.sort(generator.choice(size, kept, replace=False)).astype(np.uint32)
            values = values.reshape(len(values), -1)[:, positions]
        yield GoldenOutput(spec.name, values, positions, tolerance, _EXACT if exact else reason)


def _moved(samples: Sequence[_Sample], answers: Sequence[list[NDArray[Any]]], execution: _Execution) -> list[float]:
    """Return how far each output moves at most when float inputs change as little as a rounding does."""
    generator = np.random.default_rng(1)
    moved = [0.0] * len(answers[0])
    for sample, wanted in zip(samples, answers, strict=True):
        for _ in range(_DRAWS):
            changed = [_nudged(values, generator) for values in sample.values()]
            for index, got in enumerate(execution.run(changed)):
                moved[index] = max(moved[index], _largest(got, wanted[index]))
    return moved


def _nudged(values: NDArray[Any], generator: np.random.Generator) -> NDArray[Any]:
    if values.dtype.kind != "f":
        return values
    return (values * (1 + _ROUNDING * generator.standard_normal(values.shape))).astype(values.dtype)


def _largest(got: NDArray[Any], wanted: NDArray[Any]) -> float:
    differences = np.abs(got.astype(np.float64) - wanted.astype(np.float64))
    return float(differences[np.isfinite(differences)].max(initial=0.0))


def _span(values: NDArray[Any]) -> float:
    real = values.astype(np.float64)
    finite = real[np.isfinite(real)]
    if not finite.size:
        return 0.0
    # An output that is constant is judged by its size instead of its range.
    return float(finite.max() - finite.min()) or float(np.abs(finite).max())
