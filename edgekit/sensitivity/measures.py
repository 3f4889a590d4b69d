"""What was seen of one tensor over the samples: sums and extremes, never the values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Seen:
    """The values of a tensor of the float file. A channel is a place on the last axis."""

    low: float
    high: float
    typical_low: float
    """Nine of ten samples stay above it."""
    typical_high: float
    """Nine of ten samples stay below it."""
    channels: int
    widest: int
    """The channel with the largest range."""
    over_rest: float
    """Range of the widest channel over that of the widest channel which is not among the widest 1/16."""
    over_median: float
    """Range of the widest channel over the median range. Both are 1 where there is one channel."""
    least_deviation: float | None
    """Smallest standard deviation of a channel that is not constant; None where all are."""


@dataclass(frozen=True, slots=True)
class Stepped:
    """How a quantized tensor's range fits the values that it should hold."""

    scale: float
    low: float
    high: float
    """The range used: what the least and the largest integer stand for."""
    bulk_low: float
    bulk_high: float
    """What holds 99.9 % of the values seen, to 1/256 of the range used; values outside of it count at its ends."""
    bulk_steps: int
    """Of the 256 parts of the range used (for int8 its steps), those that lie between the two."""
    clipped: float
    """Share of the values seen that lie outside of the range used."""
    clipping: float
    """Share of the squared rounding error that clipped values make."""


@dataclass(frozen=True, slots=True)
class Measured:
    """One site over all samples."""

    snr_db: float
    """The tensor as the quantized file computes it, against the float file."""
    own_snr_db: float | None
    """The same for what the operator alone adds; None where it cannot be run alone."""
    channel_snr_db: float | None
    """``own_snr_db`` of the median channel: a wide channel hides what happens to the others."""
    seen: Seen
    stepped: Stepped | None
    """None where the tensor is stored as floats."""

    @classmethod
    def from_json(cls, document: dict[str, Any]) -> Measured:
        """Return the value that :func:`dataclasses.asdict` made a mapping of."""
        stepped = document["stepped"]
        return cls(
            **{
                **document,
                "seen": Seen(**document["seen"]),
                "stepped": None if stepped is None else Stepped(**stepped),
            }
        )
