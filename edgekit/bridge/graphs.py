"""A model rebuilt in the other library: each layer made anew once, and called as the original was."""

from __future__ import annotations

from typing import Any

from edgekit.bridge.layers import name_in, translated
from edgekit.bridge.libraries import Library
from edgekit.bridge.operations import operation_of
from edgekit.errors import ConversionError, SourceError

_UNSAID = ("training", "mask")
"""Arguments of a call that mean nothing where they are None."""
_FUNCTIONAL = {("keras.src.models.functional", "Functional"), ("tf_keras.src.engine.functional", "Functional")}
"""What ``Model(inputs, outputs)`` gives: neither library has a public name for its class."""


class Crossing:
    """One model on its way; knows which layer has become which, so that shared ones stay shared.

    Args:
        source: the library that the model is of.
        target: the one that it is made in.
    """

    def __init__(self, source: Library, target: Library) -> None:
        self._source = source
        self._target = target
        self._made: dict[int, Any] = {}
        self._pairs: list[tuple[Any, Any]] = []

    def model(self, model: Any) -> Any:
        """Return the counterpart of a model, without its weights.

        Raises:
            SourceError: it was never built.
            ConversionError: a layer, which is named, has no counterpart.
        """
        if type(model) is self._source.module.Sequential:
            if not model.built or not getattr(model, "inputs", None):
                raise SourceError(
                    f"model '{model.name}' was never built, so its layers have no weights",
                    hint="give it an Input first, or call it once",
                )
            return self._sequential(model)
        if (type(model).__module__, type(model).__name__) not in _FUNCTIONAL:
            raise ConversionError(
                f"model '{model.name}' is of the class {type(model).__name__}: what it computes is in its code, and "
                "cannot be carried over",
                hint="build it from layers, as a functional or Sequential model",
            )
        return self._functional(model)

    def carry_weights(self) -> None:
        """Give each new layer the weights of its original.

        Raises:
            ConversionError: they do not fit; names the layer.
        """
        for old, new in self._pairs:
            have, want = ([tuple(weight.shape) for weight in layer.weights] for layer in (old, new))
            if have != want:
                raise ConversionError(
                    f"layer '{old.name}' ({type(old).__name__}) has weights of the shapes {have} in "
                    f"{self._source.title}, and {want} in {self._target.title}"
                )
            new.set_weights(old.get_weights())

    def _sequential(self, model: Any) -> Any:
        made = self._target.module.Sequential(name=name_in(self._target, model.name))
        made.add(self._input(model.inputs[0]))
        for layer in model.layers:
            made.add(self._layer(layer))
        return made

    def _functional(self, model: Any) -> Any:
        tensors = {id(tensor): self._input(tensor) for tensor in model.inputs}
        for call in self._source.calls(model):
            if any(each not in tensors for each in call.reads):
                continue
            arguments, keywords = call.fill(tensors)
            keywords = {key: value for key, value in keywords.items() if value is not None or key not in _UNSAID}
            made = operation_of(call.layer, self._source, self._target) or self._layer(call.layer)
            try:
                result = made(*arguments, **keywords)
            # Both libraries' own checks raise anything.
            except Exception as error:
                raise ConversionError(
                    f"layer '{call.layer.name}' ({type(call.layer).__name__}) cannot be called in "
                    f"{self._target.title} as it is in {self._source.title}: {str(error).partition(chr(10))[0][:300]}",
                    log=str(error),
                ) from error
            tensors |= dict(zip(call.writes, self._target.flat(result), strict=True))
        inputs, outputs = (
            _mapped(side, lambda tensor: tensors[id(tensor)], self._source) for side in (model.input, model.output)
        )
        return self._target.module.Model(inputs, outputs, name=name_in(self._target, model.name))

    def _input(self, tensor: Any) -> Any:
        name = self._source.input_name(tensor)
        if getattr(tensor, "sparse", False) or getattr(tensor, "ragged", False):
            raise ConversionError(f"input '{name}' takes sparse or ragged tensors, which are not carried over")
        dtype = str(getattr(tensor.dtype, "name", tensor.dtype))
        return self._target.module.Input(batch_shape=tuple(tensor.shape), dtype=dtype, name=name_in(self._target, name))

    def _layer(self, layer: Any) -> Any:
        if id(layer) not in self._made:
            if self._source.is_model(layer):
                self._made[id(layer)] = self.model(layer)
            else:
                made, weighty = translated(layer, self._source, self._target)
                self._made[id(layer)] = made
                if weighty:
                    self._pairs.append((layer, made))
        return self._made[id(layer)]


def _mapped(structure: Any, function: Any, library: Library) -> Any:
    """Return a structure of symbolic tensors with each replaced; containers become plain ones."""
    if isinstance(structure, dict):
        return {key: _mapped(value, function, library) for key, value in structure.items()}
    if isinstance(structure, list | tuple):
        return [_mapped(value, function, library) for value in structure]
    return function(structure)
