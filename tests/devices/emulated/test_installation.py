"""Installing emulated boards: whole or not at all, repeatable, and never without saying what is missing."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tarfile
import time
from io import BytesIO
from pathlib import Path

import pytest

from edgekit.devices import connect, install_emulator, list_emulators, remove_emulator
from edgekit.devices.emulated import counter
from edgekit.devices.emulated.unpacking import unpack
from edgekit.errors import DeviceError, DeviceUnreachable, UsageError


def test_what_is_there_is_not_made_again(emulated: Path) -> None:
    before = {path: path.stat().st_mtime_ns for path in emulated.rglob("*") if path.is_dir()}
    said: list[str] = []
    installed = install_emulator("rpi5", progress=lambda step: said.append(step.stage))
    assert installed.architecture == "aarch64"
    assert installed.counts
    assert {"rpi4", "rpi5", "rpi-zero2w"} <= set(installed.profiles)
    assert 100 << 20 < installed.size_bytes < 250 << 20
    assert "MiB" in said[0]
    assert "takes" in said[-1]
    parts = [path for path in before if path.name.startswith(("root-", "wheels-", "counter-"))]
    assert len(parts) == 6
    assert [path for path in parts if path.stat().st_mtime_ns != before[path]] == []
    assert {each.architecture for each in list_emulators()} == {"aarch64", "armv7l"}


@pytest.mark.usefixtures("emulators")
def test_a_board_that_is_not_installed_says_how(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    with pytest.raises(DeviceUnreachable, match="the emulated board for rpi4 is not installed") as caught:
        connect("emulated:rpi4")
    assert caught.value.hint == "edgekit emulator install --profile rpi4"
    assert list_emulators() == ()
    assert remove_emulator() == 0


def test_missing_programs_are_named_with_the_apt_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    with pytest.raises(
        DeviceUnreachable, match="mmdebstrap and qemu-aarch64 are not installed, which emulated"
    ) as caught:
        install_emulator("rpi4")
    assert (caught.value.hint or "").startswith("apt-get install mmdebstrap qemu-user gcc")
    assert caught.value.exit_code == 3
    with pytest.raises(DeviceUnreachable, match="emulated:rpi4 needs qemu-aarch64, which is not installed"):
        connect("emulated:rpi4")
    assert list(tmp_path.iterdir()) == []


def test_a_download_that_fails_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    programs = tmp_path / "bin"
    programs.mkdir()
    for name, body in (("mmdebstrap", "echo tried >>$0.log; echo E: no such mirror >&2; exit 1"), ("qemu-aarch64", "")):
        (programs / name).write_text(f"#!/bin/sh\n{body}\n")
        (programs / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{programs}:{os.environ['PATH']}")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    with pytest.raises(DeviceError, match="for emulated:rpi4 could not be fetched: E: no such mirror"):
        install_emulator("rpi4")
    assert (programs / "mmdebstrap.log").read_text().count("tried") == 3
    left = [path.name for path in (tmp_path / "cache" / "edgekit" / "emulators" / "aarch64").iterdir()]
    assert left == [".lock"]


@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGKILL])
def test_an_installation_that_is_interrupted_can_be_repeated(tmp_path: Path, ending: signal.Signals) -> None:
    programs = tmp_path / "bin"
    programs.mkdir()
    for name, body in (("mmdebstrap", "mktemp -d; exec sleep 20"), ("qemu-aarch64", "")):
        (programs / name).write_text(f"#!/bin/sh\n{body}\n")
        (programs / name).chmod(0o755)
    folder = tmp_path / "cache" / "edgekit" / "emulators" / "aarch64"
    (tmp_path / "tmp").mkdir()
    environment = {
        **os.environ,
        "PATH": f"{programs}:{os.environ['PATH']}",
        "XDG_CACHE_HOME": str(tmp_path / "cache"),
        "TMPDIR": str(tmp_path / "tmp"),
    }
    command = [sys.executable, "-m", "edgekit", "emulator", "install"]
    with subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL) as process:
        end = time.monotonic() + 60
        while not (list(folder.glob(".making-*")) and list((tmp_path / "tmp").glob("*/tmp.*"))):
            assert time.monotonic() < end
            time.sleep(0.02)
        process.send_signal(ending)
        process.wait(60)
    if ending is signal.SIGINT:
        assert [path.name for path in folder.iterdir()] == [".lock"]
        assert list((tmp_path / "tmp").iterdir()) == []
    (programs / "mmdebstrap").write_text("#!/bin/sh\nexit 1\n")
    again = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert again.returncode == 3
    assert "could not be fetched" in again.stderr
    assert [path.name for path in folder.iterdir()] == [".lock"]


def test_remove_frees_what_it_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    place = tmp_path / "edgekit" / "emulators" / "armv7l" / "root-0"
    place.mkdir(parents=True)
    (place / "file").write_bytes(b"x" * 1000)
    assert remove_emulator("rpi4") == 0
    assert remove_emulator("rpi2b") == 1000
    assert not place.parent.exists()
    with pytest.raises(UsageError, match="has the architecture x86_64"):
        remove_emulator("x86-64")


def test_nothing_of_an_archive_leads_out(tmp_path: Path) -> None:
    with tarfile.open(tmp_path / "root.tar", "w") as archive:
        for name in ("../out", "/absolute", "usr/bin/tool"):
            member = tarfile.TarInfo(name)
            member.size, member.mode = 3, 0o755
            archive.addfile(member, BytesIO(b"abc"))
        for name, link in (("usr/lib/absolute", "/usr/bin/tool"), ("usr/lib/relative", "../bin/tool")):
            member = tarfile.TarInfo(name)
            member.type, member.linkname = tarfile.SYMTYPE, link
            archive.addfile(member)
        device = tarfile.TarInfo("dev/null")
        device.type = tarfile.CHRTYPE
        archive.addfile(device)
    place = tmp_path / "root"
    place.mkdir()
    unpack(tmp_path / "root.tar", place)
    found = sorted(str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*") if not path.is_dir())
    assert found == ["root.tar", "root/usr/bin/tool", "root/usr/lib/absolute", "root/usr/lib/relative"]
    assert (place / "usr/lib/absolute").resolve() == (place / "usr/lib/relative").resolve() == place / "usr/bin/tool"
    assert os.access(place / "usr/bin/tool", os.X_OK)


def test_why_there_is_no_counter_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    qemu = tmp_path / "qemu-aarch64"
    monkeypatch.setenv("PATH", str(tmp_path))
    assert counter.make_counter(tmp_path, qemu=qemu.name) == "qemu-aarch64 is not installed"
    for version, reason in (
        ("7.2.22", "there is no C compiler; on Debian: apt-get install gcc"),
        ("10.0.2", "qemu 10.0.2 counts in another way than this edgekit knows"),
    ):
        qemu.write_text(f"#!/bin/sh\necho qemu-aarch64 version {version}\n")
        qemu.chmod(0o755)
        assert counter.make_counter(tmp_path, qemu=qemu.name) == reason
