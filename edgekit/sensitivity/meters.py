"""Collects what is seen of a tensor sample by sample; keeps sums, extremes and a histogram, never the values."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edgekit.sensitivity.measures import Measured, Seen, Stepped

_PARTS = 256
_TAIL = 0.0005
_TYPICAL = 90
_FEW = 16

_Values = NDArray[np.float32]
_Sums = NDArray[np.float64]


def snr_db(signal: float, noise: float) -> float:
    """Return the signal to noise ratio in dB; infinite without noise, minus infinite without signal."""
    if noise == 0.0:
        return math.inf
    return 10.0 * math.log10(signal / noise) if signal > 0.0 and math.isfinite(noise) else -math.inf


class SiteMeter:
    """Follows one site.

    Args:
        scale: of the quantized tensor; None where it is stored as floats.
        zero_point: of the quantized tensor.
        limits: the least and the largest integer that it can hold.
    """

    def __init__(self, *, scale: float | None = None, zero_point: int = 0, limits: tuple[int, int] = (0, 0)) -> None:
        self._seen = _SeenMeter()
        self._signal: _Sums | float = 0.0
        self._noise = 0.0
        self._own: _Sums | float = 0.0
        self._is_alone = True
        self._steps = None if scale is None else _StepMeter(scale, zero_point, limits)

    def add(self, wanted: _Values, got: _Values, own: _Values | None) -> None:
        """Take one sample.

        Args:
            wanted: the tensor in the float file.
            got: the same tensor in the quantized file, as real numbers.
            own: the error that the operator alone adds; None where it cannot be run alone.
        """
        columns = by_channel(wanted)
        noise = by_channel(got) - columns
        self._seen.add(columns)
        self._signal = self._signal + powers(columns)
        self._noise += float(powers(noise).sum())
        if own is None:
            self._is_alone = False
        else:
            self._own = self._own + powers(by_channel(own))
        if self._steps is not None:
            self._steps.add(columns)

    def result(self) -> Measured:
        """Return what was seen of all samples; there must be one at least."""
        signal, own = np.atleast_1d(self._signal), np.atleast_1d(self._own)
        median = None
        if self._is_alone:
            lit = signal > 0.0
            ratios = [snr_db(*pair) for pair in zip(signal[lit].tolist(), own[lit].tolist(), strict=True)]
            median = float(np.sort(ratios)[len(ratios) // 2]) if ratios else snr_db(0.0, float(own.sum()))
        return Measured(
            snr_db=snr_db(float(signal.sum()), self._noise),
            own_snr_db=snr_db(float(signal.sum()), float(own.sum())) if self._is_alone else None,
            channel_snr_db=median,
            seen=self._seen.result(),
            stepped=None if self._steps is None else self._steps.result(),
        )


class _SeenMeter:
    def __init__(self) -> None:
        self._lows: list[float] = []
        self._highs: list[float] = []
        self._low: Any = math.inf
        self._high: Any = -math.inf
        self._count = 0
        self._sum: _Sums | float = 0.0
        self._squares: _Sums | float = 0.0

    def add(self, columns: _Values) -> None:
        low, high = columns.min(axis=0), columns.max(axis=0)
        self._lows.append(float(low.min()))
        self._highs.append(float(high.max()))
        self._low, self._high = np.minimum(self._low, low), np.maximum(self._high, high)
        self._count += len(columns)
        self._sum = self._sum + columns.sum(axis=0, dtype=np.float64)
        self._squares = self._squares + powers(columns)

    def result(self) -> Seen:
        spans = self._high - self._low
        # A channel that never varies says nothing of how wide the others are.
        ranges = np.sort(spans[spans > 0.0])[::-1]
        few = max(1, len(ranges) // _FEW)
        several = len(ranges) > 1
        deviations = np.sqrt(np.maximum(self._squares / self._count - (self._sum / self._count) ** 2, 0.0))
        # What is left of a constant channel after rounding is no deviation.
        varied = deviations[spans > 0.0]
        return Seen(
            low=min(self._lows),
            high=max(self._highs),
            typical_low=float(np.percentile(self._lows, 100 - _TYPICAL)),
            typical_high=float(np.percentile(self._highs, _TYPICAL)),
            channels=len(spans),
            widest=int(np.argmax(spans)),
            over_rest=float(ranges[0] / ranges[few]) if several else 1.0,
            over_median=float(ranges[0] / ranges[len(ranges) // 2]) if several else 1.0,
            least_deviation=float(varied.min()) if varied.size else None,
        )


class _StepMeter:
    def __init__(self, scale: float, zero_point: int, limits: tuple[int, int]) -> None:
        self._scale = np.float32(scale)
        self._zero_point = zero_point
        self._limits = limits
        self._width = (limits[1] - limits[0] + 1) // _PARTS
        self._parts = np.zeros(_PARTS, np.int64)
        self._clipped = 0
        self._clipping = self._rounding = 0.0

    def add(self, columns: _Values) -> None:
        least, largest = self._limits
        exact = columns.ravel() / self._scale + np.float32(self._zero_point)
        counted = np.clip(np.round(exact), least, largest)
        error = counted - exact
        outside = np.abs(error) > 0.5
        self._clipped += int(outside.sum())
        self._clipping += float(powers(error[outside, None]).sum())
        self._rounding += float(powers(error[:, None]).sum())
        self._parts += np.bincount((counted.astype(np.int64) - least) // self._width, minlength=_PARTS)

    def result(self) -> Stepped:
        share = np.cumsum(self._parts) / self._parts.sum()
        first, last = int(np.searchsorted(share, _TAIL)), int(np.searchsorted(share, 1.0 - _TAIL))
        least, largest = self._limits
        return Stepped(
            scale=float(self._scale),
            low=self._real(least),
            high=self._real(largest),
            bulk_low=self._real(least + first * self._width),
            bulk_high=self._real(least + (last + 1) * self._width - 1),
            bulk_steps=last - first + 1,
            clipped=self._clipped / int(self._parts.sum()),
            clipping=self._clipping / self._rounding if self._rounding else 0.0,
        )

    def _real(self, count: int) -> float:
        return float((count - self._zero_point) * self._scale)


class OutputMeter:
    """Follows how far outputs are off, all outputs together.

    The figure is that of the output which is worst. A head of a few columns that is no distribution, such as the four
    numbers of a box, holds quantities of their own: there noise over signal is averaged over the columns, so that
    one in thousands does not hide what happens to one in tenths.

    Args:
        separate: for each output, whether its columns are quantities of their own.
    """

    def __init__(self, separate: list[bool]) -> None:
        self._separate = separate
        self._signal: list[Any] = [0.0] * len(separate)
        self._noise: list[Any] = [0.0] * len(separate)

    def add(self, wanted: list[_Values], got: list[_Values]) -> None:
        """Take one sample's outputs."""
        for index, (expected, actual) in enumerate(zip(wanted, got, strict=True)):
            columns = by_channel(expected)
            self._signal[index] = self._signal[index] + powers(columns)
            self._noise[index] = self._noise[index] + powers(by_channel(actual) - columns)

    def result(self) -> float:
        """Return the signal to noise ratio in dB."""
        return min(map(self._snr_db, range(len(self._separate))), default=math.inf)

    def _snr_db(self, index: int) -> float:
        signal, noise = self._signal[index], self._noise[index]
        if not self._separate[index]:
            return snr_db(float(np.sum(signal)), float(np.sum(noise)))
        lit = signal > 0.0
        return snr_db(1.0, float(np.mean(noise[lit] / signal[lit]))) if lit.any() else snr_db(0.0, float(noise.sum()))


def by_channel(values: NDArray[Any]) -> _Values:
    """Return values as [places, channels]: the last axis holds the channels."""
    flat = np.atleast_1d(np.asarray(values, np.float32))
    return flat.reshape(-1, flat.shape[-1])


def powers(columns: _Values) -> _Sums:
    """Return the sum of squares of each column."""
    squares: _Sums = np.einsum("ij,ij->j", columns, columns, dtype=np.float64)
    return squares
