"""The known causes of a bad quantized file: one table, in the order in which they are tried.

A rule looks at one operator that was found to cost too much, and gives the evidence or None. To add a cause, add a
rule and a line to the table.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from edgekit.diagnosis import network_rules, range_rules, weight_rules
from edgekit.diagnosis.suspect import REST, ROUNDING, Suspect


@dataclass(frozen=True, slots=True)
class Cause:
    """One row of the table."""

    name: str
    part: str
    """The part of the error that it explains."""
    rule: Callable[[Suspect], str | None]
    """Gives the evidence as a sentence."""
    repair: str


def cause_of(suspect: Suspect) -> tuple[Cause, str] | None:
    """Return the first cause whose rule holds, with the evidence."""
    for cause in CAUSES:
        if cause.part == suspect.part:
            evidence = cause.rule(suspect)
            if evidence is not None:
                return cause, evidence
    return None


_WIDER = "keep it, and what reads it, in int16 or float"

_STEADIER = (
    "train the network further (one that is hardly trained does this, and float16 shows it too), or keep these "
    "operators in int16 or float"
)

CAUSES: tuple[Cause, ...] = (
    Cause(
        "concatenation of unbalanced ranges",
        ROUNDING,
        range_rules.concatenation,
        "bring the branches to one range before they meet (scale one up, and what reads it down), or keep the "
        "concatenation and the narrow branch in int16 or float",
    ),
    Cause(
        "softmax or sigmoid into a tiny scale",
        ROUNDING,
        range_rules.tiny_scale,
        "keep it, and what reads it, in int16 or float: no calibration can change its scale",
    ),
    Cause(
        "calibration outlier",
        ROUNDING,
        range_rules.outlier,
        "take the sample that stretches the range out of the calibration set (a wrong value range does this, too), or "
        "try convert --ranges percentile-99.99",
    ),
    Cause(
        "scale shared with the input",
        ROUNDING,
        range_rules.shared_scale,
        "average with GlobalAveragePooling2D, whose output has a scale of its own, or keep it in int16 or float",
    ),
    Cause(
        "range too narrow",
        ROUNDING,
        range_rules.clipping,
        "calibrate on samples like these, and on more of them; look at the value range of both",
    ),
    Cause(
        "wide final layer",
        ROUNDING,
        range_rules.final_layer,
        "give each quantity an output of its own, or bring them to one range and scale them behind the model; or keep "
        "the last layer in int16 or float",
    ),
    Cause(
        "wide channel",
        ROUNDING,
        range_rules.wide_channel,
        "scale the channel down, and the weights that read it up (the function stays the same), or " + _WIDER,
    ),
    Cause(
        "SiLU or hard-swish",
        ROUNDING,
        range_rules.silu,
        "train with ReLU6 in its place, try convert --ranges percentile-99.9, or " + _WIDER,
    ),
    Cause(
        "unbalanced channels",
        ROUNDING,
        range_rules.unbalanced_channels,
        "equalize the channels (scale each, and the weights that read it the other way), or " + _WIDER,
    ),
    Cause(
        "heavy tails",
        ROUNDING,
        range_rules.heavy_tails,
        "try convert --ranges percentile-99.9, bound the values (ReLU6), or " + _WIDER,
    ),
    Cause(
        "bias overflow",
        REST,
        weight_rules.bias_overflow,
        "the weights of these channels are next to nothing: prune the channels, or keep the operator in float",
    ),
    Cause("weights of few bits", REST, weight_rules.short_weights, "give this operator weights of 8 bits"),
    Cause(
        "per-tensor weights",
        REST,
        weight_rules.per_tensor_weights,
        "quantize its weights per channel, as edgekit convert does",
    ),
    Cause(
        "wide channel",
        REST,
        weight_rules.wide_dynamic_input,
        "scale the channel down, and the weights that read it up (the function stays the same), or keep it in float",
    ),
    Cause(
        "unbalanced weights",
        REST,
        weight_rules.unbalanced_weights,
        "equalize the channels that it reads (scale each, and these weights the other way), or keep it in float",
    ),
    # Tried last: it says of any operator that nothing else is wrong with it.
    *(Cause("amplified rounding", part, network_rules.amplified, _STEADIER) for part in (ROUNDING, REST)),
)
