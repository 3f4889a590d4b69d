from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import pytest

from edgekit.runs import Environment, RunResult, Timings

PI4 = "Raspberry Pi 4 Model B Rev 1.4"


@pytest.fixture(autouse=True)
def _no_own_profiles(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("EDGEKIT_PROFILES", raising=False)


@pytest.fixture
def make_run() -> Callable[..., RunResult]:
    """A run as the agent reports one, by default of forty inferences of 10 to 19.75 ms on a Raspberry Pi 4."""

    def make(sha256: str, *, environment: dict[str, Any] | None = None, **changes: Any) -> RunResult:
        seen = Environment(
            machine="aarch64",
            system="Linux 6.12.25+rpt-rpi-v8",
            cpu_model="Cortex-A72",
            board=PI4,
            cores=4,
            memory_bytes=2**32,
            python="3.11.2",
            runtime="ai-edge-litert 2.1.6",
            load_average=0.1,
            emulated=False,
        )
        run = RunResult(
            artifact_sha256=sha256,
            device="ssh://pi@board",
            threads=1,
            init_ms=5.0,
            first_ms=30.0,
            warmup_ms=(20.0, 20.0),
            steady=Timings(tuple(10 + value / 4 for value in range(40))),
            peak_memory_bytes=48 * 2**20,
            baseline_memory_bytes=40 * 2**20,
            outputs_sha256="0" * 64,
            seed=0,
            environment=dataclasses.replace(seen, **(environment or {})),
        )
        return dataclasses.replace(run, **changes)

    return make
