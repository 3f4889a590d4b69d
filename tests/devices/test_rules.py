"""What every device asks of its caller."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import PurePosixPath

import pytest

from edgekit.devices.rules import checked_command, checked_path
from edgekit.errors import UsageError


@pytest.mark.parametrize("path", ["a", "a/b c/d", "./a", "a..b", "..a", "-rf", "a\nb", "C:\\x", "grün"])
def test_paths_below_the_folder(path: str) -> None:
    assert checked_path(path) == PurePosixPath(path)


@pytest.mark.parametrize("path", ["", ".", "/", "/etc/passwd", "..", "a/..", "a/../b", "../a", "a/"])
def test_paths_that_lead_elsewhere(path: str) -> None:
    with pytest.raises(UsageError, match="does not name a file below the working folder") as caught:
        checked_path(path)
    assert caught.value.hint == "use a relative path such as 'model.tflite' or 'results/run.json'"


@pytest.mark.parametrize("path", ["a\0b", "a\ud800b"])
def test_characters_that_no_name_holds(path: str) -> None:
    with pytest.raises(UsageError, match="holds a character that no file name can hold"):
        checked_path(path)


@pytest.mark.parametrize(
    ("argv", "timeout", "sentence"),
    [
        ([], 1, r"a command is a list of the program and its arguments, not \[\]"),
        ("ls -l", 1, "not 'ls -l'"),
        (["a", "b\0"], 1, "holds a character that no command line can hold"),
        (["a", "\udfff"], 1, "holds a character that no command line can hold"),
        (["a"], 0, "timeout is 0, but must be more than 0 seconds"),
        (["a"], float("nan"), "timeout is nan"),
    ],
)
def test_commands_that_cannot_be_run(argv: Sequence[str], timeout: float, sentence: str) -> None:
    with pytest.raises(UsageError, match=sentence):
        checked_command(argv, timeout=timeout)


def test_a_command_is_kept_as_it_is() -> None:
    assert checked_command(("a", "", "b c"), timeout=0.5) == ["a", "", "b c"]
