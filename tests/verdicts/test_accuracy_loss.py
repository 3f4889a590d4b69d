"""Accuracy that is lost, judged by its interval."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from edgekit.accuracy import AccuracyComparison, Answers, Labels, compare_answers
from edgekit.artifact import Artifact, Origin, Provenance
from edgekit.errors import UsageError
from edgekit.inspection import Inspection, inspect
from edgekit.metrics import Budget, Check, Evidence, Metric, Verdict
from edgekit.recipe import Recipe
from edgekit.verdicts import check
from edgekit.verdicts.accuracy_loss import judge_drop


@pytest.fixture(scope="module")
def facts(shared_data: Path) -> Inspection:
    return inspect(shared_data / "mlperf_tiny" / "vww_mobilenet_int8.tflite")


def compared(facts: Inspection, *, total: int, lost: int, gained: int, same: bool = False) -> AccuracyComparison:
    """A hundred samples are wrong both times; as many as asked are lost and gained."""
    labels = Labels((0,) * total, (), "the samples of photos/test")
    before = [0] * (total - 100 - gained) + [1] * (100 + gained)
    after = [1] * lost + [0] * (total - 100 - gained - lost) + [0] * gained + [1] * 100
    reference = Answers("float.tflite", facts.sha256 if same else "f" * 64, tuple(before), 2)
    return compare_answers(reference, Answers(str(facts.path), facts.sha256, tuple(after), 2), labels)


def judged(facts: Inspection, comparison: AccuracyComparison, *, limit: float = 1.0) -> Check:
    assessment = check(facts.path, profile="rpi4", budget=Budget(accuracy_drop_points=limit), accuracy_drop=comparison)
    return assessment.checks[-1]


def test_the_whole_interval_within_the_limit_passes(facts: Inspection) -> None:
    found = judged(facts, compared(facts, total=1000, lost=2, gained=4))
    assert found.verdict is Verdict.PASS
    assert found.metric == Metric(
        "accuracy_drop", -0.2, "points", Evidence.MEASURED, "898 of 1000 samples right, 896 by the float model"
    )
    assert found.sentence == (
        "it gains 0.20 points of accuracy (measured: 898 of 1000 samples right, 896 by the float model): "
        "a loss of -0.85 to 0.37 with 95% confidence, all of it within the limit of 1"
    )


def test_the_whole_interval_over_the_limit_fails(facts: Inspection) -> None:
    found = judged(facts, compared(facts, total=1000, lost=40, gained=5))
    assert found.verdict is Verdict.FAIL
    assert found.sentence.endswith(": a loss of 2.30 to 4.95 with 95% confidence, all of it over the limit of 1")


def test_an_interval_around_the_limit_is_unknown_on_either_side(facts: Inspection) -> None:
    below = judged(facts, compared(facts, total=412, lost=5, gained=3))
    assert below.verdict is Verdict.UNKNOWN
    assert below.sentence == (
        "it loses 0.49 points of accuracy (measured: 307 of 412 samples right, 309 by the float model): a loss of "
        "-1.06 to 2.17 with 95% confidence, and the limit of 1 lies between: 5,900 more samples like these would "
        "most likely settle it"
    )
    above = judged(facts, compared(facts, total=412, lost=10, gained=3))
    assert above.verdict is Verdict.UNKNOWN
    assert above.metric is not None
    assert above.metric.value > 1
    assert "4,600 more samples like these" in above.sentence


def test_what_no_number_of_samples_settles(facts: Inspection) -> None:
    found = judged(facts, compared(facts, total=400, lost=8, gained=4))
    assert found.verdict is Verdict.UNKNOWN
    assert "so near the limit that no number of samples would settle it" in found.sentence


def test_the_float_model_itself_passes_even_the_strictest_limit(facts: Inspection) -> None:
    found = judged(facts, compared(facts, total=120, lost=0, gained=0, same=True), limit=0.0)
    assert (found.verdict, found.sentence) == (
        Verdict.PASS,
        "it is the float model itself, and loses nothing (16.7% of 120 right)",
    )


def test_a_comparison_of_another_file(facts: Inspection) -> None:
    other = dataclasses.replace(compared(facts, total=400, lost=8, gained=4), sha256="0" * 64)
    with pytest.raises(UsageError, match=r"the accuracy is of another file: it has the hash 000000000000, and .*int8"):
        judged(facts, other)


def test_an_artifact_brings_what_its_conversion_found(facts: Inspection) -> None:
    comparison = compared(facts, total=1000, lost=2, gained=4)
    provenance = Provenance(
        Origin("model.keras", "keras-v3", None, None), Recipe(), {}, "none", (), None, None, None, comparison
    )
    artifact = Artifact(
        path=facts.path,
        precision="int8",
        size_bytes=facts.size_bytes,
        sha256=facts.sha256,
        canonical_sha256=facts.canonical_sha256,
        inputs=facts.inputs,
        outputs=facts.outputs,
        provenance=provenance,
    )
    budget = Budget(accuracy_drop_points=1.0)
    assert check(artifact, profile="rpi4", budget=budget).checks[-1].verdict is Verdict.PASS
    given = Metric("accuracy_drop", 5.0, "points", Evidence.MEASURED, "other photos")
    # What is given counts before what is known.
    assert check(artifact, profile="rpi4", budget=budget, accuracy_drop=given).checks[-1].verdict is Verdict.FAIL


def test_accuracy_without_labelled_data_is_unknown_and_says_what_to_do(facts: Inspection) -> None:
    drop = judge_drop(None, 1.0, inspection=facts)
    assert (drop.verdict, drop.metric, drop.limit_value) == (Verdict.UNKNOWN, None, 1.0)
    assert drop.sentence == (
        "only labelled data can tell the accuracy that is lost (limit: 1 points), and none was used: evaluate this "
        "file and the float model on the same samples"
    )
