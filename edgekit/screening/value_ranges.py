"""Wrong value range, and blue for red: what the first normalization layer sees tells it."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from edgekit.recipe import VALUE_RANGES, Colour, ValueRange, value_range_named
from edgekit.screening.findings import SampleFinding, Severity
from edgekit.screening.normalization import AS_GIVEN, SWAPPED, Candidate, Misfit, misfit
from edgekit.screening.sample_facts import SampleFacts

_CLEAR = 0.5
"""Nats. Photos of hands on networks for other photos are up to 0.35 off in their own range; a range that is off by a
factor of two (unit for signed) is 0.65 off."""
_FAR = 2.0
_BETTER = 8.0
_ALIKE = 3.0
"""Which of two ranges fits better by less, photos of another kind than those of the training cannot tell."""
_NOT_NOISE = 0.015
"""Nats: what the choice of some dozen samples makes of a perfect fit is below."""
_SWAP_BETTER = 4.0
_ENOUGH = 16


def candidates_for(
    value_range: str | None, *, colour: str | None, channels: int, lowest: float, highest: float
) -> tuple[Candidate, ...]:
    """Return the ways in which pictures might have been scaled instead, each from what they are now.

    Args:
        value_range: the name of the range that was used; None where values were taken as they stand: what they were
            scaled by is then guessed from their extremes.
        colour: ``rgb`` or ``bgr``, the order of channels that was used.
        channels: 1 or 3.
        lowest: the smallest value of all samples.
        highest: the largest.
    """
    given = Candidate(AS_GIVEN, (1.0,), (0.0,))
    swapped = [Candidate(SWAPPED, (1.0,), (0.0,), swapped=True)] if channels == 3 else []
    name = value_range or _guessed(lowest, highest)
    if name is None:
        return (given, *swapped)
    current = value_range_named(name)
    order = Colour(colour or current.colour)
    others = [
        _candidate(current, other, order=order)
        for other in VALUE_RANGES.values()
        if other.name != name and (channels == 3 or len(other.mean) == len(other.std) == 1)
    ]
    return (given, *others, *swapped)


def _guessed(lowest: float, highest: float) -> str | None:
    if lowest < -1.01 or highest > 255.5:
        return None
    if highest <= 1.01:
        return "signed" if lowest < -0.01 else "unit"
    return "raw" if lowest >= 0.0 else None


def _candidate(current: ValueRange, other: ValueRange, *, order: Colour) -> Candidate:
    """Return how samples of ``current``, with channels in ``order``, become those of ``other``."""
    # Of ranges with one number for all channels, either order is as good: they keep the one that was used.
    swapped = len(other.mean) == 3 and other.colour is not order
    scale, offset = (
        np.broadcast_to(np.asarray(numbers, np.float64), 3)
        for numbers in (np.divide(current.std, current.factor), np.divide(current.mean, current.factor))
    )
    if swapped:
        scale, offset = scale[::-1], offset[::-1]
    scale = scale * other.factor / np.asarray(other.std)
    offset = (offset * other.factor - np.asarray(other.mean)) / np.asarray(other.std)
    return Candidate(other.name, _shortest(scale), _shortest(offset), swapped)


def _shortest(numbers: np.ndarray) -> tuple[float, ...]:
    return (float(numbers[0]),) if np.all(numbers == numbers[0]) else tuple(map(float, numbers))


def value_range(facts: SampleFacts) -> Iterator[SampleFinding]:
    """Judge the range by the layer that saw the training data."""
    first = facts.first_layers
    if first is None:
        return
    layer = first.layers[0]
    fits = {name: misfit(layer, seen) for name, seen in first.seen.items() if name != SWAPPED}
    now = fits.pop(AS_GIVEN)
    if now.divergence < _CLEAR:
        return
    name, best = min(fits.items(), key=lambda item: item[1].divergence, default=(None, None))
    told = f"'{layer.name}' sees values {_off(now)} against those that it was trained on"
    if name is not None and best is not None and best.divergence * _BETTER <= now.divergence:
        fitting = [each for each, fit in fits.items() if fit.divergence <= min(_CLEAR, _ALIKE * best.divergence)]
        fitting.sort(key=lambda each: fits[each].divergence)
        decided = fitting and (now.divergence >= _FAR or facts.count >= _ENOUGH)
        verb = "fit" if len(fitting) > 1 else "fits" if fitting else "fits better"
        found = fitting or [name]
        yield SampleFinding(
            "value range",
            Severity.ERROR if decided else Severity.WARNING,
            f"{' and '.join(f'`{each}`' for each in found)} {verb}, {_compared(facts.value_range, name, now)}: {told}"
            f"{_left(facts.value_range, name, now=now, best=best)} "
            f"(divergence {now.divergence:.3g} nats; {best.divergence:.2g} with `{name}`)",
            (),
            " or ".join(f"--range {each}" for each in found) + (", whichever was trained with" if found[1:] else "")
            if facts.value_range
            else f"give the samples as `{name}` has them ({VALUE_RANGES[name].summary})",
        )
    elif now.divergence >= _FAR:
        tried = f"; of {', '.join(fits)} none fits" if fits else ""
        yield SampleFinding(
            "value range",
            Severity.WARNING,
            f"{told} (divergence {now.divergence:.3g} nats){tried}",
            (),
            "scale the samples exactly as in training, or look whether they show the same kind of thing",
        )


def _compared(used: str | None, other: str, fit: Misfit) -> str:
    """Return what is wrong with the range that was used."""
    what = f"`{used}`" if used else "what the samples hold"
    size = _size(fit.factor if (factor := _defined(used, other)) is None else factor)
    return f"{what} is {size or 'shifted'}"


def _defined(used: str | None, other: str) -> float | None:
    """Return how much larger one range is than another by their definitions, where they differ by a factor."""
    if used is None:
        return None
    current, fitting = value_range_named(used), VALUE_RANGES[other]
    if len(current.std) != 1 or len(fitting.std) != 1:
        return None
    return current.factor / current.std[0] / (fitting.factor / fitting.std[0])


def _left(used: str | None, other: str, *, now: Misfit, best: Misfit) -> str:
    """Return why the layer is off by another factor than the range, where both are told and differ."""
    factor = _defined(used, other)
    told = "" if factor is None else _size(factor)
    if not told or _size(now.factor) in {"", told}:
        return ""
    return f", and {best.factor:.3g} times as large with `{other}`, as these samples differ from those of the training"


def _size(factor: float) -> str:
    if 0.8 < factor < 1.25:
        return ""
    return f"{factor:.3g} times too large" if factor > 1 else f"{1 / factor:.3g} times too small"


def _off(fit: Misfit) -> str:
    shift = f"shifted by {fit.shift:.2g} deviations" if fit.shift >= 0.5 else ""
    return " and ".join(part for part in (_size(fit.factor), shift) if part) or "of another distribution"


def channel_order(facts: SampleFacts) -> Iterator[SampleFinding]:
    """Judge the order of channels, where that makes a difference to what the first layer sees."""
    first = facts.first_layers
    if first is None:
        return
    if SWAPPED not in first.seen:
        return
    layer = first.layers[0]
    now, swapped = (misfit(layer, first.seen[name]).mean_divergence for name in (AS_GIVEN, SWAPPED))
    if now > _NOT_NOISE and swapped * _SWAP_BETTER < now:
        yield SampleFinding(
            "channel order",
            Severity.WARNING,
            f"red and blue look swapped: '{layer.name}' is {now:.2g} nats off what it was trained on, and {swapped:.2g}"
            " with the channels the other way round",
            (),
            "--colour bgr or --colour rgb, whichever is not used now; arrays: samples[..., ::-1]",
        )
