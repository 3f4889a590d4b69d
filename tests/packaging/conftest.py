"""The wheel in a clean environment: made once per session, whichever worker comes first."""

from __future__ import annotations

import fcntl
import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

Run = Callable[..., "subprocess.CompletedProcess[str]"]

_SCRIPT = Path(__file__).resolve().parents[2] / "scripts" / "clean_install.py"


@pytest.fixture(scope="session")
def clean_install(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with ``wheel/*.whl`` and ``environment/bin/edgekit``: base dependencies only."""
    root = tmp_path_factory.getbasetemp()
    shared = root.parent if "PYTEST_XDIST_WORKER" in os.environ else root
    folder = shared / "clean-install"
    with (shared / "clean-install.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / "made").exists():
            folder.mkdir()
            made = subprocess.run([sys.executable, _SCRIPT, folder], capture_output=True, text=True, check=False)
            assert made.returncode == 0, made.stdout + made.stderr
            (folder / "made").touch()
    return folder


@pytest.fixture(scope="session")
def wheel(clean_install: Path) -> Path:
    (path,) = (clean_install / "wheel").glob("*.whl")
    return path


@pytest.fixture
def run(clean_install: Path, tmp_path: Path) -> Run:
    """Runs a program of the clean environment in ``tmp_path``, with nothing of this environment around it."""
    programs = clean_install / "environment" / "bin"
    environment: Mapping[str, str] = {"PATH": f"{programs}:{os.defpath}", "HOME": str(tmp_path), "LANG": "C.UTF-8"}

    def run(program: str, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [programs / program, *arguments],
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    return run
