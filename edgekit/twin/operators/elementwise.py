"""Operators on one value after the other."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from edgekit.twin.operators.activations import activated
from edgekit.twin.operators.call import Call, Function, Value, aligned


def _fused(name: str) -> Function:
    """Return the function of TensorFlow with this name, of two values, with an activation behind it."""

    def compute(call: Call) -> Value:
        import tensorflow as tf

        return activated(getattr(tf, name)(*aligned(*call.values)), call)

    return compute


def _plain(name: str) -> Function:
    """Return the function of TensorFlow with this name, of one value or of several that broadcast."""

    def compute(call: Call) -> Value:
        import tensorflow as tf

        function: Callable[..., Any] = tf
        for part in name.split("."):
            function = getattr(function, part)
        return function(*aligned(*call.values))

    return compute


def _add_n(call: Call) -> Value:
    import tensorflow as tf

    return tf.add_n(call.values)


def _cast(call: Call) -> Value:
    import tensorflow as tf

    return tf.cast(call.values[0], call.dtypes[0])


def _select(call: Call) -> Value:
    import tensorflow as tf

    condition, chosen, other = call.values
    if len(condition.shape) == 2 and len(chosen.shape) > 2:
        # A vector of conditions chooses whole rows.
        condition = tf.reshape(condition, (-1, *condition.shape[1:], *(1,) * (len(chosen.shape) - 2)))
    return tf.where(condition, chosen, other)


ELEMENTWISE: dict[str, Function] = {
    "ADD": _fused("add"),
    "SUB": _fused("subtract"),
    "MUL": _fused("multiply"),
    "DIV": _fused("divide"),
    "ADD_N": _add_n,
    "CAST": _cast,
    "SELECT": _select,
    "SELECT_V2": _plain("where"),
    "MAXIMUM": _plain("maximum"),
    "MINIMUM": _plain("minimum"),
    "SQUARED_DIFFERENCE": _plain("math.squared_difference"),
    "POW": _plain("pow"),
    "FLOOR_DIV": _plain("math.floordiv"),
    "FLOOR_MOD": _plain("math.floormod"),
    "EXP": _plain("exp"),
    "LOG": _plain("math.log"),
    "SQRT": _plain("sqrt"),
    "RSQRT": _plain("math.rsqrt"),
    "SQUARE": _plain("square"),
    "NEG": _plain("negative"),
    "ABS": _plain("abs"),
    "SIN": _plain("sin"),
    "COS": _plain("cos"),
    "FLOOR": _plain("floor"),
    "CEIL": _plain("math.ceil"),
    "ROUND": _plain("round"),
    "SIGN": _plain("sign"),
    "EQUAL": _plain("equal"),
    "NOT_EQUAL": _plain("not_equal"),
    "GREATER": _plain("greater"),
    "GREATER_EQUAL": _plain("greater_equal"),
    "LESS": _plain("less"),
    "LESS_EQUAL": _plain("less_equal"),
    "LOGICAL_AND": _plain("logical_and"),
    "LOGICAL_OR": _plain("logical_or"),
    "LOGICAL_NOT": _plain("logical_not"),
}
