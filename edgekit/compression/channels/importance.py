"""How much each bundle of channels matters."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edgekit.compression.channels.tracing import Binding, Role, Trace

Scores = NDArray[np.float64]
"""For each channel the importance of its bundle; NaN where nothing tells."""
Gradients = Callable[[], "list[tuple[list[Any], list[Any]]]"]
"""Gives, for some batches of samples, weights and the gradients of the loss for them."""


def scores(trace: Trace, importance: str, *, gradients: Gradients | None = None) -> Scores:
    """Return the importance of each channel's bundle.

    Args:
        trace: of the model.
        importance: one of ``recipes.stages.IMPORTANCES``.
        gradients: for ``taylor``.
    """
    if importance == "taylor":
        if gradients is None:
            raise ValueError("taylor needs gradients")
        return _taylor(trace, gradients)
    roles = (Role.SCALES,) if importance == "bn_scale" else (Role.MAKES, Role.FILTERS)
    order = 2 if importance == "l2" else 1
    total, times = _empty(trace), _empty(trace)
    for each in _bound(trace, roles):
        values = np.abs(np.asarray(each.layer.weights[each.weight], np.float64)) ** order
        norms = _along(values, each.axis) ** (1 / order)
        if importance != "bn_scale":
            # Layers differ in size and in scale: what counts is how a channel stands among its layer's.
            norms = norms / (norms.mean() or 1.0)
        np.add.at(total, each.ids, norms)
        np.add.at(times, each.ids, 1.0)
    return _of_bundles(trace, total, times)


def _taylor(trace: Trace, gradients: Gradients) -> Scores:
    total, times = _empty(trace), _empty(trace)
    bound = _bound(trace, (Role.MAKES, Role.FILTERS, Role.SCALES))
    for weights, slopes in gradients():
        by_weight = {id(weight): slope for weight, slope in zip(weights, slopes, strict=True) if slope is not None}
        for each in bound:
            weight = each.layer.weights[each.weight]
            if id(weight) in by_weight:
                change = np.asarray(weight, np.float64) * np.asarray(by_weight[id(weight)], np.float64)
                moved = np.moveaxis(change, each.axis, 0).reshape(len(each.ids), -1).sum(axis=1)
                np.add.at(total, each.ids, moved**2)
                times[each.ids] = 1.0
    return _of_bundles(trace, total, times)


def _bound(trace: Trace, roles: tuple[Role, ...]) -> list[Binding]:
    return [each for each in trace.bindings if each.role in roles]


def _along(values: NDArray[np.float64], axis: int) -> NDArray[np.float64]:
    sums: NDArray[np.float64] = np.moveaxis(values, axis, 0).reshape(values.shape[axis], -1).sum(axis=1)
    return sums


def _empty(trace: Trace) -> Scores:
    return np.zeros(len(trace.bundles.roots()))


def _of_bundles(trace: Trace, total: Scores, times: Scores) -> Scores:
    roots = trace.bundles.roots()
    sums, counts = np.zeros_like(total), np.zeros_like(times)
    np.add.at(sums, roots, total)
    np.add.at(counts, roots, times)
    with np.errstate(invalid="ignore", divide="ignore"):
        found: Scores = (sums / counts)[roots]
    return found
