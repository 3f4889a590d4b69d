"""The two verbs: a model of one Keras in, the same model of the other out."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

from edgekit.bridge.agreement import require_equal
from edgekit.bridge.graphs import Crossing
from edgekit.bridge.libraries import Library, keras_3, tf_keras
from edgekit.errors import MissingExtra, SourceError
from edgekit.recipe import Recipe
from edgekit.sources.lean_import import import_tensorflow

_NEEDED = ("tensorflow", "tf_keras")


def to_tf_keras(model: Any, *, samples: Any, recipe: Recipe | None = None) -> Any:
    """Return a Keras 3 model as one of tf-keras, for tools that know no other: tfmot's pruning, clustering and QAT.

    The model itself is not changed. Layers keep their names, what they are made with, their weights and whether they
    are trained. Initializers, which have done their work, the loss and the optimizer stay behind.

    What is proven is inference. What only training uses (momentum of batch normalization, dropout, regularizers) is
    carried over with what layers are made with, and never compared.

    Args:
        model: a functional or Sequential Keras 3 model in memory: nested ones, shared layers, several inputs and
            outputs, operators such as ``x + y`` and :mod:`keras.ops` of the common kinds.
        samples: what both models are run on, as for :func:`edgekit.convert`'s ``calibration``; the first 16.
        recipe: how samples are preprocessed, and sizes for inputs whose own are open:
            ``Recipe(value_range="unit", input_shape="1,96,96,3")``.

    Raises:
        SourceError: it is no such model.
        CalibrationError, RecipeError: the samples cannot be used as given.
        ConversionError: a layer, which is named, cannot be carried over, or the outputs differ by more than 1e-5 of
            their range.
        MissingExtra: tf-keras is not installed.
    """
    return _crossed(model, samples, Recipe.chosen(recipe, {}), back=False)


def from_tf_keras(model: Any, *, samples: Any, recipe: Recipe | None = None) -> Any:
    """Return a tf-keras model as one of Keras 3; what tfmot wraps has to be stripped before.

    Args:
        model: a functional or Sequential tf-keras model in memory.
        samples: as for :func:`to_tf_keras`.
        recipe: as for :func:`to_tf_keras`.

    Raises:
        SourceError, CalibrationError, RecipeError, ConversionError, MissingExtra: as for :func:`to_tf_keras`.
    """
    return _crossed(model, samples, Recipe.chosen(recipe, {}), back=True)


def _crossed(model: Any, samples: Any, recipe: Recipe, *, back: bool) -> Any:
    verb = "from_tf_keras" if back else "to_tf_keras"
    if isinstance(model, str | Path):
        # Before TensorFlow is loaded, which takes seconds.
        raise SourceError(
            f"{verb} takes a model of {'tf-keras' if back else 'Keras 3'} in memory, and '{model}' is a path",
            hint=f"load it first: {'tf_keras' if back else 'keras'}.models.load_model({str(model)!r})",
        )
    if any(importlib.util.find_spec(name) is None for name in _NEEDED):
        raise MissingExtra("tfmot", purpose="carrying models between Keras 3 and tf-keras")
    import_tensorflow()
    old, new = tf_keras(), keras_3()
    source, target = (old, new) if back else (new, old)
    _require_model(model, source, verb=verb)
    crossing = Crossing(source, target)
    made = crossing.model(model)
    crossing.carry_weights()
    require_equal(model, made, source=source, target=target, samples=samples, recipe=recipe)
    return made


def _require_model(model: Any, source: Library, *, verb: str) -> None:
    if source.is_model(model):
        return
    kinds = {f"{kind.__module__}.{kind.__name__}" for kind in type(model).__mro__}
    other = "from_tf_keras" if verb == "to_tf_keras" else "to_tf_keras"
    of_other = any(
        name.startswith("keras." if verb == "from_tf_keras" else "tf_keras.") and name.endswith(".Model")
        for name in kinds
    )
    raise SourceError(
        f"{verb} takes a model of {source.title} in memory, not a {type(model).__name__}",
        hint=f"it is of the other Keras: use edgekit.{other}"
        if of_other
        else f"load it first: {source.module.__name__}.models.load_model(path)",
    )
