"""What a model's output means, so that it is known what to train it on."""

from __future__ import annotations

from enum import StrEnum
from typing import Any


class Meaning(StrEnum):
    """What is in the only output."""

    PROBABILITIES = "probabilities"
    LOGITS = "logits"
    BINARY = "binary"
    """One probability."""
    BINARY_LOGIT = "binary logit"
    VALUES = "values"
    """Anything else, several outputs as well."""

    @property
    def scored(self) -> bool:
        """Whether labels of classes say what it should be."""
        return self is not Meaning.VALUES


def meaning_of(model: Any) -> Meaning:
    """Return what a model's output means, by its shape and the activation that it comes from."""
    if len(model.outputs) != 1 or len(model.outputs[0].shape) != 2:
        return Meaning.VALUES
    activation = _activation(model)
    if model.outputs[0].shape[-1] == 1:
        return {"sigmoid": Meaning.BINARY, "linear": Meaning.BINARY_LOGIT}.get(activation, Meaning.VALUES)
    return {"softmax": Meaning.PROBABILITIES, "linear": Meaning.LOGITS}.get(activation, Meaning.VALUES)


def _activation(model: Any) -> str:
    function = getattr(model, "_functional", None) or model
    history = function.outputs[0]._keras_history
    layer = history.operation
    if hasattr(layer, "_nodes_by_depth") or getattr(layer, "_functional", None) is not None:
        return _activation(layer)
    kind = type(layer).__name__
    if kind in {"Softmax", "Sigmoid"}:
        return kind.lower()
    return getattr(getattr(layer, "activation", None), "__name__", "linear")
