"""Every precision keeps the suite that is shipped for it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from edgekit.recipe import PRECISIONS, Precision
from edgekit.testing import PrecisionConformance


class TestEveryPrecision(PrecisionConformance):
    @pytest.fixture(params=list(PRECISIONS))
    def precision(self, request: pytest.FixtureRequest) -> Precision:
        return PRECISIONS[request.param]

    @pytest.fixture
    def float_model(self, shared_data: Path) -> Path:
        return shared_data / "mlperf_tiny" / "ic_resnet8_float32.tflite"

    @pytest.fixture
    def samples(self) -> list[np.ndarray]:
        generator = np.random.default_rng(1)
        return [generator.random((32, 32, 3), np.float32) * 255 for _ in range(10)]
