"""What all tests share: where the real models and photos are, and how a missing tool is treated."""

from __future__ import annotations

import fcntl
import os
import subprocess
import sys
from pathlib import Path

import pytest

_CHECKOUT = Path(__file__).resolve().parent.parent


def missing(what: str) -> None:
    """Skip on a user's machine; fail in CI, where everything must be there."""
    if os.environ.get("CI") == "true":
        pytest.fail(f"{what} is missing, and CI must have it")
    pytest.skip(f"{what} is missing")


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real models and photos (``EDGEKIT_TEST_DATA``, else beside the checkout)."""
    folder = Path(os.environ.get("EDGEKIT_TEST_DATA", _CHECKOUT.parent / "shared" / "data"))
    if not folder.is_dir():
        missing(f"the folder of test data {folder}")
    return folder


def _made_once(name: str, script: str, data: Path, factory: pytest.TempPathFactory) -> Path:
    """Run a script that makes a folder, once per session of tests, whichever worker comes first."""
    root = factory.getbasetemp()
    shared = root.parent if "PYTEST_XDIST_WORKER" in os.environ else root
    folder = shared / name
    with (shared / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / "made").exists():
            folder.mkdir(exist_ok=True)
            command = [sys.executable, str(Path(__file__).with_name(script)), str(folder), str(data)]
            made = subprocess.run(command, capture_output=True, text=True, check=False)
            assert made.returncode == 0, made.stderr
            (folder / "made").touch()
    return folder


@pytest.fixture(scope="session")
def zoo(shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of models made for the tests; see zoo.py."""
    return _made_once("zoo", "zoo.py", shared_data, tmp_path_factory)


@pytest.fixture(scope="session")
def photo_model(shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a network trained on real photos, and the photos it was and was not trained on."""
    return _made_once("photos", "photo_model.py", shared_data / "sign_language_digits", tmp_path_factory)


@pytest.fixture
def zoo_importable(monkeypatch: pytest.MonkeyPatch) -> None:
    """Child processes can import the custom layers of zoo.py."""
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parent))
