"""A small network on digits, and one child process that many tests ask."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import nullcontext
from pathlib import Path

import pytest

import edgekit.compression.compress_model as whole
from edgekit.processes.worker import Worker


@pytest.fixture(scope="session")
def digits(made_once: Callable[..., Path]) -> Path:
    """A folder with digits.keras, which is right on 95 % of test.npz; see digits_model.py."""
    return made_once("digits", "digits_model.py", Path())


@pytest.fixture(scope="module")
def trainer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Worker]:
    """The child process that has TensorFlow, started once."""
    with Worker("edgekit.compression.trainer", folder=tmp_path_factory.mktemp("trainer")) as worker:
        yield worker


@pytest.fixture
def one_trainer(trainer: Worker, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is compressed here is all done in that one process."""
    monkeypatch.setattr(whole, "Worker", lambda *_, **__: nullcontext(trainer))
