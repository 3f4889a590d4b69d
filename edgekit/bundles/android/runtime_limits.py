"""What the app's runtime cannot compute, as it was seen with its own library for 64-bit Arm."""

from __future__ import annotations

from edgekit.errors import ConversionError
from edgekit.inspection import Inspection

RUNTIME_NAME = "TensorFlow Lite 2.16.1"
_UNFIT = {
    "dynamic_int8": "gives other outputs for it (off by 0.2 to 0.5 of 1 on two networks)",
    "int4_weights": "dies on it",
    "int8x4": "does not load it",
}
"""Of each precision that is refused what the runtime does with it."""
_ROUNDS_OTHERWISE = frozenset({"int8", "uint8"})


def require_runtime(facts: Inspection) -> tuple[str, ...]:
    """Return what to know of a file in the app, as sentences.

    Raises:
        ConversionError: the app's runtime cannot compute it.
    """
    precisions = [op.precision for op in facts.ops]
    for precision, what in _UNFIT.items():
        count = precisions.count(precision)
        if count:
            raise ConversionError(
                f"{facts.path} has {count} operators in {precision}, and the app's runtime, {RUNTIME_NAME}, {what}",
                hint="convert it to int8, int16x8, float16 or float32, which were seen to run there",
            )
    if _ROUNDS_OTHERWISE & set(precisions):
        return (
            f"the app's runtime, {RUNTIME_NAME}, rounds integers otherwise than the newest one; 'edgekit verify' of "
            "the app tells by how much",
        )
    return ()
