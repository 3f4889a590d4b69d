"""Agreement between two versions of a model on the same samples. Needs no labels.

``Parity`` asks whether the float export is still the model; ``Fidelity`` what quantization cost after that.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

PARITY_LIMIT = 1e-4
"""Largest error of the float export that is accepted, relative to the range of the model's outputs."""


@dataclass(frozen=True, slots=True)
class Parity:
    """The float export against the model that it was exported from."""

    max_error: float
    output_range: float
    """Largest minus smallest reference value of the output with the worst relative error."""
    samples: int
    synthetic: bool
    """True where no real samples were given and seeded noise stood in for them."""

    @property
    def relative_error(self) -> float:
        """``max_error`` as a fraction of ``output_range``."""
        return _ratio(self.max_error, self.output_range)

    @property
    def proven(self) -> bool:
        """Whether the error is within ``PARITY_LIMIT`` of the output range."""
        return self.relative_error <= PARITY_LIMIT


@dataclass(frozen=True, slots=True)
class Fidelity:
    """A quantized artifact against the float one, over all samples: the output that agrees worst."""

    snr_db: float
    """Signal to noise ratio in dB; infinite where the outputs are identical."""
    cosine: float
    """Cosine similarity, -1 to 1."""
    max_error: float
    top1_agreement: float | None
    """Share of samples with the same arg max, 0 to 1; None where no output looks like class scores."""
    samples: int
    synthetic: bool
    """True where no real samples were given and seeded noise stood in for them."""

    def to_document(self) -> dict[str, Any]:
        """Return the figures as JSON values: null for those that JSON cannot hold."""
        figures = {
            name: None if isinstance(value, float) and not math.isfinite(value) else value
            for name, value in dataclasses.asdict(self).items()
        }
        # An infinite SNR is perfect or hopeless; the figure alone, which is null then, would not tell.
        return {**figures, "identical": self.snr_db == math.inf}


class ParityMeter:
    """Collects outputs sample by sample; keeps extremes only, never the outputs."""

    def __init__(self, *, synthetic: bool) -> None:
        self._synthetic = synthetic
        self._samples = 0
        self._error: dict[int, float] = {}
        self._low: dict[int, float] = {}
        self._high: dict[int, float] = {}

    def add(self, reference: Sequence[NDArray[np.generic]], other: Sequence[NDArray[np.generic]]) -> None:
        """Compare one sample's outputs, in the same order. Shapes may differ by the batch dimension only."""
        self._samples += 1
        for index, (expected, actual) in enumerate(zip(reference, other, strict=True)):
            wanted, got = _flat(expected), _flat(actual)
            error = float(absolute_errors(wanted, got).max(initial=0.0))
            self._error[index] = max(self._error.get(index, 0.0), error)
            finite = wanted[np.isfinite(wanted)]
            if finite.size:
                self._low[index] = min(self._low.get(index, math.inf), float(finite.min()))
                self._high[index] = max(self._high.get(index, -math.inf), float(finite.max()))

    def result(self) -> Parity:
        """Return the parity of the output that agrees worst."""
        worst = (0.0, 0.0)
        for index, error in self._error.items():
            # An output that is constant over all samples is judged by its size instead of its range.
            low, high = self._low.get(index, 0.0), self._high.get(index, 0.0)
            span = (high - low) or max(abs(high), abs(low))
            worst = max(worst, (error, span), key=lambda pair: _ratio(*pair))
        return Parity(worst[0], worst[1], self._samples, self._synthetic)


class FidelityMeter:
    """Collects outputs sample by sample; keeps sums only, never the outputs.

    Args:
        synthetic: whether noise stands in for samples.
        scores: whether an output of the shape [1, classes] may be class scores. An autoencoder's is not.
    """

    def __init__(self, *, synthetic: bool, scores: bool = True) -> None:
        self._synthetic = synthetic
        self._samples = 0
        self._sums: dict[int, _Sums] = {}
        self._agreements = 0
        self._scores: int | None = None if scores else -1

    def add(self, reference: Sequence[NDArray[np.generic]], other: Sequence[NDArray[np.generic]]) -> None:
        """Compare one sample's real (dequantized) outputs, in the same order."""
        self._samples += 1
        for index, (expected, actual) in enumerate(zip(reference, other, strict=True)):
            self._sums.setdefault(index, _Sums()).add(_flat(expected), _flat(actual))
        if self._scores is None:
            self._scores = _class_scores(reference)
        if self._scores >= 0:
            same = _flat(reference[self._scores]).argmax() == _flat(other[self._scores]).argmax()
            self._agreements += bool(same)

    def result(self) -> Fidelity:
        """Return the fidelity of the output that agrees worst; raises ValueError where nothing was added.

        Outputs are never summed up: a head of large values would hide that a head of small ones is noise.
        """
        if self._samples == 0:
            raise ValueError("fidelity needs at least one sample")
        worst = min(self._sums.values(), key=lambda sums: sums.snr_db)
        has_scores = self._scores is not None and self._scores >= 0
        return Fidelity(
            snr_db=worst.snr_db,
            cosine=worst.cosine,
            max_error=worst.max_error,
            top1_agreement=self._agreements / self._samples if has_scores else None,
            samples=self._samples,
            synthetic=self._synthetic,
        )


class _Sums:
    """What is kept of one output."""

    def __init__(self) -> None:
        self._signal = self._noise = self._dot = self._other = self.max_error = 0.0

    def add(self, wanted: NDArray[np.float64], got: NDArray[np.float64]) -> None:
        errors = absolute_errors(wanted, got)
        self.max_error = max(self.max_error, float(errors.max(initial=0.0)))
        # What is not finite on both sides alike is agreed upon, and carries no signal.
        finite = np.isfinite(wanted) & np.isfinite(got)
        wanted, got = wanted[finite], got[finite]
        self._noise += float(errors @ errors) if np.isfinite(errors).all() else math.inf
        self._signal += float(wanted @ wanted)
        self._dot += float(wanted @ got)
        self._other += float(got @ got)

    @property
    def snr_db(self) -> float:
        if self._noise == 0.0:
            return math.inf
        if self._signal == 0.0 or math.isinf(self._noise):
            return -math.inf
        return 10.0 * math.log10(self._signal / self._noise)

    @property
    def cosine(self) -> float:
        if self._noise == 0.0:
            return 1.0
        size = math.sqrt(self._signal * self._other)
        return self._dot / size if size else 0.0


def _flat(values: NDArray[np.generic]) -> NDArray[np.float64]:
    return np.asarray(values, dtype=np.float64).ravel()


def absolute_errors(wanted: NDArray[np.float64], got: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the absolute differences: 0 where both are the same NaN or infinity, infinite where only one is."""
    with np.errstate(invalid="ignore"):
        errors = np.abs(wanted - got)
    same = (wanted == got) | (np.isnan(wanted) & np.isnan(got))
    errors[~np.isfinite(errors)] = math.inf
    errors[same] = 0.0
    return errors


def _ratio(error: float, span: float) -> float:
    if error == 0.0:
        return 0.0
    return error / span if span and math.isfinite(error) else math.inf


def _class_scores(outputs: Sequence[NDArray[np.generic]]) -> int:
    """Return the index of the only output that looks like class scores ([1, classes]), or -1."""
    candidates = [
        index
        for index, values in enumerate(outputs)
        if values.ndim == 2 and values.shape[0] == 1 and values.shape[1] >= 2
    ]
    return candidates[0] if len(candidates) == 1 and len(outputs) == 1 else -1
