"""From scores to classes."""

from __future__ import annotations

import numpy as np
import pytest

from edgekit.accuracy import NO_ANSWER, Answers, read_answers
from edgekit.errors import CalibrationError


def read(values: np.ndarray) -> Answers:
    return read_answers(values, file="a.tflite", sha256="f" * 64)


SCORES = np.array([[0.9, 0.1], [0.2, 0.8], [0.6, 0.4], [0.5, 0.5]], np.float32)


@pytest.mark.parametrize("shape", [(4, 2), (4, 1, 1, 2), (4, 2, 1)])
def test_the_largest_score_names_the_class_and_the_first_of_several(shape: tuple[int, ...]) -> None:
    assert read(SCORES.reshape(shape)) == Answers("a.tflite", "f" * 64, (0, 1, 0, 0), 2)


@pytest.mark.parametrize("shape", [(5, 1), (5,), (5, 1, 1)])
def test_a_single_probability_is_for_class_1(shape: tuple[int, ...]) -> None:
    values = np.array([0.4, 0.6, 0.5, 0.51, 1.003], np.float32).reshape(shape)
    assert read(values) == Answers("a.tflite", "f" * 64, (0, 1, 0, 1, 1), 2)


def test_a_single_score_that_is_no_probability_is_refused() -> None:
    with pytest.raises(CalibrationError, match=r"a single score, from -3\.2 to 0\.4: that is no probability") as caught:
        read(np.array([[-3.2], [0.4]], np.float32))
    assert "end with a sigmoid" in str(caught.value.hint)


@pytest.mark.parametrize("shape", [(3,), (3, 1)])
def test_integers_are_classes_themselves(shape: tuple[int, ...]) -> None:
    assert read(np.array([0, 7, 1], np.int32).reshape(shape)) == Answers("a.tflite", "f" * 64, (0, 7, 1), None)


def test_nan_is_no_answer() -> None:
    values = np.array([[0.9, 0.1], [np.nan, 0.8], [0.2, 0.4]], np.float32)
    assert read(values).chosen == (0, NO_ANSWER, 1)
    assert read(np.array([[0.9], [np.nan]], np.float32)).chosen == (1, NO_ANSWER)


@pytest.mark.parametrize(
    ("values", "told"),
    [
        (np.zeros((4, 8, 8)), r"float64 of the shape \[8, 8\]"),
        (np.zeros((4, 3), np.int64), r"int64 of the shape \[3\]"),
        (np.zeros((4, 0)), r"float64 of the shape \[0\]"),
        (np.zeros((4, 2), np.bool_), r"bool of the shape \[2\]"),
    ],
)
def test_what_holds_no_scores(values: np.ndarray, told: str) -> None:
    with pytest.raises(CalibrationError, match=rf"a\.tflite gives {told} for each sample: no class scores"):
        read(values)
