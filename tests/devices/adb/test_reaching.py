"""Phones that cannot be used: each state of the real adb has its own sentence and its next step."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from edgekit.devices import connect
from edgekit.devices.adb.complaints import not_ready, unreachable
from edgekit.devices.adb.phones import list_phones
from edgekit.errors import DeviceError, DeviceUnreachable, UsageError
from edgekit.testing import AdbServer, LoopbackPhone
from edgekit.testing.on_this_machine import write_program


def refused(address: str) -> DeviceError:
    with pytest.raises(DeviceError) as caught:
        connect(address).close()
    assert caught.value.exit_code == 3
    return caught.value


def test_the_only_phone_needs_no_serial(phone: LoopbackPhone) -> None:
    device = connect("adb:")
    assert device.address == phone.address
    device.close()
    (seen,) = list_phones()
    assert (seen.serial, seen.state, seen.model) == (phone.serial, "device", "Pixel 6")


def test_of_several_phones_one_must_be_named(phone: LoopbackPhone, adb_server: AdbServer, tmp_path: Path) -> None:
    with LoopbackPhone(tmp_path / "other", server=adb_server, authorized=False) as other:
        with pytest.raises(UsageError) as caught:
            connect("adb:")
        assert "fits 2 phones" in caught.value.message
        assert f"{phone.serial} (Pixel 6)" in caught.value.message
        assert f"{other.serial} (unauthorized)" in caught.value.message
        assert caught.value.exit_code == 2
        connect(phone.address).close()


def test_a_phone_that_has_not_allowed_it(adb_server: AdbServer, tmp_path: Path) -> None:
    with LoopbackPhone(tmp_path / "phone", server=adb_server, authorized=False) as phone:
        assert phone.state() == "unauthorized"
        for address in (phone.address, "adb:"):
            error = refused(address)
            assert isinstance(error, DeviceUnreachable)
            assert error.message == (
                f"cannot use {phone.address}: it has not allowed this computer to debug it (unauthorized)"
            )
            assert "Allow USB debugging?" in (error.hint or "")
        # Who allows it then, is served.
        phone.authorized = True
        phone.detach()
        phone.attach()
        connect(phone.address).close()


def test_a_phone_that_does_not_answer(phone: LoopbackPhone) -> None:
    phone.silent = True
    phone.drop()
    phone.wait_for("offline", "connecting")
    error = refused(phone.address)
    assert isinstance(error, DeviceUnreachable)
    sentence = {"offline": "does not answer (offline)", "connecting": "the connection is still being made"}
    assert sentence[phone.state()] in error.message
    assert error.hint


def test_no_phone(adb_server: AdbServer) -> None:
    error = refused("adb:")
    assert error.message == "adb sees no phone"
    assert "USB debugging" in (error.hint or "")


def test_a_serial_that_is_not_there(phone: LoopbackPhone) -> None:
    error = refused("adb:0123456789")
    assert error.message == f"adb sees no phone '0123456789'; it sees {phone.serial} (Pixel 6)"
    near = f"{phone.serial[:-1]}{(int(phone.serial[-1]) + 1) % 10}"
    assert refused(f"adb:{near}").hint == f"did you mean {phone.address}?"
    assert refused("adb:phone.local:5555").hint == "connect it first: adb connect phone.local:5555"


def test_no_adb_here(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    error = refused("adb:")
    assert error.message == "the adb client, which adb: needs, is not installed here"
    assert error.hint == "install it; on Debian: apt-get install adb"


def test_a_server_that_does_not_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANDROID_ADB_SERVER_PORT", "none")
    error = refused("adb:")
    assert "adb's server, which adb: needs, does not start" in error.message
    assert "ANDROID_ADB_SERVER_PORT" in (error.hint or "")


def test_an_adbd_without_shell_v2(adb_server: AdbServer, tmp_path: Path) -> None:
    with LoopbackPhone(tmp_path / "phone", server=adb_server, features=("cmd", "stat_v2")) as phone:
        error = refused(phone.address)
    assert "its adbd lacks the feature shell_v2" in error.message
    assert "Android 7" in (error.hint or "")


def test_a_phone_that_lacks_a_tool(phone: LoopbackPhone) -> None:
    (phone.folder / "system" / "bin" / "sha256sum").unlink()
    error = refused(phone.address)
    assert error.message == f"{phone.address} lacks the program 'sha256sum'"
    assert "Android from version 8" in (error.hint or "")


def test_a_place_where_no_folder_can_be_made(phone: LoopbackPhone) -> None:
    (phone.folder / "data" / "local" / "tmp" / "edgekit").write_text("a file")
    assert "cannot make a working folder" in refused(phone.address).message
    (phone.folder / "data" / "local" / "tmp" / "edgekit").unlink()


@pytest.mark.parametrize("address", ["adb", "adb:-s", "adb: X", "adb:X ", "adb:a\nb"])
def test_what_is_no_address_is_refused(address: str) -> None:
    with pytest.raises(UsageError) as caught:
        connect(address)
    assert "adb:SERIAL" in (caught.value.hint or "")


@pytest.mark.parametrize(
    ("state", "sentence", "step"),
    [
        ("no permissions (user in plugdev group; are your udev rules wrong?)", "no permission to open it", "plugdev"),
        ("authorizing", "still being made", "try again"),
        ("recovery", "a mode for repairs", "adb reboot"),
        ("bootloader", "a mode for repairs", "fastboot reboot"),
        ("host", "another computer's side", "adb devices -l"),
        ("sleepy", "adb calls its state 'sleepy'", "adb devices -l"),
    ],
)
def test_every_state_has_a_sentence_and_a_step(state: str, sentence: str, step: str) -> None:
    error = not_ready("adb:X", state)
    assert sentence in error.message
    assert step in (error.hint or "")


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        ("error: device offline", "does not answer"),
        ("error: device unauthorized.\nThis adb server's $ADB_VENDOR_KEYS is not set", "has not allowed"),
        ("error: device 'X' not found", "not there any more"),
        ("adb: error: failed to get feature set: device offline", "does not answer"),
        ("adb: no devices/emulators found", "not there any more"),
        ("the app says: error: no devices", "cannot use adb:X: the app says: error: no devices"),
        ("ssh: connect to host phone: No route to host", "No route to host"),
        ("/system/bin/sh: setsid: not found", "setsid: not found"),
        ("adb: something new", "cannot use adb:X: something new"),
        ("", "adb gave no reason"),
    ],
)
def test_what_the_client_complains_of(said: str, sentence: str) -> None:
    assert sentence in unreachable("adb:X", said).message


def test_every_line_of_adbs_list_is_a_phone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    listed = (
        "List of devices attached\n"
        "adb-R5CT123-abc (2)._adb-tls-connect._tcp device product:o model:Pixel_6 device:o transport_id:3\n"
        "0123             no permissions (user in plugdev group); see [http://x.y/z] usb:1-2 transport_id:4\n"
        "HT7              sleepy\n\n"
    )
    write_program(tmp_path / "adb", f"cat <<'END'\n{listed}END")
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    found = [(phone.serial, phone.state.split(" (")[0], phone.model) for phone in list_phones()]
    assert found == [
        ("adb-R5CT123-abc (2)._adb-tls-connect._tcp", "device", "Pixel 6"),
        ("0123", "no permissions", None),
        ("HT7              sleepy", "unknown", None),
    ]
    with pytest.raises(UsageError, match="fits 3 phones"):
        connect("adb:")
