"""Operators that make one value of many."""

from __future__ import annotations

from edgekit.twin.operators.call import Call, Function, Value, rank_of


def _reduction(name: str) -> Function:
    """Return TensorFlow's reduction of this name."""

    def compute(call: Call) -> Value:
        import tensorflow as tf

        value = call.values[0]
        return getattr(tf, name)(value, call.axes(1, rank=rank_of(value)), keepdims=bool(call.option("keepDims")))

    return compute


def _place(name: str) -> Function:
    """Return TensorFlow's search of this name: ``argmax`` or ``argmin``."""

    def compute(call: Call) -> Value:
        import tensorflow as tf

        value = call.values[0]
        (axis,) = call.axes(1, rank=rank_of(value))
        return getattr(tf, name)(value, axis, output_type=call.dtypes[0])

    return compute


REDUCTIONS: dict[str, Function] = {
    "MEAN": _reduction("reduce_mean"),
    "SUM": _reduction("reduce_sum"),
    "REDUCE_MAX": _reduction("reduce_max"),
    "REDUCE_MIN": _reduction("reduce_min"),
    "REDUCE_PROD": _reduction("reduce_prod"),
    "REDUCE_ANY": _reduction("reduce_any"),
    "REDUCE_ALL": _reduction("reduce_all"),
    "ARG_MAX": _place("argmax"),
    "ARG_MIN": _place("argmin"),
}
