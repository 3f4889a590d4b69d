"""What is special about a board behind ssh: the user's configuration, the cache, and links that are cut."""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from edgekit.devices import SshDevice, connect
from edgekit.devices.shell import scripts
from edgekit.devices.ssh import options
from edgekit.errors import CommandFailed, DeviceTimeout, DeviceUnreachable
from edgekit.testing import LoopbackBoard, until


@pytest.fixture
def device(board: LoopbackBoard) -> Iterator[SshDevice]:
    with contextlib.closing(SshDevice(board.address)) as device:
        yield device


def sent_by(device: SshDevice) -> int:
    """Bytes that the connection has written since it was opened."""
    assert device._link is not None
    counts = Path(f"/proc/{device._link._process.pid}/io").read_text()
    return int(counts.split("wchar:")[1].split()[0])


def test_the_same_bytes_are_sent_once(
    board: LoopbackBoard, tmp_path: Path, cached: Callable[[LoopbackBoard], dict[str, bytes]]
) -> None:
    content = hashlib.shake_256(b"weights").digest(3_000_000)
    (tmp_path / "model").write_bytes(content)
    for name, least, most in (("first", len(content), 2 * len(content)), ("second", 0, 20_000)):
        with contextlib.closing(SshDevice(board.address)) as device:
            before = sent_by(device)
            device.push(tmp_path / "model", f"{name}.tflite")
            assert least <= sent_by(device) - before <= most
            device.pull(f"{name}.tflite", tmp_path / name)
        assert (tmp_path / name).read_bytes() == content
    assert cached(board) == {hashlib.sha256(content).hexdigest(): content}


def test_what_was_damaged_in_the_cache_is_sent_again(
    board: LoopbackBoard, device: SshDevice, tmp_path: Path, cached: Callable[[LoopbackBoard], dict[str, bytes]]
) -> None:
    (tmp_path / "model").write_bytes(b"weights")
    device.push(tmp_path / "model", "a")
    (kept,) = cached(board)
    (board.home / ".cache" / "edgekit" / "files" / kept).write_bytes(b"damaged")
    device.push(tmp_path / "model", "b")
    device.pull("b", tmp_path / "back")
    assert (tmp_path / "back").read_bytes() == b"weights"
    assert cached(board) == {kept: b"weights"}


def test_a_command_cannot_change_what_is_cached(
    board: LoopbackBoard, device: SshDevice, tmp_path: Path, cached: Callable[[LoopbackBoard], dict[str, bytes]]
) -> None:
    (tmp_path / "model").write_bytes(b"weights")
    device.push(tmp_path / "model", "a")
    device.execute(["sh", "-c", "echo changed >a"], timeout=60)
    assert list(cached(board).values()) == [b"weights"]


def test_what_was_asked_for_longest_ago_makes_room(
    board: LoopbackBoard,
    device: SshDevice,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    cached: Callable[[LoopbackBoard], dict[str, bytes]],
) -> None:
    monkeypatch.setattr(scripts, "MOST_KEPT_KIB", 250)
    for name in ("a", "b", "a", "c"):
        (tmp_path / name).write_bytes(name.encode() * 100_000)
        device.push(tmp_path / name, "piece")
    assert {content[:1] for content in cached(board).values()} == {b"a", b"c"}
    # What is larger than all of it stays until something else comes.
    (tmp_path / "d").write_bytes(b"d" * 400_000)
    device.push(tmp_path / "d", "piece")
    assert {content[:1] for content in cached(board).values()} == {b"d"}


def test_clean_empties_the_cache(
    board: LoopbackBoard, device: SshDevice, tmp_path: Path, work_folders: Callable[[LoopbackBoard], list[Path]]
) -> None:
    (tmp_path / "model").write_bytes(b"w" * 100_000)
    device.push(tmp_path / "model", "a")
    assert device.clean() > 200_000
    assert [path.name for path in (board.home / ".cache" / "edgekit").iterdir()] == ["work"]
    device.push(tmp_path / "model", "b")
    device.close()
    assert work_folders(board) == []


def test_what_a_dead_session_left_is_removed_by_the_next(
    board: LoopbackBoard, work_folders: Callable[[LoopbackBoard], list[Path]]
) -> None:
    work = board.home / ".cache" / "edgekit" / "work"
    boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    ended = subprocess.Popen(["true"])
    ended.wait()
    for name in (f"another-boot.{os.getpid()}", f"{boot}.{ended.pid}", f"{boot}.{os.getpid()}"):
        (work / name / "files").mkdir(parents=True)
    with contextlib.closing(connect(board.address)):
        assert len(work_folders(board)) == 2
    (alive,) = work_folders(board)
    assert alive.name == f"{boot}.{os.getpid()}"
    shutil.rmtree(alive)


def test_a_greeting_is_no_answer(board: LoopbackBoard, tmp_path: Path) -> None:
    greeting = "echo 'Welcome to the board!'; echo 'You have mail.' >&2; printf 'no end of line'"
    board.login.write_text(board.login.read_text().replace("exec sh", f"{greeting}\nexec sh"))
    (tmp_path / "model").write_bytes(b"weights")
    with contextlib.closing(connect(board.address)) as device:
        ended = device.execute(["sh", "-c", "echo out; echo err >&2"], timeout=60)
        assert (ended.stdout, ended.stderr) == ("out\n", "err\n")
        device.push(tmp_path / "model", "a")
        device.pull("a", tmp_path / "back")
    assert (tmp_path / "back").read_bytes() == b"weights"


