"""Child processes that die or never end while a model is converted."""

from __future__ import annotations

from pathlib import Path

import pytest

from edgekit import Step, convert
from edgekit.conversion import float_export
from edgekit.errors import ConversionError


def test_a_converter_that_dies_becomes_an_error(zoo: Path, zoo_importable: None, tmp_path: Path) -> None:
    with pytest.raises(
        ConversionError, match="died while loading model .*dies.keras: it was killed by SIGABRT"
    ) as raised:
        convert(zoo / "dies.keras", tmp_path, custom_objects=["zoo:Dies"])
    assert "Fatal Python error: Aborted" in (raised.value.log or "")
    assert list(tmp_path.iterdir()) == []


def test_a_converter_that_does_not_end_is_ended(
    zoo: Path, zoo_importable: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def hurry(step: Step) -> None:
        if step.stage == "loading the model":
            monkeypatch.setattr(float_export, "_LIMIT_S", 1)

    with pytest.raises(
        ConversionError, match=r"ended while converting model .*endless\.keras: it took longer than 1 s"
    ) as raised:
        convert(zoo / "endless.keras", tmp_path, custom_objects=["zoo:Endless"], progress=hurry)
    assert raised.value.hint == "look for a loop that does not end"
    assert list(tmp_path.iterdir()) == []
