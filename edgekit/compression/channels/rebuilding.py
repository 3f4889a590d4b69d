"""The same model with fewer channels: its configuration with smaller numbers, and the weights that stay."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from edgekit.compression.channels.choosing import Keep
from edgekit.compression.channels.tracing import Trace, count
from edgekit.errors import ConversionError


def rebuilt(model: Any, trace: Trace, keep: Keep) -> Any:
    """Return a new model of the same kind, names and structure, in which only some channels are left.

    Raises:
        ConversionError: Keras cannot build it.
    """
    config = model.get_config()
    _shrink(model, config, trace, keep)
    try:
        smaller = type(model).from_config(config)
        for old, new in _pairs(model, smaller):
            new.set_weights(_left(old, trace, keep))
    # Keras raises whatever a layer runs into.
    except Exception as error:
        raise ConversionError(
            f"the model cannot be built with fewer channels: {str(error)[:300]}",
            hint="spare the layer with spared = [PATTERN]",
            log=str(error),
        ) from error
    return smaller


def _shrink(model: Any, config: dict[str, Any], trace: Trace, keep: Keep) -> None:
    """Write the numbers of channels that stay into a configuration."""
    layers = {each.name: each for each in _members(model)}
    settings: dict[int, list[tuple[str, int]]] = {}
    for each in trace.settings:
        settings.setdefault(id(each.layer), []).append((each.key, count(each.ids, keep)))
    if getattr(model, "_functional", None) is not None and config.get("build_input_shape"):
        for key, number in settings.get(id(next(iter(_members(model)))), ()):
            if key == "batch_shape":
                config["build_input_shape"] = _with_last(config["build_input_shape"], number)
    for entry in config["layers"]:
        # Where it was built for the old shapes, it would be again.
        entry.pop("build_config", None)
        own = entry["config"]
        layer = layers[own["name"]]
        if "layers" in own and hasattr(layer, "layers"):
            _shrink(layer, own, trace, keep)
        for key, number in settings.get(id(layer), ()):
            own[key] = _with_last(own[key], number) if isinstance(own[key], list | tuple) else number


def _with_last(shape: Any, number: int) -> Any:
    # An open number of channels stays open.
    return shape if shape[-1] is None else type(shape)((*shape[:-1], number))


def _members(model: Any) -> Iterator[Any]:
    # A Sequential model does not count its input among its layers, but writes it down.
    yield from model._layers if getattr(model, "_functional", None) is not None else model.operations


def _pairs(old: Any, new: Any) -> Iterator[tuple[Any, Any]]:
    by_name = {layer.name: layer for layer in new.layers}
    for layer in old.layers:
        if hasattr(layer, "_nodes_by_depth") or getattr(layer, "_functional", None) is not None:
            yield from _pairs(layer, by_name[layer.name])
        elif layer.weights:
            yield layer, by_name[layer.name]


def _left(layer: Any, trace: Trace, keep: Keep) -> list[Any]:
    values: list[Any] = layer.get_weights()
    for each in trace.bindings:
        if each.layer is layer:
            values[each.weight] = np.compress(keep[each.ids], values[each.weight], axis=each.axis)
    return values