def test_the_configuration_of_the_user_counts_but_does_not_disturb(
    board: LoopbackBoard, clients: Callable[[], list[str]]
) -> None:
    forward = f"LocalForward {board.port} 127.0.0.1:1"
    board.config.write_text(
        f"Host garden\n  HostName 127.0.0.1\n  Port {board.port}\n  {forward}\n  ExitOnForwardFailure yes\n"
        "  RemoteCommand tmux\n  RequestTTY force\n  ControlPath none\n  ControlPersist yes\n  LogLevel QUIET\n"
        f"  PermitLocalCommand yes\n  LocalCommand touch {board.home}/local\n  SessionType none\n"
        + board.config.read_text()
    )
    with contextlib.closing(connect("ssh://garden")) as device:
        assert device.address == "ssh://garden"
        assert device.execute(["sh", "-c", "echo $HOME"], timeout=60).stdout == f"{board.home}\n"
    assert not (board.home / "local").exists()
    assert clients() == []


def test_a_jump_host_is_used(
    board: LoopbackBoard,
    tmp_path: Path,
    work_folders: Callable[[LoopbackBoard], list[Path]],
    in_the_middle: Callable[[LoopbackBoard, Callable[[], object]], threading.Thread],
) -> None:
    with LoopbackBoard(tmp_path / "inner", python=[sys.executable]) as inner:
        board.config.write_text(
            f"Host inner\n  HostName 127.0.0.1\n  Port {inner.port}\n  ProxyJump 127.0.0.1:{board.port}\n"
            f"  IdentityFile {inner.config.parent}/key\n  UserKnownHostsFile {inner.known_hosts}\n"
            + board.config.read_text()
        )
        with contextlib.closing(connect("ssh://inner")) as device:
            assert device.execute(["sh", "-c", "echo $HOME"], timeout=60).stdout == f"{inner.home}\n"
            assert "Accepted publickey" in board.log()
            # The way to the inner board is cut at the outer one.
            thread = in_the_middle(inner, board.cut)
            with pytest.raises(DeviceUnreachable, match="the link to ssh://inner was cut"):
                device.execute(["sleep", "600"], timeout=600)
            thread.join()
        until(lambda: inner.processes() == {})
        assert work_folders(inner) == []


def test_the_language_of_this_machine_stays_here(device: SshDevice, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LC_ALL", "de_DE.UTF-8")
    monkeypatch.setenv("LANG", "de_DE.UTF-8")
    assert not {"LC_ALL", "LANG"} & set(options.ssh_environment())


def test_a_python_of_our_own_comes_first(board: LoopbackBoard, device: SshDevice) -> None:
    place = board.home / ".cache" / "edgekit" / "python" / "bin"
    place.mkdir(parents=True)
    (place / "python3").write_text("#!/bin/sh\necho prepared\n")
    (place / "python3").chmod(0o755)
    assert device.execute(["python3"], timeout=60).stdout == "prepared\n"


def test_links_that_lead_out_or_in_a_circle_are_not_followed(device: SshDevice, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("secret")
    program = 'ln -s "$1" out; ln -s "$1/secret" link; ln -s round round; mkfifo pipe; echo in >file; ln -s file good'
    assert device.execute(["sh", "-c", program, "sh", str(tmp_path)], timeout=60).returncode == 0
    for name, reason in (
        ("out/secret", "it leads out of the working folder"),
        ("link", "it leads out of the working folder"),
        ("round", "it leads out"),
        ("pipe", "it is no file"),
    ):
        with pytest.raises(CommandFailed, match=f"cannot read {name} on ssh://.*: {reason}"):
            device.pull(name, tmp_path / "back")
    for target in ("out/new", "out/new/below"):
        with pytest.raises(CommandFailed, match="it leads out of the working folder"):
            device.push(tmp_path / "secret", target)
    device.pull("good", tmp_path / "good")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["good", "secret"]


def test_a_working_folder_that_a_command_removed_is_told(device: SshDevice, tmp_path: Path) -> None:
    (tmp_path / "model").write_bytes(b"weights")
    assert device.execute(["sh", "-c", 'rm -rf "$PWD"'], timeout=60).returncode == 0
    with pytest.raises(CommandFailed, match="the working folder on ssh://.* is gone"):
        device.execute(["true"], timeout=60)
    with pytest.raises(CommandFailed, match="the working folder is gone"):
        device.push(tmp_path / "model", "a")


def test_a_child_in_the_background_neither_delays_nor_survives(board: LoopbackBoard, device: SshDevice) -> None:
    ended = device.execute(["sh", "-c", "sleep 600 & echo $!"], timeout=60)
    until(lambda: not any("sleep 600" in line for line in board.processes().values()))
    assert ended.returncode == 0
    assert ended.stdout.strip().isdecimal()


def test_the_timeout_tells_what_was_printed_before(board: LoopbackBoard, device: SshDevice) -> None:
    with pytest.raises(DeviceTimeout, match=r"'sh' on ssh://.* did not end within 2 s and was killed") as caught:
        device.execute(["sh", "-c", "echo so far; sleep 600"], timeout=2)
    assert caught.value.log == "so far\n"
    assert not any("sleep 600" in line for line in board.processes().values())
    assert device.execute(["echo", "on"], timeout=60).stdout == "on\n"
