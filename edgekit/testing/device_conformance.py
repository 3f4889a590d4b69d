"""What every device must keep, as a class of tests to inherit from.

    class TestMyDevice(DeviceConformance):
        @pytest.fixture
        def device(self):
            with contextlib.closing(MyDevice(...)) as device:
                yield device

Everything is asked through the device itself, so the same tests hold for a laptop, a board and a phone.
"""

# The names of the tests are sentences, and pytest shows them; docstrings would only say them again.
# ruff: noqa: D102

from __future__ import annotations

import contextlib
import hashlib
import json
from pathlib import Path

from edgekit.devices import OUTPUT_LIMIT, Device, connect
from edgekit.errors import CommandFailed, DeviceError, DeviceTimeout, OutputError, UsageError
from edgekit.testing.raising import raises

_NASTY = (
    "plain", "", " ", "two words", "$HOME", "${PATH}", "$(id)", "`id`", '"', "'", "it's", "\\", "\\n", "*", "?", "~",
    "a;b", "a&b", "a|b", "<a>", "(a)", "[a]", "{a,b}", "#a", "!a", "-e", "--", "%s", "line\nline", "tab\there",
    "\r", "grün", "日本", "🙂", "'; echo out; '", "end\\",
)  # fmt: skip
_NAMES = ("plain.bin", "two words.bin", 'it\'s "quoted".bin', "$HOME.bin", "grün-日本.bin", "line\nline.bin", "-rf")
_SAY_ARGUMENTS = "import json, sys; sys.stdout.write(json.dumps(sys.argv[1:]))"
_FORK_AND_WAIT = """
import os, time
child = os.fork()
if child:
    with open("child.pid", "w") as stream:
        stream.write(str(child))
time.sleep(600)
"""
_WAIT_UNTIL_CHILD_IS_GONE = """
import time
child = open("child.pid").read()
def gone():
    try:
        return open("/proc/%s/stat" % child).read().rsplit(")", 1)[1].split()[0] == "Z"
    except (FileNotFoundError, ProcessLookupError):
        return True
end = time.time() + 10
while not gone():
    assert time.time() < end, "the child lives on"
    time.sleep(0.01)
"""
_IMPORT_RUNTIME = """
import numpy
try:
    from ai_edge_litert.interpreter import Interpreter
except ImportError:
    from tflite_runtime.interpreter import Interpreter
"""


