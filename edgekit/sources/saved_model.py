"""SavedModel folders, as Keras' ``export`` and plain TensorFlow write them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from edgekit.errors import SourceError, unknown_name
from edgekit.recipe.open_sizes import fixed_shapes
from edgekit.sources.lean_import import import_tensorflow
from edgekit.sources.source import Description, LoadedModel, Source
from edgekit.tensors import TensorSpec

_SIGNATURE = "serving_default"


class SavedModelFolder:
    """A folder with ``saved_model.pb``."""

    name = "saved-model"
    title = "SavedModel folders"

    def recognises(self, path: Path) -> bool:
        """Return whether ``path`` is a folder with a SavedModel in it."""
        return path.is_dir() and (path / "saved_model.pb").is_file()

    def load(self, source: Source) -> LoadedModel:
        """Load the model; see :class:`edgekit.sources.source.LoadedFormat`."""
        import_tensorflow()
        import tensorflow as tf

        try:
            loaded = tf.saved_model.load(str(source.path))
        # TensorFlow raises OSError, ValueError, KeyError and its own errors for a damaged folder.
        except Exception as error:
            raise SourceError(
                f"SavedModel {source.path} cannot be loaded: {str(error).splitlines()[0][:300]}",
                hint="export the model again: model.export('folder')",
                log=str(error),
            ) from error
        signatures = list(loaded.signatures)
        if _SIGNATURE in signatures:
            name = _SIGNATURE
        elif len(signatures) == 1:
            name = signatures[0]
        elif signatures:
            raise SourceError(f"SavedModel {source.path}: " + unknown_name("signature", _SIGNATURE, signatures))
        else:
            raise SourceError(
                f"SavedModel {source.path} has no signature to call",
                hint="export it with one: model.export('folder'), or tf.saved_model.save(..., signatures=...)",
            )
        return _loaded(loaded, loaded.signatures[name], name, source)


def _loaded(owner: Any, signature: Any, name: str, source: Source) -> LoadedModel:
    specs = {
        key: TensorSpec(key, tuple(spec.shape), spec.dtype.name)
        for key, spec in sorted(signature.structured_input_signature[1].items())
    }
    shapes = fixed_shapes(list(specs.values()), source.input_shape, model=str(source.path))
    inputs = [replace(spec, shape=shape) for spec, shape in zip(specs.values(), shapes, strict=True)]
    outputs = sorted(signature.structured_outputs.items())
    # A plain TensorFlow object has no list of variables; the signature knows those that it uses.
    variables = signature.variables
    description = Description(
        inputs=tuple(inputs),
        outputs=tuple(TensorSpec(key, tuple(spec.shape), spec.dtype.name) for key, spec in outputs),
        parameters=sum(int(variable.shape.num_elements()) for variable in variables) if variables else None,
    )

    def call(tensors: Sequence[Any]) -> list[Any]:
        # The owner is named here so that its variables outlive the loading.
        results = signature(**dict(zip(specs, tensors, strict=True))) if owner is not None else {}
        return [results[key] for key, _ in outputs]

    open_sizes = any(None in spec.shape[1:] for spec in specs.values())
    return LoadedModel(description, call, saved_model=source.path, signature=name, open_sizes=open_sizes)
