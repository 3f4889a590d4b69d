"""What weights must keep to while they are trained: zeros that stay zeros, and few values that many weights share."""

from __future__ import annotations

import fnmatch
from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from edgekit.compression.recipes.stages import ClusterWeights, Prune
from edgekit.errors import RecipeError
from edgekit.sources.keras_model import all_layers

_UPDATES = 50
"""How often in its course a rising sparsity is brought up to date."""
_ROUNDS = 30
_GROUP = 4
_DEVIATIONS = 3.5
"""How far from their mean, in standard deviations, evenly spread values reach: what lies outside takes the last one."""


class Constraint(Protocol):
    """Holds weights to something."""

    @property
    def variables(self) -> list[Any]:
        """What a checkpoint must keep."""
        ...

    def before(self, step: int, total: int) -> None:
        """Get ready for a step of ``total``."""
        ...

    def after(self) -> None:
        """Bring the weights back to it after a step; part of the graph."""
        ...

    def at_goal(self, step: int, total: int) -> bool:
        """Return whether, after a step of ``total``, the weights are what they are to be in the end."""
        ...

    def finish(self) -> None:
        """Bring the weights to what they are to be in the end."""
        ...


def kernels_of(model: Any, what: Prune | ClusterWeights) -> list[tuple[str, Any]]:
    """Return the kernels that a stage is about, with their layers' names.

    Convolutions and dense layers have such; depthwise ones have too few weights to gain from it.

    Raises:
        RecipeError: a pattern matches no layer that has one.
    """
    found = [(layer.name, kernel) for layer in all_layers(model) if (kernel := _kernel(layer)) is not None]
    found = list({id(kernel): (name, kernel) for name, kernel in found}.values())
    names = [name for name, _ in found]
    for pattern in (*what.layers, *what.spared):
        if not any(fnmatch.fnmatchcase(name, pattern) for name in names):
            raise RecipeError(
                f"pattern '{pattern}' matches no layer with a kernel", hint=f"these are: {', '.join(names) or 'none'}"
            )
    return [
        (name, kernel)
        for name, kernel in found
        if any(fnmatch.fnmatchcase(name, pattern) for pattern in what.layers)
        and not any(fnmatch.fnmatchcase(name, pattern) for pattern in what.spared)
    ]


def _kernel(layer: Any) -> Any:
    kind = type(layer).__name__
    if kind.startswith("SeparableConv"):
        return layer.pointwise_kernel
    return layer.kernel if kind == "Dense" or (kind.startswith("Conv") and hasattr(layer, "kernel")) else None


def constraints_of(model: Any, what: Prune | ClusterWeights | None, *, keep_zeros: bool) -> list[Constraint]:
    """Return what the weights of a model are held to in a stage."""
    found: list[Constraint] = []
    if keep_zeros:
        kernels = [each for each in model.trainable_variables if len(each.shape) > 1]
        found.append(Zeros([each for each in kernels if not each.numpy().all()], None))
    if isinstance(what, Prune):
        # Beside the zeros that are kept, not in place of them: a sparsity that rises from 0 would free those.
        found.append(Zeros([kernel for _, kernel in kernels_of(model, what)], what))
    if isinstance(what, ClusterWeights):
        found.append(SharedValues([kernel for _, kernel in kernels_of(model, what)], what))
    return found


