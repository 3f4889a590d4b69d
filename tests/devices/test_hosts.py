"""Lists of devices: one format for the user's own boards and for a fleet, read strictly."""

from __future__ import annotations

from pathlib import Path

import pytest

from edgekit.devices import Host, list_devices, read_hosts
from edgekit.errors import ProfileError, UsageError

_FLEET = """
[[hosts]]
name = "kitchen"
address = "ssh://pi@10.0.0.7"
profile = "rpi5"

[[hosts]]
address = "local"
"""


def test_addresses_and_tables_in_one_list(tmp_path: Path) -> None:
    (tmp_path / "fleet.toml").write_text(_FLEET)
    kitchen, local = read_hosts(tmp_path / "fleet.toml")
    assert (kitchen, local) == (Host("ssh://pi@10.0.0.7", "kitchen", "rpi5"), Host("local"))
    assert (str(kitchen), str(local)) == ("kitchen", "local")
    (tmp_path / "mixed.toml").write_text('hosts = ["ssh://pi@garden", {name = "shed", address = "ssh://10.0.0.8"}]')
    assert [str(host) for host in read_hosts(tmp_path / "mixed.toml")] == ["ssh://pi@garden", "shed"]


def test_the_users_own_list_is_of_the_same_kind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    (tmp_path / "edgekit").mkdir()
    (tmp_path / "edgekit" / "devices.toml").write_text(_FLEET.replace("local", "ssh://pi@garden"))
    _, kitchen, garden = list_devices()
    assert (kitchen.name, kitchen.profile, garden.name) == ("kitchen", "rpi5", None)
    assert kitchen.summary.startswith("kitchen, said to be rpi5, of ")


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ('[[hosts]]\nname = "a"', "a host has no address"),
        ('[[hosts]]\nadress = "local"', "unknown key of a host 'adress'. Did you mean 'address'?"),
        ('[[hosts]]\naddress = ""', "address of a host is '', but must be a text"),
        ('[[hosts]]\naddress = "local"\nname = 3', "name of a host is 3"),
        ('[[hosts]]\naddress = "lokal"', "device 'lokal' does not begin with ssh://"),
        ('hosts = ["ssh://a", "ssh://a"]', "the address ssh://a is there twice"),
        (
            'hosts = [{name = "a", address = "ssh://a"}, {name = "a", address = "ssh://b"}]',
            "the name a is there twice",
        ),
        ("hosts = [3]", "hosts is .3., but must be a list of addresses"),
        ('fleet = ["local"]', "unknown key 'fleet'"),
    ],
)
def test_a_list_that_is_wrong_is_told(tmp_path: Path, text: str, sentence: str) -> None:
    (tmp_path / "fleet.toml").write_text(text)
    with pytest.raises(UsageError, match=sentence) as caught:
        read_hosts(tmp_path / "fleet.toml")
    assert caught.value.message.startswith(f"fleet {tmp_path / 'fleet.toml'}: ")


def test_an_unknown_profile_and_no_file(tmp_path: Path) -> None:
    (tmp_path / "fleet.toml").write_text('[[hosts]]\naddress = "local"\nprofile = "rpi44"')
    with pytest.raises(ProfileError, match=r"Did you mean 'rpi4'"):
        read_hosts(tmp_path / "fleet.toml")
    with pytest.raises(UsageError, match=r"gone\.toml does not exist") as caught:
        read_hosts(tmp_path / "gone.toml")
    assert "[[hosts]]" in str(caught.value.hint)
