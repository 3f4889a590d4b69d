"""Rules on the range of a tensor and its steps. Each gives the evidence as a sentence, or None."""

from __future__ import annotations

from edgekit.diagnosis.neighbours import Neighbours
from edgekit.diagnosis.suspect import Suspect
from edgekit.inspection.graph import Operator
from edgekit.sensitivity.measures import Measured, Stepped

_JOINING = frozenset({"CONCATENATION", "PACK"})
_SHARES = frozenset({"SOFTMAX", "LOGISTIC"})
_FIXED_SCALES = _SHARES | {"TANH", "LOG_SOFTMAX", "L2_NORMALIZATION"}
"""Operators whose kernels have one scale only, whatever the calibration saw."""

_UNBALANCED = 8.0
_STRETCHED = 4.0
_MANY_TIMES = 16.0
_FEW_STEPS = 16
_TAILS = 64
_BEND = 12.0
"""SiLU and hard-swish bend between -6 and 6; beyond they are 0 or the value itself."""
_BEND_STEPS = 32


def concatenation(suspect: Suspect) -> str | None:
    """Tensors of unlike ranges that are joined, and so share a scale."""
    stepped = suspect.measured.stepped
    if stepped is None or suspect.operator is None:
        return None
    readers = list(suspect.neighbours.readers(suspect.tensor))
    joining = next((reader for reader in (suspect.operator, *readers) if reader.name in _JOINING), None)
    if joining is None:
        return None
    joined = {suspect.neighbours.source(index) for index in suspect.neighbours.computed(joining)}
    spans = {index: _span(suspect.everything[index]) for index in joined if index in suspect.everything}
    narrow = spans.get(suspect.tensor, min(spans.values(), default=0.0))
    wide = max(spans.values(), default=0.0)
    if narrow == 0.0 or wide < _UNBALANCED * narrow or stepped.high - stepped.low < _STRETCHED * narrow:
        return None
    return (
        f"{_told(joining)} joins ranges {wide:.3g} and {narrow:.3g} wide under one scale: the narrow one gets "
        f"{_count(narrow / stepped.scale)} of 256 steps"
    )


def tiny_scale(suspect: Suspect) -> str | None:
    """A kernel with one fixed scale, and values that fill a few of its steps."""
    stepped, operator = suspect.measured.stepped, suspect.operator
    if stepped is None or operator is None or operator.name not in _SHARES or stepped.bulk_steps > _FEW_STEPS:
        return None
    return (
        f"99.9 % of what {operator.name} gives lies within {stepped.bulk_steps} of 256 steps, up to "
        f"{suspect.measured.seen.high:.3g}: its kernel has one fixed scale, {stepped.scale:.3g}"
    )


def outlier(suspect: Suspect) -> str | None:
    """A range that the samples seen here do not need."""
    stepped, seen = suspect.measured.stepped, suspect.measured.seen
    if stepped is None or _scale_is_given(suspect, stepped):
        return None
    low, high = min(seen.typical_low, 0.0), max(seen.typical_high, 0.0)
    if high == low or stepped.high - stepped.low < _STRETCHED * (high - low):
        return None
    times = (stepped.high - stepped.low) / (high - low)
    return (
        f"the range used is {_range(stepped.low, stepped.high)}, but nine of ten samples stay within "
        f"{_range(low, high)}: something in the calibration stretches it {times:.3g} times"
    )


def shared_scale(suspect: Suspect) -> str | None:
    """A kernel that must give what it takes in the same steps, and makes the values much smaller: averaging."""
    stepped, operator = suspect.measured.stepped, suspect.operator
    if stepped is None or operator is None or operator.name in _FIXED_SCALES or not _scale_is_given(suspect, stepped):
        return None
    times = (stepped.high - stepped.low) / _span(suspect.measured) if _span(suspect.measured) else 1.0
    if times < _STRETCHED:
        return None
    return (
        f"{operator.name} has the range of what it takes, {_range(stepped.low, stepped.high)}, and gives values that "
        f"need {times:.3g} times less of it"
    )


def clipping(suspect: Suspect) -> str | None:
    """A range that the samples seen here leave."""
    stepped, seen = suspect.measured.stepped, suspect.measured.seen
    if stepped is None or stepped.clipping < 0.5:
        return None
    return (
        f"{stepped.clipped:.2%} of the values lie outside of the range used, {_range(stepped.low, stepped.high)}: they "
        f"go from {seen.low:.3g} to {seen.high:.3g}"
    )


