"""Activations: those that are fused into other operators, and those that stand alone."""

from __future__ import annotations

from typing import Any

from edgekit.inspection.graph import Operator
from edgekit.inspection.schema import names_of
from edgekit.twin.operators.call import Call, CannotCompute, Function, Value, aligned, axis_of, options_of, rank_of


def fused_into(operator: Operator) -> str:
    """Return the activation that is fused into an operator: ``NONE``, ``RELU``, ..."""
    return names_of("ActivationFunctionType")[int(options_of(operator).get("fusedActivationFunction", 0))]


def activated(value: Value, call: Call) -> Value:
    """Return ``value`` after the activation that is fused into the operator. Raises CannotCompute."""
    import tensorflow as tf

    name = fused_into(call.operator)
    match name:
        case "NONE":
            return value
        case "RELU":
            return tf.nn.relu(value)
        case "RELU6":
            return tf.nn.relu6(value)
        case "RELU_N1_TO_1":
            return tf.clip_by_value(value, -1.0, 1.0)
        case "TANH":
            return tf.tanh(value)
    raise CannotCompute(f"has the activation {name} fused into it")


def _relu(call: Call) -> Value:
    import tensorflow as tf

    return tf.nn.relu(call.values[0])


def _relu6(call: Call) -> Value:
    import tensorflow as tf

    return tf.nn.relu6(call.values[0])


def _relu_n1_to_1(call: Call) -> Value:
    import tensorflow as tf

    return tf.clip_by_value(call.values[0], -1.0, 1.0)


def _relu_0_to_1(call: Call) -> Value:
    import tensorflow as tf

    return tf.clip_by_value(call.values[0], 0.0, 1.0)


def _leaky_relu(call: Call) -> Value:
    import tensorflow as tf

    return tf.nn.leaky_relu(call.values[0], alpha=call.option("alpha"))


def _prelu(call: Call) -> Value:
    import tensorflow as tf

    value, alpha = aligned(*call.values)
    return tf.where(value >= 0, value, alpha * value)


def _elu(call: Call) -> Value:
    import tensorflow as tf

    return tf.nn.elu(call.values[0])


def _tanh(call: Call) -> Value:
    import tensorflow as tf

    return tf.tanh(call.values[0])


def _logistic(call: Call) -> Value:
    import tensorflow as tf

    return tf.sigmoid(call.values[0])


def _hard_swish(call: Call) -> Value:
    import tensorflow as tf

    value: Any = call.values[0]
    return value * tf.nn.relu6(value + 3.0) * (1.0 / 6.0)


def _gelu(call: Call) -> Value:
    import tensorflow as tf

    return tf.nn.gelu(call.values[0], approximate=bool(call.option("approximate")))


def _softmax(call: Call) -> Value:
    import tensorflow as tf

    return tf.nn.softmax(call.values[0] * call.option("beta"), axis=-1)


def _log_softmax(call: Call) -> Value:
    import tensorflow as tf

    return tf.nn.log_softmax(call.values[0], axis=-1)


def _l2_normalization(call: Call) -> Value:
    import tensorflow as tf

    value = call.values[0]
    return activated(tf.math.l2_normalize(value, axis=axis_of(-1, rank_of(value)), epsilon=1e-12), call)


ACTIVATIONS: dict[str, Function] = {
    "RELU": _relu,
    "RELU6": _relu6,
    "RELU_N1_TO_1": _relu_n1_to_1,
    "RELU_0_TO_1": _relu_0_to_1,
    "LEAKY_RELU": _leaky_relu,
    "PRELU": _prelu,
    "ELU": _elu,
    "TANH": _tanh,
    "LOGISTIC": _logistic,
    "HARD_SWISH": _hard_swish,
    "GELU": _gelu,
    "SOFTMAX": _softmax,
    "LOG_SOFTMAX": _log_softmax,
    "L2_NORMALIZATION": _l2_normalization,
}
