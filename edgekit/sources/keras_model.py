"""Loads Keras models of both file formats, and describes them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from edgekit.errors import EdgekitError, SourceError
from edgekit.recipe.open_sizes import fixed_shapes
from edgekit.sources.custom_objects import import_custom_objects
from edgekit.sources.lean_import import import_tensorflow
from edgekit.sources.settling import as_structure, dtype_name, keras_specs, settled
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
    # First: the user's modules import it too.
    import_tensorflow()
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
    return loaded_keras(model, name=str(source.path), input_shape=source.input_shape)


def loaded_keras(model: Any, *, name: str, input_shape: str | None = None) -> LoadedModel:
    """Return a Keras model (or tf-keras model) in memory as a LoadedModel.

    A model that is subclassed, or leaves sizes open, is wrapped into one whose inputs are known and fixed.

    Args:
        model: the model.
        name: for errors.
        input_shape: sizes for inputs whose own are open.

    Raises:
        SourceError: its inputs are not known or not of a fixed size.
        RecipeError: ``input_shape`` does not fit them.
    """
    model = settled(model, name=name, input_shape=input_shape)
    inputs = keras_specs(model.inputs)
    output_names = _output_names(model)
    description = Description(
        inputs=tuple(
            replace(spec, shape=shape)
            for spec, shape in zip(inputs, fixed_shapes(inputs, None, model=name), strict=True)
        ),
        outputs=tuple(
            TensorSpec(output, tuple(tensor.shape), dtype_name(tensor))
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
        return list(tf.nest.flatten(model(as_structure(model, given, inputs), training=False)))

    return LoadedModel(description, call, keras_model=model)


def _class_names(node: Any) -> Iterator[str]:
    """Yield the names by which a configuration speaks of classes and functions, such as ``my_package>Swish``."""
    if isinstance(node, dict):
        yield from (node[key] for key in ("class_name", "registered_name") if isinstance(node.get(key), str))
        node = list(node.values())
    if isinstance(node, list):
        for value in node:
            yield from _class_names(value)


def _output_names(model: Any) -> list[str]:
    structure = getattr(model, "output", None)
    if isinstance(structure, dict):
        # tf.nest flattens a dictionary by sorted key.
        return sorted(structure)
    return [f"output_{index}" for index in range(len(model.outputs))]


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
