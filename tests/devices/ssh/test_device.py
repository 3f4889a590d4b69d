"""What is special about a board behind ssh: the user's configuration, the cache, and links that are cut."""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import signal
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


def work_folders(board: LoopbackBoard) -> list[Path]:
    return list((board.home / ".cache" / "edgekit" / "work").glob("*"))


def cached(board: LoopbackBoard) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in (board.home / ".cache" / "edgekit" / "files").iterdir()}


def clients() -> list[str]:
    """The ssh processes that we have started and that are still there, dead ones that nobody has asked after too."""
    children = Path(f"/proc/self/task/{threading.get_native_id()}/children").read_text().split()
    states = [Path(f"/proc/{each}/stat").read_text() for each in children]
    return [state for state in states if "(ssh)" in state]


def sent_by(device: SshDevice) -> int:
    """Bytes that the connection has written since it was opened."""
    assert device._link is not None
    counts = Path(f"/proc/{device._link._process.pid}/io").read_text()
    return int(counts.split("wchar:")[1].split()[0])


def test_the_same_bytes_are_sent_once(board: LoopbackBoard, tmp_path: Path) -> None:
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


def test_what_was_damaged_in_the_cache_is_sent_again(board: LoopbackBoard, device: SshDevice, tmp_path: Path) -> None:
    (tmp_path / "model").write_bytes(b"weights")
    device.push(tmp_path / "model", "a")
    (kept,) = cached(board)
    (board.home / ".cache" / "edgekit" / "files" / kept).write_bytes(b"damaged")
    device.push(tmp_path / "model", "b")
    device.pull("b", tmp_path / "back")
    assert (tmp_path / "back").read_bytes() == b"weights"
    assert cached(board) == {kept: b"weights"}


def test_a_command_cannot_change_what_is_cached(board: LoopbackBoard, device: SshDevice, tmp_path: Path) -> None:
    (tmp_path / "model").write_bytes(b"weights")
    device.push(tmp_path / "model", "a")
    device.execute(["sh", "-c", "echo changed >a"], timeout=60)
    assert list(cached(board).values()) == [b"weights"]


