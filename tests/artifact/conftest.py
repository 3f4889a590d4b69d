"""One artifact with everything that lies beside it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from edgekit import Artifact, convert


@pytest.fixture(scope="session")
def int8(shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Artifact:
    """ResNet-8 in int8, from twelve samples of seeded noise."""
    folder = tmp_path_factory.mktemp("artifact")
    np.save(folder / "samples.npy", np.random.default_rng(5).random((12, 32, 32, 3), np.float32) * 255)
    model = shared_data / "mlperf_tiny" / "ic_resnet8_float32.tflite"
    return convert(model, folder / "m.tflite", precision="int8", calibration=folder / "samples.npy").artifact
