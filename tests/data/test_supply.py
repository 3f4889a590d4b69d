from __future__ import annotations

import hashlib

import numpy as np

from edgekit.data.supply import array_id, shuffled


def test_the_order_depends_on_seed_and_names_only():
    names = [f"{number}.jpg" for number in range(50)]
    # These names are written down so that another machine or a newer library cannot change the choice unseen.
    assert shuffled(names, seed=0)[:4] == ["37.jpg", "2.jpg", "6.jpg", "16.jpg"]
    assert shuffled(names[::-1], seed=0) == shuffled(names, seed=0)
    assert shuffled(names, seed=1) != shuffled(names, seed=0)
    assert sorted(shuffled(names, seed=7)) == sorted(names)


def test_a_new_name_moves_the_others_by_one_place_at_most():
    names = [f"{number}.jpg" for number in range(50)]
    grown = shuffled([*names, "new.jpg"], seed=3)
    grown.remove("new.jpg")
    assert grown == shuffled(names, seed=3)


def test_a_name_that_is_not_utf8_has_a_place():
    assert set(shuffled(["caf\udce9.jpg", "b.jpg"], seed=0)) == {"caf\udce9.jpg", "b.jpg"}


def test_an_id_is_of_dtype_shape_and_bytes():
    array = np.arange(6, dtype=np.float32).reshape(2, 3)
    assert array_id([array]) == hashlib.sha256(b"<f4(2, 3)" + array.tobytes()).hexdigest()
    assert array_id([array]) == array_id([array.astype(">f4")]) == array_id([np.asfortranarray(array)])
    others = [[array.reshape(3, 2)], [array.view(np.int32)], [array + 1], [array, array]]
    assert len({array_id(other) for other in others} | {array_id([array])}) == 5
