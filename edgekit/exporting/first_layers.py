"""What a Keras model's first normalization layers see of samples. Runs where the model is.

The float file cannot tell: batch norm is folded into the weights there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edgekit.processes.spool import read_samples
from edgekit.progress import Progress, Step
from edgekit.screening import Candidate
from edgekit.sources import LoadedModel
from edgekit.sources.keras_model import all_layers

_LAYERS = 3
"""How many layers are looked at: what comes behind takes most of a model's time, and tells little more."""
_TRIED_SAMPLES = 64
_BATCH = 32
_KINDS = frozenset({"BatchNormalization", "SyncBatchNormalization", "Normalization"})
_UNTRAINED = 1e-4


class _Seen(BaseException):
    """Ends a run when enough was seen. No Exception: Keras would make another of it."""


@dataclass
class _Trained:
    """A layer, and what it was trained on."""

    layer: Any
    axes: tuple[int, ...]
    """The channel axis of its input, or none."""
    mean: NDArray[np.float64]
    variance: NDArray[np.float64]
    lowest: list[float] = field(default_factory=list)
    highest: list[float] = field(default_factory=list)


@dataclass
class _Moments:
    """Mean and variance per channel, batch by batch."""

    count: int = 0
    total: Any = 0.0
    squares: Any = 0.0

    def add(self, values: NDArray[Any], axes: tuple[int, ...]) -> None:
        values = values.astype(np.float64)
        self.count += int(np.prod([values.shape[axis] for axis in axes]))
        self.total = self.total + values.sum(axis=axes).ravel()
        self.squares = self.squares + np.square(values).sum(axis=axes).ravel()

    def to_json(self) -> dict[str, list[float]]:
        mean = self.total / self.count
        return {"mean": mean.tolist(), "variance": np.maximum(self.squares / self.count - mean * mean, 0).tolist()}


def measure_first_layers(
    loaded: LoadedModel,
    *,
    files: Sequence[str],
    count: int,
    candidates: Sequence[Candidate],
    pictures: Sequence[int],
    progress: Progress,
) -> dict[str, Any]:
    """Run the model up to its first normalization layers.

    Args:
        loaded: the model.
        files: the spool's, in the order of its inputs.
        count: how many samples they hold.
        candidates: ways to scale the pictures; ``as given`` is run on all samples, others on some of them.
        pictures: places of the inputs that take pictures.
        progress: told each batch.

    Returns:
        What ``FirstLayers.from_json`` reads, or ``unmeasured`` with the reason.
    """
    if loaded.keras_model is None:
        return {"unmeasured": "a SavedModel has no layers left to ask what they were trained on"}
    layers = list(_trained(loaded.keras_model))
    if not layers:
        return {"unmeasured": "the model has no BatchNormalization or Normalization layer that was trained"}
    batch = _BATCH if all(tensor.shape[0] is None for tensor in loaded.keras_model.inputs) else 1
    tried = np.unique(np.linspace(0, count - 1, min(count, _TRIED_SAMPLES)).round().astype(int))
    met: list[_Trained] = []
    seen: dict[str, _Moments] = {}
    try:
        for places in _batches(np.arange(count), batch):
            progress(Step("looking at the first layers", int(places[0]), count))
            _pass_through(loaded, read_samples(files, places), layers, met)
        if not met:
            return {"unmeasured": "the first normalization layers cannot be looked into while the model runs"}
        for number, candidate in enumerate(candidates):
            progress(Step("trying value ranges", number, len(candidates)))
            seen[candidate.name] = moments = _Moments()
            for places in _batches(tried, batch):
                inputs = read_samples(files, places)
                given = [candidate.apply(each) if place in pictures else each for place, each in enumerate(inputs)]
                _first_moments(loaded, given, met[0], moments)
    # The layers raise anything; that the model fails on a sample is told where it is run for reference.
    except Exception as error:  # noqa: BLE001
        told = next((line.strip() for line in str(error).splitlines() if line.strip()), type(error).__name__)
        return {"unmeasured": f"the model could not be run up to its first layers: {told[:200]}"}
    return {
        "layers": [
            {
                "name": each.layer.name,
                "mean": each.mean.tolist(),
                "variance": each.variance.tolist(),
                "lowest": each.lowest,
                "highest": each.highest,
            }
            for each in met
        ],
        "seen": {name: moments.to_json() for name, moments in seen.items()},
    }


