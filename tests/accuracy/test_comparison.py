"""Two files on the same samples, counted by hand."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest

from edgekit.accuracy import AccuracyComparison, Answers, Labels, compare_answers, count_right
from edgekit.errors import CalibrationError
from edgekit.statistics import PairedCounts, drop_interval

LABELS = Labels(tuple([0] * 50 + [1] * 30 + [2] * 20), ("ant", "bee", "cat"), "the samples of photos/test")


def answers(file: str, wrong: list[int], *, sha256: str | None = None, known: int | None = 3) -> Answers:
    """All right, but for the samples of these numbers."""
    chosen = np.array(LABELS.numbers)
    chosen[wrong] = (chosen[wrong] + 1) % 3
    return Answers(file, sha256 or file[0] * 64, tuple(int(each) for each in chosen), known)


@pytest.fixture
def comparison() -> AccuracyComparison:
    """Samples 0 to 3 and 80 to 84 are lost, 10 and 55 gained; 90 is wrong before and after."""
    before = answers("float.tflite", [10, 55, 90])
    return compare_answers(before, answers("int8.tflite", [0, 1, 2, 3, 80, 81, 82, 83, 84, 90]), LABELS)


def test_the_whole(comparison: AccuracyComparison) -> None:
    assert (comparison.reference.correct, comparison.accuracy.correct, comparison.total) == (97, 90, 100)
    assert (comparison.lost, comparison.gained, comparison.drop_points) == (9, 2, pytest.approx(7.0))
    assert comparison.counts == PairedCounts(100, 9, 2)
    assert comparison.interval == drop_interval(PairedCounts(100, 9, 2))
    assert comparison.interval_points == pytest.approx((0.60, 14.59), abs=0.01)
    # Binomial(11): 1 + 11 + 55 ways to lose at most two, on both sides.
    assert comparison.p_value == pytest.approx(2 * 67 / 2**11)


def test_each_class(comparison: AccuracyComparison) -> None:
    told = [
        (each.name, each.label, each.reference_correct, each.correct, each.lost, each.gained, each.total)
        for each in comparison.classes
    ]
    assert told == [("ant", 0, 49, 46, 4, 1, 50), ("bee", 1, 29, 30, 0, 1, 30), ("cat", 2, 19, 14, 5, 0, 20)]
    worst = comparison.worst
    assert (worst.name, worst.drop_points) == ("cat", 25.0)
    # All three hold at once with 95 %: each has a third of the doubt.
    assert worst.interval == drop_interval(PairedCounts(20, 5, 0), confidence=1 - 0.05 / 3)
    # Five of five disagreements alone would be 2.2 deviations from nothing; three classes ask for 2.4.
    assert worst.interval.low < 0 < drop_interval(PairedCounts(20, 5, 0)).low


def test_of_equal_drops_the_class_that_is_recognized_worst() -> None:
    comparison = compare_answers(answers("float.tflite", [90, 91]), answers("int8.tflite", [90, 91]), LABELS)
    assert (comparison.worst.name, comparison.worst.drop_points) == ("cat", 0.0)


def test_the_same_file_loses_nothing_and_that_is_certain() -> None:
    before = answers("float.tflite", [10])
    again = answers("copy.tflite", [10], sha256=before.sha256)
    comparison = compare_answers(before, again, LABELS)
    assert (comparison.drop_points, comparison.interval_points, comparison.p_value) == (0.0, (0.0, 0.0), 1.0)
    assert comparison.worst.interval_points == (0.0, 0.0)
    # Other bytes with the same answers may differ on the next sample.
    assert compare_answers(before, answers("int8.tflite", [10]), LABELS).interval_points[1] > 3


def test_files_with_other_classes() -> None:
    with pytest.raises(
        CalibrationError, match=r"float.tflite has scores for 3 classes, but int8.tflite gives class nu"
    ):
        compare_answers(answers("float.tflite", []), answers("int8.tflite", [], known=None), LABELS)


def test_the_order_of_the_classes_is_asked_of_the_reference_alone() -> None:
    turned = Answers("int8.tflite", "i" * 64, tuple((number + 1) % 3 for number in LABELS.numbers), 3)
    assert compare_answers(answers("float.tflite", []), turned, LABELS).drop_points == 100
    with pytest.raises(CalibrationError, match="in another order than int8.tflite"):
        compare_answers(turned, answers("float.tflite", []), LABELS)


def test_the_document(comparison: AccuracyComparison) -> None:
    document = json.loads(json.dumps(comparison.to_document(), allow_nan=False))
    assert document["schema"] == "edgekit.accuracy-comparison/1"
    assert (document["reference_file"], document["file"]) == ("float.tflite", "int8.tflite")
    assert (document["reference_sha256"], document["sha256"]) == ("f" * 64, "i" * 64)
    assert (document["reference_correct"], document["correct"], document["total"]) == (97, 90, 100)
    assert (document["lost"], document["gained"], document["confidence"]) == (9, 2, 0.95)
    assert document["interval_points"] == list(comparison.interval_points)
    assert document["worst_class"] == 2
    assert document["classes"][2]["drop_points"] == 25.0
    assert math.isclose(document["classes"][2]["confidence"], 1 - 0.05 / 3)


def test_it_prints_well(comparison: AccuracyComparison) -> None:
    assert str(comparison) == (
        "90.0% of 100 samples right, 97.0% by the reference: drop 7.00 points (95% interval 0.60 to 14.59; 9 lost, "
        "2 gained, p 0.065); worst class cat: drop 25.0 (-2.8 to 51.7, 14 of 20 right, 19 by the reference)"
    )


def test_accuracy_prints_well_and_is_json() -> None:
    result = count_right(answers("int8.tflite", [0, 80, 81]), LABELS)
    assert str(result) == "97.0% (97 of 100); worst class cat: 90.0% (18 of 20)"
    document = result.to_document()
    assert (document["schema"], document["correct"], document["value"]) == ("edgekit.accuracy/1", 97, 0.97)
    assert document["classes"][0] == {"label": 0, "name": "ant", "correct": 49, "total": 50}
