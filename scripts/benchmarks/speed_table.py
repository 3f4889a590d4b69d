"""How often a file is told apart from itself, and from a faster one, by ``edgekit benchmark A B``."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from lines import Place
from promises import Missed

import edgekit


def same_twice(place: Place) -> Iterator[str | Missed]:
    """``edgekit benchmark A A``: "cannot tell" in at least 95 of 100 real tries; and A B, where B is the int8 file."""
    tries = 20 if place.quick else 100
    file, faster = place.model("ic_resnet8_float32.tflite"), place.model("ic_resnet8_int8.tflite")
    seen = Counter(
        str(edgekit.compare_speed([file, file], runs=40, min_seconds=0.2, seed=seed).ratios[0].verdict)
        for seed in range(tries)
    )
    row = f"the same file twice, {tries} tries: " + ", ".join(f"{verdict} {count}" for verdict, count in seen.items())
    yield row if seen["cannot tell"] >= 0.95 * tries else Missed(row)
    ratio = edgekit.compare_speed([file, faster], min_seconds=0.5).ratios[0]
    row = str(ratio)
    yield row if ratio.verdict == "faster" else Missed(row)
