"""What is special about a phone: sync, what is kept there, and connections that are lost."""

from __future__ import annotations

import contextlib
import hashlib
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from edgekit.devices import Device, clean_device, connect, prepare_device
from edgekit.devices.adb import device as adb_device
from edgekit.errors import CommandFailed, DeviceTimeout, DeviceUnreachable, UnsuitedDevice
from edgekit.testing import AdbServer, LoopbackPhone, until
from edgekit.testing.on_this_machine import write_program

_PATIENCE_S = 30.0


@pytest.fixture
def device(phone: LoopbackPhone) -> Iterator[Device]:
    with contextlib.closing(connect(phone.address)) as device:
        yield device


def kept(phone: LoopbackPhone) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in (phone.work.parent / "files").iterdir()}


def weights(size: int) -> bytes:
    return hashlib.shake_256(b"weights").digest(size)


def test_the_same_bytes_are_sent_once(phone: LoopbackPhone, tmp_path: Path) -> None:
    content = weights(400_000)
    (tmp_path / "model").write_bytes(content)
    # What counts is when it was sent, and not how old it is.
    os.utime(tmp_path / "model", (1e9, 1e9))
    phone.storage.free_bytes = 500_000
    for name in ("first", "second"):
        with contextlib.closing(connect(phone.address)) as device:
            device.push(tmp_path / "model", f"{name}.tflite")
            device.pull(f"{name}.tflite", tmp_path / name)
        assert (tmp_path / name).read_bytes() == content
    assert phone.storage.free_bytes == 100_000
    assert kept(phone) == {hashlib.sha256(content).hexdigest(): content}


def test_what_arrives_damaged_is_not_used(phone: LoopbackPhone, device: Device, tmp_path: Path) -> None:
    real = (phone.folder / "system" / "bin" / "sha256sum").resolve()
    (phone.folder / "system" / "bin" / "sha256sum").unlink()
    write_program(phone.folder / "system" / "bin" / "sha256sum", f"{{ cat; echo damaged; }} | {real}")
    (tmp_path / "model").write_bytes(b"weights")
    with pytest.raises(CommandFailed, match="cannot write a on adb:.*: it arrived with another hash"):
        device.push(tmp_path / "model", "a")
    assert kept(phone) == {}
    with pytest.raises(CommandFailed, match="there is no such file"):
        device.pull("a", tmp_path / "back")


def test_a_full_disk(phone: LoopbackPhone, device: Device, tmp_path: Path) -> None:
    (tmp_path / "model").write_bytes(weights(400_000))
    phone.storage.free_bytes = 100_000
    with pytest.raises(CommandFailed) as caught:
        device.push(tmp_path / "model", "a")
    assert caught.value.message == f"cannot write a on {phone.address}: the device's disk is full"
    assert caught.value.hint == "free some space on the device"
    # The device goes on with what there is room for.
    phone.storage.free_bytes = 500_000
    device.push(tmp_path / "model", "a")
    assert len(kept(phone)) == 1


def test_a_connection_lost_in_the_middle_of_a_push(phone: LoopbackPhone, device: Device, tmp_path: Path) -> None:
    (tmp_path / "model").write_bytes(weights(3_000_000))
    phone.storage.drop_after = 1_000_000
    with pytest.raises(DeviceUnreachable) as caught:
        device.push(tmp_path / "model", "a")
    assert caught.value.message == f"the connection to {phone.address} was lost"
    assert "cable" in (caught.value.hint or "")
    assert caught.value.exit_code == 3
    # The phone itself cleans up what the push left.
    until(lambda: not list(phone.work.iterdir()) and not phone.processes())
    assert kept(phone) == {}
    device.close()
    phone.storage.drop_after = None
    phone.attach()
    with contextlib.closing(connect(phone.address)) as again:
        again.push(tmp_path / "model", "a")


