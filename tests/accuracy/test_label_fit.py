"""Labels that are not those of the file's classes."""

from __future__ import annotations

import numpy as np
import pytest

from edgekit.accuracy import Answers, Labels, count_right, labels_of, require_labels
from edgekit.errors import CalibrationError


class Found:
    """What ``collect`` gives, as far as labels go."""

    def __init__(self, labels: tuple[int, ...] | None, classes: tuple[str, ...] = (), count: int = 3) -> None:
        self.labels, self.classes, self.count = labels, classes, count
        self.path = "photos/test"

    def __len__(self) -> int:
        return self.count


def answers(*chosen: int, known: int | None = 3) -> Answers:
    return Answers("a.tflite", "f" * 64, chosen, known)


def labels(*numbers: int, names: tuple[str, ...] = ()) -> Labels:
    return Labels(numbers, names, "the samples of photos/test")


def test_labels_of_samples() -> None:
    assert labels_of(Found((0, 1, 1), ("cat", "dog"))) == labels(0, 1, 1, names=("cat", "dog"))


@pytest.mark.parametrize("found", [Found(None), Found((0, 1)), Found((), count=0)])
def test_samples_without_labels(found: Found) -> None:
    with pytest.raises(CalibrationError, match=r"the samples of photos/test have no labels") as caught:
        labels_of(found)
    assert "one folder per class" in str(caught.value.hint)


@pytest.mark.parametrize(
    ("given", "known", "told"),
    [
        (labels(0, 1, 3), 3, "the labels go from 0 to 3, but a.tflite has scores for 3 classes, from 0"),
        (labels(1, -1, 2), None, "the labels go from -1 to 2, but a.tflite has class numbers, from 0"),
        (labels(0, 1, 2, 2), 3, "a.tflite gave 3 answers, but the samples of photos/test have 4 labels"),
        (labels(0, 1, 1, names=("cat", "dog")), 3, "have 2 class folders, but a.tflite has scores for 3 classes"),
    ],
)
def test_labels_that_cannot_be(given: Labels, known: int | None, told: str) -> None:
    with pytest.raises(CalibrationError, match=told):
        require_labels(answers(0, 1, 1, known=known), given)
    with pytest.raises(CalibrationError, match=told):
        count_right(answers(0, 1, 1, known=known), given)


def mixed(order: list[int], *, each: int = 10, wrong: int = 0) -> tuple[Answers, Labels]:
    """Samples of ``len(order)`` classes, ``each`` of a class, answered by ``order`` but for the first ``wrong``."""
    numbers = np.repeat(np.arange(len(order)), each)
    chosen = np.array(order)[numbers]
    chosen[:wrong] = (chosen[:wrong] + 1) % len(order)
    names = tuple(str(name) for name in sorted(map(str, range(len(order)))))
    return answers(*map(int, chosen), known=len(order)), labels(*map(int, numbers), names=names)


def test_folders_sorted_as_text_while_the_model_counts() -> None:
    """Folders 0, 1, 10, 11, 2, ...: the third folder is class 10."""
    order = [int(name) for name in sorted(map(str, range(12)))]
    given = mixed(order, wrong=4)
    with pytest.raises(CalibrationError) as caught:
        require_labels(*given)
    assert caught.value.message == (
        "the samples of photos/test have classes in another order than a.tflite: of 100 answers to 10 classes, 0 are "
        "right as they are numbered, and 100 would be in another order ('10' is number 2, and mostly answered 10; "
        "'11' is number 3, and mostly answered 11; '2' is number 4, and mostly answered 2)"
    )
    assert "rename the folders" in str(caught.value.hint)


def test_two_classes_the_wrong_way_round() -> None:
    with pytest.raises(CalibrationError, match="in another order"):
        require_labels(*mixed([1, 0], each=20, wrong=3))
    with pytest.raises(CalibrationError, match="of 40 answers to 2 classes, 0 are right"):
        require_labels(*mixed([0, 1, 3, 2, 4], each=20))


