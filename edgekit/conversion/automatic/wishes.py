"""What a user wishes of ``precision="auto"``, and whether it can be asked at all."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from edgekit.artifact.ladder import Goal
from edgekit.errors import CalibrationError, RecipeError, unknown_name
from edgekit.recipe import AUTO, Preference, Recipe

DEFAULT_DROP_POINTS = 1.0
DEFAULT_SNR_DB = 20.0
"""Where nothing is asked for and there are no classes: what :func:`edgekit.diagnose` calls healthy."""


@dataclass(frozen=True, slots=True)
class Wishes:
    """What is asked for; a limit that is None was not named."""

    prefer: Preference
    max_drop_points: float | None
    min_snr_db: float | None

    def goal(self, *, classes: bool, require: Sequence[str] = ()) -> Goal:
        """Return the goal for a model that has ``classes``: labels were given, or its outputs are class scores.

        ``require`` names what the file must meet besides.

        Raises:
            RecipeError: a drop is asked for, and neither labels nor class scores can tell it.
        """
        if self.max_drop_points is not None and not classes:
            raise RecipeError(
                "max_drop asks for a loss of accuracy, but no labelled samples were given, and the outputs are no "
                "class scores whose top-1 agreement could stand for it",
                hint="use --min-snr DB, such as --min-snr 20, or give labelled samples: --evaluate PATH",
            )
        names = tuple(dict.fromkeys(require))
        if self.max_drop_points is not None or self.min_snr_db is not None:
            return Goal(self.max_drop_points, self.min_snr_db, names)
        return Goal(DEFAULT_DROP_POINTS, None, names) if classes else Goal(None, DEFAULT_SNR_DB, names)


def read_wishes(
    precisions: Sequence[str],
    *,
    prefer: str | None,
    max_drop: float | None,
    min_snr: float | None,
    recipe: Recipe,
    calibrated: bool,
) -> Wishes | None:
    """Return what is asked of the automatic precision; None where that is not asked for.

    Raises:
        RecipeError: wishes without ``auto``, ``auto`` beside other precisions or choices that it makes itself, an
            unknown preference, or a limit that is no number or below zero.
        CalibrationError: there are no samples.
    """
    given = {"prefer": prefer, "max_drop": max_drop, "min_snr": min_snr}
    if AUTO not in precisions:
        for name, value in given.items():
            if value is not None:
                raise RecipeError(
                    f"{name} speaks of precision auto, which is not asked for", hint="add --precision auto"
                )
        return None
    others = [name for name in precisions if name != AUTO]
    if others:
        raise RecipeError(
            f"precision auto chooses by itself, and cannot be asked for together with {', '.join(others)}",
            hint="convert twice, or leave one of them out",
        )
    if prefer is not None and prefer not in tuple(Preference):
        raise RecipeError(unknown_name("preference", prefer, Preference))
    for name, limit in (("max_drop", max_drop), ("min_snr", min_snr)):
        if limit is not None and (isinstance(limit, bool) or not isinstance(limit, int | float)):
            raise RecipeError(f"{name} is {limit!r}, but must be a number")
        if limit is not None and not (math.isfinite(limit) and limit >= 0):
            raise RecipeError(f"{name} is {limit:g}, but must be 0 or more")
    for name in ("int16_operators", "float_operators", "left_out", "weight_block"):
        if getattr(recipe, name):
            raise RecipeError(f"{name} is a choice that precision auto makes by itself", hint=f"leave {name} out")
    if not calibrated:
        raise CalibrationError(
            "precision auto needs representative samples, and none were given",
            hint="add --calibration PATH, or use --precision dynamic_int8, which needs none",
        )
    return Wishes(Preference(prefer or Preference.LATENCY), max_drop, min_snr)
