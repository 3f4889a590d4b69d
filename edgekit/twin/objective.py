"""What a network in training is to give: what the float file gives, and the labels where there are any."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edgekit.inspection.graph import Subgraph
from edgekit.twin.losses import distance, hard_labels, soft_targets
from edgekit.twin.simulation import Simulation

_SAME_VALUES = frozenset({"QUANTIZE", "DEQUANTIZE", "RESHAPE"})
_LABELS = "labels"
_LABEL_SHARE = 0.5
_AT_ONCE = 32


class Objective:
    """Holds the float file's values of all samples.

    Args:
        targets: by tensor of the quantized file, what the float file gives: ``[samples, *shape]``.
        before: by tensor that a softmax writes, the tensor of the quantized file that it reads, and what the float file
            has there.
        labels: ``[samples]``; None where there are none.
    """

    def __init__(
        self,
        targets: Mapping[int, NDArray[Any]],
        *,
        before: Mapping[int, tuple[int, NDArray[Any]]],
        labels: NDArray[np.int64] | None,
    ) -> None:
        self._targets, self._before, self._labels = dict(targets), dict(before), labels
        read = {number for number, _ in before.values()}
        self._wanted_tensors = tuple(dict.fromkeys([*targets, *read]))
        self._usual = {index: _usual(values) for index, values in targets.items()}
        self._usual |= {number: _usual(values) for number, values in before.values()}

    def wanted(self, places: NDArray[np.intp]) -> dict[str, Any]:
        """Return what is wanted of some samples."""
        import tensorflow as tf

        found = {str(index): values[places] for index, values in self._targets.items()}
        found |= {f"before {index}": values[places] for index, (_, values) in self._before.items()}
        if self._labels is not None:
            found[_LABELS] = self._labels[places]
        return {name: tf.constant(values) for name, values in found.items()}

    def loss(self, simulation: Simulation, inputs: Mapping[int, Any], wanted: Mapping[str, Any]) -> Any:
        """Return the loss on some samples."""
        import tensorflow as tf

        got = simulation(inputs, wanted=self._wanted_tensors)
        parts = []
        for index in self._targets:
            aim = wanted[str(index)]
            if index not in self._before:
                parts.append(distance(got[index], aim, **self._usual[index]))
                scores = got[index]
            else:
                number, _ = self._before[index]
                scores = got[number]
                parts.append(distance(scores, wanted[f"before {index}"], **self._usual[number]))
                parts.append(soft_targets(_rows(scores), _rows(aim)))
            if self._labels is not None:
                parts.append(_LABEL_SHARE * hard_labels(_rows(scores), wanted[_LABELS]))
        return tf.add_n(parts)

    def mean(
        self, simulation: Simulation, *, inputs: Callable[[NDArray[np.intp]], list[Any]], places: NDArray[np.intp]
    ) -> float:
        """Return the mean loss on some samples."""
        import tensorflow as tf

        @tf.function(autograph=False, reduce_retracing=True)  # type: ignore[untyped-decorator]  # TensorFlow ships no types
        def loss(given: list[Any], wanted: Mapping[str, Any]) -> Any:
            return self.loss(simulation, dict(zip(simulation.network.inputs, given, strict=True)), wanted)

        parts = np.array_split(places, -(-len(places) // _AT_ONCE))
        found = [float(loss([tf.constant(v) for v in inputs(part)], self.wanted(part))) * len(part) for part in parts]
        return sum(found) / len(places)


def softmax_before(subgraph: Subgraph, index: int) -> int | None:
    """Return what is read by the softmax behind a tensor; None where its values come from elsewhere."""
    writers = {written: operator for operator in subgraph.operators for written in operator.outputs}
    operator = writers.get(index)
    while operator is not None and operator.name in _SAME_VALUES:
        operator = writers.get(operator.inputs[0])
    if operator is None or operator.name != "SOFTMAX":
        return None
    beta = next((fields.get("beta", 0.0) for _, fields in operator.options), 0.0)
    return int(operator.inputs[0]) if beta == 1.0 else None


def _usual(values: NDArray[Any]) -> dict[str, float]:
    """Return where values lie and how far they go from there, whatever a few samples do."""
    rows = values.reshape(len(values), -1).astype(np.float64)
    centre = float(np.median(rows.mean(1)))
    return {"centre": centre, "spread": float(np.median(((rows - centre) ** 2).mean(1)))}


def _rows(values: Any) -> Any:
    import tensorflow as tf

    return tf.reshape(values, (-1, values.shape[-1]))
