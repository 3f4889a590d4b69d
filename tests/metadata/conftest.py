"""The schema's own accessors, which read what is written here, from the package that ships them.

The package needs a graphics library and more to be used; its generated module needs flatbuffers alone. So the wheel
is unpacked without its dependencies, and is no dependency of ours.
"""

from __future__ import annotations

import fcntl
import importlib.util
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

_MODULE = Path("mediapipe", "tasks", "metadata", "metadata_schema_py_generated.py")


@pytest.fixture(scope="session")
def official(tmp_path_factory: pytest.TempPathFactory, missing: Callable[[str], None]) -> ModuleType:
    """The generated module of metadata_schema.fbs."""
    root = tmp_path_factory.getbasetemp()
    folder = (root.parent if "PYTEST_XDIST_WORKER" in os.environ else root) / "official-schema"
    with folder.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / _MODULE).exists():
            command = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps"]
            options = ["--only-binary=:all:", "--require-hashes", "--target", str(folder)]
            wanted = ["-r", str(Path(__file__).with_name("official_schema.txt"))]
            made = subprocess.run([*command, *options, *wanted], capture_output=True, text=True, check=False)
            if made.returncode:
                missing(f"the official metadata schema ({made.stderr.strip()[-200:]})")
    spec = importlib.util.spec_from_file_location("metadata_schema_py_generated", folder / _MODULE)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
