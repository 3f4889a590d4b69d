"""Whether a file can run at all, on facts that no real file of the tests has."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import pytest

from edgekit.inspection import Inspection, inspect
from edgekit.metrics import Evidence, Verdict
from edgekit.profiles import profile_named
from edgekit.verdicts.runnable import runnable
from edgekit.verdicts.runs import Runs

NO_RUNS = Runs((), ())
PI4 = profile_named("rpi4")


@pytest.fixture
def facts(shared_data: Path) -> Inspection:
    return inspect(shared_data / "mlperf_tiny" / "ic_resnet8_int8.tflite")


@pytest.mark.parametrize(
    ("changes", "sentence", "obstacles"),
    [
        (
            {"flex_ops": ("FlexErf", "FlexRoll")},
            "it needs TensorFlow's own operators (FlexErf, FlexRoll), which runtimes for devices do not have: it runs "
            "only with the Flex delegate",
            1,
        ),
        (
            {"custom_ops": ("MyOp", "Mfcc")},
            "it needs the custom operator 'MyOp', which the TFLite runtime does not have: it runs only in a program "
            "that brings the code for it",
            1,
        ),
        (
            {
                "unwritten": ("operator 0 (ADD) of subgraph 0 reads tensor 7, which nothing has written",),
                "edgetpu_ops": 2,
            },
            "it is compiled for an Edge TPU: a CPU cannot run it; it cannot be run by the runtime: operator 0 (ADD) of "
            "subgraph 0 reads tensor 7, which nothing has written",
            2,
        ),
    ],
)
def test_operators_that_the_runtime_does_not_have(
    changes: dict[str, Any], sentence: str, obstacles: int, facts: Inspection
) -> None:
    check = runnable(dataclasses.replace(facts, **changes), profile=PI4, runs=NO_RUNS)
    assert (check.verdict, check.sentence) == (Verdict.FAIL, sentence)
    assert check.metric is not None
    assert (check.metric.value, check.metric.evidence) == (obstacles, Evidence.ESTIMATED)


def test_custom_operators_that_come_with_the_runtime_are_fine(facts: Inspection) -> None:
    stock = dataclasses.replace(facts, custom_ops=("TFLite_Detection_PostProcess",))
    assert runnable(stock, profile=PI4, runs=NO_RUNS).verdict is Verdict.PASS


def test_an_edge_tpu_on_the_board_does_not_excuse_other_operators(facts: Inspection) -> None:
    board = profile_named("coral-dev-board")
    mixture = dataclasses.replace(facts, edgetpu_ops=1, custom_ops=("MyOp",))
    assert runnable(mixture, profile=board, runs=NO_RUNS).verdict is Verdict.FAIL
