"""Transfer learning: a new head on what a model has learned, and which layers are trained."""

from __future__ import annotations

import fnmatch
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from edgekit.compression.recipes.recipe import Head
from edgekit.errors import ConversionError, RecipeError
from edgekit.sources.keras_model import all_layers

HEAD = "head"
"""The name of the new layer."""
_PASSED_OVER = {"Activation", "Softmax", "Dropout", "Flatten", "Reshape"}
"""What may stand behind the layer that gives the scores."""
_POOLING = {"GlobalAveragePooling2D", "GlobalMaxPooling2D"}
"""What may stand there too where a softmax follows."""


def with_head(model: Any, head: Head, *, seed: int) -> Any:
    """Return the model with a fresh layer of scores in place of its last one.

    A model that ends in features, as those of ``keras.applications`` without their top, gets one on top; a map of
    features is averaged before.

    Raises:
        ConversionError: it has several outputs, or ends in something else, or in a model that has a head of its own.
    """
    import keras

    if len(model.outputs) != 1:
        raise ConversionError(
            f"the model has {len(model.outputs)} outputs, and a new head takes the place of one",
            hint="build the model with a single output",
        )
    features = _features(model.outputs[0])
    if len(features.shape) == 4:
        features = keras.layers.GlobalAveragePooling2D(name=f"{HEAD}_pool")(features)
    if len(features.shape) != 2:
        raise ConversionError(
            f"the model ends in features of the shape {tuple(features.shape[1:])}, which no head is known for",
            hint="give a model that ends in a vector, or in a map of height x width x channels",
        )
    if head.dropout:
        features = keras.layers.Dropout(head.dropout, name=f"{HEAD}_dropout")(features)
    start = keras.initializers.GlorotUniform(seed=seed)
    dense = keras.layers.Dense(head.classes, activation="softmax", kernel_initializer=start, name=HEAD)
    return keras.Model(model.inputs, dense(features), name=model.name)


def _features(output: Any) -> Any:
    """Return what the layer of scores reads; the output itself where there is no such layer. Raises ConversionError."""
    tensor, gives_scores = output, False
    while True:
        layer = tensor._keras_history.operation
        kind = type(layer).__name__
        if kind == "Dense" or (kind == "Conv2D" and (gives_scores or _is_one_place(tensor)) and tensor is not output):
            return _behind_dropout(layer.input)
        if getattr(layer, "layers", ()) and _features(layer.outputs[0]) is not layer.outputs[0]:
            raise ConversionError(
                f"the model's last layer is the model '{layer.name}', which ends in scores",
                hint=f"give '{layer.name}' itself, or build it without its top",
            )
        gives_scores |= kind == "Softmax" or getattr(getattr(layer, "activation", None), "__name__", "") == "softmax"
        if kind not in _PASSED_OVER and not (gives_scores and kind in _POOLING):
            break
        tensor = layer.input
    if gives_scores:
        raise ConversionError(
            f"the model ends in a softmax, and in front of it '{layer.name}' ({kind}) is no layer of scores",
            hint="build the model without its top",
        )
    return output


def _is_one_place(tensor: Any) -> bool:
    return set(tensor.shape[1:3]) == {1}


def _behind_dropout(tensor: Any) -> Any:
    """Return what an earlier head's own dropout reads: its name is wanted again."""
    layer = tensor._keras_history.operation
    return layer.input if layer.name == f"{HEAD}_dropout" else tensor


@contextmanager
def trained_alone(model: Any, patterns: Sequence[str]) -> Iterator[None]:
    """Let only the layers train whose names match; the others are frozen, their batch statistics too.

    Raises:
        RecipeError: a pattern matches no layer with weights, or none that may be trained.
    """
    # What holds layers would freeze all of them with itself.
    layers = [layer for layer in all_layers(model) if layer.weights and not getattr(layer, "layers", ())]
    names = [layer.name for layer in layers]
    for pattern in patterns:
        if not any(fnmatch.fnmatchcase(name, pattern) for name in names):
            raise RecipeError(
                f"pattern '{pattern}' matches no layer with weights", hint=f"these are: {', '.join(names)}"
            )
    frozen = [
        layer
        for layer in layers
        if layer.trainable and not any(fnmatch.fnmatchcase(layer.name, pattern) for pattern in patterns)
    ]
    try:
        for layer in frozen:
            layer.trainable = False
        if not model.trainable_variables:
            raise RecipeError(
                f"trainable = {list(patterns)} leaves nothing to train",
                hint="name layers that are not frozen in the model",
            )
        yield
    finally:
        for layer in frozen:
            layer.trainable = True
