"""One layer made anew in the other library, from what its configuration says."""

from __future__ import annotations

import inspect
from typing import Any

import numpy as np

from edgekit.bridge.activations import activation_for
from edgekit.bridge.libraries import Library
from edgekit.errors import ConversionError

_RENAMED = {
    ("Keras 3", "LeakyReLU"): {"negative_slope": "alpha"},
    ("tf-keras", "LeakyReLU"): {"alpha": "negative_slope"},
}
_OF_APPLICATIONS = {"LayerScale": "convnext", "StochasticDepth": "convnext"}
"""Layers of ``keras.applications`` that are not among the public ones: the module that they are in."""
_HARMLESS = frozenset(
    {
        # How it is computed, and not what.
        "implementation", "use_cudnn", "flash_attention", "seed",
        # What follows from the tensors that it is called on.
        "batch_input_shape", "input_length", "query_shape", "key_shape", "value_shape",
    }
)  # fmt: skip
_USUAL = {"groups": 1, "data_format": "channels_last"}
"""What keys say that only one library writes down."""
_BASE = frozenset({"name", "trainable", "dtype"})
_UNSAID = frozenset({"zero_output_for_mask"})
"""What layers of both libraries take without having it in their signature."""
_ACTIVATIONS = ("activation", "recurrent_activation")
_INNER = ("layer", "backward_layer", "cell", "cells")
_STRIP = (
    "take tfmot's wrappers off first: tfmot.sparsity.keras.strip_pruning or tfmot.clustering.keras.strip_clustering"
)
_QAT = "fake quantization is of tfmot alone: tf.lite.TFLiteConverter makes an int8 file of the model as it is"
_WRAPPERS = {
    "PruneLowMagnitude": _STRIP,
    "ClusterWeights": _STRIP,
    "QuantizeLayer": _QAT,
    "QuantizeWrapper": _QAT,
    "QuantizeWrapperV2": _QAT,
}


def translated(layer: Any, source: Library, target: Library) -> tuple[Any, bool]:
    """Return the counterpart of a layer, and whether it wants the weights of the original.

    Raises:
        ConversionError: there is none; names the layer.
    """
    kind = type(layer).__name__
    place = f"layer '{layer.name}' ({kind})"
    _require_own(layer, source, place=place)
    config = layer.get_config()
    if kind == "Normalization":
        config |= _statistics(layer, config["axis"], place=place)
    made = _class(kind, target, place=place)
    chosen = _translated(kind, config, source, target, place=place)
    chosen["name"] = name_in(target, layer.name)
    try:
        holds = any(key in _INNER for key in chosen)
        return (made.from_config(chosen) if holds else made(**chosen)), kind != "Normalization"
    # Its own checks raise anything.
    except Exception as error:
        raise ConversionError(f"{place} cannot be made in {target.title}: {error}", log=str(error)) from error


def name_in(target: Library, name: str) -> str:
    """Return a name as the other library takes it: in Keras 3 none holds a slash."""
    return name.replace("/", "_") if target.title == "Keras 3" else name


def _statistics(layer: Any, axis: Any, *, place: str) -> dict[str, Any]:
    """Return what a normalization has seen. In both libraries it is learned, or a part of the configuration."""
    found = {}
    for name in ("mean", "variance"):
        value = getattr(layer, name, None)
        if value is None:
            raise ConversionError(f"{place} has no {name} yet", hint="call its adapt() on data first")
        array = np.asarray(value)
        # It is stored as it is broadcast.
        found[name] = array.reshape(() if axis is None else [array.shape[each] for each in np.atleast_1d(axis)])
    return found


def _require_own(layer: Any, source: Library, *, place: str) -> None:
    kind = type(layer)
    name = kind.__name__
    if name in _WRAPPERS and kind.__module__.startswith("tensorflow_model_optimization."):
        raise ConversionError(f"{place} is of tfmot, and no layer of {source.title}", hint=_WRAPPERS[name])
    if name == "Lambda":
        raise ConversionError(
            f"{place} holds code, which is not carried over", hint="write it with keras.ops or layers"
        )
    if kind is not getattr(source.module.layers, name, None) and kind is not _of_applications(name, source):
        raise ConversionError(
            f"{place} is a custom layer: what it computes is in its code, and cannot be carried over",
            hint=f"build it from layers of {source.title}, or make the {source.title} model without it",
        )


