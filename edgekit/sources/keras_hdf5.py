"""Whole models in HDF5, as Keras 2 saved them and Keras 3 still can."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from edgekit.errors import SourceError
from edgekit.sources.keras_model import load_keras
from edgekit.sources.source import LoadedModel, Source

_SIGNATURE = b"\x89HDF\r\n\x1a\n"


class KerasHdf5:
    """``.h5`` and ``.hdf5``."""

    name = "keras-h5"
    title = "Keras .h5"

    def recognises(self, path: Path) -> bool:
        """Return whether ``path`` starts as an HDF5 file does."""
        if path.is_dir():
            return False
        with path.open("rb") as stream:
            return stream.read(len(_SIGNATURE)) == _SIGNATURE

    def load(self, source: Source) -> LoadedModel:
        """Load the model; see :class:`edgekit.sources.source.LoadedFormat`."""
        return load_keras(source, config=_read_config(source.path), legacy=True)


def _read_config(path: Path) -> dict[str, Any]:
    import h5py

    try:
        with h5py.File(path, "r") as file:
            text = file.attrs.get("model_config")
    except OSError as error:
        raise SourceError(
            f"model {path} is damaged: it starts as HDF5, but is cut off or broken ({error})",
            hint="copy or save the file again",
        ) from error
    if text is None:
        raise SourceError(
            f"model {path} holds weights or other data only: there is no model_config in it",
            hint="save the whole model: model.save('name.keras')",
        )
    try:
        config = json.loads(text)
    except ValueError as error:
        raise SourceError(f"model {path} is damaged: its model_config is not JSON ({error})") from error
    if not isinstance(config, dict):
        raise SourceError(f"model {path} is damaged: its model_config describes no model")
    return config
