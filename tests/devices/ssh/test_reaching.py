"""A board that cannot be reached: one sentence says why, the hint what to do, and nothing is accepted in silence."""

from __future__ import annotations

import contextlib
import os
import pty
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from edgekit.devices import connect
from edgekit.devices.ssh.address import SshAddress
from edgekit.devices.ssh.complaints import unreachable
from edgekit.errors import CommandFailed, DeviceUnreachable
from edgekit.testing import LoopbackBoard


def refused(address: str) -> DeviceUnreachable:
    with pytest.raises(DeviceUnreachable) as caught:
        connect(address)
    error = caught.value
    assert (error.address, error.exit_code) == (address, 3)
    assert error.hint
    return error


def other_key(board: LoopbackBoard, folder: Path) -> str:
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(folder / "other")], check=True)
    return f"[127.0.0.1]:{board.port} {(folder / 'other.pub').read_text()}"


def test_an_unknown_host_key_is_not_accepted(board: LoopbackBoard) -> None:
    board.known_hosts.write_text("")
    # What users write into their configuration so that they are not asked.
    with board.config.open("a") as config:
        config.write("  StrictHostKeyChecking no\n  NoHostAuthenticationForLocalhost yes\n")
    error = refused(board.address)
    assert error.message == (
        f"cannot reach {board.address}: its host key is not known here, and is never accepted unseen"
    )
    assert f"ssh -p {board.port} " in (error.hint or "")
    assert board.known_hosts.read_text() == ""
    assert not (board.home / ".cache").exists()


def test_a_wrong_host_key_is_told(board: LoopbackBoard, tmp_path: Path) -> None:
    known = other_key(board, tmp_path)
    board.known_hosts.write_text(known)
    error = refused(board.address)
    assert "it shows another host key than the one that is known" in error.message
    assert error.hint is not None
    assert error.hint.endswith(f"ssh-keygen -R '[127.0.0.1]:{board.port}'")
    assert board.known_hosts.read_text() == known


def test_no_key_that_fits(board: LoopbackBoard) -> None:
    (board.config.parent / "authorized_keys").write_text("")
    error = refused(board.address)
    assert error.message == f"cannot reach {board.address}: it accepts no key that is offered"
    assert "ssh-copy-id" in (error.hint or "")


def test_a_closed_port(board: LoopbackBoard) -> None:
    board.stop()
    assert refused(board.address).message == f"cannot reach {board.address}: nothing listens on that port"
    board.start()
    connect(board.address).close()


def test_an_unknown_host(board: LoopbackBoard) -> None:
    error = refused("ssh://pi@no-such-board.invalid")
    assert error.message == "cannot reach ssh://pi@no-such-board.invalid: there is no host of that name"


def test_a_broken_configuration(board: LoopbackBoard) -> None:
    with board.config.open("a") as config:
        config.write("  NoSuchOption yes\n")
    error = refused(board.address)
    assert error.message.endswith("the ssh configuration of this machine is broken")
    assert "config" in (error.log or "")


def test_no_ssh_here(board: LoopbackBoard, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    error = refused(board.address)
    assert error.message == f"cannot reach {board.address}: the OpenSSH client is not installed here"
    assert error.hint == "install it; on Debian: apt-get install openssh-client"


def test_an_account_without_a_shell(board: LoopbackBoard) -> None:
    board.login.write_text("#!/bin/sh\necho This account is not available. >&2\nexit 1\n")
    assert refused(board.address).message.endswith(": This account is not available.")


def test_a_board_that_lacks_a_tool(board: LoopbackBoard) -> None:
    tools = board.home / "tools"
    tools.mkdir()
    for name in ("sh", "mkdir", "cat", "rm"):
        (tools / name).symlink_to(shutil.which(name) or "")
    login = board.login.read_text()
    board.login.write_text(login.replace("export EDGEKIT_BOARD", f'PATH="{tools}"\nexport EDGEKIT_BOARD'))
    with pytest.raises(CommandFailed, match="lacks the program 'setsid'"):
        connect(board.address)


def test_a_place_where_no_folder_can_be_made(board: LoopbackBoard) -> None:
    (board.home / ".cache").write_text("a file")
    with pytest.raises(
        CommandFailed, match="cannot make a working folder on ssh://.*: part of the path is not a folder"
    ):
        connect(board.address)
    assert board.processes() == {}


def test_a_read_only_home(mounted_board: Callable[[str], LoopbackBoard]) -> None:
    with mounted_board("ro") as board:
        with pytest.raises(CommandFailed, match="cannot make a working folder on ssh://.*file system is read-only"):
            connect(board.address)
        assert board.processes() == {}


def test_a_full_disk(mounted_board: Callable[[str], LoopbackBoard], tmp_path: Path) -> None:
    (tmp_path / "model").write_bytes(bytes(range(256)) * 4096)
    (tmp_path / "small").write_bytes(b"small")
    with mounted_board("size=512k") as board, contextlib.closing(connect(board.address)) as device:
        with pytest.raises(CommandFailed, match="cannot write model on ssh://.*: the device's disk is full") as caught:
            device.push(tmp_path / "model", "model")
        assert caught.value.hint == "free some space on the device"
        assert device.execute(["sh", "-c", "ls; rm -f ../incoming"], timeout=30).stdout == ""
        device.push(tmp_path / "small", "small")


@pytest.mark.parametrize(("answer", "code"), [("no", 3), ("yes", 0)])
def test_a_person_at_a_terminal_is_asked(board: LoopbackBoard, answer: str, code: int) -> None:
    board.known_hosts.write_text("")
    process, terminal = pty.fork()
    if process == 0:
        os.execv(sys.executable, [sys.executable, "-m", "edgekit", "devices", "clean", board.address])
    shown = b""
    asked = False
    with contextlib.suppress(OSError), os.fdopen(terminal, "r+b", buffering=0) as stream:
        while chunk := stream.read(4096):
            shown += chunk
            if b"(yes/no" in shown and not asked:
                asked = stream.write(f"{answer}\n".encode()) > 0
    assert os.waitstatus_to_exitcode(os.waitpid(process, 0)[1]) == code, shown
    assert b"key fingerprint is SHA256:" in shown
    # Only what the person has said yes to is remembered, and by ssh itself.
    assert (board.known_hosts.read_text() != "") == (answer == "yes")


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ("ssh: connect to host 10.0.0.7 port 22: No route to host", "there is no way to it in the network"),
        ("ssh: connect to host 10.0.0.7 port 22: Connection timed out", "it does not answer"),
        ("Received disconnect: Too many authentication failures", "it refused to try more keys"),
        ("kex_exchange_identification: Connection closed by remote host", "what answers there closes the connection"),
        ("Unable to negotiate with 10.0.0.7: no matching cipher found. Their offer: x", "no algorithm in common"),
        ("something new\n\n", "something new"),
        ("", "ssh gave no reason"),
    ],
)
def test_what_ssh_says_becomes_a_sentence(said: str, reason: str) -> None:
    error = unreachable("ssh://pi@10.0.0.7", SshAddress("10.0.0.7", "pi"), said=said)
    assert error.message.startswith("cannot reach ssh://pi@10.0.0.7: ")
    assert error.message.endswith(reason)
    assert error.hint
    assert error.log == said
