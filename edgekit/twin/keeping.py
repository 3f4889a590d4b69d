"""What of a weight stays as it is while it is trained: its zeros, or which weights share a value."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

SPARSE_SHARE = 0.1
"""The least share of zeros that is no accident."""
MOST_CENTROIDS = 256
_WEIGHTS_PER_CENTROID = 4


@dataclass(frozen=True, slots=True, eq=False)
class KeptWeights:
    """What is kept of one weight tensor."""

    mask: NDArray[np.float32] | None = None
    """1 where a weight may change, 0 where it stays zero; None where all may."""
    centroids: NDArray[np.float32] | None = None
    """The values that the weights share; None where each has its own."""
    places: NDArray[np.int32] | None = None
    """Of the shape of the weights: which centroid each has."""


def kept_of(weights: NDArray[np.float32], *, sparsity: bool, clusters: bool) -> KeptWeights:
    """Return what is to be kept of a weight tensor, of the two that are asked for.

    Vectors, which biases are, are left alone: nothing prunes or clusters them.
    """
    if weights.ndim < 2:
        return KeptWeights()
    mask = None
    if sparsity and np.mean(weights == 0) >= SPARSE_SHARE:
        mask = (weights != 0).astype(np.float32)
    if clusters:
        centroids, places = np.unique(weights, return_inverse=True)
        if centroids.size <= min(MOST_CENTROIDS, weights.size // _WEIGHTS_PER_CENTROID):
            return KeptWeights(mask, centroids, places.reshape(weights.shape).astype(np.int32))
    return KeptWeights(mask)
