"""Follows the channels through a Keras model: who makes them, who reads them, and what each costs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from math import prod
from typing import Any

import numpy as np

from edgekit.compression.channels.bundles import Bundles, Ids


class Role(StrEnum):
    """What a weight does with the channels along one of its axes."""

    MAKES = "makes"
    """A kernel's output channels."""
    FILTERS = "filters"
    """A depthwise kernel: as many come out as go in."""
    SCALES = "scales"
    """The scale of a batch normalization."""
    READS = "reads"
    """A kernel's input channels."""
    SHIFTS = "shifts"
    """A bias, or statistics: one value for each channel."""


@dataclass(frozen=True, slots=True)
class Binding:
    """One axis of one weight, and the channels along it."""

    layer: Any
    weight: int
    """Its place in ``layer.weights``."""
    axis: int
    ids: Ids
    role: Role


@dataclass(frozen=True, slots=True)
class Cost:
    """Multiply-accumulates of one call of a layer: ``factor`` times the number of channels of each of ``ids``."""

    layer: Any
    factor: int
    ids: tuple[Ids, ...]


@dataclass(frozen=True, slots=True)
class Setting:
    """A number in a layer's configuration that counts channels; of a shape it is the last."""

    layer: Any
    key: str
    ids: Ids


@dataclass(frozen=True, slots=True)
class Flow:
    """A tensor on its way through the model."""

    ids: Ids
    """Of its last axis."""
    shape: tuple[int, ...]
    """With the batch dimension, which is 1."""

    @property
    def positions(self) -> int:
        """How many places have channels."""
        return prod(self.shape[1:-1])


@dataclass(slots=True)
class Trace:
    """All that is known of a model's channels."""

    bundles: Bundles = field(default_factory=Bundles)
    bindings: list[Binding] = field(default_factory=list)
    costs: list[Cost] = field(default_factory=list)
    settings: list[Setting] = field(default_factory=list)
    made: dict[int, tuple[Any, Ids]] = field(default_factory=dict)
    """Of each layer that makes channels, by its id()."""
    closed: dict[str, str] = field(default_factory=dict)
    """Layers through which channels were not followed: name to kind."""

    def own(self, layer: Any, count: int) -> Ids:
        """Return the channels that ``layer`` makes, the same at each of its calls."""
        if id(layer) not in self.made:
            self.made[id(layer)] = (layer, self.bundles.fresh(count))
        return self.made[id(layer)][1]

    def bind(self, layer: Any, weight: Any, axis: int, ids: Ids, role: Role) -> None:
        """Note that ``ids`` lie along an axis of a weight; a layer that is shared unifies what each call brings."""
        place = next(index for index, each in enumerate(layer.weights) if each is weight)
        axis %= len(weight.shape)
        for known in self.bindings:
            if known.layer is layer and (known.weight, known.axis) == (place, axis):
                self.bundles.unify(known.ids, ids)
                return
        self.bindings.append(Binding(layer, place, axis, ids, role))

    def cost(self, layer: Any, factor: int, *ids: Ids) -> None:
        """Note what a call costs."""
        self.costs.append(Cost(layer, factor, ids))

    def set(self, layer: Any, key: str, ids: Ids) -> None:
        """Note a setting, once."""
        if not any(each.layer is layer and each.key == key for each in self.settings):
            self.settings.append(Setting(layer, key, ids))


Rule = Callable[[Trace, Any, Any, Sequence[Flow], Sequence[tuple[int, ...]]], "list[Ids] | None"]
"""Follows the channels through one call: the trace, the layer, the call's node, what goes in, and the shapes that come
out. None: through this one they cannot be followed."""


def traced(model: Any, rules: Callable[[Any], Rule | None]) -> Trace:
    """Follow the channels through a functional or Sequential model, and those inside of it.

    Channels of inputs and outputs stay, and so does what goes through a layer without a rule.

    Args:
        model: the model, built.
        rules: gives the rule of a layer; None where there is none.
    """
    trace = Trace()
    flows = [
        Flow(trace.bundles.fresh(_last(tensor.shape)), tuple(size or 1 for size in tensor.shape))
        for tensor in model.inputs
    ]
    for tensor, flow in zip(model.inputs, flows, strict=True):
        trace.bundles.fix(flow.ids, f"input '{tensor.name}'")
    for flow in _run(trace, model, flows, rules):
        trace.bundles.fix(flow.ids, "an output of the model")
    return trace


