"""A profile from what a device says of itself."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from edgekit.checkup import new_profile
from edgekit.errors import OutputError, ProfileError
from edgekit.profiles import Identity, Kind, list_profiles, own_profiles, profile_named, recognize


def test_a_profile_of_this_machine() -> None:
    made = new_profile("my-board", "local")
    assert made.own == own_profiles() / "my-board.toml"
    assert made == profile_named("my-board") == profile_named(own_profiles() / "my-board.toml")
    assert made.name == "my-board"
    assert [each.name for each in list_profiles() if each.own] == ["my-board"]
    assert made.facts.architecture.value == os.uname().machine
    assert made.kind is (Kind.PC if os.uname().machine == "x86_64" else Kind.LINUX_BOARD)
    assert made.facts.cores is not None
    assert made.facts.cores.source == "edgekit doctor local (/proc/cpuinfo)"
    assert made.facts.cores.date is not None
    if made.clusters:
        assert made.clusters[0].count.value == made.facts.cores.value
    assert made.match is not None
    names = made.match.board or made.match.cpu
    assert names is not None
    board, cpu = (names.value[0], "-") if made.match.board else (None, names.value[0])
    assert recognize(Identity(made.match.machine.value[0], board, cpu)) == made
    with pytest.raises(ProfileError, match="there is a profile 'my-board' already"):
        new_profile("my-board", "local")


def test_a_file_that_is_there_stays(tmp_path: Path) -> None:
    (tmp_path / "my-board.toml").write_text("mine")
    with pytest.raises(OutputError, match=r"my-board\.toml exists, and is not overwritten"):
        new_profile("my-board", "local", output=tmp_path)
    with pytest.raises(OutputError, match=r"gone/my-board\.toml: the folder does not exist"):
        new_profile("my-board", "local", output=tmp_path / "gone")


@pytest.mark.parametrize(
    ("name", "sentence"),
    [("rpi4", "there is a profile 'rpi4' already"), ("My Board", "'My Board' cannot be the name of a profile")],
)
def test_a_name_that_cannot_be(tmp_path: Path, name: str, sentence: str) -> None:
    with pytest.raises(ProfileError) as raised:
        new_profile(name, "local", output=tmp_path)
    assert raised.value.message.startswith(sentence)
    assert list(tmp_path.glob("*.toml")) == []
