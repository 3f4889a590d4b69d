"""What follows from a device's facts for a precision. One rule per function; no device and no precision by name."""

from __future__ import annotations

from edgekit.profiles.profile import DeviceProfile, Facts
from edgekit.recipe import Arithmetic, Precision, precision_named


def advice_for(profile: DeviceProfile, precision: str) -> tuple[str, ...]:
    """Return the sentences that a user of ``precision`` on this device should read; none is possible.

    Raises:
        RecipeError: there is no such precision.
    """
    row = precision_named(precision)
    if profile.obstacle is not None:
        return (_elsewhere(profile.obstacle),)
    sentences = (_speed(profile.facts, row), _edge_tpu(profile.facts, row), _accelerators(profile.facts))
    return tuple(sentence for sentence in sentences if sentence is not None)


def _speed(facts: Facts, precision: Precision) -> str | None:
    """Return what the processor makes of a precision, by how its numbers are computed with and by their bits."""
    if precision.slow_because is not None:
        return f"{precision.name} {precision.slow_because}"
    match precision.arithmetic, precision.weight_bits, precision.activation_bits:
        case Arithmetic.FLOAT, 32, 32:
            return _float32(facts)
        case Arithmetic.CAST, 16, 32:
            return _float16(facts)
        case Arithmetic.STATIC, 8, 8:
            return _int8(facts)
        case Arithmetic.DYNAMIC, _, _:
            return _dynamic(precision)
    return f"whether {precision.name} is faster than float32 here cannot be told from its bits: benchmark both"


def _elsewhere(obstacle: str) -> str:
    return (
        f"{obstacle}: it cannot run this file. An int8 one can be built into a program for it with LiteRT for "
        "Microcontrollers, which edgekit does not do"
    )


def _float32(facts: Facts) -> str | None:
    if facts.int8_dot_product is None or not facts.int8_dot_product.value:
        return None
    return "float32 leaves the int8 dot product instructions of this CPU idle: int8 is worth a try"


def _float16(facts: Facts) -> str | None:
    halved = "float16 halves the file, but brings no speed here and saves little memory: "
    if facts.fp16_arithmetic is None or not facts.fp16_arithmetic.value:
        known = "" if facts.fp16_arithmetic is None else ", as this CPU has no fp16 arithmetic"
        return f"{halved}the weights are widened to float32 when they are loaded{known}"
    # Only with FORCE_FP16 or the "reduced_precision_support" mark in the file: README of the XNNPACK delegate.
    return f"{halved}this CPU has fp16 arithmetic, but the runtime computes in float32 unless an app forces it"


def _int8(facts: Facts) -> str | None:
    if facts.int8_dot_product is None:
        return "whether int8 is faster than float32 here depends on the processor's dot product: benchmark both"
    if not facts.int8_dot_product.value:
        return (
            "this CPU has no int8 dot product: int8 makes the file a quarter and most networks faster (MobileNets 2.5 "
            "to 3.2 times on Cortex-A53 and A72, says XNNPACK's README), some slower, so benchmark it against float32"
        )
    more = " and i8mm" if facts.int8_matrix_multiply is not None and facts.int8_matrix_multiply.value else ""
    return f"int8 is what this CPU is fastest in: it has int8 dot product instructions{more}"


def _dynamic(precision: Precision) -> str:
    return (
        f"{precision.name} quantizes the activations anew in every run and leaves many operators in float: with "
        "representative samples, int8 is usually faster"
    )


def _edge_tpu(facts: Facts, precision: Precision) -> str | None:
    if facts.edge_tpu is None or not facts.edge_tpu.value:
        return None
    fit = (precision.arithmetic, precision.weight_bits, precision.activation_bits) == (Arithmetic.STATIC, 8, 8)
    able = "" if fit else f" from an int8 one, not from {precision.name}"
    return f"the Edge TPU needs a file that edgetpu_compiler has made{able}: this file runs on the CPU beside it"


def _accelerators(facts: Facts) -> str | None:
    if facts.accelerators is None:
        return None
    return f"edgekit's files run on the CPU; not used here: {', '.join(facts.accelerators.value)}"
