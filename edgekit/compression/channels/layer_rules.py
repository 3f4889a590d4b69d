"""How channels go through each kind of layer: one table. To follow them through another, add a line."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import Any

import numpy as np

from edgekit.compression.channels.bundles import Ids, tiled
from edgekit.compression.channels.tracing import Flow, Role, Rule, Trace

Shapes = Sequence[tuple[int, ...]]
# What one channel becomes depends on all others there: with fewer of them it becomes something else.
_MIXING = {"softmax", "log_softmax", "sparsemax", "glu"}


def rule_of(layer: Any) -> Rule | None:
    """Return the rule of a layer, or of an operation of ``keras.ops``; None where there is none."""
    if getattr(layer, "data_format", "channels_last") not in {None, "channels_last"}:
        return None
    # Somebody else's layer may have any name.
    if not type(layer).__module__.startswith("keras."):
        return None
    return RULES.get(type(layer).__name__)


def _activated(trace: Trace, layer: Any, ids: Ids) -> list[Ids]:
    name = getattr(getattr(layer, "activation", None), "__name__", "")
    if name in _MIXING:
        trace.bundles.fix(ids, f"{name} in layer '{layer.name}'")
    return [ids]


def _convolution(trace: Trace, layer: Any, node: Any, flows: Sequence[Flow], shapes: Shapes) -> list[Ids] | None:  # noqa: ARG001  # a rule's signature
    if getattr(layer, "groups", 1) != 1:
        return None
    (flow,) = flows
    filters = trace.own(layer, layer.filters)
    reads, makes = (-1, -2) if "Transpose" in type(layer).__name__ else (-2, -1)
    trace.bind(layer, layer.kernel, reads, flow.ids, Role.READS)
    trace.bind(layer, layer.kernel, makes, filters, Role.MAKES)
    if layer.use_bias:
        trace.bind(layer, layer.bias, 0, filters, Role.SHIFTS)
    # A transposed convolution multiplies at each place that goes in, any other at each that comes out.
    places = flow.positions if reads == -1 else prod(shapes[0][1:-1])
    trace.cost(layer, places * prod(layer.kernel_size), flow.ids, filters)
    trace.set(layer, "filters", filters)
    return _activated(trace, layer, filters)


def _depthwise(trace: Trace, layer: Any, node: Any, flows: Sequence[Flow], shapes: Shapes) -> list[Ids] | None:  # noqa: ARG001
    (flow,) = flows
    ids = np.repeat(flow.ids, layer.depth_multiplier)
    trace.bind(layer, layer.kernel, -2, flow.ids, Role.FILTERS)
    if layer.use_bias:
        trace.bind(layer, layer.bias, 0, ids, Role.SHIFTS)
    trace.cost(layer, prod(shapes[0][1:-1]) * prod(layer.kernel_size), ids)
    return _activated(trace, layer, ids)


def _separable(trace: Trace, layer: Any, node: Any, flows: Sequence[Flow], shapes: Shapes) -> list[Ids] | None:  # noqa: ARG001
    (flow,) = flows
    filters, between = trace.own(layer, layer.filters), np.repeat(flow.ids, layer.depth_multiplier)
    trace.bind(layer, layer.depthwise_kernel, -2, flow.ids, Role.FILTERS)
    trace.bind(layer, layer.pointwise_kernel, -2, between, Role.READS)
    trace.bind(layer, layer.pointwise_kernel, -1, filters, Role.MAKES)
    if layer.use_bias:
        trace.bind(layer, layer.bias, 0, filters, Role.SHIFTS)
    places = prod(shapes[0][1:-1])
    trace.cost(layer, places * prod(layer.kernel_size), between)
    trace.cost(layer, places, between, filters)
    trace.set(layer, "filters", filters)
    return _activated(trace, layer, filters)


def _dense(trace: Trace, layer: Any, node: Any, flows: Sequence[Flow], shapes: Shapes) -> list[Ids] | None:  # noqa: ARG001
    (flow,) = flows
    units = trace.own(layer, layer.units)
    trace.bind(layer, layer.kernel, 0, flow.ids, Role.READS)
    trace.bind(layer, layer.kernel, 1, units, Role.MAKES)
    if layer.use_bias:
        trace.bind(layer, layer.bias, 0, units, Role.SHIFTS)
    trace.cost(layer, flow.positions, flow.ids, units)
    trace.set(layer, "units", units)
    return _activated(trace, layer, units)


def _embedding(trace: Trace, layer: Any, node: Any, flows: Sequence[Flow], shapes: Shapes) -> list[Ids] | None:  # noqa: ARG001
    ids = trace.own(layer, layer.output_dim)
    trace.bind(layer, layer.weights[0], 1, ids, Role.MAKES)
    trace.set(layer, "output_dim", ids)
    return [ids]


def _batch_norm(trace: Trace, layer: Any, node: Any, flows: Sequence[Flow], shapes: Shapes) -> list[Ids] | None:  # noqa: ARG001
    (flow,) = flows[:1]
    if layer.axis not in {-1, len(flow.shape) - 1}:
        return None
    for weight in layer.weights:
        trace.bind(layer, weight, 0, flow.ids, Role.SCALES if weight is layer.gamma else Role.SHIFTS)
    return [flow.ids]


def _prelu(trace: Trace, layer: Any, node: Any, flows: Sequence[Flow], shapes: Shapes) -> list[Ids] | None:  # noqa: ARG001
    (flow,) = flows
    trace.bind(layer, layer.alpha, -1, flow.ids, Role.SHIFTS)
    return [flow.ids]


def _alike(trace: Trace, layer: Any, node: Any, flows: Sequence[Flow], shapes: Shapes) -> list[Ids] | None:
    """Each channel becomes one of its own, whatever the others are: activations, pooling, sums."""
    rank = len(shapes[0])
    widest = max((flow for flow in flows), key=lambda flow: len(flow.ids))
    if len(widest.ids) != shapes[0][-1] or any(len(flow.ids) not in {1, len(widest.ids)} for flow in flows):
        return None
    if len(flows) > 1 and any(len(flow.shape) != rank for flow in flows):
        return None
    # What is no tensor, but has a value for each channel, would have to lose some as well.
    if any(np.ndim(each) > 0 and np.shape(each)[-1] > 1 for each in _constants(node)):
        return None
    for flow in flows:
        if len(flow.ids) == len(widest.ids):
            trace.bundles.unify(widest.ids, flow.ids)
        else:
            trace.bundles.fix(flow.ids, f"layer '{layer.name}' spreads its only channel over others")
    return _activated(trace, layer, widest.ids)


def _constants(node: Any) -> list[Any]:
    import keras

    given = keras.tree.flatten([list(node.arguments.args), dict(node.arguments.kwargs)])
    return [each for each in given if hasattr(each, "shape") and not isinstance(each, keras.KerasTensor)]


def _places(trace: Trace, layer: Any, node: Any, flows: Sequence[Flow], shapes: Shapes) -> list[Ids] | None:  # noqa: ARG001
    """Places move, or several become one; channels stay where they are."""
    (flow,) = flows
    return [flow.ids] if shapes[0][-1] == flow.shape[-1] else None


def _flip(trace: Trace, layer: Any, node: Any, flows: Sequence[Flow], shapes: Shapes) -> list[Ids] | None:
    axes = layer.axis if isinstance(layer.axis, list | tuple) else [layer.axis]
    last = len(flows[0].shape) - 1
    return None if None in axes or {-1, last} & set(axes) else _places(trace, layer, node, flows, shapes)


def _softmax(trace: Trace, layer: Any, node: Any, flows: Sequence[Flow], shapes: Shapes) -> list[Ids] | None:  # noqa: ARG001
    (flow,) = flows[:1]
    trace.bundles.fix(flow.ids, f"softmax in layer '{layer.name}'")
    return [flow.ids]


def _rescaling(trace: Trace, layer: Any, node: Any, flows: Sequence[Flow], shapes: Shapes) -> list[Ids] | None:
    return None if np.ndim(layer.scale) or np.ndim(layer.offset) else _places(trace, layer, node, flows, shapes)


def _concatenate(trace: Trace, layer: Any, node: Any, flows: Sequence[Flow], shapes: Shapes) -> list[Ids] | None:
    if layer.axis in {-1, len(shapes[0]) - 1}:
        return [np.concatenate([flow.ids for flow in flows])]
    return _alike(trace, layer, node, flows, shapes)


def _flatten(trace: Trace, layer: Any, node: Any, flows: Sequence[Flow], shapes: Shapes) -> list[Ids] | None:  # noqa: ARG001
    (flow,) = flows
    return [tiled(flow.ids, flow.shape[1:-1])] if len(flow.shape) > 1 else None


def _reshape(trace: Trace, layer: Any, node: Any, flows: Sequence[Flow], shapes: Shapes) -> list[Ids] | None:  # noqa: ARG001
    (flow,), (shape,) = flows, shapes
    if shape[-1] == flow.shape[-1]:
        ids = flow.ids
    elif shape[-1] == prod(flow.shape[1:]):
        ids = tiled(flow.ids, flow.shape[1:-1])
    else:
        return None
    # The operation keeps its shape where it is called, and not in its configuration.
    if not hasattr(layer, "target_shape"):
        return None
    if layer.target_shape[-1] != -1:
        trace.set(layer, "target_shape", ids)
    return [ids]


_OPERATIONS = (
    "Abs", "Add", "Average", "Divide", "Elu", "Gelu", "HardSigmoid", "HardSilu", "HardTanh", "Identity", "LeakyRelu",
    "Maximum", "Minimum", "Multiply", "Negative", "Relu", "Relu6", "Selu", "Sigmoid", "Silu", "SoftSign", "Softplus",
    "Sqrt", "Square", "Subtract", "Tanh", "TrueDivide",
)  # fmt: skip
_LAYERS = (
    "Activation", "ActivityRegularization", "ELU", "GaussianDropout", "GaussianNoise", "LeakyReLU", "ReLU",
    "Dropout", "Identity", "SpatialDropout1D", "SpatialDropout2D", "SpatialDropout3D",
)  # fmt: skip
_MOVING = (
    "AveragePooling1D", "AveragePooling2D", "AveragePooling3D", "CenterCrop", "Cropping1D", "Cropping2D",
    "Cropping3D", "GlobalAveragePooling1D", "GlobalAveragePooling2D", "GlobalAveragePooling3D", "GlobalMaxPooling1D",
    "GlobalMaxPooling2D", "GlobalMaxPooling3D", "MaxPooling1D", "MaxPooling2D", "MaxPooling3D", "Resizing",
    "UpSampling1D", "UpSampling2D", "UpSampling3D", "ZeroPadding1D", "ZeroPadding2D", "ZeroPadding3D",
)  # fmt: skip
_CONVOLUTIONS = (
    "Conv1D", "Conv2D", "Conv3D", "Conv1DTranspose", "Conv2DTranspose", "Conv3DTranspose",
)  # fmt: skip

RULES: dict[str, Rule] = {
    **dict.fromkeys(_CONVOLUTIONS, _convolution),
    **dict.fromkeys(("DepthwiseConv1D", "DepthwiseConv2D"), _depthwise),
    **dict.fromkeys(("SeparableConv1D", "SeparableConv2D"), _separable),
    "Dense": _dense,
    "Embedding": _embedding,
    "BatchNormalization": _batch_norm,
    "PReLU": _prelu,
    # Of an operation of keras.ops, and of the layer of the same name.
    **dict.fromkeys((*_OPERATIONS, *_LAYERS), _alike),
    **dict.fromkeys(_MOVING, _places),
    "Flip": _flip,
    "Softmax": _softmax,
    "Rescaling": _rescaling,
    "Concatenate": _concatenate,
    "Flatten": _flatten,
    "Reshape": _reshape,
}