def final_layer(suspect: Suspect) -> str | None:
    """Columns of the last layer that vary by less than the steps that the widest one asks for."""
    stepped, seen, operator = suspect.measured.stepped, suspect.measured.seen, suspect.operator
    if stepped is None or operator is None or not suspect.neighbours.is_last_layer(operator):
        return None
    if seen.least_deviation is None or seen.least_deviation >= 2 * stepped.scale:
        return None
    return (
        f"the last layer gives {_range(seen.low, seen.high)} in steps of {stepped.scale:.3g}, but one of its "
        f"{seen.channels} columns varies by {seen.least_deviation:.2g} only"
    )


def wide_channel(suspect: Suspect) -> str | None:
    """A few channels that are much wider than all others."""
    stepped, seen = suspect.measured.stepped, suspect.measured.seen
    if stepped is None or seen.over_rest < _UNBALANCED:
        return None
    return (
        f"channel {seen.widest} of {seen.channels} is {seen.over_rest:.3g} times as wide as the others, which get "
        f"{_count(_span(suspect.measured) / seen.over_rest / stepped.scale)} of 256 steps"
    )


def silu(suspect: Suspect) -> str | None:
    """A smooth activation whose bend has few steps."""
    stepped, operator = suspect.measured.stepped, suspect.operator
    if stepped is None or operator is None or _BEND / stepped.scale >= _BEND_STEPS:
        return None
    name = _smooth_activation(suspect.neighbours, suspect.tensor, operator)
    if name is None:
        return None
    return (
        f"{name} bends between -6 and 6, where the range {_range(stepped.low, stepped.high)} leaves "
        f"{_count(_BEND / stepped.scale)} of 256 steps"
    )


def _smooth_activation(neighbours: Neighbours, tensor: int, operator: Operator) -> str | None:
    """Return the smooth activation that a tensor goes into or comes from."""
    readers = list(neighbours.readers(tensor))
    if operator.name == "HARD_SWISH" or any(reader.name == "HARD_SWISH" for reader in readers):
        return "hard-swish"
    gates = [index for reader in readers if reader.name == "LOGISTIC" for index in reader.outputs]
    products = [reader for reader in readers if reader.name == "MUL"]
    if any(neighbours.source(index) in gates for product in products for index in product.inputs if index >= 0):
        return "SiLU"
    if operator.name == "MUL":
        factors = [neighbours.source(index) for index in neighbours.computed(operator)]
        for factor in factors:
            gate = neighbours.writer(factor)
            if gate is not None and gate.name == "LOGISTIC" and neighbours.source(gate.inputs[0]) in factors:
                return "SiLU"
    return None


def unbalanced_channels(suspect: Suspect) -> str | None:
    """Channels of which some have less than a step, without a single one that stands out."""
    stepped, seen = suspect.measured.stepped, suspect.measured.seen
    if stepped is None or seen.channels == 1:
        return None
    least = seen.least_deviation
    lost = least is not None and least < stepped.scale / 2
    if seen.over_median < _MANY_TIMES and not lost:
        return None
    varies = "" if least is None else f", and one varies by {least:.2g} where a step is {stepped.scale:.2g}"
    return f"the widest of {seen.channels} channels is {seen.over_median:.3g} times as wide as half of them{varies}"


def heavy_tails(suspect: Suspect) -> str | None:
    """A few values that stretch the range in every sample."""
    stepped, seen = suspect.measured.stepped, suspect.measured.seen
    if stepped is None or stepped.bulk_steps > _TAILS:
        return None
    return (
        f"99.9 % of the values lie within {_range(stepped.bulk_low, stepped.bulk_high)}, {stepped.bulk_steps} of 256 "
        f"steps; the rest reaches from {seen.low:.3g} to {seen.high:.3g}"
    )


def _scale_is_given(suspect: Suspect, stepped: Stepped) -> bool:
    """Return whether the calibration had no say in a tensor's scale: a kernel fixes it, or it is that of an input."""
    operator = suspect.operator
    if operator is None:
        return False
    if operator.name in _FIXED_SCALES:
        return True
    given = [suspect.everything.get(index) for index in suspect.neighbours.computed(operator)]
    return any(each is not None and each.stepped is not None and each.stepped.scale == stepped.scale for each in given)


def _span(measured: Measured) -> float:
    return max(measured.seen.high, 0.0) - min(measured.seen.low, 0.0)


def _range(low: float, high: float) -> str:
    return f"{low:.3g}..{high:.3g}"


def _count(steps: float) -> str:
    return f"{steps:.0f}" if steps >= 1 else "less than 1"


def _told(operator: Operator) -> str:
    return f"operator {operator.index} ({operator.name})"
