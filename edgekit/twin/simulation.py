"""The quantized file as a TensorFlow function of weights and ranges that can be trained."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edgekit.inspection.graph import Operator
from edgekit.twin.grids import Grid, Value, ranged, stretched
from edgekit.twin.keeping import kept_of
from edgekit.twin.kernels.table import whole_result
from edgekit.twin.kernels.work import KernelWork
from edgekit.twin.network import Network
from edgekit.twin.operators.activations import fused_into
from edgekit.twin.parameters import (
    TrainedRange,
    Weight,
    bias_unit,
    clipped_for,
    ranges_of,
    sources_of,
    unit_of,
)
from edgekit.twin.placement import ConstantRounding, Ranges, Rounding, Roundings
from edgekit.twin.rounding import rounded_constant, rounded_result

_MOVING = frozenset(
    {
        *("RESHAPE", "SQUEEZE", "EXPAND_DIMS", "TRANSPOSE", "CONCATENATION", "PACK", "UNPACK", "SPLIT", "SPLIT_V"),
        *("SLICE", "STRIDED_SLICE", "PAD", "MIRROR_PAD", "TILE", "BROADCAST_TO", "REVERSE_V2", "GATHER", "GATHER_ND"),
        *("SPACE_TO_DEPTH", "DEPTH_TO_SPACE", "MAX_POOL_2D", "RESIZE_NEAREST_NEIGHBOR"),
    }
)
"""Operators that only move values: what they read was rounded already."""


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
        self._writers = {index: each for each in placed.subgraph.operators for index in each.outputs}
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
        constants, grids = self._constants()
        written = partial(self._written, constants=constants, grids=grids)
        return self.network(inputs, constants=constants, written=written, wanted=wanted)

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

    def _constants(self) -> tuple[dict[int, Value], dict[int, Grid]]:
        """Return what all constants hold now, rounded, and the grids of all tensors."""
        import tensorflow as tf

        origins = _origins(self._placed)
        real = {
            index: self._weights[origin].value() if origin in self._weights else tf.constant(self._placed.values[index])
            for index, origin in origins.items()
        }
        grids = self._grids()
        rounded: dict[int, Value] = {}
        for index, rounding in self._placed.constants.items():
            if rounding.rule != "bias":
                grids[index] = self._grid_of(real[index], rounding)
                rounded[index] = self._rounded(real[index], grids[index], rounding)
        for index, rounding in self._placed.constants.items():
            if rounding.rule == "bias":
                rounded[index] = real[index]
                if rounding.parents is not None:
                    given, weights = (grids[parent].step for parent in rounding.parents)
                    most = float(2**31 - 1)
                    unit = Grid(given * tf.reshape(weights, (-1,)), tf.constant(0.0), -most, most)
                    rounded[index] = rounded_constant(real[index], unit)
        unrounded = {index: value for index, value in real.items() if self._placed.subgraph.tensors[index].floating}
        return {**unrounded, **rounded}, grids

    def _grids(self) -> dict[int, Grid]:
        """Return the grids of what is given or computed."""
        found: dict[Any, Grid] = {}
        grids: dict[int, Grid] = {}
        for index, rounding in self._placed.activations.items():
            key = (rounding.source, rounding.fixed, rounding.bits, rounding.symmetric)
            if key not in found:
                # The range of a kernel's own ends where its integers do.
                symmetric = rounding.symmetric and rounding.source is not None
                found[key] = ranged(*self._ends(rounding), bits=rounding.bits, symmetric=symmetric)
            grids[index] = found[key]
        return grids

    def _ends(self, rounding: Rounding) -> tuple[Value, Value]:
        """Return where the range of an activation ends."""
        import tensorflow as tf

        if rounding.source is not None:
            return self._reach(rounding.source, symmetric=rounding.symmetric)
        fixed = rounding.fixed or (0.0, 0.0)
        return tf.constant(fixed[0]), tf.constant(fixed[1])

    def _reach(self, source: str, *, symmetric: bool) -> tuple[Value, Value]:
        """Return where the range of a tensor ends: a symmetric one is as wide below 0 as above."""
        import tensorflow as tf

        low, high = self.ranges[source].ends()
        if not symmetric:
            return low, high
        widest = tf.maximum(-low, high)
        return -widest, widest

    def _grid_of(self, values: Value, rounding: ConstantRounding) -> Grid:
        """Return the grid of a constant."""
        import tensorflow as tf

        if rounding.rule == "source" and rounding.source is not None:
            symmetric = rounding.bits == 16
            return ranged(*self._reach(rounding.source, symmetric=symmetric), bits=rounding.bits, symmetric=symmetric)
        if rounding.rule == "asymmetric":
            low, high = tf.minimum(tf.reduce_min(values), 0.0), tf.maximum(tf.reduce_max(values), 0.0)
            return ranged(low, high, bits=rounding.bits, symmetric=False)
        return stretched(values, axis=rounding.axis, bits=rounding.bits)

    def _rounded(self, values: Value, grid: Grid, rounding: ConstantRounding) -> Value:
        """Return a constant as it is stored."""
        if rounding.rule == "source" and rounding.source is not None:
            if self.ranges[rounding.source].narrow:
                return values * 0.0
            low, high = self._reach(rounding.source, symmetric=rounding.bits == 16)
            return rounded_result(values, rounded_constant(values, grid), low=low, high=high)
        return rounded_constant(values, grid)

    def _written(
        self,
        index: int,
        value: Value,
        before: Mapping[int, Value],
        *,
        constants: Mapping[int, Value],
        grids: Mapping[int, Grid],
    ) -> Value:
        """Return what a tensor holds, of what was computed for it."""
        import tensorflow as tf

        rounding = self._placed.activations.get(index)
        if rounding is None:
            return value
        if rounding.source is not None and self.ranges[rounding.source].narrow:
            return value * 0.0
        operator = self._writers.get(index)
        grid = grids[index]
        if operator is None:
            whole = tf.round(value * (1.0 / grid.step))
        elif self._moves(operator, rounding):
            return value
        else:
            work = KernelWork(
                operator=operator,
                result=value,
                grid=grid,
                values=[before[i] if i in before else _one(constants.get(i)) for i in operator.inputs],
                grids=[grids.get(i) for i in operator.inputs],
                twice=index in self._placed.twice,
            )
            whole = whole_result(work)
        low, high = self._ends(rounding)
        return rounded_result(value, grid.values(whole), low=low, high=high)

    def _moves(self, operator: Operator, rounding: Rounding) -> bool:
        """Return whether an operator only moves what was rounded alike."""
        if operator.name not in _MOVING or fused_into(operator) != "NONE":
            return False
        tensors = [self._placed.subgraph.tensors[index] for index in operator.inputs if index >= 0]
        return all(
            not (tensor.quantized or tensor.floating) or self._placed.activations.get(tensor.index) == rounding
            for tensor in tensors
        )


def _one(constant: Value | None) -> Value | None:
    """Return a constant as what all samples read."""
    return None if constant is None else constant[None]


def _origins(placed: Roundings) -> dict[int, int]:
    """Return the constants of the quantized file that are real numbers, and what they are in the float file."""
    return {index: origin for index, origin in placed.origins.items() if placed.values[index].dtype == np.float32}
