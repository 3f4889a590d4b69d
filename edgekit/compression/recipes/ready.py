"""Recipes by name."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from edgekit.compression.recipes.recipe import CompressionRecipe
from edgekit.errors import RecipeError, unknown_name

_TRAINING: dict[str, Any] = {"epochs": 3, "learning_rate": 2e-3, "augment": ["shift", "contrast"]}
_TEACHER: dict[str, Any] = {"teacher": "original", "temperature": 4.0, "weight": 0.7}

READY: dict[str, CompressionRecipe] = {
    name: CompressionRecipe.from_mapping({"training": _TRAINING, "distillation": _TEACHER, "stage": stages})
    for name, stages in {
        "smaller": [
            {"kind": "channel-prune", "parameters": 0.5, "steps": 2},
            {"kind": "finetune", "epochs": 12, "warm_up": 0.05},
        ],
        "faster": [
            {"kind": "channel-prune", "macs": 0.5, "steps": 2},
            {"kind": "finetune", "epochs": 12, "warm_up": 0.05},
        ],
        "smallest": [
            {"kind": "channel-prune", "macs": 0.25, "steps": 4},
            {"kind": "finetune", "epochs": 15, "warm_up": 0.05},
        ],
    }.items()
}


def recipe_named(text: str | Path) -> CompressionRecipe:
    """Return a ready recipe, or the one in a file.

    Raises:
        RecipeError: there is neither.
    """
    if str(text) in READY:
        return READY[str(text)]
    path = Path(text)
    if path.exists() or path.suffix == ".toml":
        return CompressionRecipe.load(path)
    raise RecipeError(unknown_name("compression recipe", str(text), READY), hint="or give the path of a .toml file")


@contextmanager
def told_of(recipe: CompressionRecipe | str | Path) -> Iterator[None]:
    """Name the file of a recipe in what is found wrong with it inside. Raises RecipeError."""
    try:
        yield
    except RecipeError as error:
        if isinstance(recipe, CompressionRecipe) or str(recipe) in READY:
            raise
        raise RecipeError(f"compression recipe {recipe}: {error.message}", hint=error.hint) from error