class DeviceConformance:
    """Inherit, and give a fixture ``device`` that is open and fresh for each test."""

    patience_s: float = 3.0
    """Time that the device needs to start ``python3``, with room to spare. One test takes this long."""
    command_s: float = 60.0
    """Timeout of all other commands."""

    def path_exists(self, address: str, path: str) -> bool:
        """Return whether an absolute path exists on the machine; asked when the device under test is closed.

        The default connects again by the address. Override it for a device that is in no table.
        """
        with contextlib.closing(connect(address)) as again:
            program = "import os, sys; sys.exit(0 if os.path.exists(sys.argv[1]) else 1)"
            return again.execute(["python3", "-c", program, path], timeout=self.command_s).returncode == 0

    def python(self, device: Device, program: str, *arguments: str) -> str:
        """Run a Python program there and return what it says on standard output."""
        completed = device.execute(["python3", "-c", program, *arguments], timeout=self.command_s)
        assert completed.returncode == 0, completed.stderr
        return completed.stdout

    def test_it_says_where_it_is(self, device: Device) -> None:
        assert device.address
        assert device.address == device.address.strip()

    def test_files_survive_the_round_trip_byte_for_byte(self, device: Device, tmp_path: Path) -> None:
        contents = (bytes(range(256)) * 17, b"", b"\r\n\n\r\x1a\x04", b"\0" * 4096)
        for index, content in enumerate(contents):
            (tmp_path / "there.bin").write_bytes(content)
            device.push(tmp_path / "there.bin", f"{index}.bin")
            device.pull(f"{index}.bin", tmp_path / "back.bin")
            assert (tmp_path / "back.bin").read_bytes() == content

    def test_a_large_file_arrives_whole(self, device: Device, tmp_path: Path) -> None:
        blocks = [hashlib.sha256(str(index).encode()).digest() for index in range(2**18 + 1)]
        content = b"".join(blocks)
        (tmp_path / "large.bin").write_bytes(content)
        device.push(tmp_path / "large.bin", "large.bin")
        digest = "import hashlib; print(hashlib.sha256(open('large.bin', 'rb').read()).hexdigest())"
        assert self.python(device, digest).strip() == hashlib.sha256(content).hexdigest()
        device.pull("large.bin", tmp_path / "back.bin")
        assert (tmp_path / "back.bin").read_bytes() == content

    def test_push_makes_folders_and_replaces(self, device: Device, tmp_path: Path) -> None:
        source = tmp_path / "source"
        for content in (b"first and longer", b"second"):
            source.write_bytes(content)
            device.push(source, "one/two words/three.bin")
        device.pull("one/two words/three.bin", tmp_path / "back")
        assert (tmp_path / "back").read_bytes() == b"second"

    def test_any_file_name_is_kept(self, device: Device, tmp_path: Path) -> None:
        for name in _NAMES:
            (tmp_path / "source").write_bytes(name.encode())
            device.push(tmp_path / "source", name)
            device.pull(name, tmp_path / "back")
            assert (tmp_path / "back").read_bytes() == name.encode()
        listing = json.loads(self.python(device, "import json, os; print(json.dumps(os.listdir()))"))
        assert sorted(listing) == sorted(_NAMES)

    def test_commands_start_in_the_working_folder(self, device: Device, tmp_path: Path) -> None:
        (tmp_path / "source").write_bytes(b"abc")
        device.push(tmp_path / "source", "in/a.txt")
        self.python(device, "import os; os.mkdir('out'); open('out/b', 'wb').write(open('in/a.txt', 'rb').read() * 2)")
        device.pull("out/b", tmp_path / "back")
        assert (tmp_path / "back").read_bytes() == b"abcabc"

    def test_arguments_arrive_as_they_are(self, device: Device) -> None:
        assert json.loads(self.python(device, _SAY_ARGUMENTS, *_NASTY)) == list(_NASTY)

    def test_return_codes(self, device: Device) -> None:
        for code in (0, 1, 2, 126, 255):
            argv = ["python3", "-c", f"raise SystemExit({code})"]
            assert device.execute(argv, timeout=self.command_s).returncode == code

    def test_a_missing_program_is_127(self, device: Device) -> None:
        assert device.execute(["edgekit-has-no-such-program"], timeout=self.command_s).returncode == 127

    def test_death_by_signal_is_told(self, device: Device) -> None:
        argv = ["python3", "-c", "import os; os.kill(os.getpid(), 9)"]
        assert device.execute(argv, timeout=self.command_s).returncode in {-9, 128 + 9}

    def test_outputs_are_kept_apart(self, device: Device) -> None:
        program = r"import sys; sys.stdout.write('out\n  grün\n'); sys.stderr.write('err\n'); sys.stdout.write('end')"
        completed = device.execute(["python3", "-X", "utf8", "-c", program], timeout=self.command_s)
        assert (completed.stdout, completed.stderr) == ("out\n  grün\nend", "err\n")

    def test_output_that_is_no_text_does_no_harm(self, device: Device) -> None:
        assert self.python(device, r"import sys; sys.stdout.buffer.write(b'a\xff\xfeb')") == "a\ufffd\ufffdb"

    def test_endless_output_is_bounded(self, device: Device) -> None:
        program = "import sys\nfor s in (sys.stdout, sys.stderr): s.write('first' + 'x' * (4 << 20) + 'last')"
        completed = device.execute(["python3", "-c", program], timeout=self.command_s)
        for text in (completed.stdout, completed.stderr):
            assert text.startswith("first")
            assert text.endswith("last")
            assert len(text) < OUTPUT_LIMIT + 100

    def test_standard_input_is_empty(self, device: Device) -> None:
        assert self.python(device, "import sys; print(repr(sys.stdin.read()))").strip() == "''"

    def test_timeout_kills_the_command_and_its_children(self, device: Device) -> None:
        argv = ["python3", "-c", _FORK_AND_WAIT]
        with raises(DeviceTimeout) as caught:
            device.execute(argv, timeout=self.patience_s)
        assert caught[0].address == device.address
        self.python(device, _WAIT_UNTIL_CHILD_IS_GONE)

    def test_a_missing_file_leaves_nothing(self, device: Device, tmp_path: Path) -> None:
        with raises(CommandFailed) as caught:
            device.pull("no such.bin", tmp_path / "back.bin")
        assert "no such.bin" in caught[0].message
        assert caught[0].address == device.address
        (tmp_path / "kept.bin").write_bytes(b"kept")
        with raises(CommandFailed):
            device.pull("no such.bin", tmp_path / "kept.bin")
        assert (tmp_path / "kept.bin").read_bytes() == b"kept"
        assert [path.name for path in tmp_path.iterdir()] == ["kept.bin"]

    def test_a_folder_is_no_file(self, device: Device, tmp_path: Path) -> None:
        (tmp_path / "source").write_bytes(b"abc")
        device.push(tmp_path / "source", "folder/file")
        with raises(CommandFailed):
            device.pull("folder", tmp_path / "back")
        with raises(CommandFailed):
            device.push(tmp_path / "source", "folder")
        with raises(CommandFailed):
            device.push(tmp_path / "source", "folder/file/below")
        assert not (tmp_path / "back").exists()

    def test_local_paths_are_checked(self, device: Device, tmp_path: Path) -> None:
        with raises(UsageError):
            device.push(tmp_path / "missing", "a")
        (tmp_path / "source").write_bytes(b"abc")
        device.push(tmp_path / "source", "a")
        with raises(OutputError):
            device.pull("a", tmp_path / "no folder" / "a")

    def test_no_path_leads_out_of_the_working_folder(self, device: Device, tmp_path: Path) -> None:
        (tmp_path / "source").write_bytes(b"abc")
        for path in ("", ".", "..", "../a", "a/../../b", "/a", "a/", "a\0b"):
            with raises(UsageError):
                device.push(tmp_path / "source", path)
            with raises(UsageError):
                device.pull(path, tmp_path / "back")

    def test_what_is_no_command_is_refused(self, device: Device) -> None:
        with raises(UsageError):
            device.execute([], timeout=1)
        with raises(UsageError):
            device.execute("python3", timeout=1)
        with raises(UsageError):
            device.execute(["python3", "a\0b"], timeout=1)
        with raises(UsageError):
            device.execute(["python3"], timeout=0)

    def test_python3_has_numpy_and_a_runtime(self, device: Device) -> None:
        self.python(device, _IMPORT_RUNTIME)

    def test_close_removes_the_working_folder(self, device: Device, tmp_path: Path) -> None:
        (tmp_path / "source").write_bytes(b"abc")
        device.push(tmp_path / "source", "below/a")
        folder = self.python(device, "import os; print(os.getcwd())").rstrip("\n")
        device.close()
        assert self.path_exists(device.address, "/")
        assert not self.path_exists(device.address, folder)

    def test_a_closed_device_refuses_everything(self, device: Device, tmp_path: Path) -> None:
        (tmp_path / "source").write_bytes(b"abc")
        device.push(tmp_path / "source", "a")
        device.close()
        device.close()
        with raises(DeviceError) as caught:
            device.push(tmp_path / "source", "a")
        assert caught[0].address == device.address
        with raises(DeviceError):
            device.pull("a", tmp_path / "back")
        with raises(DeviceError):
            device.execute(["python3", "-c", ""], timeout=self.command_s)
        assert not (tmp_path / "back").exists()
