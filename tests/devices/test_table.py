"""The table of schemes."""

from __future__ import annotations

import contextlib

import pytest

from edgekit.devices import SCHEMES, LocalDevice, connect
from edgekit.errors import UsageError


def test_local_is_reached_by_its_name() -> None:
    with contextlib.closing(connect("local")) as device:
        assert isinstance(device, LocalDevice)
        assert device.address == "local"


@pytest.mark.parametrize("address", ["lokal", "lokal:5555"])
def test_an_unknown_scheme_lists_the_valid_ones_and_the_nearest(address: str) -> None:
    sentence = r"unknown device 'lokal'. Did you mean 'local'\? Valid: local, emulated, ssh, adb"
    with pytest.raises(UsageError, match=sentence) as caught:
        connect(address)
    forms = "local, emulated:PROFILE, ssh://[user@]host[:port], adb:[SERIAL]"
    assert caught.value.hint == f"write the address as one of: {forms}"
    assert caught.value.exit_code == 2


@pytest.mark.parametrize(
    ("address", "meant"),
    [("pi@garden", "ssh://pi@garden"), ("rpi-zero2w", "emulated:rpi-zero2w"), ("stm32h747", None), ("garden", None)],
)
def test_what_was_meant_is_told(address: str, meant: str | None) -> None:
    with pytest.raises(UsageError, match=f"unknown device '{address}'") as caught:
        connect(address)
    told = "write the address as one of: " if meant is None else f"did you mean {meant}? write the address as one of: "
    assert (caught.value.hint or "").startswith(told)


@pytest.mark.parametrize("address", ["", ":", "http://pi"])
def test_what_is_no_address_is_refused(address: str) -> None:
    with pytest.raises(UsageError, match="unknown device"):
        connect(address)


def test_every_row_says_what_it_is() -> None:
    for name, scheme in SCHEMES.items():
        assert scheme.form.startswith(name)
        assert scheme.summary
