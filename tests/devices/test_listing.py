"""The list of devices, and the user's own boards in it."""

from __future__ import annotations

from pathlib import Path

import pytest

from edgekit.devices import list_devices
from edgekit.errors import UsageError


@pytest.fixture
def listed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    (tmp_path / "edgekit").mkdir()
    return tmp_path / "edgekit" / "devices.toml"


def test_this_machine_is_always_there(listed: Path) -> None:
    assert [each.address for each in list_devices()] == ["local"]


def test_boards_of_the_user_are_listed(listed: Path) -> None:
    listed.write_text('hosts = ["ssh://pi@garden", "ssh://10.0.0.7:2222"]\n')
    assert [each.address for each in list_devices()] == ["local", "ssh://pi@garden", "ssh://10.0.0.7:2222"]


def test_emulated_boards_are_listed(emulated: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    found = {each.address: each.summary for each in list_devices()}
    assert found["emulated:rpi4"].startswith("aarch64, emulated by qemu ")
    assert found["emulated:rpi2b"].startswith("armv7l, emulated by qemu ")


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("hosts = [", "is not TOML"),
        ('host = ["ssh://pi"]', "unknown key 'host'. Did you mean 'hosts'?"),
        ("hosts = 3", "hosts is 3, but must be a list of addresses"),
        ('hosts = ["pi@garden"]', "device 'pi@garden' does not begin with ssh://"),
        ('hosts = ["ssh://-oProxyCommand=id"]', "is no host's name"),
    ],
)
def test_a_list_that_is_wrong_is_told(listed: Path, text: str, sentence: str) -> None:
    listed.write_text(text)
    with pytest.raises(UsageError) as caught:
        list_devices()
    assert str(listed) in caught.value.message
    assert sentence in caught.value.message
