from __future__ import annotations

import random
from collections import Counter

import numpy as np
import pytest

from edgekit.data.choice import notes_on_choice, seeded_order


def ordered(names: list[str], *, seed: int) -> list[str]:
    return [names[index] for index in seeded_order(names, seed=seed)]


def test_the_order_depends_on_seed_and_names_only():
    names = [f"{number}.jpg" for number in range(50)]
    # These names are written down so that another machine or a newer library cannot change the choice unseen.
    assert ordered(names, seed=0)[:4] == ["37.jpg", "2.jpg", "6.jpg", "16.jpg"]
    assert ordered(names[::-1], seed=0) == ordered(names, seed=0)
    assert ordered(names, seed=1) != ordered(names, seed=0)
    assert sorted(ordered(names, seed=7)) == sorted(names)


def test_a_new_name_moves_the_others_by_one_place_at_most():
    names = [f"{number}.jpg" for number in range(50)]
    grown = ordered([*names, "new.jpg"], seed=3)
    grown.remove("new.jpg")
    assert grown == ordered(names, seed=3)


def test_a_name_that_is_not_utf8_has_a_place():
    assert set(ordered(["caf\udce9.jpg", "b.jpg"], seed=0)) == {"caf\udce9.jpg", "b.jpg"}


def test_the_stratified_order_is_written_down_too():
    labels = [0, 0, 0, 0, 0, 0, 1, 1, 2, 0]
    assert seeded_order(map(str, range(10)), seed=0, labels=labels).tolist() == [4, 6, 8, 0, 9, 2, 1, 7, 5, 3]


@pytest.mark.parametrize("sizes", [(100, 100, 100), (500, 50, 5, 1), (7,), (1, 1, 1, 1), (997, 3)])
def test_each_class_has_its_share_however_many_are_chosen(sizes: tuple[int, ...]):
    labels = [label for label, size in enumerate(sizes) for _ in range(size)]
    random.Random(0).shuffle(labels)
    order = seeded_order(map(str, range(len(labels))), seed=4, labels=labels)
    assert sorted(order) == list(range(len(labels)))
    for count in range(1, len(labels) + 1):
        chosen = Counter(labels[index] for index in order[:count])
        assert len(chosen) == min(count, len(sizes))
        for label, size in enumerate(sizes):
            share = count * size / len(labels)
            # The first of every class come before all others, which costs the large classes a few of theirs.
            assert share - len(sizes) <= chosen[label] <= max(1, share + 1)


def test_within_a_class_the_order_is_that_of_the_seed():
    labels = np.arange(60) % 3
    plain = seeded_order(map(str, range(60)), seed=9)
    stratified = seeded_order(map(str, range(60)), seed=9, labels=labels.tolist())
    for label in range(3):
        assert [i for i in stratified if labels[i] == label] == [i for i in plain if labels[i] == label]
    assert stratified.tolist() != seeded_order(map(str, range(60)), seed=8, labels=labels.tolist()).tolist()


def test_fewer_samples_than_classes_take_different_classes_by_seed():
    labels = list(range(20)) * 3
    first = [{labels[i] for i in seeded_order(map(str, range(60)), seed=s, labels=labels)[:5]} for s in range(4)]
    assert [len(classes) for classes in first] == [5] * 4
    assert len({frozenset(classes) for classes in first}) > 1


def test_notes_tell_what_is_left_out():
    assert notes_on_choice(None, classes=(), count=1) == ()
    assert notes_on_choice([0, 1, 1], classes=("a", "b"), count=2) == ()
    assert notes_on_choice([0, 2, 2], classes=("a", "b", "c"), count=None) == ("class 'b' has no sample at all",)
    assert notes_on_choice([0, 5, 7], classes=(), count=1) == (
        "2 of 3 classes have no sample among the 1 chosen: choose at least one for each",
    )
