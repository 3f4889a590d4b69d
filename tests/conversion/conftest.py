"""Child processes that live on: starting TensorFlow is most of what the conversion of a small model costs."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Self

import pytest

from edgekit.conversion import convert_model, float_export
from edgekit.errors import EdgekitError
from edgekit.processes.worker import Worker, WorkerDied


class KeptWorker(Worker):
    """A child that outlives who asked it."""

    unanswered = 0

    def send(self, verb: str, **arguments: Any) -> None:
        self.unanswered += 1
        super().send(verb, **arguments)

    def receive(self, **options: Any) -> Any:
        try:
            answer = super().receive(**options)
        except WorkerDied:
            raise
        except (EdgekitError, OSError):
            self.unanswered -= 1
            raise
        self.unanswered -= 1
        return answer

    def __exit__(self, *_: object) -> None:
        """Live on."""

    def ready(self) -> Self:
        """Return it, or a fresh one in its place where it is dead or owes an answer to somebody who has left."""
        if self.unanswered:
            self.restart()
            self.unanswered = 0
        return self


@pytest.fixture(scope="session")
def _kept_workers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, KeptWorker]]:
    kept: dict[str, KeptWorker] = {}
    with pytest.MonkeyPatch.context() as patch:
        # Of the zoo and of the matrix: for each test the same.
        patch.setenv("PYTHONPATH", str(Path(__file__).parents[1]))
        for module in ("edgekit.exporting.exporter", "edgekit.quantization.quantizer"):
            kept[module] = KeptWorker(module, folder=tmp_path_factory.mktemp("worker"))
    yield kept
    for worker in kept.values():
        worker.close()


@pytest.fixture
def kept_workers(_kept_workers: dict[str, KeptWorker], monkeypatch: pytest.MonkeyPatch) -> None:
    """What is converted here is all done by the same two child processes.

    For tests of what comes out of a conversion; those of how children start, fail and end have their own.
    """

    def worker(module: str, *, folder: Path) -> KeptWorker:
        return _kept_workers[module].ready()

    monkeypatch.setattr(float_export, "Worker", worker)
    monkeypatch.setattr(convert_model, "Worker", worker)
