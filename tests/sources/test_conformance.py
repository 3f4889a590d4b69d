"""Every source format keeps the suite that is shipped for it."""

from __future__ import annotations

from pathlib import Path

import pytest

from edgekit.sources import FORMATS, SourceFormat
from edgekit.testing import SourceFormatConformance

_GOOD = {"keras": "tiny.keras", "keras-h5": "tiny_k3.h5", "saved-model": "plain_saved"}


class TestEveryFormat(SourceFormatConformance):
    @pytest.fixture(params=list(FORMATS))
    def source_format(self, request: pytest.FixtureRequest) -> SourceFormat:
        return FORMATS[request.param]

    @pytest.fixture
    def good(self, source_format: SourceFormat, zoo: Path, shared_data: Path) -> Path:
        if source_format.name == "tflite":
            return shared_data / "mlperf_tiny" / "ic_resnet8_float32.tflite"
        return zoo / _GOOD[source_format.name]