def _trained(model: Any) -> Iterator[_Trained]:
    """Yield the layers that carry statistics of their training data."""
    for layer in all_layers(model):
        kind = type(layer).__name__
        if kind not in _KINDS or getattr(layer, "invert", False):
            continue
        batch_norm = kind != "Normalization"
        names = ("moving_mean", "moving_variance") if batch_norm else ("mean", "variance")
        mean, variance = (np.asarray(getattr(layer, name, None), np.float64) for name in names)
        if mean.shape != variance.shape or not np.isfinite(mean).all() or not np.isfinite(variance).all():
            continue
        # As they are before the first step of training, and where nobody called adapt().
        if np.abs(mean).max() < _UNTRAINED and np.abs(variance - 1.0).max() < _UNTRAINED:
            continue
        # Trained on nothing but one value: there is no unit to measure samples in.
        if not (variance > 0.0).any():
            continue
        kept = layer.axis if batch_norm else getattr(layer, "_keep_axis", None)
        axes = (kept,) if isinstance(kept, int) else tuple(kept) if kept is not None else None
        # One channel axis, or none: where a layer has several, its figures belong to places and not to channels.
        if axes is None or len(axes) > 1:
            continue
        yield _Trained(layer, axes, mean.ravel(), variance.ravel())


def _batches(places: NDArray[Any], size: int) -> Iterator[NDArray[Any]]:
    return (places[start : start + size] for start in range(0, len(places), size))


def _pass_through(
    loaded: LoadedModel, inputs: list[NDArray[Any]], layers: Sequence[_Trained], met: list[_Trained]
) -> None:
    """Run one batch; ``met`` gets the layers in the order in which they first ran, with each sample's extremes."""
    count, new = len(inputs[0]), not met
    wanted = list(layers) if new else list(met)
    done: list[_Trained] = []

    def look(each: _Trained, values: NDArray[Any]) -> bool:
        if each not in done and values.shape[0] == count and values.size:
            flat = values.reshape(count, -1)
            each.lowest += flat.min(axis=1).astype(float).tolist()
            each.highest += flat.max(axis=1).astype(float).tolist()
            done.append(each)
            if new:
                met.append(each)
        return len(done) == min(_LAYERS, len(wanted))

    _run(loaded, inputs, wanted, look)


def _first_moments(loaded: LoadedModel, inputs: list[NDArray[Any]], first: _Trained, moments: _Moments) -> None:
    def look(each: _Trained, values: NDArray[Any]) -> bool:
        kept = {axis % values.ndim for axis in each.axes}
        moments.add(values, tuple(axis for axis in range(values.ndim) if axis not in kept))
        return True

    _run(loaded, inputs, [first], look)


_Look = Callable[[_Trained, NDArray[Any]], bool]
"""Takes what goes into a layer; tells whether that was enough."""


def _run(loaded: LoadedModel, inputs: list[NDArray[Any]], watched: Sequence[_Trained], look: _Look) -> None:
    import tensorflow as tf

    with _watching(watched, look):
        try:
            loaded.call([tf.constant(values) for values in inputs])
        except _Seen:
            return


@contextmanager
def _watching(watched: Sequence[_Trained], look: _Look) -> Iterator[None]:
    """Let ``look`` see what goes into the layers, as long as the context lasts."""

    def watch(each: _Trained) -> None:
        original = each.layer.call

        def call(inputs: Any, *arguments: Any, **options: Any) -> Any:
            # Inside a traced loop there is nothing to be seen.
            if hasattr(inputs, "numpy") and look(each, np.asarray(inputs.numpy(), np.float32)):
                raise _Seen
            return original(inputs, *arguments, **options)

        # Past Keras, which would take an attribute for a part of the model.
        object.__setattr__(each.layer, "call", call)

    for each in watched:
        watch(each)
    try:
        yield
    finally:
        for each in watched:
            object.__delattr__(each.layer, "call")
