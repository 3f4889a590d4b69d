"""Every engine keeps the suite that is shipped for it, on this machine."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from edgekit import Device, connect
from edgekit.runner import ENGINES, Engine, Plan
from edgekit.testing import EngineConformance

STAND_IN = Path(__file__).with_name("stand_in_tool.py")
"""For the engine that is a program which no package carries."""


class TestEveryEngine(EngineConformance):
    def plan(self, engine: Engine, **choices: Any) -> Plan:
        tool = str(STAND_IN) if engine is ENGINES["benchmark_model"] else None
        return super().plan(engine, retries=0, tool=tool, **choices)

    @pytest.fixture(params=list(ENGINES))
    def engine(self, request: pytest.FixtureRequest) -> Engine:
        return ENGINES[request.param]

    @pytest.fixture
    def device(self) -> Iterator[Device]:
        with closing(connect("local")) as device:
            yield device

    @pytest.fixture
    def model(self, shared_data: Path) -> Path:
        return shared_data / "mlperf_tiny" / "ic_resnet8_int8.tflite"

    @pytest.fixture
    def refused(self, shared_data: Path) -> Path:
        return shared_data / "coral" / "model_invoking_error.tflite"
