"""Loads Keras models of both file formats, and describes them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

from edgekit.errors import EdgekitError, SourceError
from edgekit.sources.custom_objects import import_custom_objects
from edgekit.sources.source import Description, LoadedModel, Source
from edgekit.sources.trust import require_no_code
from edgekit.tensors import TensorSpec

_UNREGISTERED = re.compile(
    r"(?:Could not locate (?:class|function)|Unknown (?:layer|object|\w+ function):) '?(?:\w+>)?(\w+)"
)
# Layers in front that move or cut pixels, and change no value.
_GEOMETRIC = {"InputLayer", "Resizing", "CenterCrop", "Reshape", "ZeroPadding2D", "Cropping2D"}
_SCALING = {"Rescaling", "Normalization", "TrueDivide", "Divide"}


def load_keras(source: Source, *, config: dict[str, Any], legacy: bool) -> LoadedModel:
    """Load a Keras file whose configuration has been read already.

    Args:
        source: where it lies, and what may be used to load it.
        config: the model's configuration, to be searched for code before anything of it is built.
        legacy: whether the file is HDF5, whose old layers need help.

    Raises:
        SourceError: see :class:`edgekit.sources.source.LoadedFormat`.
    """
    if not source.trust:
        require_no_code(source.path, config)
    given = import_custom_objects(source.custom_objects)
    # Keras looks for the name in the file, which has the package in front where the class was registered in one.
    packaged = {
        name: given[name.rpartition(">")[2]] for name in _class_names(config) if name.rpartition(">")[2] in given
    }
    custom_objects = {**packaged, **given}

    import keras

    if legacy:
        custom_objects = {"DepthwiseConv2D": _depthwise_without_groups(), **custom_objects}
    try:
        if source.trust:
            keras.config.enable_unsafe_deserialization()
        model = keras.models.load_model(
            source.path, custom_objects=custom_objects, compile=False, safe_mode=not source.trust
        )
    # Keras raises whatever the broken part of a file runs into; this is the one place that maps it.
    except Exception as error:
        raise _loading_error(source, error) from error
    return loaded_keras(model, name=str(source.path))


def loaded_keras(model: Any, *, name: str) -> LoadedModel:
    """Return a Keras model (or tf-keras model) in memory as a LoadedModel. ``name`` is for errors.

    Raises:
        SourceError: its inputs are not known or not of a fixed size.
    """
    inputs = _specs(getattr(model, "inputs", None), name)
    output_names = _output_names(model)
    description = Description(
        inputs=tuple(TensorSpec(spec.name, fixed_shape(spec, name), spec.dtype) for spec in inputs),
        outputs=tuple(
            TensorSpec(output, tuple(tensor.shape), _dtype(tensor))
            for output, tensor in zip(output_names, model.outputs, strict=True)
        ),
        parameters=model.count_params(),
        own_scaling=next(_scaling_in_front(model), None),
        layers=tuple(layer.name for layer in all_layers(model)),
    )

    def call(tensors: Sequence[Any]) -> list[Any]:
        import tensorflow as tf

        # Keras takes inputs in the order of model.inputs; a lone input goes in by itself.
        given = tensors[0] if len(tensors) == 1 else list(tensors)
        return list(tf.nest.flatten(model(_as_structure(model, given, inputs), training=False)))

    return LoadedModel(description, call, keras_model=model)


def fixed_shape(spec: TensorSpec, name: str) -> tuple[int, ...]:
    """Return the input's shape with a batch of 1. Raises SourceError if another dimension is not fixed."""
    rest = spec.shape[1:]
    if any(size is None for size in rest):
        raise SourceError(
            f"model {name}: input '{spec.name}' has no fixed size, but {spec.shape}",
            hint="build the model with a fixed input shape, such as keras.Input((224, 224, 3)), and save it again",
        )
    return (1, *(size for size in rest if size is not None))


def _class_names(node: Any) -> Iterator[str]:
    """Yield the names by which a configuration speaks of classes and functions, such as ``my_package>Swish``."""
    if isinstance(node, dict):
        yield from (node[key] for key in ("class_name", "registered_name") if isinstance(node.get(key), str))
        node = list(node.values())
    if isinstance(node, list):
        for value in node:
            yield from _class_names(value)


def _specs(tensors: Any, name: str) -> list[TensorSpec]:
    if not tensors:
        raise SourceError(
            f"model {name} does not know its inputs: it was never built, or is a subclassed model",
            hint="call it once on data before saving it, or export it: model.export('folder')",
        )
    return [TensorSpec(tensor.name, tuple(tensor.shape), _dtype(tensor)) for tensor in tensors]


def _dtype(tensor: Any) -> str:
    # Keras 3 has a name here, tf-keras a TensorFlow type that has one.
    return str(getattr(tensor.dtype, "name", tensor.dtype))


def _output_names(model: Any) -> list[str]:
    structure = getattr(model, "output", None)
    if isinstance(structure, dict):
        # tf.nest flattens a dictionary by sorted key.
        return sorted(structure)
    return [f"output_{index}" for index in range(len(model.outputs))]


def _as_structure(model: Any, given: Any, inputs: list[TensorSpec]) -> Any:
    structure = getattr(model, "input", None)
    if isinstance(structure, dict):
        values = given if isinstance(given, list) else [given]
        by_name = {spec.name: value for spec, value in zip(inputs, values, strict=True)}
        return {key: by_name[tensor.name] for key, tensor in structure.items()}
    return given


def all_layers(model: Any) -> Iterator[Any]:
    """Yield the layers of a model, and those inside of layers."""
    for layer in getattr(model, "layers", ()):
        yield layer
        yield from all_layers(layer)


def _scaling_in_front(model: Any) -> Iterator[str]:
    """Yield the name of the first layer that works on values, if it is one that scales."""
    for layer in all_layers(model):
        kind = type(layer).__name__
        if kind in _SCALING:
            yield layer.name
            return
        is_container = bool(getattr(layer, "layers", ()))
        if not is_container and kind not in _GEOMETRIC and not kind.startswith("Random"):
            return


def _depthwise_without_groups() -> Any:
    import keras

    class DepthwiseConv2D(keras.layers.DepthwiseConv2D):  # type: ignore[misc]  # keras ships no types
        """Reads what Keras 2 wrote: a ``groups`` key that means nothing here and that Keras 3 refuses."""

        @classmethod
        def from_config(cls, config: dict[str, Any]) -> Any:
            known = {key: value for key, value in config.items() if key != "groups" or value != 1}
            return keras.layers.DepthwiseConv2D.from_config(known)

    return DepthwiseConv2D


def _loading_error(source: Source, error: Exception) -> EdgekitError:
    if isinstance(error, EdgekitError):
        return error
    text = str(error)
    unregistered = _UNREGISTERED.search(text)
    if unregistered:
        name = unregistered[1]
        return SourceError(
            f"model {source.path} uses {name}, which is no layer of Keras and was not given",
            hint=f"say where it is defined: --custom-objects my_module:{name}",
        )
    first = next((line for line in text.splitlines() if line.strip()), type(error).__name__)
    return SourceError(
        f"model {source.path} cannot be loaded by Keras: {first[:300]}",
        hint="the log is Keras' own; a file of an older Keras may need to be saved again with a newer one",
        log=text,
    )
