from __future__ import annotations

import dataclasses

import pytest

from edgekit.errors import RecipeError
from edgekit.profiles import DeviceProfile, Fact, advice_for, list_profiles, profile_named
from edgekit.recipe import PRECISIONS, Arithmetic, Precision


def test_float16_saves_disk_and_not_time() -> None:
    (sentence,) = advice_for(profile_named("rpi4"), "float16")
    assert sentence.startswith("float16 halves the file, but brings no speed here")
    assert sentence.endswith("as this CPU has no fp16 arithmetic")
    (sentence,) = advice_for(profile_named("rpi5"), "float16")
    assert sentence.endswith(
        "this CPU has fp16 arithmetic, but the runtime computes in float32 unless an app forces it"
    )
    (sentence,) = advice_for(profile_named("x86-64"), "float16")
    assert "fp16 arithmetic" not in sentence


def test_int8_is_told_by_the_dot_product() -> None:
    assert advice_for(profile_named("rpi4"), "int8")[0].startswith("this CPU has no int8 dot product")
    assert advice_for(profile_named("rpi5"), "int8")[0].endswith("it has int8 dot product instructions")
    assert advice_for(profile_named("galaxy-s23"), "int8")[0].endswith("int8 dot product instructions and i8mm")
    assert advice_for(profile_named("x86-64"), "int8")[0].startswith("whether int8 is faster than float32")


def test_float32_is_advised_against_only_where_int8_has_instructions() -> None:
    assert advice_for(profile_named("rpi4"), "float32") == ()
    assert advice_for(profile_named("x86-64"), "float32") == ()
    assert "int8 is worth a try" in advice_for(profile_named("rpi5"), "float32")[0]


def test_the_slow_and_the_half_quantized_precision() -> None:
    assert "no fast kernels" in advice_for(profile_named("rpi5"), "int16x8")[0]
    assert "with representative samples, int8 is usually faster" in advice_for(profile_named("rpi4"), "dynamic_int8")[0]


def test_four_bit_weights_are_told_by_their_own_name() -> None:
    (sentence,) = advice_for(profile_named("rpi4"), "int4_weights")
    assert sentence.startswith("int4_weights quantizes the activations anew in every run")


def test_a_row_that_nobody_thought_of_gets_an_answer_and_no_guess(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(PRECISIONS, "w4a8", Precision("w4a8", Arithmetic.STATIC, 4, 8, "a row of tomorrow"))
    assert advice_for(profile_named("rpi4"), "w4a8") == (
        "whether w4a8 is faster than float32 here cannot be told from its bits: benchmark both",
    )
    assert advice_for(profile_named("coral-dev-board"), "w4a8")[1].startswith(
        "the Edge TPU needs a file that edgetpu_compiler has made from an int8 one, not from w4a8"
    )
    monkeypatch.setitem(PRECISIONS, "slow", Precision("slow", Arithmetic.STATIC, 8, 8, "a row", "is slow: trust us"))
    assert advice_for(profile_named("rpi4"), "slow") == ("slow is slow: trust us",)


def test_an_edge_tpu_needs_a_file_of_its_own() -> None:
    board = profile_named("coral-dev-board")
    assert advice_for(board, "int8")[-1] == (
        "the Edge TPU needs a file that edgetpu_compiler has made: this file runs on the CPU beside it"
    )
    assert "has made from an int8 one, not from float32" in advice_for(board, "float32")[-1]


def test_accelerators_are_told_to_be_idle() -> None:
    assert advice_for(profile_named("pixel6"), "int8")[-1] == (
        "edgekit's files run on the CPU; not used here: Mali-G78 GPU, TPU"
    )


@pytest.mark.parametrize("precision", PRECISIONS)
def test_a_microcontroller_cannot_run_any_of_them(precision: str) -> None:
    (sentence,) = advice_for(profile_named("stm32h747"), precision)
    assert "STM32H747I-DISCO has 1.0 MiB of RAM and no operating system: it cannot run this file" in sentence


@pytest.mark.parametrize("profile", list_profiles(), ids=lambda profile: profile.name)
def test_advice_follows_from_facts_and_not_from_names(profile: DeviceProfile) -> None:
    renamed = dataclasses.replace(profile, name="nobody-knows-it")
    for precision in PRECISIONS:
        assert advice_for(renamed, precision) == advice_for(profile, precision)


def test_a_fact_that_changes_changes_the_advice() -> None:
    rpi4 = profile_named("rpi4")
    newer = dataclasses.replace(rpi4, facts=dataclasses.replace(rpi4.facts, int8_dot_product=Fact(True, "a wish")))
    assert advice_for(newer, "int8") == advice_for(profile_named("rpi5"), "int8")


def test_an_unknown_precision() -> None:
    with pytest.raises(RecipeError, match="unknown precision 'int9'. Did you mean 'int8'"):
        advice_for(profile_named("rpi4"), "int9")
