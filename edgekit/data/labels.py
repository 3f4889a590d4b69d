"""The class of one sample, in the forms that people give it."""

from __future__ import annotations

from typing import Any

import numpy as np

from edgekit.data.matching import as_array, shape_text
from edgekit.errors import CalibrationError

_HINT = "give whole numbers from 0 as labels, or none at all: dataset.map(lambda x, y: x)"


def class_number(value: Any, *, where: str) -> int:
    """Return the class that ``value`` stands for.

    Args:
        value: a whole number; 0.0 or 1.0, as Keras has binary classes; or a single 1 among zeros (one-hot). Each
            with or without a batch dimension of 1.
        where: the sample in a sentence.

    Raises:
        CalibrationError: it stands for no class.
    """
    array = as_array(value, where=f"the label of {where}", hint=_HINT)
    if array.ndim == 2 and len(array) == 1:
        array = array[0]
    if array.dtype.kind in "biuf":
        if array.size == 1 and (array.dtype.kind in "biu" or array.item() in {0.0, 1.0}):
            return require_class(int(array.item()), where=where)
        if array.ndim == 1 and array.size > 1 and array.max() == 1 and np.count_nonzero(array) == 1:
            return int(array.argmax())
    held = repr(array.item()) if array.size == 1 else f"{array.dtype}[{shape_text(array.shape)}]"
    raise CalibrationError(f"the label of {where} is {held}, which is the number of no class", hint=_HINT)


def require_class(number: int, *, where: str) -> int:
    """Return a class's number. Raises CalibrationError where it is below 0."""
    if number < 0:
        raise CalibrationError(f"the label of {where} is {number}, but classes count from 0", hint=_HINT)
    return number
