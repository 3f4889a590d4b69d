"""Addresses of boards: what is one, and what is refused before anything is started."""

from __future__ import annotations

import pytest

from edgekit.devices import connect
from edgekit.devices.ssh.address import SshAddress, parse_ssh_address
from edgekit.errors import UsageError


@pytest.mark.parametrize(
    ("address", "parts"),
    [
        ("ssh://pi", SshAddress("pi")),
        ("ssh://pi@raspberrypi.local", SshAddress("raspberrypi.local", "pi")),
        ("ssh://pi@10.0.0.7:2222", SshAddress("10.0.0.7", "pi", 2222)),
        ("ssh://my_board-2", SshAddress("my_board-2")),
        ("ssh://[fe80::1%eth0]:22", SshAddress("fe80::1%eth0", None, 22)),
        ("ssh://pi@[::1]", SshAddress("::1", "pi")),
        ("ssh://me@example.org@host", SshAddress("host", "me@example.org")),
    ],
)
def test_addresses_are_taken_apart(address: str, parts: SshAddress) -> None:
    assert parse_ssh_address(address) == parts


@pytest.mark.parametrize(
    "address",
    [
        "ssh", "ssh:", "ssh:pi", "ssh://", "ssh://pi@", "ssh://@host", "ssh://host/path", "ssh://a b", "ssh://pi:",
        "ssh://-oProxyCommand=id", "ssh://-oProxyCommand=touch${IFS}x@host", "ssh://pi@-oProxyCommand=id",
        "ssh://$(id)", "ssh://`id`", "ssh://a;b", "ssh://a|b", "ssh://pi@host\nx", "ssh://-l@host", "ssh://häuser",
        "ssh://host:0", "ssh://host:65536", "ssh://host:22x", "ssh://host:-1", "ssh://host:٢٢", "ssh://::1",
        "ssh://[::1", "ssh://[pi]", "ssh://[::1]22", "ssh://[::1%$(id)]", "ssh://[::1%]", "ssh://[::1]:",
    ],
)  # fmt: skip
def test_what_is_no_address_is_refused(address: str) -> None:
    with pytest.raises(UsageError, match="^device '") as caught:
        connect(address)
    assert caught.value.exit_code == 2
    assert caught.value.hint
    assert "ssh://[user@]host[:port]" in caught.value.hint
