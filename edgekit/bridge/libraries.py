"""Keras 3 and tf-keras, as far as they are taken apart and put together differently."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import ModuleType
from typing import Any, Protocol


@dataclass(frozen=True, slots=True)
class LayerCall:
    """One call of a layer inside a functional model."""

    layer: Any
    reads: tuple[int, ...]
    """Ids of the symbolic tensors that go in."""
    writes: tuple[int, ...]
    fill: Callable[[Mapping[int, Any]], tuple[Sequence[Any], Mapping[str, Any]]]
    """Returns the arguments of the call, with other tensors in place of these."""


class Library(Protocol):
    """One of the two."""

    title: str
    module: ModuleType

    def is_model(self, value: Any) -> bool:
        """Return whether it is a model of this library."""

    def calls(self, model: Any) -> Iterator[LayerCall]:
        """Yield the calls of a functional model, in an order in which they can be made."""

    def input_name(self, tensor: Any) -> str:
        """Return the name of the input layer that a symbolic tensor comes from."""

    def flat(self, structure: Any) -> list[Any]:
        """Return the leaves of a structure, in the order of this library."""


class _Keras3:
    title = "Keras 3"

    def __init__(self) -> None:
        import keras

        self.module: ModuleType = keras

    def is_model(self, value: Any) -> bool:
        return isinstance(value, self.module.Model)

    def calls(self, model: Any) -> Iterator[LayerCall]:
        for depth in sorted(model._nodes_by_depth, reverse=True):
            for node in model._nodes_by_depth[depth]:
                if node.operation and not node.is_input:
                    reads, writes = ([id(each) for each in side] for side in (node.input_tensors, node.outputs))
                    yield LayerCall(node.operation, tuple(reads), tuple(writes), node.arguments.fill_in)

    def input_name(self, tensor: Any) -> str:
        return str(tensor._keras_history.operation.name)

    def flat(self, structure: Any) -> list[Any]:
        return list(self.module.tree.flatten(structure))


class _TfKeras:
    title = "tf-keras"

    def __init__(self) -> None:
        import tf_keras

        self.module: ModuleType = tf_keras

    def is_model(self, value: Any) -> bool:
        return isinstance(value, self.module.Model)

    def calls(self, model: Any) -> Iterator[LayerCall]:
        for depth in sorted(model._nodes_by_depth, reverse=True):
            for node in model._nodes_by_depth[depth]:
                if not node.is_input:
                    reads, writes = (tuple(map(int, ids)) for ids in (node.flat_input_ids, node.flat_output_ids))
                    yield LayerCall(node.layer, reads, writes, _filling(node))

    def input_name(self, tensor: Any) -> str:
        return str(tensor._keras_history.layer.name)

    def flat(self, structure: Any) -> list[Any]:
        import tensorflow as tf

        return list(tf.nest.flatten(structure))


def _filling(node: Any) -> Callable[[Mapping[int, Any]], tuple[Sequence[Any], Mapping[str, Any]]]:
    def filled(tensors: Mapping[int, Any]) -> tuple[Sequence[Any], Mapping[str, Any]]:
        ids = list(node.flat_input_ids)
        # It takes one away each time that a tensor is used.
        arguments, keywords = node.map_arguments({key: [tensors[int(key)]] * len(ids) for key in ids})
        return arguments, keywords

    return filled


def keras_3() -> Library:
    """Return Keras 3; imports it."""
    return _Keras3()


def tf_keras() -> Library:
    """Return tf-keras; imports it."""
    return _TfKeras()
