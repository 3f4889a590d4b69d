"""The real command as a process, in a place of its own that is looked over afterwards."""

from __future__ import annotations

import hashlib
import importlib.util
import json
import os
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

# Everything else about the environment is the machine's; these would change what is printed.
_LEFT_OUT = ("EDGEKIT_PROFILES", "FORCE_COLOR", "NO_COLOR", "PYTHONUNBUFFERED", "PYTHONIOENCODING", "COLUMNS")
_TRACED = "COVERAGE_PROCESS_CONFIG"
_SECONDS = 300


@dataclass(frozen=True)
class Ended:
    """How the command ended."""

    code: int
    stdout: str
    stderr: str

    @property
    def document(self) -> dict[str, Any]:
        """The one JSON document on standard output; fails where there is anything else."""
        document: dict[str, Any] = json.loads(self.stdout)
        return document

    @property
    def sentence(self) -> str:
        """What the error says."""
        return self._after("edgekit: error: ")

    @property
    def hint(self) -> str:
        """What the error advises."""
        return self._after("  next: ")

    def _after(self, start: str) -> str:
        found = [line.removeprefix(start) for line in self.stderr.splitlines() if line.startswith(start)]
        assert len(found) == 1, self.stderr
        return found[0]


@dataclass(frozen=True)
class Command:
    """Runs ``edgekit`` in ``folder``, with ``temporary`` for temporary files. Both are empty at first."""

    folder: Path
    temporary: Path
    warm: Mapping[bool, Any]
    """By whether coverage follows, what starts it without importing it anew; see warm_start.py."""

    @property
    def program(self) -> Path:
        return Path(sys.executable).with_name("edgekit")

    def environment(self, extra: Mapping[str, str] | None = None) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if name not in _LEFT_OUT}
        return {**kept, "TMPDIR": str(self.temporary), **(extra or {})}

    def __call__(self, *arguments: object, env: Mapping[str, str] | None = None, code: int = 0) -> Ended:
        """Run it to its end and hold the exit code."""
        # Python reads these when it starts.
        if any(name.startswith("PYTHON") for name in env or ()):
            return self.cold(*arguments, env=env, code=code)
        environment = self.environment(env)
        start = self.warm[_TRACED in environment]
        words = _words([self.program, *arguments])
        ended = _ended(start.run(words, folder=self.folder, environment=environment, timeout=_SECONDS))
        assert ended.code == code, ended
        return ended

    def cold(self, *arguments: object, env: Mapping[str, str] | None = None, code: int = 0) -> Ended:
        """The same for the program as it is installed, from Python's start on."""
        ended = self.run([self.program, *arguments], env=env)
        assert ended.code == code, ended
        return ended

    def run(self, command: Sequence[object], *, env: Mapping[str, str] | None = None) -> Ended:
        """Run any command line in the same place."""
        done = subprocess.run(
            _words(command),
            cwd=self.folder,
            env=self.environment(env),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
            timeout=_SECONDS,
        )
        return _ended(done)

    def refuse(self, *arguments: object, env: Mapping[str, str] | None = None, code: int = 2) -> Ended:
        """Run it, and hold that it ends with an error that changes nothing."""
        before = snapshot(self.folder)
        ended = self(*arguments, env=env, code=code)
        assert ended.stdout == "" or "--json" in arguments
        assert ended.sentence
        assert snapshot(self.folder) == before
        return ended

    def processes(self) -> list[str]:
        """The processes that were started from here and live: they have our folder for temporary files."""
        ours = os.fsencode(self.temporary)
        return [os.fsdecode(name) for name, environment in _environments() if ours in environment]


def _words(command: Sequence[object]) -> list[str]:
    return [os.fspath(part) if isinstance(part, Path) else str(part) for part in command]


def _ended(done: subprocess.CompletedProcess[bytes]) -> Ended:
    stdout, stderr = (text.decode(errors="surrogateescape") for text in (done.stdout, done.stderr))
    assert "Traceback" not in stderr, stderr
    return Ended(done.returncode, stdout, stderr)


def snapshot(folder: Path) -> dict[str, str]:
    """What lies in a folder: relative name to hash, to the target of a link, or to its kind."""
    return {str(path.relative_to(folder)): _content(path) for path in sorted(folder.rglob("*"))}


def _content(path: Path) -> str:
    if path.is_symlink():
        return f"-> {path.readlink()}"
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else "no file"


def _environments() -> Iterator[tuple[bytes, bytes]]:
    for process in Path("/proc").glob("[0-9]*"):
        try:
            yield (process / "cmdline").read_bytes(), (process / "environ").read_bytes()
        except OSError:
            # It has ended meanwhile, or is another user's.
            continue


@contextmanager
def _looked_over(folder: Path, warm: Mapping[bool, Any]) -> Iterator[Command]:
    command = Command(folder / "work", folder / "tmp", warm)
    command.folder.mkdir()
    command.temporary.mkdir()
    yield command
    assert command.processes() == []
    assert snapshot(command.temporary) == {}


@pytest.fixture(scope="session")
def _warm() -> Iterator[Mapping[bool, Any]]:
    # Tests cannot import from beside them.
    specification = importlib.util.spec_from_file_location("warm_start", Path(__file__).with_name("warm_start.py"))
    assert specification is not None
    assert specification.loader is not None
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    starts: defaultdict[bool, Any] = defaultdict(module.WarmStart)
    yield starts
    for start in starts.values():
        start.close()


@pytest.fixture
def edgekit(tmp_path: Path, _warm: Mapping[bool, Any]) -> Iterator[Command]:
    """The command; after the test no child process lives, and no temporary file is left."""
    with _looked_over(tmp_path, _warm) as command:
        yield command


@pytest.fixture(scope="module")
def shared_edgekit(tmp_path_factory: pytest.TempPathFactory, _warm: Mapping[bool, Any]) -> Iterator[Command]:
    """The same for a whole module, where one long run serves several tests."""
    with _looked_over(tmp_path_factory.mktemp("shared"), _warm) as command:
        yield command


@pytest.fixture(scope="session")
def resnet(shared_data: Path) -> Path:
    """A float .tflite of 311 KiB for images of 32x32x3: converts in a second, without TensorFlow."""
    return shared_data / "mlperf_tiny" / "ic_resnet8_float32.tflite"


@pytest.fixture(scope="session")
def photos(shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of eleven photos and one file that is none, though it is called so."""
    folder = tmp_path_factory.mktemp("photos")
    for path in sorted((shared_data / "sign_language_digits" / "0").glob("*.JPG"))[:11]:
        (folder / path.name).symlink_to(path)
    (folder / "broken.jpg").write_bytes(b"\xff\xd8\xff\xe0 cut off")
    return folder


@pytest.fixture(scope="session")
def pixels(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Twenty samples for the ResNet."""
    path = tmp_path_factory.mktemp("pixels") / "pixels.npy"
    np.save(path, np.random.default_rng(0).random((20, 32, 32, 3), np.float32) * 255)
    return path
