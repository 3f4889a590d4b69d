"""Checks of single values of a recipe; every fault is a sentence that names the key."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterable, Mapping
from typing import Any, TypeVar

from edgekit.errors import RecipeError, unknown_name

T = TypeVar("T")


def constructed(kind: type[T], values: Mapping[str, Any], *, where: str) -> T:
    """Return a value of a dataclass from a table of TOML, numbers for numbers and texts for texts.

    Raises:
        RecipeError: a key is unknown, missing or of another type.
    """
    fields = {each.name: each for each in dataclasses.fields(kind)}  # type: ignore[arg-type]  # a dataclass
    for key, value in values.items():
        if key not in fields:
            raise RecipeError(unknown_name(f"key of [{where}]", key, fields), hint="correct the key or leave it out")
        _require_kind(f"{where}.{key}", value, str(fields[key].type))
    try:
        return kind(**values)
    except TypeError:
        missing = [
            name
            for name, each in fields.items()
            if each.default is dataclasses.MISSING and each.default_factory is dataclasses.MISSING
        ]
        raise RecipeError(f"{where} lacks {', '.join(name for name in missing if name not in values)}") from None


def require_share(name: str, value: float, *, above: float = -1.0) -> None:
    """Raise RecipeError unless ``value`` is 0 to 1, and above ``above``."""
    if not 0 <= value <= 1 or value <= above:
        least = f"above {above:g}" if above >= 0 else "0"
        raise RecipeError(f"{name} is {value:g}, but must be a share, {least} to 1")


def require_whole(name: str, value: Any, *, least: int) -> None:
    """Raise RecipeError unless ``value`` is a whole number from ``least``."""
    if not isinstance(value, int) or isinstance(value, bool) or value < least:
        raise RecipeError(f"{name} is {value!r}, but must be a whole number, {least} or more")


def require_among(name: str, value: str, valid: Iterable[str]) -> None:
    """Raise RecipeError, which lists the valid names, unless ``value`` is one of them."""
    names = list(valid)
    if value not in names:
        raise RecipeError(unknown_name(name, value, names))


def require_texts(name: str, value: Any) -> tuple[str, ...]:
    """Return a list of texts as a tuple. Raises RecipeError."""
    if isinstance(value, str) or not all(isinstance(each, str) for each in value):
        raise RecipeError(f"{name} is {value!r}, but must be a list of texts")
    return tuple(value)


def _require_kind(name: str, value: Any, annotation: str) -> None:
    kinds: dict[str, tuple[type, ...]] = {"float": (int, float), "int": (int,), "str": (str,), "bool": (bool,)}
    kinds |= {"tuple[str, ...]": (list, tuple), "Mapping[str, float]": (dict,)}
    wanted = annotation.removesuffix(" | None")
    optional = wanted != annotation
    if value is None and optional:
        return
    good = isinstance(value, kinds[wanted]) and (wanted == "bool" or not isinstance(value, bool))
    if not good or (isinstance(value, float) and not math.isfinite(value)):
        told = {"float": "a number", "int": "a whole number", "str": "a text", "bool": "true or false"}
        told |= {"tuple[str, ...]": "a list of texts", "Mapping[str, float]": "a table of numbers"}
        raise RecipeError(f"{name} is {value!r}, but must be {told[wanted]}")
