from __future__ import annotations

import hashlib

import numpy as np

from edgekit.data.supply import array_id


def test_an_id_is_of_dtype_shape_and_bytes():
    array = np.arange(6, dtype=np.float32).reshape(2, 3)
    assert array_id([array]) == hashlib.sha256(b"<f4(2, 3)" + array.tobytes()).hexdigest()
    assert array_id([array]) == array_id([array.astype(">f4")]) == array_id([np.asfortranarray(array)])
    others = [[array.reshape(3, 2)], [array.view(np.int32)], [array + 1], [array, array]]
    assert len({array_id(other) for other in others} | {array_id([array])}) == 5
