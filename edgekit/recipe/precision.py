"""The precisions that an artifact can have: one table. To add a precision, add a line here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from edgekit.errors import RecipeError, unknown_name


class Arithmetic(StrEnum):
    """How an artifact of a precision is made from the float one."""

    FLOAT = "float"
    """As it stands."""
    CAST = "cast"
    """Weights stored in a shorter float type, computed in float32."""
    DYNAMIC = "dynamic"
    """Integer weights; activations are quantized by the kernels while running."""
    STATIC = "static"
    """Integer weights and activations, on ranges found by calibration."""


@dataclass(frozen=True, slots=True)
class Precision:
    """One row of the table."""

    name: str
    arithmetic: Arithmetic
    weight_bits: int
    activation_bits: int
    summary: str
    slow_because: str | None = None
    """Why it is slower than its bits promise, as a sentence without its subject; None where it is not."""
    inaccurate_because: str | None = None
    """Why it costs accuracy on most models, as a sentence without its subject; None where it does not."""

    @property
    def trainable(self) -> bool:
        """Whether fine-tuning can win something: its activations are bytes."""
        return self.arithmetic is Arithmetic.STATIC and self.activation_bits == 8

    @property
    def needs_calibration(self) -> bool:
        """Whether ranges of activations, so representative samples, are needed."""
        return self.arithmetic is Arithmetic.STATIC


AUTO = "auto"
"""In place of a precision: the one that is good enough, found by trying."""


class Preference(StrEnum):
    """What decides between files that are all good enough."""

    LATENCY = "latency"
    """int8 first, then as little work outside of int8 as will do."""
    SIZE = "size"
    """The smallest file."""
    ACCURACY = "accuracy"
    """The file that is closest to the float one, of all whole precisions."""


WEIGHT_BLOCKS = (32, 64, 128, 256)
"""How many 4-bit weights in a row can share a scale: the sizes that the format has."""
PRECISIONS: dict[str, Precision] = {
    precision.name: precision
    for precision in (
        Precision("float32", Arithmetic.FLOAT, 32, 32, "the float model as it is"),
        Precision("float16", Arithmetic.CAST, 16, 32, "half the file, float arithmetic"),
        Precision("dynamic_int8", Arithmetic.DYNAMIC, 8, 32, "int8 weights, no samples needed"),
        Precision("int8", Arithmetic.STATIC, 8, 8, "int8 weights and activations, from samples"),
        Precision(
            "int16x8",
            Arithmetic.STATIC,
            8,
            16,
            "int8 weights, int16 activations: accurate, but slow",
            # Counted under emulation for ResNet-8 on a Cortex-A72: 84 M against 4 M instructions.
            "has no fast kernels on any CPU: expect it to take about twenty times the instructions of int8",
        ),
        Precision(
            # Activations first, as int16x8 has them; others write w4a8.
            "int8x4",
            Arithmetic.STATIC,
            4,
            8,
            "4-bit weights in convolutions and dense layers, else as int8, from samples",
            # Seen on x86-64, on a MobileNet-like network at 64x64: 0.143 ms against 0.066 ms of int8.
            "has no fast kernels: XNNPACK leaves its convolutions to others, which take about twice as long as int8",
            "rounds weights to one of 16 values and costs accuracy, most of which --finetune wins back",
        ),
        Precision(
            "int4_weights",
            Arithmetic.DYNAMIC,
            4,
            32,
            "4-bit weights, no samples needed: the smallest file",
            # ResNet-8 falls to 7.5 dB, and agrees with the float model on 92 % of photos (dynamic_int8: 26.5 dB, 99 %).
            inaccurate_because="rounds weights to one of 16 values and costs accuracy",
        ),
    )
}


def precision_names(asked: str | Sequence[str]) -> list[str]:
    """Return the names, be it one or several. Raises RecipeError where they are no texts; they may be unknown."""
    names = [asked] if isinstance(asked, str) else asked
    if not isinstance(names, Sequence) or not all(isinstance(name, str) for name in names):
        raise RecipeError(f"the precision is {asked!r}, but must be a name or several", hint=", ".join(PRECISIONS))
    return list(names)


def precision_named(name: str) -> Precision:
    """Return the precision called ``name``. Raises RecipeError that lists the valid ones."""
    try:
        return PRECISIONS[name]
    except KeyError:
        raise RecipeError(unknown_name("precision", name, PRECISIONS)) from None