class Zeros:
    """Weights that are zero and stay so; more of them from step to step where a stage says so."""

    def __init__(self, kernels: Sequence[Any], what: Prune | None) -> None:
        import tensorflow as tf

        self._kernels, self._what = list(kernels), what
        self._masks = [tf.Variable((each.numpy() != 0).astype(np.float32), trainable=False) for each in self._kernels]

    @property
    def variables(self) -> list[Any]:
        """The masks."""
        return self._masks

    def before(self, step: int, total: int) -> None:
        """Choose the weights that are zero from here on, at the steps where that is due."""
        if self._what is not None and step == _last_update(step, total):
            self._choose(self._what, sparsity_at(self._what, step, total))

    def after(self) -> None:
        """Set what is masked to zero."""
        for kernel, mask in zip(self._kernels, self._masks, strict=True):
            kernel.assign(kernel * mask)

    def at_goal(self, step: int, total: int) -> bool:
        """Return whether the sparsity has risen to what it is to be."""
        what = self._what
        return what is None or sparsity_at(what, _last_update(step, total), total) == what.sparsity

    def finish(self) -> None:
        """Choose once more, whatever came of the schedule."""
        if self._what is not None:
            self._choose(self._what, self._what.sparsity)

    def _choose(self, what: Prune, sparsity: float) -> None:
        for kernel, mask in zip(self._kernels, self._masks, strict=True):
            mask.assign(mask_of(kernel.numpy(), what, sparsity))
        self.after()


class SharedValues:
    """Each kernel has a few values only. Which weight has which is settled at first; training moves the values."""

    def __init__(self, kernels: Sequence[Any], what: ClusterWeights) -> None:
        import tensorflow as tf

        self._kernels = list(kernels)
        self._clusters = what.clusters
        found = [
            assigned(each.numpy(), what.clusters, keep_zeros=what.keep_zeros, spread=what.spread)
            for each in self._kernels
        ]
        self._places = [tf.Variable(places, trainable=False) for places in found]

    @property
    def variables(self) -> list[Any]:
        """Which value each weight has."""
        return self._places

    def before(self, step: int, total: int) -> None:  # noqa: ARG002  # a constraint's signature
        """Start from shared values."""
        if step == 0:
            self.after()

    def after(self) -> None:
        """Give every weight the mean of those that share a value with it; number 0 is zero itself."""
        import tensorflow as tf

        for kernel, places in zip(self._kernels, self._places, strict=True):
            flat = tf.reshape(kernel, [-1])
            means = tf.math.unsorted_segment_mean(flat, places, self._clusters + 1)
            means = means * tf.concat([[0.0], tf.ones(self._clusters)], axis=0)
            kernel.assign(tf.reshape(tf.gather(means, places), kernel.shape))

    def at_goal(self, step: int, total: int) -> bool:  # noqa: ARG002  # a constraint's signature
        """Return True: they are shared from the first step on."""
        return True

    def finish(self) -> None:
        """Share once more, whatever weights were gone back to."""
        self.after()


