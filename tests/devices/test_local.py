"""The device ``local``: the conformance suite, and what is special about this machine."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from edgekit.devices import Device, LocalDevice, connect
from edgekit.errors import CommandFailed, DeviceTimeout, UsageError
from edgekit.testing import DeviceConformance


@pytest.fixture
def device(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Iterator[Device]:
    place = tmp_path_factory.mktemp("place")
    monkeypatch.setattr(tempfile, "tempdir", str(place))
    with contextlib.closing(connect("local")) as device:
        yield device
    assert list(place.iterdir()) == []


class TestLocal(DeviceConformance):
    pass


def test_python3_is_the_interpreter_that_runs_edgekit(device: Device) -> None:
    completed = device.execute(["python3", "-c", "import sys; print(sys.prefix)"], timeout=60)
    assert completed.stdout.strip() == sys.prefix


def test_path_has_our_python_first_even_without_a_path(device: Device, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PATH")
    completed = device.execute(["python3", "-c", "import os, sys; print(os.environ['PATH'])"], timeout=60)
    assert completed.stdout.strip() == f"{Path(sys.executable).parent}:{os.defpath}"


def test_a_file_that_cannot_be_executed_is_126(device: Device, tmp_path: Path) -> None:
    (tmp_path / "notes").write_text("no program")
    device.push(tmp_path / "notes", "notes")
    completed = device.execute(["./notes"], timeout=60)
    assert (completed.returncode, completed.stderr) == (126, "./notes: this cannot be executed\n")


def test_a_child_in_the_background_neither_delays_nor_survives(device: Device) -> None:
    # The child keeps the pipes open: waiting for their end would take 600 s.
    program = "import os, time\npid = os.fork()\nif pid == 0: time.sleep(600)\nprint(pid)"
    completed = device.execute(["python3", "-c", program], timeout=60)
    assert completed.returncode == 0
    wait = (
        "import sys, time\n"
        "end = time.time() + 10\n"
        "def gone():\n"
        "    try: return open(f'/proc/{sys.argv[1]}/stat').read().rsplit(')', 1)[1].split()[0] == 'Z'\n"
        "    except (FileNotFoundError, ProcessLookupError): return True\n"
        "while not gone():\n"
        "    assert time.time() < end\n"
        "    time.sleep(0.01)\n"
    )
    waited = device.execute(["python3", "-c", wait, completed.stdout.strip()], timeout=60)
    assert waited.returncode == 0, waited.stderr


def test_a_command_that_closes_its_outputs_is_waited_for(device: Device) -> None:
    program = "import os, time; os.close(1); os.close(2); time.sleep(0.3); os._exit(7)"
    assert device.execute(["python3", "-c", program], timeout=60).returncode == 7


def test_a_command_that_closes_its_outputs_is_killed_at_the_timeout(device: Device) -> None:
    program = "import os, time; os.close(1); os.close(2); time.sleep(600)"
    with pytest.raises(DeviceTimeout):
        device.execute(["python3", "-c", program], timeout=0.5)


def test_the_timeout_tells_what_was_printed_before(device: Device) -> None:
    program = "import time; print('so far', flush=True); time.sleep(600)"
    with pytest.raises(DeviceTimeout, match=r"'python3' on local did not end within 3 s and was killed") as caught:
        device.execute(["python3", "-c", program], timeout=3)
    assert caught.value.log == "so far\n"


def test_an_oversized_command_line_is_an_error_with_the_address(device: Device) -> None:
    with pytest.raises(CommandFailed, match="cannot run 'python3' on local: the command line is too long") as caught:
        device.execute(["python3", "-c", "pass", "x" * (4 << 20)], timeout=60)
    assert caught.value.address == "local"
    assert caught.value.hint == "put the arguments into a file and push it"


def test_links_that_lead_out_or_in_a_circle_are_not_followed(device: Device, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("secret")
    program = "import os, sys; os.symlink(sys.argv[1], 'out'); os.symlink('round', 'round')"
    assert device.execute(["python3", "-c", program, str(tmp_path)], timeout=60).returncode == 0
    with pytest.raises(CommandFailed, match="out/secret on local leads out of the working folder"):
        device.pull("out/secret", tmp_path / "back")
    with pytest.raises(CommandFailed, match="out/new on local leads out of the working folder"):
        device.push(tmp_path / "secret", "out/new")
    with pytest.raises(CommandFailed, match="round"):
        device.pull("round", tmp_path / "back")
    assert [path.name for path in tmp_path.iterdir()] == ["secret"]


def test_a_named_pipe_is_no_file(device: Device, tmp_path: Path) -> None:
    assert device.execute(["python3", "-c", "import os; os.mkfifo('pipe')"], timeout=60).returncode == 0
    with pytest.raises(CommandFailed, match="cannot read pipe on local: it is no file"):
        device.pull("pipe", tmp_path / "back")


def test_a_working_folder_that_a_command_removed_is_told(device: Device, tmp_path: Path) -> None:
    program = "import os, shutil; shutil.rmtree(os.getcwd())"
    assert device.execute(["python3", "-c", program], timeout=60).returncode == 0
    with pytest.raises(CommandFailed, match="the working folder on local is gone"):
        device.execute(["python3", "-c", ""], timeout=60)


def test_local_takes_nothing_after_it() -> None:
    with pytest.raises(UsageError, match="device 'local:x': nothing may follow 'local'"):
        connect("local:x")


def test_no_place_for_the_working_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "missing"))
    with pytest.raises(CommandFailed, match="cannot make a working folder on local: there is no such file"):
        LocalDevice()


@pytest.mark.parametrize("ending", ["SIGINT", "SIGTERM"])
def test_an_interrupt_leaves_no_process_and_no_folder(ending: str, tmp_path: Path) -> None:
    program = """
import contextlib, signal, sys
from edgekit.devices import connect
signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
signal.signal(signal.SIGINT, signal.default_int_handler)
with contextlib.closing(connect("local")) as device:
    child = "import os, time; os.fork(); open('up-%d' % os.getpid(), 'w'); time.sleep(600)"
    device.execute(["python3", "-c", child], timeout=600)
"""
    environment = {**os.environ, "TMPDIR": str(tmp_path)}
    process = subprocess.Popen([sys.executable, "-c", program], env=environment, stderr=subprocess.PIPE, text=True)
    up: set[int] = set()
    while len(up) < 2:
        up = {int(path.name.removeprefix("up-")) for path in tmp_path.glob("edgekit-*/up-*")}
        assert process.poll() is None
    process.send_signal(getattr(signal, ending))
    _, stderr = process.communicate(timeout=60)
    assert process.returncode in {143, -2}, stderr
    assert list(tmp_path.iterdir()) == []
    running = {int(path.name) for path in Path("/proc").iterdir() if path.name.isdigit()}
    states = {pid: Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] for pid in up & running}
    assert set(states.values()) <= {"Z"}


def test_importing_the_room_is_cheap() -> None:
    program = "import sys, json, edgekit.devices; print(json.dumps(sorted(sys.modules)))"
    modules = json.loads(subprocess.run([sys.executable, "-c", program], capture_output=True, check=True).stdout)
    assert not {"numpy", "ai_edge_litert", "tensorflow", "click", "rich", "PIL"} & set(modules)