def _of_applications(name: str, library: Library) -> Any:
    module = _OF_APPLICATIONS.get(name)
    return None if module is None else getattr(getattr(library.module.src.applications, module), name, None)


def _class(kind: str, target: Library, *, place: str) -> Any:
    found = getattr(target.module.layers, kind, None) or _of_applications(kind, target)
    if found is None:
        raise ConversionError(f"{place} has no counterpart in {target.title}")
    return found


def _translated(kind: str, config: dict[str, Any], source: Library, target: Library, *, place: str) -> dict[str, Any]:
    """Return a configuration for the other library.

    A key that the other library does not know is left out where it says what is so without it, and refused otherwise.
    """
    names = _RENAMED.get((source.title, kind), {})
    accepted = _parameters(_class(kind, target, place=place)) | _BASE | _UNSAID
    standard = _standard(_own(kind, source))
    chosen: dict[str, Any] = {}
    for key, value in config.items():
        name = names.get(key, key)
        # Weights are carried, so nothing is left to initialize.
        if key in _HARMLESS or key.endswith("_initializer") or (key in _UNSAID and not value):
            continue
        if name in accepted:
            chosen[name] = _value(key, value, source, target, place=place)
        elif value not in (None, False) and not _alike(value, _USUAL.get(key, standard.get(key))):
            raise ConversionError(f"{place} has {key}={value!r}, which {target.title} does not know")
    return chosen


def _value(key: str, value: Any, source: Library, target: Library, *, place: str) -> Any:
    if key in _ACTIVATIONS:
        return activation_for(value, source, target, place=place)
    if key == "dtype":
        return _dtype(value, place=place)
    if key in _INNER:
        if isinstance(value, list | tuple):
            return [_inner(each, source, target, place=place) for each in value]
        return None if value is None else _inner(value, source, target, place=place)
    if isinstance(value, dict) and "class_name" in value:
        return _part(value, target, place=place)
    if key == "axis" and isinstance(value, list | tuple) and len(value) == 1:
        return int(value[0])
    # tf-keras wraps lists, to keep track of layers in them.
    return list(value) if isinstance(value, list) else value


def _inner(value: dict[str, Any], source: Library, target: Library, *, place: str) -> dict[str, Any]:
    """Return the layer inside of a wrapper: a configuration, too."""
    kind = value["class_name"]
    where = f"{place}, inside of which is '{value['config'].get('name', kind)}' ({kind})"
    if value.get("registered_name") or not hasattr(source.module.layers, kind):
        raise ConversionError(f"{where}, a custom layer: its code cannot be carried over")
    config = _translated(kind, value["config"], source, target, place=where)
    return {"module": "keras.layers", "class_name": kind, "config": config, "registered_name": None}


def _part(value: dict[str, Any], target: Library, *, place: str) -> Any:
    """Return a regularizer or a constraint."""
    name = value["class_name"]
    for module in (target.module.regularizers, target.module.constraints):
        if hasattr(module, name) and not value.get("registered_name"):
            return getattr(module, name)(**value["config"])
    raise ConversionError(f"{place} has a {name}, which {target.title} does not know")


def _dtype(value: Any, *, place: str) -> Any:
    if not isinstance(value, dict):
        return value
    if value["class_name"] not in {"DTypePolicy", "Policy"}:
        raise ConversionError(f"{place} computes in a {value['class_name']}, which is not carried over")
    return value["config"]["name"]


def _own(kind: str, source: Library) -> Any:
    return getattr(source.module.layers, kind, None) or _of_applications(kind, source)


def _parameters(made: Any) -> set[str]:
    return {name for each in _initializers(made) for name in inspect.signature(each).parameters}


def _standard(made: Any) -> dict[str, Any]:
    """Return the defaults of the arguments that it is made with; what the class itself says comes first."""
    found: dict[str, Any] = {}
    for each in _initializers(made):
        for name, parameter in inspect.signature(each).parameters.items():
            if parameter.default is not inspect.Parameter.empty:
                found.setdefault(name, parameter.default)
    return found


def _initializers(made: Any) -> list[Any]:
    """Return the ``__init__`` of the class and of those layers that it is derived from, the Layer of all left out."""
    return [
        each.__init__
        for each in made.__mro__
        if "__init__" in vars(each) and (".layers." in each.__module__ or each.__name__ in _OF_APPLICATIONS)
    ]


def _alike(value: Any, other: Any) -> bool:
    return str(value) == str(other)
