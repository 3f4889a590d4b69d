"""One real benchmark on this machine, recorded, to be replayed by as many boards as a test wants."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest

import edgekit
from edgekit.devices import connect
from edgekit.testing import RecordingDevice, Session

OPTIONS = {"runs": 3, "min_seconds": 0.0}


@pytest.fixture(scope="session")
def model(shared_data: Path) -> Path:
    return shared_data / "mlperf_tiny" / "ic_resnet8_int8.tflite"


@pytest.fixture(scope="session")
def session(model: Path) -> Session:
    with closing(RecordingDevice(connect("local"))) as recorder:
        edgekit.benchmark(model, device=recorder, **OPTIONS)
        return recorder.session


@pytest.fixture(scope="session")
def options() -> dict[str, float]:
    return OPTIONS