def test_a_connection_lost_in_the_middle_of_a_command(phone: LoopbackPhone, device: Device) -> None:
    def unplug() -> None:
        until(lambda: any("sleep 600" in line for line in phone.processes().values()))
        phone.unplug()

    thread = threading.Thread(target=unplug)
    thread.start()
    with pytest.raises(DeviceUnreachable, match="the connection to adb:.* was lost"):
        device.execute(["sleep", "600"], timeout=60)
    thread.join()
    until(lambda: not phone.processes() and not list(phone.work.iterdir()))


def test_a_push_that_is_too_slow(
    phone: LoopbackPhone, device: Device, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "model").write_bytes(weights(2_000_000))
    phone.storage.bytes_per_s = 4_000_000
    device.push(tmp_path / "model", "slow, but in time")
    (tmp_path / "model").write_bytes(weights(4_000_000)[1:])
    monkeypatch.setattr(adb_device, "_PUSH_S", 0.5)
    monkeypatch.setattr(adb_device, "_SLOWEST_BYTES_PER_S", 1e9)
    with pytest.raises(DeviceTimeout, match="cannot write a on adb:.*: its 3999999 bytes were not there in time"):
        device.push(tmp_path / "model", "a")


def test_the_phone_has_no_python(device: Device) -> None:
    ended = device.execute(["python3", "-c", ""], timeout=30)
    assert ended.returncode == 127


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGKILL])
def test_who_is_ended_leaves_nothing_on_the_phone(phone: LoopbackPhone, tmp_path: Path, how: signal.Signals) -> None:
    (tmp_path / "model").write_bytes(b"weights")
    program = (
        "import contextlib, pathlib, sys\nfrom edgekit.devices import connect\n"
        "with contextlib.closing(connect(sys.argv[1])) as device:\n"
        "    device.push(pathlib.Path(sys.argv[2]), 'a')\n"
        "    device.execute(['sleep', '600'], timeout=900)\n"
    )
    child = subprocess.Popen(
        [sys.executable, "-c", program, phone.address, str(tmp_path / "model")], stderr=subprocess.DEVNULL
    )
    until(lambda: any("sleep 600" in line for line in phone.processes().values()))
    assert list(phone.work.glob("*/files/a"))
    child.send_signal(how)
    child.wait(_PATIENCE_S)
    until(lambda: not phone.processes() and not list(phone.work.iterdir()))


def test_no_client_is_left_here(phone: LoopbackPhone, tmp_path: Path) -> None:
    (tmp_path / "model").write_bytes(b"weights")
    with contextlib.closing(connect(phone.address)) as device:
        device.push(tmp_path / "model", "a")
        with pytest.raises(DeviceTimeout):
            device.execute(["sleep", "600"], timeout=0.3)
    children = Path(f"/proc/self/task/{threading.get_native_id()}/children").read_text().split()
    assert not [each for each in children if "(adb)" in Path(f"/proc/{each}/stat").read_text()]


def test_adb_itself_sends_and_fetches(phone: LoopbackPhone, adb_server: AdbServer, tmp_path: Path) -> None:
    (tmp_path / "there").write_bytes(weights(200_000))
    place = phone.folder / "sdcard" / "file"
    adb_server.adb("-s", phone.serial, "push", str(tmp_path / "there"), str(place))
    adb_server.adb("-s", phone.serial, "pull", str(place), str(tmp_path / "back"))
    assert (tmp_path / "back").read_bytes() == place.read_bytes() == weights(200_000)


def test_clean_empties_the_phone(phone: LoopbackPhone, tmp_path: Path) -> None:
    (tmp_path / "model").write_bytes(weights(200_000))
    with contextlib.closing(connect(phone.address)) as device:
        device.push(tmp_path / "model", "a")
    assert clean_device(phone.address) >= 200_000
    assert [path.name for path in phone.work.parent.iterdir()] == ["work"]


def test_nothing_is_installed_on_a_phone() -> None:
    with pytest.raises(UnsuitedDevice, match="adb:X is a phone: phones have no Python") as caught:
        prepare_device("adb:X")
    assert "benchmark_model" in (caught.value.hint or "")