def _last_update(step: int, total: int) -> int:
    """Return the step, up to this one, at which a rising sparsity was last brought up to date."""
    return step - step % max(1, total // _UPDATES)


def sparsity_at(what: Prune, step: int, total: int) -> float:
    """Return the share of zeros at a step: constant, or by Zhu and Gupta's (2017) third power, as tfmot has them."""
    begin, end = what.begin * total, what.end * total
    if what.schedule == "constant":
        return what.sparsity if step >= begin else 0.0
    progress = min(1.0, max(0.0, (step - begin) / max(1.0, end - begin)))
    return what.sparsity + (what.initial - what.sparsity) * (1 - progress) ** 3


def mask_of(kernel: NDArray[Any], what: Prune, sparsity: float) -> NDArray[np.float32]:
    """Return 1 for each weight that stays: the largest, or the largest of each block or each four.

    Args:
        kernel: the last axis is that of the output channels.
        what: ``pattern`` and ``block`` of the stage.
        sparsity: share of zeros, 0 to 1. Of ``2:4`` it says for how many of the fours that is so.
    """
    size = np.abs(kernel).reshape(-1, kernel.shape[-1])
    if what.pattern == "2:4":
        return _two_of_four(size, sparsity / 0.5).reshape(kernel.shape)
    rows, columns = (what.block, what.block) if what.block > 1 else (1, 1)
    padded = np.pad(size, ((0, -size.shape[0] % rows), (0, -size.shape[1] % columns)))
    blocks = padded.reshape(padded.shape[0] // rows, rows, padded.shape[1] // columns, columns).mean(axis=(1, 3))
    stays = _largest(blocks.ravel(), round(blocks.size * (1 - sparsity))).reshape(blocks.shape)
    mask = np.repeat(np.repeat(stays, rows, axis=0), columns, axis=1)[: size.shape[0], : size.shape[1]]
    found: NDArray[np.float32] = mask.reshape(kernel.shape).astype(np.float32)
    return found


def _two_of_four(size: NDArray[Any], share: float) -> NDArray[np.float32]:
    """Return a mask of at most two in each four of a channel's inputs, for the least important share of fours."""
    rows, columns = size.shape
    padded = np.pad(size, ((0, -rows % _GROUP), (0, 0)), constant_values=np.inf)
    fours = padded.reshape(-1, _GROUP, columns)
    ranks = np.argsort(np.argsort(-fours, axis=1, kind="stable"), axis=1, kind="stable")
    smaller = ranks >= _GROUP // 2
    lost = np.where(smaller, np.where(np.isinf(fours), 0, fours), 0).sum(axis=1)
    number = round(lost.size * min(1.0, share))
    cut = ~_largest(lost.ravel(), lost.size - number).reshape(lost.shape)
    mask = ~(smaller & cut[:, None, :])
    found: NDArray[np.float32] = mask.reshape(padded.shape)[:rows].astype(np.float32)
    return found


def _largest(values: NDArray[Any], number: int) -> NDArray[np.bool_]:
    stays = np.zeros(len(values), bool)
    stays[np.argsort(-values, kind="stable")[:number]] = True
    return stays


def assigned(kernel: NDArray[Any], clusters: int, *, keep_zeros: bool, spread: str = "dense") -> NDArray[np.int32]:
    """Return for each weight the number of its value, from 1: one of ``recipes.stages.SPREADS``.

    0 is for weights that are zero, where these are kept.
    """
    flat = kernel.ravel().astype(np.float64)
    taken = flat[flat != 0] if keep_zeros else flat
    edges = (_even_edges if spread == "even" else _dense_edges)(taken, clusters)
    numbers = np.searchsorted(edges, flat) + 1
    if keep_zeros:
        numbers[flat == 0] = 0
    return numbers.astype(np.int32)


def _even_edges(taken: NDArray[Any], clusters: int) -> NDArray[Any]:
    """Return edges of equal distance: a few values then serve most weights, which is what a zip needs."""
    if not taken.size:
        return np.zeros(0)
    reach = _DEVIATIONS * taken.std()
    low, high = max(taken.min(), taken.mean() - reach), min(taken.max(), taken.mean() + reach)
    edges: NDArray[Any] = np.linspace(low, high, clusters + 1)[1:-1]
    return edges


def _dense_edges(taken: NDArray[Any], clusters: int) -> NDArray[Any]:
    """Return edges by k-means, from evenly spread quantiles on: values lie where weights are many."""
    values = np.unique(np.quantile(taken, (np.arange(clusters) + 0.5) / clusters)) if taken.size else np.zeros(1)
    for _ in range(_ROUNDS):
        places = np.searchsorted((values[1:] + values[:-1]) / 2, taken)
        counts = np.bincount(places, minlength=len(values))
        sums = np.bincount(places, weights=taken, minlength=len(values))
        moved = np.where(counts, sums / np.maximum(counts, 1), values)
        if np.array_equal(moved, values):
            break
        values = np.sort(moved)
    edges: NDArray[Any] = (values[1:] + values[:-1]) / 2
    return edges


def counted(model: Any) -> dict[str, dict[str, Any]]:
    """Return by layer the share of zeros and the number of values of each kernel, counted from the weights."""
    found = {}
    for layer in all_layers(model):
        kernel = _kernel(layer)
        if kernel is not None:
            values = kernel.numpy()
            found[layer.name] = {
                "weights": int(values.size),
                "zeros": int(np.count_nonzero(values == 0)),
                "values": len(np.unique(values)),
            }
    return found
