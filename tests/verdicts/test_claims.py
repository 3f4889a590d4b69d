"""Runs that count because the user says so, and what an emulated run is evidence of."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from edgekit.errors import ProfileError
from edgekit.metrics import Budget, Check, Evidence, Verdict
from edgekit.runs import RunResult
from edgekit.verdicts import Assessment, check

MakeRun = Callable[..., RunResult]
GENEROUS = Budget(latency_p90_ms=60.0, memory_bytes=2**30)


@pytest.fixture
def model(shared_data: Path) -> Path:
    return shared_data / "mlperf_tiny" / "ic_resnet8_int8.tflite"


def by_limit(assessment: Assessment) -> dict[str, Check]:
    return {each.limit: each for each in assessment.checks}


def sha256(model: Path) -> str:
    return check(model, profile="rpi4").sha256


def test_a_board_without_a_name_counts_where_the_user_says_what_it_is(model: Path, make_run: MakeRun) -> None:
    run = make_run(sha256(model), environment={"board": None})
    silent = by_limit(check(model, profile="rpi4", runs=[run], budget=GENEROUS))
    assert silent["latency_p90"].verdict is Verdict.UNKNOWN
    told = by_limit(check(model, profile="rpi4", runs=[run], budget=GENEROUS, as_profile="rpi4"))
    said = "that ssh://pi@board is a rpi4 is what the user says; itself it says no name"
    for limit in ("runnable", "memory", "latency_p90"):
        assert told[limit].verdict is Verdict.PASS
        assert said in told[limit].sentence
        metric = told[limit].metric
        assert metric is not None
        assert metric.evidence is Evidence.MEASURED


def test_a_board_that_says_another_name_is_quoted(model: Path, make_run: MakeRun) -> None:
    run = make_run(sha256(model), environment={"board": "Clone 4 'Deluxe'"})
    told = by_limit(check(model, profile="rpi4", runs=[run], budget=GENEROUS, as_profile="rpi4"))
    assert "is what the user says; itself it says 'Clone 4 'Deluxe''" in told["latency_p90"].sentence


def test_what_was_recognized_needs_no_word_of_the_user(model: Path, make_run: MakeRun) -> None:
    told = by_limit(check(model, profile="rpi4", runs=[make_run(sha256(model))], budget=GENEROUS, as_profile="rpi4"))
    assert told["latency_p90"].verdict is Verdict.PASS
    assert "the user says" not in told["latency_p90"].sentence


@pytest.mark.parametrize(
    ("environment", "as_profile", "reason"),
    [
        ({"machine": "x86_64", "board": None}, "rpi4", "it was seen on x86_64, not on aarch64"),
        ({"emulated": True, "board": None}, "rpi4", "it was seen on an emulated machine"),
        ({"board": None}, "rpi5", "it was seen on a machine without a name"),
        ({"board": "Raspberry Pi 5 Model B Rev 1.0"}, "rpi4", "'Raspberry Pi 5 Model B Rev 1.0', which is a rpi5"),
    ],
)
def test_what_nobody_can_say(
    environment: dict[str, object], as_profile: str, reason: str, model: Path, make_run: MakeRun
) -> None:
    run = make_run(sha256(model), environment=environment)
    told = by_limit(check(model, profile="rpi4", runs=[run], budget=GENEROUS, as_profile=as_profile))
    assert told["latency_p90"].verdict is Verdict.UNKNOWN
    assert reason in told["latency_p90"].sentence


def test_a_processor_is_known_without_anybodys_word(model: Path, make_run: MakeRun) -> None:
    run = make_run(sha256(model), environment={"machine": "x86_64", "board": None, "cpu_model": "AMD EPYC"})
    told = by_limit(check(model, profile="n100", runs=[run], budget=GENEROUS, as_profile="n100"))
    assert told["latency_p90"].verdict is Verdict.UNKNOWN
    assert "it was seen on a 'AMD EPYC', not on 'Intel(R) N100*'" in told["latency_p90"].sentence


def test_a_tainted_run_does_not_pass_whoever_vouches_for_it(model: Path, make_run: MakeRun) -> None:
    run = make_run(sha256(model), environment={"board": None}, taints=("the clock changed",))
    told = by_limit(check(model, profile="rpi4", runs=[run], budget=GENEROUS, as_profile="rpi4"))
    assert told["latency_p90"].verdict is Verdict.UNKNOWN
    assert "the run was tainted: the clock changed" in told["latency_p90"].sentence


def test_an_unknown_profile_lists_the_nearest(model: Path) -> None:
    with pytest.raises(ProfileError, match="Did you mean 'rpi4'"):
        check(model, profile="rpi4", as_profile="rpi44")


def test_an_emulated_run_is_evidence_that_the_file_runs_and_of_nothing_else(model: Path, make_run: MakeRun) -> None:
    emulated = {"emulated": True, "board": None, "cpu_model": "Cortex-A72 by qemu 7.2.22"}
    run = make_run(sha256(model), device="emulated:rpi4", environment=emulated)
    told = by_limit(check(model, profile="rpi4", runs=[run], budget=GENEROUS))
    metric = told["runnable"].metric
    assert metric is not None
    assert (told["runnable"].verdict, metric.evidence) == (Verdict.PASS, Evidence.EMULATED)
    assert told["runnable"].sentence.startswith("it ran on emulated:rpi4 (Cortex-A72 by qemu 7.2.22) (emulated: ")
    assert told["latency_p90"].verdict is Verdict.UNKNOWN
    assert told["memory"].metric is not None
    assert told["memory"].metric.evidence is Evidence.ESTIMATED
    # Another board's emulation says nothing of this one: its core has other instructions.
    other = make_run(sha256(model), device="emulated:rpi5", environment=emulated)
    metric = by_limit(check(model, profile="rpi4", runs=[other]))["runnable"].metric
    assert metric is not None
    assert metric.evidence is Evidence.ESTIMATED
