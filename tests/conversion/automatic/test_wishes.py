"""What can be asked of the automatic precision, and what is said of the rest."""

from __future__ import annotations

import math
from typing import Any

import pytest

from edgekit.artifact.ladder import Goal
from edgekit.conversion.automatic.wishes import Wishes, read_wishes
from edgekit.errors import CalibrationError, RecipeError
from edgekit.recipe import Preference, Recipe


def read(*precisions: str, recipe: Recipe | None = None, calibrated: bool = True, **wishes: Any) -> Wishes | None:
    given = {"prefer": None, "max_drop": None, "min_snr": None, **wishes}
    return read_wishes(precisions, recipe=recipe or Recipe(), calibrated=calibrated, **given)


def test_it_is_asked_for_by_name_alone() -> None:
    assert read("int8") is None
    assert read() is None
    assert read("auto") == Wishes(Preference.LATENCY, None, None)
    assert read("auto", prefer="size", max_drop=2, min_snr=0) == Wishes(Preference.SIZE, 2, 0)


@pytest.mark.parametrize(
    ("precisions", "wishes", "sentence"),
    [
        (["int8"], {"max_drop": 1}, "max_drop speaks of precision auto"),
        (["auto", "int8"], {}, "cannot be asked for together with int8"),
        (["auto"], {"prefer": "sizes"}, "Did you mean 'size'? Valid: latency, size, accuracy"),
        (["auto"], {"max_drop": -0.5}, "max_drop is -0.5, but must be 0 or more"),
        (["auto"], {"min_snr": math.inf}, "min_snr is inf, but must be 0 or more"),
        (["auto"], {"max_drop": "1 %"}, "max_drop is '1 %', but must be a number"),
        (["auto"], {"recipe": Recipe(float_operators=("a",))}, "float_operators is a choice that precision auto makes"),
    ],
)
def test_what_cannot_be_asked(precisions: list[str], wishes: dict[str, Any], sentence: str) -> None:
    with pytest.raises(RecipeError) as caught:
        read(*precisions, **wishes)
    assert sentence in caught.value.message


def test_samples_are_needed() -> None:
    with pytest.raises(CalibrationError, match="precision auto needs representative samples") as caught:
        read("auto", calibrated=False)
    assert "--calibration" in (caught.value.hint or "")


def test_the_goal_follows_from_what_can_be_told() -> None:
    nothing = Wishes(Preference.LATENCY, None, None)
    assert nothing.goal(classes=True) == Goal(1.0, None)
    assert nothing.goal(classes=False) == Goal(None, 20.0)
    assert Wishes(Preference.LATENCY, None, 30.0).goal(classes=True) == Goal(None, 30.0)
    assert str(Wishes(Preference.LATENCY, 2.0, 30.0).goal(classes=True)) == (
        "a drop of at most 2 points (point estimate) and at least 30 dB"
    )
    with pytest.raises(RecipeError, match="neither|no labelled samples") as caught:
        Wishes(Preference.LATENCY, 1.0, None).goal(classes=False)
    assert "--min-snr" in (caught.value.hint or "")
