"""A profile from what a device says of itself."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from edgekit.checkup import new_profile
from edgekit.errors import OutputError, ProfileError
from edgekit.profiles import Kind, profile_named


def test_a_profile_of_this_machine(tmp_path: Path) -> None:
    made = new_profile("my-board", "local", output=tmp_path)
    assert made == profile_named(tmp_path / "my-board.toml")
    assert made.name == "my-board"
    assert made.facts.architecture.value == os.uname().machine
    assert made.kind is (Kind.PC if os.uname().machine == "x86_64" else Kind.LINUX_BOARD)
    assert made.facts.cores is not None
    assert made.facts.cores.source == "edgekit doctor local (/proc/cpuinfo)"
    assert made.facts.cores.date is not None
    if made.clusters:
        assert made.clusters[0].count.value == made.facts.cores.value
    with pytest.raises(OutputError, match=r"my-board\.toml exists, and is not overwritten"):
        new_profile("my-board", "local", output=tmp_path)


@pytest.mark.parametrize(
    ("name", "sentence"),
    [("rpi4", "there is a profile 'rpi4' already"), ("My Board", "'My Board' cannot be the name of a profile")],
)
def test_a_name_that_cannot_be(tmp_path: Path, name: str, sentence: str) -> None:
    with pytest.raises(ProfileError) as raised:
        new_profile(name, "local", output=tmp_path)
    assert raised.value.message.startswith(sentence)
    assert list(tmp_path.glob("*.toml")) == []
