"""A cut that is held to what a core needs, instead of to a count on paper: found by trying a few."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from edgekit.compression.recipes.gauges import Gauge
from edgekit.errors import ConversionError

_NEAR = 0.03
"""How much less than what may be left is near enough, as a share of it: channels go by fours and eights."""
_TRIES = 10


@dataclass(slots=True)
class GaugedCut:
    """Cuts a model so that its int8 file keeps to a share of what the original's needs.

    Args:
        gauge: what is held to.
        cut: takes channels out until a share of the model's multiply-accumulates is left, and tells what it did; raises
            ConversionError where that cannot be reached.
        figure: tells what the int8 file of the model that was cut last needs.
        whole: what the original's needs.
        before: what that of the model needs which is cut.
    """

    gauge: Gauge
    cut: Callable[[float], dict[str, Any]]
    figure: Callable[[], float]
    whole: float
    before: float
    _seen: dict[str, float] = field(default_factory=dict)

    def to(self, allowed: float) -> dict[str, Any]:
        """Make the cut that leaves as much as it may; return what it did, and in ``reached`` what is left.

        The figure follows the multiply-accumulates closely, but not in a straight line: each try draws one through
        the two that are known on both sides. Cuts of the same channels are looked at once.

        Args:
            allowed: share of ``whole`` that may be left.

        Raises:
            ConversionError: it cannot be reached.
        """
        low, low_ratio, high, high_ratio = 0.0, 0.0, 1.0, self.before / self.whole
        best: float | None = 1.0 if high_ratio <= allowed else None
        least, last, refusal = high_ratio, 1.0, None
        for _ in range(_TRIES if best is None else 0):
            step = (allowed * (1 - _NEAR / 2) - low_ratio) / max(1e-9, high_ratio - low_ratio)
            last = low + (high - low) * min(0.9, max(0.1, step))
            try:
                ratio = self._ratio(self.cut(last))
            except ConversionError as error:
                refusal = error
                low, low_ratio = last, min(allowed, high_ratio) * last / high
                continue
            least = min(least, ratio)
            if ratio <= allowed:
                best, low, low_ratio = last, last, ratio
                if ratio >= allowed * (1 - _NEAR):
                    break
            else:
                high, high_ratio = last, ratio
        if best is None:
            raise ConversionError(
                f"a share of {allowed:.2g} of the {self.gauge} cannot be reached: {least:.2f} is left at best",
                hint="ask for a larger share, lower 'least', or spare fewer layers",
            ) from refusal
        facts = self.cut(best)
        ratio = self._ratio(facts)
        return {**facts, "reached": ratio, "tries": len(self._seen)}

    def _ratio(self, facts: Mapping[str, Any]) -> float:
        key = json.dumps(facts["channels"], sort_keys=True)
        if key not in self._seen:
            self._seen[key] = self.figure() / self.whole
        return self._seen[key]