@pytest.mark.parametrize(
    "given",
    [
        mixed([0, 1, 2]),
        mixed([1, 2, 0], each=9),  # too few samples to tell
        mixed([0, 0, 2], each=40),  # one class is always taken for another
        mixed([1, 0, 2, 3], each=14),  # too few of the classes that seem mixed up
        (answers(*[0] * 40, known=2), labels(*[0, 1] * 20)),  # always the same answer
        (answers(*[-1] * 40, known=2), labels(*[0, 1] * 20)),  # no answer at all
        (answers(*[1] * 40, known=2), labels(*[0] * 40)),  # one class alone tells no order
    ],
)
def test_no_false_alarm(given: tuple[Answers, Labels]) -> None:
    require_labels(*given)


def test_pure_chance_is_no_mixup() -> None:
    alarms = 0
    for seed in range(1000):
        generator = np.random.default_rng(seed)
        classes = int(generator.integers(2, 6))
        numbers, chosen = generator.integers(0, classes, (2, max(30, 10 * classes)))
        try:
            require_labels(answers(*map(int, chosen), known=classes), labels(*map(int, numbers)))
        except CalibrationError:
            alarms += 1
    assert alarms <= 3


def collapsed(classes: int, favourites: list[int], *, each: int = 41) -> tuple[Answers, Labels]:
    """Correct labels, and a model that answers one of few classes, by the class but for every eighth sample."""
    numbers = np.repeat(np.arange(classes), each)
    chosen = np.array(favourites)[(numbers + (np.arange(len(numbers)) % 8 == 0)) % len(favourites)]
    return answers(*map(int, chosen), known=classes), labels(*map(int, numbers))


@pytest.mark.parametrize(
    "given",
    [
        collapsed(10, [1, 2]),
        collapsed(10, [2, 1]),
        collapsed(10, [7, 1, 2]),
        (answers(*[1] * 20, *[2] * 20, *[1] * 20, known=3), labels(*[0] * 20, *[1] * 20, *[2] * 20)),
        # One class of three has an answer of its own; the other two are both taken for one.
        (answers(*[1] * 40, *[2] * 40, *[2] * 21, *[0] * 19, known=3), labels(*[0] * 40, *[1] * 40, *[2] * 40)),
    ],
)
def test_a_collapsed_model_is_not_refused(given: tuple[Answers, Labels]) -> None:
    require_labels(*given)


def test_a_real_mixup_is_told_though_the_model_is_poor() -> None:
    """Seven of ten right in the other order, the rest anything."""
    given, truth = mixed([3, 4, 0, 1, 2], each=40)
    chosen = np.array(given.chosen)
    chosen[::10], chosen[3::10], chosen[7::10] = 0, 1, 2
    with pytest.raises(CalibrationError, match="in another order"):
        require_labels(answers(*map(int, chosen), known=5), truth)


def test_no_better_than_chance_is_noted() -> None:
    numbers = np.resize(np.arange(10), 412)
    chosen = np.full(412, 2)
    chosen[:400:3] = 1
    given, truth = answers(*map(int, chosen), known=10), labels(*map(int, numbers), names=tuple("abcdefghij"))
    accuracy = count_right(given, truth)
    assert accuracy.notes == (
        f"{accuracy.correct} of 412 right, chance is 10 %: a.tflite answers everything 'c' or 'b'",
    )
    chosen[:30] = 9
    (note,) = count_right(answers(*map(int, chosen), known=10), truth).notes
    assert note.endswith("a.tflite answers nearly everything 'c' or 'b'")
    guessed = np.random.default_rng(0).permutation(numbers)
    (note,) = count_right(answers(*map(int, guessed), known=10), truth).notes
    assert note.endswith("chance is 10 %: a.tflite might as well guess")
    (note,) = count_right(answers(*[-1] * 412, known=10), truth).notes
    assert note == "0 of 412 right, chance is 10 %: a.tflite answers everything with NaN"


def test_better_than_chance_or_too_few_to_tell_is_not_noted() -> None:
    given, truth = mixed([0, 1, 2, 3], each=20, wrong=40)
    assert count_right(given, truth).notes == ()
    assert count_right(answers(0, 0, 0), labels(1, 1, 1)).notes == ()
