"""Keras model in, smaller or faster Keras model out: cut, trained and measured in child processes."""

from edgekit.compression.compress_model import compress
from edgekit.compression.compression import Compression, LoggedEpoch, Version, VersionFile
from edgekit.compression.recipes.ready import READY, recipe_named
from edgekit.compression.recipes.recipe import CompressionRecipe, Distillation, SplitShares
from edgekit.compression.recipes.stages import STAGES, Stage, Training

__all__ = [
    "READY",
    "STAGES",
    "Compression",
    "CompressionRecipe",
    "Distillation",
    "LoggedEpoch",
    "SplitShares",
    "Stage",
    "Training",
    "Version",
    "VersionFile",
    "compress",
    "recipe_named",
]
