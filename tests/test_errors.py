"""The error tree is as its docstring draws it, with exit codes."""

from __future__ import annotations

import inspect
import re

import pytest

from edgekit import errors
from edgekit.errors import EdgekitError, MissingExtra, unknown_name

_DRAWN = dict(re.findall(r"^ {4,}([A-Z]\w+) +([0-9]+)?", errors.__doc__ or "", re.MULTILINE))
_CLASSES = {
    name: member
    for name, member in vars(errors).items()
    if inspect.isclass(member) and issubclass(member, EdgekitError)
}


def test_the_docstring_draws_every_error_and_no_other() -> None:
    assert set(_DRAWN) == set(_CLASSES)


@pytest.mark.parametrize("name", [name for name, code in _DRAWN.items() if code])
def test_exit_codes_are_as_drawn(name: str) -> None:
    assert _CLASSES[name].exit_code == int(_DRAWN[name])


@pytest.mark.parametrize("name", ["RecipeError", "ProfileError", "CalibrationError", "SourceError", "OutputError"])
def test_what_was_given_is_wrong_ends_with_2(name: str) -> None:
    assert issubclass(_CLASSES[name], errors.UsageError)
    assert _CLASSES[name].exit_code == 2


def test_an_unknown_name_lists_the_valid_ones_and_offers_the_nearest() -> None:
    assert unknown_name("precision", "int9", ["int8", "float16"]) == (
        "unknown precision 'int9'. Did you mean 'int8'? Valid: int8, float16"
    )
    assert "Did you mean" not in unknown_name("precision", "zebra", ["int8"])


def test_a_missing_extra_carries_the_pip_line() -> None:
    error = MissingExtra("tensorflow", purpose="reading Keras models")
    assert error.pip_line == 'pip install "edgekit[tensorflow]"'
    assert error.hint == error.pip_line
    assert "reading Keras models" in error.message
