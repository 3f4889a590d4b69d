"""One cut: channels of a model are scored, chosen and taken out."""

from __future__ import annotations

import fnmatch
from functools import partial
from itertools import islice
from typing import Any

from edgekit.compression.channels.choosing import Limits, chosen, everything, groups_of
from edgekit.compression.channels.importance import scores
from edgekit.compression.channels.layer_rules import rule_of
from edgekit.compression.channels.rebuilding import rebuilt
from edgekit.compression.channels.tracing import Trace, macs, parameters, traced
from edgekit.compression.training.batches import TrainingSamples, pipeline
from edgekit.compression.training.losses import label_loss
from edgekit.compression.training.outputs import meaning_of
from edgekit.errors import ConversionError, RecipeError

_TAYLOR_BATCHES = 16


def surveyed(model: Any) -> dict[str, Any]:
    """Return what a model costs, as JSON values."""
    trace = traced(model, rule_of)
    whole = everything(trace)
    return {
        "macs": macs(trace, whole),
        "parameters": parameters(trace, model, whole),
        "channels": {layer.name: len(ids) for layer, ids in trace.made.values()},
    }


def cut_model(model: Any, settings: dict[str, Any], samples: TrainingSamples | None) -> tuple[Any, dict[str, Any]]:
    """Return the model with fewer channels, and what was done as JSON values.

    Args:
        model: a Keras model.
        settings: ``goal`` (``macs``, ``parameters`` or None), ``allowed``, how much of that may be left, and
            ``layers``, ``spared``, ``importance`` and ``least`` of the stage; ``channels``: how many each layer had at
            first.
        samples: for the importance ``taylor``; None: the recipe is only tried, with ``l1`` in its place.

    Raises:
        RecipeError: a pattern matches no layer.
        ConversionError: the goal cannot be reached, or there is no channel that could go.
    """
    trace = traced(model, rule_of)
    groups = groups_of(trace)
    closed = ", ".join(f"{name} ({kind})" for name, kind in list(trace.closed.items())[:6])
    if not groups:
        why = f"they are not followed through {closed}" if closed else "all belong to inputs or outputs"
        raise ConversionError(f"no channel of the model can be taken out: {why}", hint="leave channel-prune out")
    names = sorted({name for group in groups for name in group.layers})
    for pattern in (*settings["layers"], *settings["spared"]):
        if not any(fnmatch.fnmatchcase(name, pattern) for name in names):
            raise RecipeError(
                f"pattern '{pattern}' matches no layer whose channels could go", hint=f"these are: {', '.join(names)}"
            )
    goal, importance = settings["goal"], settings["importance"]
    cost = partial(macs, trace) if goal != "parameters" else partial(parameters, trace, model)
    whole = everything(trace)
    if importance == "taylor" and samples is None:
        importance = "l1"
    found = scores(trace, importance, gradients=None if samples is None else partial(_gradients, model, samples))
    keep = chosen(
        trace,
        found,
        Limits(
            cost=cost,
            share=None if goal is None else min(1.0, settings["allowed"] / max(1, cost(whole))),
            layers=settings["layers"],
            spared=tuple(settings["spared"]),
            least=settings["least"],
            channels=settings["channels"],
        ),
    )
    facts = {
        "macs": macs(trace, keep),
        "parameters": parameters(trace, model, keep),
        "channels": _told(trace, keep),
        "notes": [f"channels are not followed through {closed}; those that meet them stay"] if closed else [],
    }
    return rebuilt(model, trace, keep), facts


def _told(trace: Trace, keep: Any) -> dict[str, list[int]]:
    """Return by layer how many channels there were, and how many stay."""
    return {layer.name: [len(ids), int(keep[ids].sum())] for layer, ids in trace.made.values() if not keep[ids].all()}


def _gradients(model: Any, samples: TrainingSamples) -> Any:
    """Give the weights and the gradients of the loss on some batches."""
    import tensorflow as tf

    from edgekit.compression.training.loop import called

    meaning = meaning_of(model)
    labelled = samples.labels is not None and meaning.scored
    loss_of = label_loss(meaning) if labelled else None
    weights = list(model.trainable_variables)

    @tf.function  # type: ignore[untyped-decorator]  # TensorFlow ships no types
    def slopes(inputs: Any, labels: Any) -> Any:
        with tf.GradientTape() as tape:
            outputs = called(model, inputs, training=False)
            # Without labels: how much the outputs themselves would change.
            loss = (
                sum(tf.reduce_mean(tf.square(o)) for o in outputs) if loss_of is None else loss_of(labels, outputs[0])
            )
        return tape.gradient(loss, [weight.value for weight in weights], unconnected_gradients="zero")

    data = pipeline(samples, samples.places, batch_size=32, whole=True)
    return [(weights, slopes(inputs, labels)) for _, inputs, labels in islice(data, _TAYLOR_BATCHES)]
