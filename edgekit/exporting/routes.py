"""The ways from a loaded model to a float .tflite, in the order they are tried. Runs where TensorFlow is.

A model that one route breaks on, another often carries. The first one is the fastest and gives the fewest
operators: with the variables frozen into the graph and a batch of exactly one, flattening needs no shape
arithmetic, and recurrent layers become builtin operators.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from typing import Any

from edgekit.errors import ConversionError
from edgekit.sources import LoadedModel

Route = Callable[[LoadedModel], bytes]


def frozen_graph(loaded: LoadedModel) -> bytes:
    """Trace the model at a batch of one, freeze its variables, convert the graph."""
    import tensorflow as tf
    from tensorflow.python.framework.convert_to_constants import convert_variables_to_constants_v2

    specs = [
        tf.TensorSpec(spec.shape, spec.dtype, name=f"edgekit_input_{index}")
        for index, spec in enumerate(loaded.description.inputs)
    ]

    @tf.function(autograph=False, input_signature=specs)  # type: ignore[untyped-decorator]  # TensorFlow ships no types
    def call(*tensors: Any) -> list[Any]:
        return loaded.call(tensors)

    frozen = convert_variables_to_constants_v2(call.get_concrete_function())
    return _convert(tf.lite.TFLiteConverter.from_concrete_functions([frozen]))


def keras(loaded: LoadedModel) -> bytes:
    """TensorFlow's own way for a Keras model."""
    import tensorflow as tf

    if loaded.keras_model is None:
        raise ConversionError("not a Keras model")
    return _convert(tf.lite.TFLiteConverter.from_keras_model(loaded.keras_model))


def saved_model(loaded: LoadedModel) -> bytes:
    """Through a SavedModel folder."""
    import tensorflow as tf

    if loaded.open_sizes:
        raise ConversionError("the SavedModel leaves sizes open, and the converter would too")
    if loaded.saved_model is not None:
        return _convert(
            tf.lite.TFLiteConverter.from_saved_model(str(loaded.saved_model), signature_keys=[loaded.signature])
        )
    if loaded.keras_model is None:
        raise ConversionError("not a SavedModel")
    with tempfile.TemporaryDirectory(prefix="edgekit-") as folder:
        loaded.keras_model.export(folder, verbose=False)
        return _convert(tf.lite.TFLiteConverter.from_saved_model(folder))


ROUTES: dict[str, Route] = {route.__name__: route for route in (frozen_graph, keras, saved_model)}


def _convert(converter: Any) -> bytes:
    import tensorflow as tf

    converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS]
    converter.allow_custom_ops = False
    return bytes(converter.convert())
