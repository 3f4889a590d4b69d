"""Keras 3 models as tf-keras models and back: the same layers, graph and weights, proven on samples each time."""

from edgekit.bridge.crossing import from_tf_keras, to_tf_keras

__all__ = ["from_tf_keras", "to_tf_keras"]
