"""All choices that turn a model into an artifact, and the tables of what can be chosen."""

from edgekit.recipe.precision import (
    AUTO,
    PRECISIONS,
    WEIGHT_BLOCKS,
    Arithmetic,
    Precision,
    Preference,
    precision_named,
    precision_names,
)
from edgekit.recipe.preprocessing import (
    DEFAULT_FILTER,
    LABEL,
    VALUE_RANGES,
    Colour,
    Filter,
    PreprocessingChoices,
    Resize,
    SoundLength,
    ValueRange,
    feature_names,
    value_range_named,
)
from edgekit.recipe.range_statistics import (
    DEFAULT_RANGE_STATISTIC,
    RANGE_STATISTICS,
    Criterion,
    RangeStatistic,
    range_statistic_named,
)
from edgekit.recipe.recipe import KEPT, Choices, Recipe

__all__ = [
    "AUTO",
    "DEFAULT_FILTER",
    "DEFAULT_RANGE_STATISTIC",
    "KEPT",
    "LABEL",
    "PRECISIONS",
    "RANGE_STATISTICS",
    "VALUE_RANGES",
    "WEIGHT_BLOCKS",
    "Arithmetic",
    "Choices",
    "Colour",
    "Criterion",
    "Filter",
    "Precision",
    "Preference",
    "PreprocessingChoices",
    "RangeStatistic",
    "Recipe",
    "Resize",
    "SoundLength",
    "ValueRange",
    "feature_names",
    "precision_named",
    "precision_names",
    "range_statistic_named",
    "value_range_named",
]
