"""Following a process: nothing that it printed is lost, whenever it ends."""

from __future__ import annotations

import contextlib
import subprocess
import threading
import time
from collections.abc import Iterator
from io import BytesIO

import pytest

from edgekit.devices import following
from edgekit.devices.capture import Capture
from edgekit.devices.following import Deadline, Feed, follow
from edgekit.devices.halting import Halted, stand_beside_others


@pytest.fixture
def processes() -> Iterator[list[subprocess.Popen[bytes]]]:
    started: list[subprocess.Popen[bytes]] = []
    yield started
    for process in started:
        process.kill()
        process.wait()
        for stream in (process.stdin, process.stdout, process.stderr):
            with contextlib.suppress(OSError):
                stream.close()


def start(processes: list[subprocess.Popen[bytes]], script: str) -> subprocess.Popen[bytes]:
    pipe = subprocess.PIPE
    processes.append(subprocess.Popen(["sh", "-c", script], stdin=pipe, stdout=pipe, stderr=pipe))
    return processes[-1]


def test_what_is_printed_at_the_very_end_is_read(
    processes: list[subprocess.Popen[bytes]], monkeypatch: pytest.MonkeyPatch
) -> None:
    has_exited = following.has_exited

    def end_just_now(process: subprocess.Popen[bytes]) -> bool:
        """The process prints its last words and ends between two questions."""
        while not has_exited(process):
            time.sleep(0.01)
        return True

    monkeypatch.setattr(following, "has_exited", end_just_now)
    said = Capture()
    process = start(processes, "sleep 0.3; echo last words")
    assert follow(process, {"stdout": said, "stderr": Capture()}, deadline=Deadline(30))
    assert said.text() == "last words\n"


def test_an_input_is_fed_whole_and_closed(processes: list[subprocess.Popen[bytes]]) -> None:
    content = bytes(range(256)) * 8192
    feed = Feed(b"first ")
    feed.give(BytesIO(content))
    feed.finish()
    said = Capture()
    process = start(processes, "wc -c")
    assert follow(process, {"stdout": said, "stderr": Capture()}, deadline=Deadline(30), feed=feed)
    assert int(said.text()) == len(content) + 6


def test_a_process_that_reads_nothing_does_no_harm(processes: list[subprocess.Popen[bytes]]) -> None:
    feed = Feed(b"x" * (1 << 20))
    process = start(processes, "exec <&-; echo done")
    said = Capture()
    assert follow(process, {"stdout": said, "stderr": Capture()}, deadline=Deadline(30), feed=feed)
    assert said.text() == "done\n"


def test_news_renew_a_deadline_that_is_about_silence(processes: list[subprocess.Popen[bytes]]) -> None:
    talking = "for i in 1 2 3 4 5 6; do sleep 0.3; echo $i; done"
    said = Capture()
    assert not follow(start(processes, talking), {"stdout": said, "stderr": Capture()}, deadline=Deadline(1))
    said = Capture()
    deadline = Deadline(20, renews=True)
    before = deadline.remaining
    assert follow(start(processes, talking), {"stdout": said, "stderr": Capture()}, deadline=deadline)
    assert said.text() == "1\n2\n3\n4\n5\n6\n"
    assert deadline.remaining > before - 2


def test_a_process_that_nobody_waits_for_any_more() -> None:
    """It is left at once, and cleaning up afterwards is not ended by the same word."""
    halt = threading.Event()
    told: list[object] = []

    def wait() -> None:
        stand_beside_others(halt)
        with subprocess.Popen(["sleep", "600"], stdout=subprocess.PIPE) as process:
            try:
                halt.set()
                told.append(follow(process, {"stdout": Capture()}, deadline=Deadline(500.0)))
            except Halted:
                told.append("halted")
                told.append(follow(process, {"stdout": Capture()}, deadline=Deadline(0.2)))
            finally:
                process.kill()

    thread = threading.Thread(target=wait)
    thread.start()
    thread.join()
    assert told == ["halted", False]
