"""``snippet``: what an application must do before and after the model, as code."""

from __future__ import annotations

from pathlib import Path

from edgekit.artifact import Artifact
from edgekit.recipe import Recipe
from edgekit.snippets.languages import language_named
from edgekit.snippets.plan import plan_snippet


def snippet(file: str | Path | Artifact, language: str, *, recipe: Recipe | None = None) -> str:
    """Return code that prepares inputs for a .tflite file and reads its outputs, with its scales and zero points.

    The Python code does bit for bit what edgekit does with a picture file. The Kotlin and C++ code does the same from
    the pixels on: it takes them at the size of the input, and says how edgekit brought them there.

    Args:
        file: the path, or the artifact. How pictures become numbers is taken from its sidecar, else from the metadata
            in the file.
        language: ``python``, ``kotlin`` or ``cpp``.
        recipe: its ``value_range``, ``resize``, ``filter`` and ``colour`` come before what the file and its
            sidecar say, where it names a value range.

    Raises:
        UsageError: the language is unknown, or the sidecar was edited or is of another file.
        SourceError: the file cannot be read.
        CalibrationError: the recipe's value range does not fit an input.
    """
    return language_named(language).write(plan_snippet(file, recipe=recipe))
