"""The quantized file as a TensorFlow function of weights and ranges that can be trained."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edgekit.twin.keeping import kept_of
from edgekit.twin.network import Network
from edgekit.twin.parameters import (
    TrainedRange,
    Weight,
    bias_unit,
    clipped_for,
    ranges_of,
    sources_of,
    unit_of,
)
from edgekit.twin.placement import ConstantRounding, Ranges, Roundings
from edgekit.twin.rounding import Value, halves_away, rounded_twice, rounded_weights, rounded_within

_SMALLEST = 1e-9
"""The quantizer's own: no step is that of a narrower range."""


class Simulation:
    """What the quantized file computes, in real numbers.

    Args:
        placed: where and how it is rounded.
        network: of the quantized file, with the float file's constants.
        ranges: where the ranges of its tensors begin, by name.
        keep: what stays as it is, of ``sparsity`` and ``clusters``.
    """

    def __init__(self, placed: Roundings, *, network: Network, ranges: Ranges, keep: Collection[str] = ()) -> None:
        self.network = network
        self._placed = placed
        self._pooled = {each.outputs[0] for each in placed.subgraph.operators if each.name == "AVERAGE_POOL_2D"}
        sources = sources_of([*placed.activations.values(), *placed.constants.values()])
        self.ranges: dict[str, TrainedRange] = ranges_of(sources, ranges)
        self.kept: list[int] = []
        """Tensors of the float file of which something is kept."""
        self._weights = self._trained_weights(keep)

    @property
    def variables(self) -> tuple[list[Any], list[Any]]:
        """The variables of weights, and those of ranges."""
        return (
            [weight.variable for weight in self._weights.values()],
            [each.variable for each in self.ranges.values() if not each.narrow],
        )

    def trained(self) -> dict[int, NDArray[np.float32]]:
        """Return the weights as they are now, by their tensor in the float file."""
        return {origin: weight.numpy() for origin, weight in self._weights.items()}

    def trained_ranges(self) -> dict[str, tuple[float, float]]:
        """Return the ranges as they are now, by the name of the tensor that they belong to."""
        return {name: each.numbers() for name, each in self.ranges.items()}

    def __call__(self, inputs: Mapping[int, Value], *, wanted: Collection[int] = ()) -> dict[int, Value]:
        """Compute; numbers are of tensors of the quantized file. Arguments are those of ``Network``."""
        constants, steps = self._constants()
        return self.network(inputs, constants=constants, written=partial(self._written, steps=steps), wanted=wanted)

    def _trained_weights(self, keep: Collection[str]) -> dict[int, Weight]:
        found: dict[int, Weight] = {}
        origins = _origins(self._placed)
        for index in sorted(self.network.trained):
            origin = origins.get(index)
            if origin is None or origin in found:
                continue
            values = self.network.known(index).astype(np.float32)
            rounding = self._placed.constants.get(index)
            kept = kept_of(values, sparsity="sparsity" in keep, clusters="clusters" in keep)
            if kept.mask is not None or kept.centroids is not None:
                self.kept.append(origin)
            elif rounding is not None:
                values = clipped_for(values, rounding)
            found[origin] = Weight(values, unit=self._unit(values, rounding), kept=kept)
        return found

    def _unit(self, values: NDArray[np.float32], rounding: ConstantRounding | None) -> NDArray[np.float32]:
        if rounding is not None and rounding.rule == "bias" and rounding.parents is not None:
            given, weights = rounding.parents
            placed = self._placed.activations.get(given)
            parent = self._placed.constants.get(weights)
            if placed is not None and placed.source is not None and parent is not None and parent.axis is not None:
                low, high = self.ranges[placed.source].numbers()
                return bias_unit(values, self.network.known(weights), axis=parent.axis, reach=max(-low, high))
        return (
            unit_of(values, axis=None, bits=8)
            if rounding is None
            else unit_of(values, axis=rounding.axis, bits=rounding.bits)
        )

    def _constants(self) -> tuple[dict[int, Value], dict[int, Value]]:
        """Return what all constants hold now, rounded, and their steps."""
        import tensorflow as tf

        origins = _origins(self._placed)
        real = {
            index: self._weights[origin].value() if origin in self._weights else tf.constant(self._placed.values[index])
            for index, origin in origins.items()
        }
        rounded: dict[int, Value] = {}
        steps: dict[int, Value] = {}
        for index, rounding in self._placed.constants.items():
            rounded[index], steps[index] = self._rounded(real[index], rounding)
        for index, rounding in self._placed.constants.items():
            if rounding.rule == "bias" and rounding.parents is not None:
                step = self._step(rounding.parents[0]) * tf.reshape(steps[rounding.parents[1]], (-1,))
                rounded[index] = rounded_weights(real[index], step, most=2**31 - 1)
        unrounded = {index: value for index, value in real.items() if self._placed.subgraph.tensors[index].floating}
        return {**unrounded, **rounded}, steps

    def _rounded(self, values: Value, rounding: ConstantRounding) -> tuple[Value, Value]:
        """Return a constant as it is stored, and its step."""
        import tensorflow as tf

        if rounding.rule == "source" and rounding.source is not None:
            return self._within(values, rounding.source, bits=rounding.bits, symmetric=rounding.bits == 16), None
        if rounding.rule == "asymmetric":
            low, high = tf.minimum(tf.reduce_min(values), 0.0), tf.maximum(tf.reduce_max(values), 0.0)
            low, high = tf.stop_gradient(low), tf.stop_gradient(tf.maximum(high, low + _SMALLEST))
            return rounded_within(values, low, high, bits=rounding.bits, symmetric=False), None
        if rounding.rule == "bias":
            return values, None
        axes = (
            [axis for axis in range(len(values.shape)) if axis != rounding.axis] if rounding.axis is not None else None
        )
        most = 2 ** (rounding.bits - 1) - 1
        widest = tf.maximum(tf.reduce_max(tf.abs(values), axes, keepdims=True), _SMALLEST)
        step = tf.stop_gradient(widest / most)
        return rounded_weights(values, step, most=most), step

    def _step(self, index: int) -> Value:
        """Return what one integer of an activation stands for."""
        import tensorflow as tf

        rounding = self._placed.activations[index]
        if rounding.source is None:
            low, high = rounding.fixed or (0.0, 0.0)
            return (high - low) / (2**rounding.bits - 1)
        low, high = self.ranges[rounding.source].ends()
        width = 2 * tf.maximum(-low, high) / (2**rounding.bits - 2) if rounding.symmetric else None
        return tf.stop_gradient((high - low) / (2**rounding.bits - 1) if width is None else width)

    def _zero(self, index: int) -> Value:
        """Return the integer that stands for 0.0 in an activation."""
        import tensorflow as tf

        rounding = self._placed.activations[index]
        if rounding.symmetric:
            return 0.0
        low = self.ranges[rounding.source].ends()[0] if rounding.source else (rounding.fixed or (0.0, 0.0))[0]
        # A range of no width has no step.
        return tf.stop_gradient(tf.round(-(2.0 ** (rounding.bits - 1)) - tf.math.divide_no_nan(low, self._step(index))))

    def _written(self, index: int, value: Value, *, steps: Mapping[int, Value]) -> Value:
        import tensorflow as tf

        rounding = self._placed.activations.get(index)
        if rounding is None:
            return value
        if index in self._placed.twice:
            given, weights = self._placed.twice[index]
            step = self._step(index)
            value = rounded_twice(value, self._step(given) * tf.reshape(steps[weights], (-1,)) / step, step)
        if index in self._pooled:
            value = halves_away(value, self._step(index), self._zero(index))
        if rounding.source is not None:
            return self._within(value, rounding.source, bits=rounding.bits, symmetric=rounding.symmetric)
        low, high = rounding.fixed or (0.0, 0.0)
        return rounded_within(value, low, high, bits=rounding.bits, symmetric=False)

    def _within(self, value: Value, source: str, *, bits: int, symmetric: bool) -> Value:
        found = self.ranges[source]
        if found.narrow:
            return value * 0.0
        return rounded_within(value, *found.ends(), bits=bits, symmetric=symmetric)


def _origins(placed: Roundings) -> dict[int, int]:
    """Return the constants of the quantized file that are real numbers, and what they are in the float file."""
    return {index: origin for index, origin in placed.origins.items() if placed.values[index].dtype == np.float32}
