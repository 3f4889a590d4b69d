"""Activation functions by name: those that both libraries have, and those that tf-keras gets from here."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from edgekit.bridge.libraries import Library
from edgekit.errors import ConversionError, unknown_name

_BOTH = (
    "elu", "exponential", "gelu", "linear", "mish", "relu", "selu", "sigmoid", "softmax", "softplus", "softsign",
    "swish", "tanh",
)  # fmt: skip
_ALIASES = {"silu": "swish", "hard_swish": "hard_silu"}
_PACKAGE = "edgekit"


def activation_for(value: Any, source: Library, target: Library, *, place: str) -> Any:
    """Return what a configuration says of an activation, for the other library.

    Raises:
        ConversionError: it has none like it.
    """
    if value is None:
        return None
    name = value
    if isinstance(value, dict):
        if value["class_name"] != "function":
            raise ConversionError(
                f"{place} has a layer as its activation ({value['class_name']}), which is not carried over",
                hint="call that layer behind it",
            )
        name = value["config"]
    own = given = str(name)
    if target.title == "tf-keras":
        given = _ALIASES.get(own, own)
        if given in _BOTH:
            return given
        functions = _functions(target)
        if given in functions and isinstance(value, str):
            return functions[given]
    else:
        package, _, given = own.rpartition(">")
        if (package == _PACKAGE and given in _NAMES) or (not package and given in (*_BOTH, "relu6")):
            return given
    valid = (*_BOTH, *_NAMES) if target.title == "tf-keras" else (*_BOTH, "relu6")
    raise ConversionError(
        f"{place}: {unknown_name('activation', own, valid)}",
        hint=f"only these mean the same in {source.title} and in {target.title}",
    )


_NAMES = ("hard_sigmoid", "hard_silu", "leaky_relu", "relu6")


def _functions(library: Library) -> dict[str, Callable[[Any], Any]]:
    """Return those that tf-keras lacks, or has by another formula, under names by which it can copy and save them."""
    import tensorflow as tf

    def hard_sigmoid(x: Any) -> Any:
        return tf.nn.relu6(x + 3.0) / 6.0

    def hard_silu(x: Any) -> Any:
        return x * hard_sigmoid(x)

    def leaky_relu(x: Any) -> Any:
        return tf.nn.leaky_relu(x, alpha=0.2)

    def relu6(x: Any) -> Any:
        return tf.nn.relu6(x)

    known = library.module.saving.get_custom_objects()
    return {
        function.__name__: known.get(f"{_PACKAGE}>{function.__name__}")
        or library.module.saving.register_keras_serializable(_PACKAGE)(function)
        for function in (hard_sigmoid, hard_silu, leaky_relu, relu6)
    }
