"""Brings a Keras model to where its inputs are known and of a fixed size, by a model around it."""

from __future__ import annotations

import inspect
import re
import sys
from collections.abc import Sequence
from typing import Any

from edgekit.errors import SourceError
from edgekit.recipe.open_sizes import fixed_shapes, input_shapes
from edgekit.tensors import TensorSpec

_STYLE = re.compile(r"\x1b\[[\d;]*m")


def settled(model: Any, *, name: str, input_shape: str | None) -> Any:
    """Return ``model``, or a functional model of fixed sizes that does nothing but call it.

    Args:
        model: a model of Keras or tf-keras; one that is subclassed must have been called once, or get its shapes here.
        name: for errors.
        input_shape: sizes for inputs whose own are open, see ``edgekit.recipe.open_sizes``.

    Raises:
        SourceError: nothing tells what it takes, or it cannot be called on that.
        RecipeError: ``input_shape`` does not fit.
    """
    if getattr(model, "inputs", None):
        specs = keras_specs(model.inputs)
        shapes = fixed_shapes(specs, input_shape, model=name)
        if all(None not in spec.shape[1:] for spec in specs):
            return model
        inputs = [_input(model, spec, shape) for spec, shape in zip(specs, shapes, strict=True)]
        argument = as_structure(model, inputs if inputs[1:] else inputs[0], specs)
        return _around(model, inputs, [argument], {}, name=name)
    specs, arguments, keywords = _arguments(model, input_shape, name=name)
    shapes = fixed_shapes(specs, input_shape, model=name)
    inputs = [_input(model, spec, shape) for spec, shape in zip(specs, shapes, strict=True)]
    tensors = iter(inputs)
    filled = [_filled(argument, tensors) for argument in arguments]
    return _around(model, inputs, filled, {keyword: next(tensors) for keyword in keywords}, name=name)


def keras_specs(tensors: Sequence[Any]) -> list[TensorSpec]:
    """Return what Keras says of its symbolic tensors."""
    return [TensorSpec(tensor.name, tuple(tensor.shape), dtype_name(tensor)) for tensor in tensors]


def dtype_name(tensor: Any) -> str:
    """Return the numpy name of a tensor's type."""
    # Keras 3 has a name here, tf-keras a TensorFlow type that has one.
    return str(getattr(tensor.dtype, "name", tensor.dtype))


def as_structure(model: Any, given: Any, inputs: Sequence[TensorSpec]) -> Any:
    """Return ``given``, one tensor or several in the order of ``inputs``, as the model wants to be called with them."""
    structure = getattr(model, "input", None)
    if isinstance(structure, dict):
        values = given if isinstance(given, list) else [given]
        by_name = {spec.name: value for spec, value in zip(inputs, values, strict=True)}
        return {key: by_name[tensor.name] for key, tensor in structure.items()}
    return given


def _arguments(
    model: Any, input_shape: str | None, *, name: str
) -> tuple[list[TensorSpec], list[Any], tuple[str, ...]]:
    """Return the inputs of a subclassed model, and how it is called with them.

    Keras remembers the shapes that it was called on first: those of its first argument. What is given here is not held
    against them, as most such models take others too; calling the model will tell.

    Returns:
        The inputs; the structure of each positional argument, with a name for each tensor; names of keyword arguments.
    """
    parameters = list(inspect.signature(model.call).parameters)
    given = {} if input_shape is None else input_shapes(input_shape)
    if given.keys() <= set(parameters) and len(given) > 1:
        return [_spec(model, key, shape) for key, shape in given.items()], [], tuple(given)
    config = model.get_build_config() if hasattr(model, "get_build_config") else None
    seen = (config or {}).get("input_shape")
    if seen:
        specs: list[TensorSpec] = []
        structure = _described(seen, parameters[0], model, specs)
        if given:
            specs = [_spec(model, spec.name, (None,) * len(spec.shape)) for spec in specs]
        return specs, [structure], ()
    if not given:
        raise SourceError(
            f"model {name} does not know its inputs: it was never built, or is a subclassed model",
            hint="call it once on data first, or say what it takes: --input-shape 1,224,224,3",
        )
    names = [key or parameters[0] for key in given]
    specs = [_spec(model, key, shape) for key, shape in zip(names, given.values(), strict=True)]
    return specs, names if len(names) == 1 else [{key: key for key in names}], ()


def _described(shape: Any, name: str, model: Any, specs: list[TensorSpec]) -> Any:
    """Add the specs of an argument to ``specs``; return its structure."""
    if isinstance(shape, dict):
        return {key: _described(value, str(key), model, specs) for key, value in shape.items()}
    if any(isinstance(size, list | tuple | dict) for size in shape):
        return [_described(value, f"{name}_{index}", model, specs) for index, value in enumerate(shape)]
    specs.append(_spec(model, name, tuple(shape)))
    return name


def _filled(structure: Any, tensors: Any) -> Any:
    """Return ``structure`` with the next of ``tensors`` in each place."""
    if isinstance(structure, dict):
        return {key: _filled(value, tensors) for key, value in structure.items()}
    if isinstance(structure, list):
        return [_filled(value, tensors) for value in structure]
    return next(tensors)


def _spec(model: Any, name: str, shape: tuple[int | None, ...]) -> TensorSpec:
    return TensorSpec(name, shape, str(getattr(model, "input_dtype", None) or "float32"))


def _input(model: Any, spec: TensorSpec, shape: Sequence[int]) -> Any:
    return _library(model).Input(tuple(shape[1:]), dtype=spec.dtype, name=spec.name)


def _around(model: Any, inputs: list[Any], arguments: list[Any], keywords: dict[str, Any], *, name: str) -> Any:
    try:
        outputs = model(*arguments, **keywords)
        return _library(model).Model(inputs if inputs[1:] else inputs[0], outputs, name=model.name)
    # The user's layers raise anything.
    except Exception as error:
        reasons = _reasons(error)
        first, *others = reasons or [type(error).__name__]
        shapes = ", ".join(f"{tensor.name} {(1, *tensor.shape[1:])}" for tensor in inputs)
        raise SourceError(
            f"model {name} cannot be called on {shapes}: {first[:300]}",
            hint=_hint(model, first),
            # What is in the message already would only be read twice.
            log="\n".join(reasons) if others or first[300:] else None,
        ) from error


def _reasons(error: Exception) -> list[str]:
    """Return the lines that say what was wrong.

    Keras tells first which layer was called, then in bold what was wrong, then what it was called with.
    """
    text = _STYLE.sub("", str(error)).rpartition("Error encountered:")[2].partition("\nArguments received by ")[0]
    lines = [line for line in text.splitlines() if line.strip()]
    return [line for line in lines if not line.startswith("Exception encountered when calling")]


def _hint(model: Any, reason: str) -> str:
    if not getattr(model, "inputs", None):
        return "give each argument of its call() a shape that it takes: --input-shape NAME=1,224,224,3"
    if "negative" in reason.lower():
        return "its layers leave nothing of so small an input: give a larger size with --input-shape"
    return "give a size that its layers take with --input-shape, such as the one that it was trained on"


def _library(model: Any) -> Any:
    """Return the Keras that the model is of: the two do not mix."""
    old = sys.modules.get("tf_keras")
    if old is not None and isinstance(model, old.Model):
        return old
    import keras

    return keras
