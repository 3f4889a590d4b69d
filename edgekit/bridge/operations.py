"""What stands in a graph without being a layer: ``x + y``, ``keras.ops.relu(x)``, ``tf.reshape(x, ...)``."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from edgekit.bridge.libraries import Library
from edgekit.errors import ConversionError

_LAMBDAS = ("TFOpLambda", "SlicingOpLambda")


def operation_of(layer: Any, source: Library, target: Library) -> Callable[..., Any] | None:
    """Return what does the same to tensors of the other library; None where it is a layer.

    Raises:
        ConversionError: nothing does; names it.
    """
    kind = type(layer).__name__
    if source.title == "Keras 3":
        if isinstance(layer, source.module.Layer):
            return None
        made = _to_tf_keras(layer, target).get(kind)
        name = f"keras.ops' {kind}"
        if made is None or not type(layer).__module__.startswith("keras."):
            raise _unknown(layer.name, name, target)
        return made
    if not type(layer).__module__.endswith(".tf_op_layer"):
        return None
    symbol = layer.get_config().get("function") if kind in _LAMBDAS else kind
    found = _to_keras_3(target).get(str(symbol))
    if found is None:
        raise _unknown(layer.name, f"tf.{symbol}", target)

    def operation(*arguments: Any, **keywords: Any) -> Any:
        result = found(*arguments, **{key: value for key, value in keywords.items() if key != "name"})
        # Its own counting gives it a name that a layer of the model may have.
        result._keras_history.operation.name = layer.name.replace(".", "_").replace("/", "_")
        return result

    return operation


def _unknown(name: str, what: str, target: Library) -> ConversionError:
    return ConversionError(
        f"operation '{name}' ({what}) has no counterpart in {target.title} that is known here",
        hint="use the layer that does the same, where there is one",
    )


def _to_tf_keras(operation: Any, target: Library) -> dict[str, Callable[..., Any]]:
    """Return, by the class of an operation, what does it. Where a layer does, it is a layer: tfmot knows those."""
    import tensorflow as tf

    layers, name = target.module.layers, operation.name

    def pair(layer: Any, function: Callable[..., Any]) -> Callable[..., Any]:
        def done(first: Any, second: Any) -> Any:
            shapes = {tuple(each.shape) if hasattr(each, "_keras_history") else None for each in (first, second)}
            if len(shapes) == 1 and None not in shapes and first.dtype == second.dtype:
                return layer(name=name)([first, second])
            return function(first, second)

        return done

    def called(kind: str, **options: Any) -> Callable[..., Any]:
        def done(x: Any) -> Any:
            return getattr(layers, kind)(name=name, **options)(x)

        return done

    axis, keep = getattr(operation, "axis", None), getattr(operation, "keepdims", False)
    return {
        "Add": pair(layers.Add, tf.add),
        "Subtract": pair(layers.Subtract, tf.subtract),
        "Multiply": pair(layers.Multiply, tf.multiply),
        "Maximum": pair(layers.Maximum, tf.maximum),
        "Minimum": pair(layers.Minimum, tf.minimum),
        "TrueDivide": tf.truediv,
        "Negative": tf.negative,
        "Exp": tf.exp,
        "Sqrt": tf.sqrt,
        "Square": tf.square,
        "Relu": called("ReLU"),
        "Relu6": called("ReLU", max_value=6.0),
        "Sigmoid": called("Activation", activation="sigmoid"),
        "Tanh": called("Activation", activation="tanh"),
        "Silu": called("Activation", activation="swish"),
        "Softmax": called("Softmax", axis=axis),
        "Gelu": lambda x: tf.nn.gelu(x, approximate=operation.approximate),
        "Concatenate": called("Concatenate", axis=axis),
        "Reshape": lambda x: tf.reshape(x, [-1 if size is None else size for size in operation.newshape]),
        "Transpose": lambda x: tf.transpose(x, operation.axes),
        "ExpandDims": lambda x: tf.expand_dims(x, axis),
        "Squeeze": lambda x: tf.squeeze(x, axis),
        "Flip": lambda x: tf.reverse(x, _axes(axis, x)),
        "Mean": lambda x: tf.reduce_mean(x, axis, keep),
        "Max": lambda x: tf.reduce_max(x, axis, keep),
        "Sum": lambda x: tf.reduce_sum(x, axis, keep),
        "GetItem": lambda x, key: x[key],
        "Cast": lambda x: tf.cast(x, operation.dtype),
        "NotEqual": tf.not_equal,
        "Any": lambda x: tf.reduce_any(x, axis, keep),
    }


def _to_keras_3(target: Library) -> dict[str, Callable[..., Any]]:
    """Return, by the name that tf-keras keeps of a TensorFlow function, what does it; with TensorFlow's parameters."""
    ops = target.module.ops

    def reduced(function: Callable[..., Any]) -> Callable[..., Any]:
        return lambda input_tensor, axis=None, keepdims=False: function(input_tensor, axis=axis, keepdims=keepdims)

    def transpose(a: Any, perm: Any = None, conjugate: bool = False) -> Any:
        if conjugate:
            raise TypeError("it takes the conjugate, of numbers that are not complex")
        return ops.transpose(a, perm)

    def silu(features: Any, beta: float = 1.0) -> Any:
        if beta != 1.0:
            raise TypeError(f"its beta is {beta}, and silu has 1")
        return ops.silu(features)

    return {
        **dict.fromkeys(("__operators__.add", "math.add"), ops.add),
        "math.subtract": ops.subtract,
        "math.multiply": ops.multiply,
        "math.maximum": ops.maximum,
        "math.minimum": ops.minimum,
        "math.truediv": ops.true_divide,
        "math.negative": ops.negative,
        "math.exp": ops.exp,
        "math.sqrt": ops.sqrt,
        "math.square": ops.square,
        "nn.relu": ops.relu,
        "nn.relu6": ops.relu6,
        "math.sigmoid": ops.sigmoid,
        "math.tanh": ops.tanh,
        "nn.silu": lambda features, beta=1.0: (
            ops.silu(features) if beta == 1.0 else features * ops.sigmoid(beta * features)
        ),
        "nn.softmax": lambda logits, axis=-1: ops.softmax(logits, axis=-1 if axis is None else axis),
        "nn.gelu": lambda features, approximate=False: ops.gelu(features, approximate=approximate),
        "concat": lambda values, axis: ops.concatenate(values, axis=axis),
        "reshape": lambda tensor, shape: ops.reshape(tensor, tuple(int(size) for size in shape)),
        **dict.fromkeys(("transpose", "compat.v1.transpose"), transpose),
        "expand_dims": ops.expand_dims,
        **dict.fromkeys(("squeeze", "compat.v1.squeeze"), ops.squeeze),
        "reverse": lambda tensor, axis: ops.flip(tensor, axis=tuple(int(each) for each in axis)),
        "math.reduce_mean": reduced(ops.mean),
        "math.reduce_max": reduced(ops.max),
        "math.reduce_sum": reduced(ops.sum),
        "math.reduce_any": reduced(ops.any),
        "__operators__.getitem": lambda tensor, slice_spec: tensor[_key(slice_spec)],
        "cast": lambda x, dtype: ops.cast(x, str(getattr(dtype, "name", dtype))),
        "math.not_equal": ops.not_equal,
    }


def _axes(axis: Any, tensor: Any) -> list[int]:
    if axis is None:
        return list(range(len(tensor.shape)))
    return [int(each) for each in axis] if isinstance(axis, list | tuple) else [int(axis)]


def _key(spec: Any) -> Any:
    """Return the key of a slice as Python has it; tf-keras keeps a dictionary in place of each slice."""
    if isinstance(spec, list | tuple):
        return tuple(_key(each) for each in spec)
    return slice(spec["start"], spec["stop"], spec["step"]) if isinstance(spec, dict) else spec
