"""OSErrors become ours in one place."""

from __future__ import annotations

import errno

import pytest

from edgekit.devices.faults import device_errors
from edgekit.errors import CommandFailed


@pytest.mark.parametrize(
    ("number", "reason"),
    [
        (errno.ENOSPC, "the device's disk is full"),
        (errno.EROFS, "the device's file system is read-only"),
        (errno.EACCES, "permission is denied"),
        (errno.EIO, r"\[Errno 5\] broken"),
    ],
)
def test_the_reason_is_said_with_the_address(number: int, reason: str) -> None:
    with (
        pytest.raises(CommandFailed, match=f"^cannot write a.bin on ssh://pi@host: {reason}$") as caught,
        device_errors("ssh://pi@host", "write a.bin"),
    ):
        raise OSError(number, "broken")
    assert caught.value.address == "ssh://pi@host"
    assert isinstance(caught.value.__cause__, OSError)


def test_other_errors_pass() -> None:
    with pytest.raises(KeyError), device_errors("local", "think"):
        raise KeyError("x")
