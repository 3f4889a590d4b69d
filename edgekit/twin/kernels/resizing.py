"""XNNPACK's kernel of RESIZE_BILINEAR."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from edgekit.twin.grids import Value
from edgekit.twin.kernels.work import KernelWork
from edgekit.twin.operators.call import options_of

_UNIT = 2048
"""Its weights are whole numbers of these parts."""
_Neighbours = tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.int32]]
"""The first of the two values that each result lies between, the second, and the weight of the second."""


def resized(work: KernelWork) -> Value:
    """Across, then down, both in integers; a half goes up."""
    import tensorflow as tf

    rows, columns = (
        _neighbours(work, given=work.values[0].shape[axis], wanted=work.result.shape[axis]) for axis in (2, 3)
    )
    if all((weights % (_UNIT // 8) == 0).all() for _, _, weights in (rows, columns)):
        # What was computed in float32 is exact then, but for its step.
        return tf.floor(work.result / work.grid.step + (0.5 + 2.0**-10))
    (whole,) = work.whole(0)
    left, right = (tf.gather(whole, places, axis=3) for places in columns[:2])
    across = left * _UNIT + (right - left) * columns[2].astype(np.float32)[:, np.newaxis]
    top, bottom = (tf.gather(tf.cast(across, tf.int32), places, axis=2) for places in rows[:2])
    down = top * _UNIT + (bottom - top) * rows[2][:, np.newaxis, np.newaxis]
    return tf.cast(tf.bitwise.right_shift(down + _UNIT**2 // 2, 22), tf.float32)


def _neighbours(work: KernelWork, *, given: int, wanted: int) -> _Neighbours:
    """Return the neighbours of all results along one axis, reckoned in float32."""
    options = options_of(work.operator)
    inner = 1 if options["alignCorners"] and wanted > 1 else 0
    ratio = np.float32(given - inner) / np.float32(wanted - inner)
    places = np.arange(wanted, dtype=np.float32) * ratio
    if options["halfPixelCenters"]:
        places = places + (np.float32(0.5) * ratio - np.float32(0.5))
    places = np.clip(places, np.float32(0), np.float32(given - 1))
    first = places.astype(np.int32)
    weights = np.rint((places - first.astype(np.float32)) * np.float32(_UNIT)).astype(np.int32)
    return first, np.minimum(first + 1, given - 1, dtype=np.int32), weights