def test_what_was_asked_for_longest_ago_makes_room(
    board: LoopbackBoard, device: SshDevice, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
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


def test_clean_empties_the_cache(board: LoopbackBoard, device: SshDevice, tmp_path: Path) -> None:
    (tmp_path / "model").write_bytes(b"w" * 100_000)
    device.push(tmp_path / "model", "a")
    assert device.clean() > 200_000
    assert [path.name for path in (board.home / ".cache" / "edgekit").iterdir()] == ["work"]
    device.push(tmp_path / "model", "b")
    device.close()
    assert work_folders(board) == []


def test_what_a_dead_session_left_is_removed_by_the_next(board: LoopbackBoard) -> None:
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


def test_the_configuration_of_the_user_counts_but_does_not_disturb(board: LoopbackBoard) -> None:
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


def test_a_jump_host_is_used(board: LoopbackBoard, tmp_path: Path) -> None:
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


def in_the_middle(board: LoopbackBoard, act: Callable[[], object]) -> threading.Thread:
    """Act when the command ``sleep 600`` runs on the board."""

    def wait_and_act() -> None:
        until(lambda: any("sleep 600" in line for line in board.processes().values()))
        act()

    thread = threading.Thread(target=wait_and_act)
    thread.start()
    return thread


@pytest.mark.parametrize("ending", ["cut", "stop"])
def test_a_link_cut_in_the_middle_of_a_command(board: LoopbackBoard, ending: str) -> None:
    with contextlib.closing(connect(board.address)) as device:
        thread = in_the_middle(board, getattr(board, ending))
        with pytest.raises(DeviceUnreachable, match=f"the link to {board.address} was cut") as caught:
            device.execute(["sleep", "600"], timeout=600)
        thread.join()
        assert "then run the same command again" in (caught.value.hint or "")
        # Nobody is there to clean up, but the board itself.
        until(lambda: board.processes() == {})
        assert work_folders(board) == []
        with pytest.raises(DeviceUnreachable):
            device.execute(["true"], timeout=60)
    assert clients() == []
    if ending == "stop":
        board.start()
    with contextlib.closing(connect(board.address)) as device:
        assert device.execute(["echo", "on"], timeout=60).stdout == "on\n"


def test_a_link_cut_in_the_middle_of_a_push(board: LoopbackBoard, tmp_path: Path) -> None:
    (tmp_path / "model").write_bytes(os.urandom(40_000_000))

    def cut_when_something_arrived() -> None:
        until(lambda: any((each / "incoming").exists() for each in work_folders(board)))
        board.cut()

    with contextlib.closing(connect(board.address)) as device:
        thread = threading.Thread(target=cut_when_something_arrived)
        thread.start()
        with pytest.raises(DeviceUnreachable, match="was cut"):
            device.push(tmp_path / "model", "model")
        thread.join()
    until(lambda: board.processes() == {})
    assert (work_folders(board), cached(board)) == ([], {})
    with contextlib.closing(connect(board.address)) as device:
        device.push(tmp_path / "model", "model")


def test_a_board_that_stops_answering(board: LoopbackBoard, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(options, "ALIVE_S", 1)
    with contextlib.closing(connect(board.address)) as device:
        thread = in_the_middle(board, board.freeze)
        with pytest.raises(DeviceUnreachable, match="was cut") as caught:
            device.execute(["sleep", "600"], timeout=600)
        thread.join()
        assert "not responding" in (caught.value.log or "")
    assert clients() == []
    board.thaw()
    until(lambda: board.processes() == {})
    assert work_folders(board) == []


_LOOPBACK = """
import fcntl, socket, struct, sys

def loopback(up):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asked:
        # SIOCSIFFLAGS with IFF_UP, or without.
        fcntl.ioctl(asked, 0x8914, struct.pack("16sh14x", b"lo", int(up)))
"""
_DROPPED = (
    _LOOPBACK
    + """
import contextlib, os, pathlib, threading, time
from edgekit.devices import connect
from edgekit.devices.ssh import options
from edgekit.errors import DeviceUnreachable
from edgekit.testing import LoopbackBoard

def wait(happened):
    end = time.monotonic() + 60
    while not happened():
        assert time.monotonic() < end
        time.sleep(0.02)

def runs():
    return any("sleep 600" in line for line in board.processes().values())

def drop():
    wait(runs)
    loopback(False)

loopback(True)
options.ALIVE_S = 1
with LoopbackBoard(pathlib.Path(sys.argv[1]), python=[sys.executable]) as board:
    os.environ["PATH"] = board.path
    with contextlib.closing(connect(board.address)) as device:
        thread = threading.Thread(target=drop)
        thread.start()
        try:
            device.execute(["sleep", "600"], timeout=600)
        except DeviceUnreachable as error:
            print(error.message, error.hint, sep=" | ")
        thread.join()
    assert runs()
    loopback(True)
    wait(lambda: not board.processes())
    work = board.home / ".cache" / "edgekit" / "work"
    assert list(work.iterdir()) == []
    with contextlib.closing(connect(board.address)) as device:
        print(device.execute(["echo", "on"], timeout=60).stdout, end="")
"""
)


def test_a_network_that_drops_every_packet(missing: Callable[[str], None], tmp_path: Path) -> None:
    """Nobody is told then that the link is gone: each side has to notice it."""
    if lacking := LoopbackBoard.missing():
        missing(", ".join(lacking))
    if subprocess.run(["unshare", "--net", "true"], check=False, capture_output=True).returncode:
        missing("the right to make a network namespace")
    command = ["unshare", "--net", sys.executable, "-c", _DROPPED, str(tmp_path / "board")]
    ended = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    assert ended.returncode == 0, ended.stderr
    cut, on = ended.stdout.splitlines()
    assert cut.startswith("the link to ssh://")
    assert "was cut | look whether the board is still on" in cut
    assert on == "on"


@pytest.mark.parametrize("phase", ["connecting", "pushing", "pulling"])
def test_an_interrupt_in_another_phase(board: LoopbackBoard, phase: str, tmp_path: Path) -> None:
    program = """
import contextlib, pathlib, signal, sys
from edgekit.devices import connect
signal.signal(signal.SIGINT, signal.default_int_handler)
with contextlib.closing(connect(sys.argv[1])) as device:
    if sys.argv[3] == "pulling":
        device.execute(["truncate", "-s", "300M", "model"], timeout=60)
        device.pull("model", pathlib.Path(sys.argv[2] + ".back"))
    device.push(pathlib.Path(sys.argv[2]), "model")
"""
    (tmp_path / "tmp").mkdir()
    with (tmp_path / "model").open("wb") as model:
        model.truncate(300 << 20)
    if phase == "connecting":
        board.login.write_text(board.login.read_text().replace("exec sh", "sleep 15; exec sh"))
    environment = {**os.environ, "TMPDIR": str(tmp_path / "tmp")}
    command = [sys.executable, "-c", program, board.address, str(tmp_path / "model"), phase]
    process = subprocess.Popen(command, env=environment, stderr=subprocess.PIPE)
    if phase == "connecting":
        until(lambda: any("sleep 15" in line for line in board.processes().values()))
    elif phase == "pulling":
        until(lambda: any(path.stat().st_size for path in tmp_path.glob(".model.back.*")))
    else:
        until(lambda: any((each / "incoming").exists() for each in work_folders(board)))
    process.send_signal(signal.SIGINT)
    _, stderr = process.communicate(timeout=60)
    assert process.returncode == -2, stderr
    assert list((tmp_path / "tmp").iterdir()) == []
    # What had come so far is gone as well.
    assert sorted(path.name for path in tmp_path.iterdir()) == ["model", "tmp"]
    if phase != "connecting":
        until(lambda: board.processes() == {})
        assert work_folders(board) == []
        assert cached(board) == {}


@pytest.mark.parametrize("ending", ["SIGINT", "SIGTERM", "SIGKILL"])
def test_an_interrupt_leaves_nothing_on_either_side(board: LoopbackBoard, ending: str, tmp_path: Path) -> None:
    program = """
import contextlib, signal, sys
from edgekit.devices import connect
signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
signal.signal(signal.SIGINT, signal.default_int_handler)
with contextlib.closing(connect(sys.argv[1])) as device:
    device.execute(["sh", "-c", "sleep 600 & sleep 600"], timeout=600)
"""
    environment = {**os.environ, "TMPDIR": str(tmp_path)}
    process = subprocess.Popen([sys.executable, "-c", program, board.address], env=environment, stderr=subprocess.PIPE)
    until(lambda: sum("sleep 600" in line for line in board.processes().values()) >= 3)
    process.send_signal(getattr(signal, ending))
    _, stderr = process.communicate(timeout=60)
    assert process.returncode in {143, -2, -9}, stderr
    until(lambda: board.processes() == {})
    assert work_folders(board) == []
    if ending != "SIGKILL":
        assert list(tmp_path.iterdir()) == []
