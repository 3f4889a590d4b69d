"""Keras 3's own format: a zip archive with config.json, metadata.json and the weights."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import Any

from edgekit.errors import SourceError
from edgekit.sources.keras_model import load_keras
from edgekit.sources.source import LoadedModel, Source


class KerasArchive:
    """``.keras``."""

    name = "keras"
    title = "Keras 3 .keras"

    def recognises(self, path: Path) -> bool:
        """Return whether ``path`` is a whole zip archive with a Keras configuration in it."""
        if path.is_dir() or not zipfile.is_zipfile(path):
            return False
        try:
            with zipfile.ZipFile(path) as archive:
                return "config.json" in archive.namelist()
        except zipfile.BadZipFile:
            # It ends as an archive does, but its list of contents is broken.
            return False

    def load(self, source: Source) -> LoadedModel:
        """Load the model; see :class:`edgekit.sources.source.LoadedFormat`."""
        return load_keras(source, config=_read_config(source.path), legacy=False)


def _read_config(path: Path) -> dict[str, Any]:
    try:
        with zipfile.ZipFile(path) as archive:
            if not any(name.endswith(".h5") for name in archive.namelist()):
                raise SourceError(
                    f"model {path} is incomplete: the archive holds no weights",
                    hint="save the model again with model.save('name.keras')",
                )
            damaged = archive.testzip()
            if damaged is not None:
                raise SourceError(
                    f"model {path} is damaged: {damaged} in the archive does not match its checksum",
                    hint="copy or save the file again",
                )
            config = json.loads(archive.read("config.json"))
    except (zipfile.BadZipFile, EOFError, ValueError, NotImplementedError) as error:
        raise SourceError(
            f"model {path} is damaged: its config.json cannot be read ({error})", hint="copy or save the file again"
        ) from error
    if not isinstance(config, dict):
        raise SourceError(f"model {path} is damaged: its config.json describes no model")
    return config