def _run(trace: Trace, model: Any, given: Sequence[Flow], rules: Callable[[Any], Rule | None]) -> list[Flow]:
    function = getattr(model, "_functional", None) or model
    flows: dict[int, Flow] = {}
    for tensor, flow in zip(function.inputs, given, strict=True):
        flows[id(tensor)] = flow
        trace.set(tensor._keras_history.operation, "batch_shape", flow.ids)
    # As keras.Function runs itself.
    for depth in sorted(function._nodes_by_depth, reverse=True):
        for node in function._nodes_by_depth[depth]:
            taken = node.input_tensors
            if not node.operation or node.is_input or any(id(each) not in flows for each in taken):
                continue
            found = _call(trace, node, [flows[id(each)] for each in taken], rules)
            flows.update({id(tensor): flow for tensor, flow in zip(node.outputs, found, strict=True)})
    return [flows[id(tensor)] for tensor in function.outputs]


def _call(trace: Trace, node: Any, flows: list[Flow], rules: Callable[[Any], Rule | None]) -> list[Flow]:
    layer = node.operation
    if hasattr(layer, "_nodes_by_depth") or getattr(layer, "_functional", None) is not None:
        return _run(trace, layer, flows, rules)
    shapes = _shapes(node, flows)
    rule = rules(layer)
    found = None if rule is None else rule(trace, layer, node, flows, shapes)
    if found is None:
        trace.closed.setdefault(layer.name, type(layer).__name__)
        reason = f"layer '{layer.name}' ({type(layer).__name__})"
        found = [trace.bundles.fresh(_last(shape)) for shape in shapes]
        for ids in (*(flow.ids for flow in flows), *found):
            trace.bundles.fix(ids, reason)
    return [Flow(ids, shape) for ids, shape in zip(found, shapes, strict=True)]


def _shapes(node: Any, flows: Sequence[Flow]) -> list[tuple[int, ...]]:
    """Return the shapes of what comes out; those of open sizes follow from what went in."""
    shapes = [tuple(tensor.shape) for tensor in node.outputs]
    if any(None in shape[1:] for shape in shapes):
        import keras

        fixed = {
            id(tensor): keras.KerasTensor(flow.shape, dtype=tensor.dtype)
            for tensor, flow in zip(node.input_tensors, flows, strict=True)
        }
        arguments, keywords = node.arguments.fill_in(fixed)
        outputs = keras.tree.flatten(node.operation.compute_output_spec(*arguments, **keywords))
        shapes = [tuple(tensor.shape) for tensor in outputs]
    return [tuple(size or 1 for size in shape) for shape in shapes]


def _last(shape: Sequence[int | None]) -> int:
    return (shape[-1] or 1) if len(shape) else 1


def count(ids: Ids, keep: Any) -> int:
    """Return how many of these channels stay; ``keep`` says it of every channel."""
    return int(np.count_nonzero(keep[ids]))


def macs(trace: Trace, keep: Any) -> int:
    """Return the multiply-accumulates of the model that is left."""
    return sum(int(each.factor) * int(prod(count(ids, keep) for ids in each.ids)) for each in trace.costs)


def parameters(trace: Trace, model: Any, keep: Any) -> int:
    """Return the number of weights of the model that is left."""
    sizes: dict[int, list[list[int]]] = {
        id(layer): [list(weight.shape) for weight in layer.weights] for layer in _with_weights(trace)
    }
    bound: int = sum(prod(shape) for shapes in sizes.values() for shape in shapes)
    for each in trace.bindings:
        sizes[id(each.layer)][each.weight][each.axis] = count(each.ids, keep)
    left: int = sum(prod(shape) for shapes in sizes.values() for shape in shapes)
    return int(model.count_params()) - bound + left


def _with_weights(trace: Trace) -> list[Any]:
    return list({id(each.layer): each.layer for each in trace.bindings}.values())
