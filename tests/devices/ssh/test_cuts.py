"""Links that are cut, boards that stop answering, and interrupts: what is told, and that nothing is left."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from edgekit.devices import connect
from edgekit.devices.ssh import options
from edgekit.errors import DeviceUnreachable
from edgekit.testing import LoopbackBoard, until


@pytest.mark.parametrize("ending", ["cut", "stop"])
def test_a_link_cut_in_the_middle_of_a_command(
    board: LoopbackBoard,
    ending: str,
    work_folders: Callable[[LoopbackBoard], list[Path]],
    clients: Callable[[], list[str]],
    in_the_middle: Callable[[LoopbackBoard, Callable[[], object]], threading.Thread],
) -> None:
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


def test_a_link_cut_in_the_middle_of_a_push(
    board: LoopbackBoard,
    tmp_path: Path,
    work_folders: Callable[[LoopbackBoard], list[Path]],
    cached: Callable[[LoopbackBoard], dict[str, bytes]],
) -> None:
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


def test_a_board_that_stops_answering(
    board: LoopbackBoard,
    monkeypatch: pytest.MonkeyPatch,
    work_folders: Callable[[LoopbackBoard], list[Path]],
    clients: Callable[[], list[str]],
    in_the_middle: Callable[[LoopbackBoard, Callable[[], object]], threading.Thread],
) -> None:
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
def test_an_interrupt_in_another_phase(
    board: LoopbackBoard,
    phase: str,
    tmp_path: Path,
    work_folders: Callable[[LoopbackBoard], list[Path]],
    cached: Callable[[LoopbackBoard], dict[str, bytes]],
) -> None:
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
    if phase == "connecting":
        # What its login would still have waited for.
        for place, line in board.processes().items():
            if "sleep 15" in line:
                os.kill(place, signal.SIGKILL)
    else:
        until(lambda: board.processes() == {})
        assert work_folders(board) == []
        assert cached(board) == {}


@pytest.mark.parametrize("ending", ["SIGINT", "SIGTERM", "SIGKILL"])
def test_an_interrupt_leaves_nothing_on_either_side(
    board: LoopbackBoard, ending: str, tmp_path: Path, work_folders: Callable[[LoopbackBoard], list[Path]]
) -> None:
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
