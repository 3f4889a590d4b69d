from __future__ import annotations

import dataclasses
import glob
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from edgekit.errors import ProfileError
from edgekit.profiles import (
    Identity,
    Kind,
    impossible,
    list_profiles,
    not_of_kind,
    own_profiles,
    profile_named,
    recognize,
    unlike,
)

Write = Callable[..., Path]

_PROMISED = {
    "rpi-zero2w", "rpi3b-plus", "rpi4", "rpi5", "coral-dev-board", "jetson-orin-nano", "pixel6", "galaxy-s23",
    "stm32h747", "esp32s3", "x86-64",
}  # fmt: skip


def test_the_shipped_profiles_are_in_the_order_of_their_kinds() -> None:
    profiles = list_profiles()
    assert {profile.name for profile in profiles} >= _PROMISED
    kinds = [list(Kind).index(profile.kind) for profile in profiles]
    assert kinds == sorted(kinds)
    assert all(profile_named(profile.name) == profile for profile in profiles)


def test_a_path_is_a_path_even_when_it_ends_like_a_name(
    write_profile: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write_profile(path=tmp_path / "rpi4.toml")
    monkeypatch.chdir(tmp_path)
    assert profile_named("rpi4").title == "Raspberry Pi 4 Model B"
    for given in (path, str(path), "rpi4.toml", "./rpi4.toml"):
        assert profile_named(given).title == "Test board"
    with pytest.raises(ProfileError, match="profile rpi4 does not exist"):
        profile_named(Path("rpi4"))


def test_an_unknown_name_offers_the_nearest_one() -> None:
    with pytest.raises(ProfileError, match="unknown profile 'rpi44'. Did you mean 'rpi4'\\? Valid: .*x86-64") as raised:
        profile_named("rpi44")
    assert raised.value.hint is not None
    assert "EDGEKIT_PROFILES" in raised.value.hint


def test_own_folders_add_names(write_profile: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_profile(path=tmp_path / "a" / "mine.toml")
    write_profile(("Test board", "Other board"), path=tmp_path / "b" / "other.toml")
    folders = [str(tmp_path / "a"), str(tmp_path / "b"), str(tmp_path / "a"), ""]
    monkeypatch.setenv("EDGEKIT_PROFILES", os.pathsep.join(folders))
    assert profile_named("mine").title == "Test board"
    assert profile_named("other").title == "Other board"
    assert {"mine", "other", "rpi4"} <= {profile.name for profile in list_profiles()}


def test_a_name_that_is_there_twice_is_an_error_that_says_where(
    write_profile: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = write_profile(path=tmp_path / "own" / "rpi4.toml")
    monkeypatch.setenv("EDGEKIT_PROFILES", str(tmp_path / "own"))
    with pytest.raises(ProfileError, match=f"'rpi4' is there twice: .*device_profiles/rpi4.toml and {own}"):
        profile_named("rpi4")
    with pytest.raises(ProfileError, match="'rpi4' is there twice"):
        list_profiles()
    assert profile_named("rpi5").name == "rpi5"
    assert profile_named(own).title == "Test board"


def test_a_profile_of_ones_own_takes_no_shipped_ones_place(write_profile: Write, tmp_path: Path) -> None:
    """A board that both are of is the shipped kind, and counts for the user's when that is named."""
    board = ("Test Board*", "Raspberry Pi 4 Model B*")
    own = profile_named(write_profile(board, path=own_profiles() / "garden.toml"))
    assert profile_named("garden") == own
    assert own.own == own_profiles() / "garden.toml"
    seen = Identity("aarch64", "Raspberry Pi 4 Model B Rev 1.4", "Cortex-A72")
    assert (recognize(seen), recognize(dataclasses.replace(seen, machine="armv7l"))) == (profile_named("rpi4"),) * 2
    assert impossible(seen, profile=own) is None
    assert not_of_kind(seen, profile=own) is None
    other = dataclasses.replace(seen, board="Raspberry Pi 5 Model B")
    assert not_of_kind(other, profile=own) == (
        "it is a machine that says it is 'Raspberry Pi 5 Model B', and not 'Raspberry Pi 4 Model B*'"
    )
    # A name with signs that patterns have, as a drafted profile holds it.
    named = profile_named(write_profile(("Test Board*", glob.escape("Acme [rev 2]*")), path=tmp_path / "acme.toml"))
    unsaid = Identity("aarch64", None, "Cortex-A72")
    assert unlike(unsaid, profile=named) == "it was seen on a machine without a name, not on 'Acme [rev 2]*'"
    assert impossible(unsaid, profile=named) is None


def test_a_folder_that_is_not_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EDGEKIT_PROFILES", str(tmp_path / "gone"))
    with pytest.raises(ProfileError, match="EDGEKIT_PROFILES names the folder .*gone, which does not exist"):
        profile_named("rpi4")


def test_one_malformed_profile_does_not_spoil_the_others(
    write_profile: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_profile(("title", "titel"), path=tmp_path / "own" / "bad.toml")
    monkeypatch.setenv("EDGEKIT_PROFILES", str(tmp_path / "own"))
    assert profile_named("rpi4").name == "rpi4"
    with pytest.raises(ProfileError, match=r"own/bad\.toml: at the top: unknown key 'titel'"):
        list_profiles()
