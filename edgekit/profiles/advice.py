"""What follows from a device's facts for a precision. One rule per function, one table, and no device by name."""

from __future__ import annotations

from collections.abc import Callable

from edgekit.precision import precision_named
from edgekit.profiles.profile import DeviceProfile, Facts, Kind
from edgekit.units import format_bytes


def advice_for(profile: DeviceProfile, precision: str) -> tuple[str, ...]:
    """Return the sentences that a user of ``precision`` on this device should read; none is possible.

    Raises:
        RecipeError: there is no such precision.
    """
    name = precision_named(precision).name
    if profile.kind is Kind.MICROCONTROLLER:
        return (_no_interpreter(profile),)
    sentences = (_RULES[name](profile.facts), _edge_tpu(profile.facts, name), _accelerators(profile.facts))
    return tuple(sentence for sentence in sentences if sentence is not None)


def _no_interpreter(profile: DeviceProfile) -> str:
    """Return why a microcontroller cannot run a file of edgekit's at all."""
    memory = profile.facts.memory_bytes
    ram = "" if memory is None else f"{format_bytes(memory.value)} of RAM and "
    return (
        f"edgekit makes files for the LiteRT interpreter on Linux or Android, and {profile.title} has {ram}no "
        "operating system: it cannot run this file. An int8 one can be built into a program for it with LiteRT for "
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


def _dynamic_int8(_facts: Facts) -> str | None:
    return (
        "dynamic_int8 quantizes the activations anew in every run and leaves many operators in float: with "
        "representative samples, int8 is usually faster"
    )


def _int16x8(_facts: Facts) -> str | None:
    # Counted under emulation for ResNet-8 on a Cortex-A72: 84 M against 4 M instructions.
    return "int16x8 has no fast kernels on any CPU: expect it to take about twenty times the instructions of int8"


def _edge_tpu(facts: Facts, precision: str) -> str | None:
    if facts.edge_tpu is None or not facts.edge_tpu.value:
        return None
    able = "" if precision == "int8" else f" from an int8 one, not from {precision}"
    return f"the Edge TPU needs a file that edgetpu_compiler has made{able}: this file runs on the CPU beside it"


def _accelerators(facts: Facts) -> str | None:
    if facts.accelerators is None:
        return None
    return f"edgekit's files run on the CPU; not used here: {', '.join(facts.accelerators.value)}"


_RULES: dict[str, Callable[[Facts], str | None]] = {
    "float32": _float32,
    "float16": _float16,
    "dynamic_int8": _dynamic_int8,
    "int8": _int8,
    "int16x8": _int16x8,
}
