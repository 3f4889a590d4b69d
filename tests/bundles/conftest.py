"""A bundle's model: ResNet-8 as int8, with its sidecar and golden pack, and pictures to try it on."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

import edgekit


@pytest.fixture(scope="session")
def pictures(shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three pictures as PNG, which every decoder reads to the same bytes."""
    folder = tmp_path_factory.mktemp("pictures")
    for number, name in enumerate(("coral/cat.bmp", "coral/parrot.jpg", "coral/grace_hopper.bmp")):
        with Image.open(shared_data / name) as image:
            # Without the colour profile, by which Android changes colours, and Pillow does not.
            image.convert("RGB").resize((160 + 40 * number, 180)).save(folder / f"{number}.png", icc_profile=None)
    return folder


@pytest.fixture(scope="session")
def resnet(shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The .tflite file, calibrated on photos, with sidecar and golden pack beside it."""
    conversion = edgekit.convert(
        shared_data / "mlperf_tiny" / "ic_resnet8_float32.tflite",
        tmp_path_factory.mktemp("resnet") / "m.tflite",
        precision="int8",
        calibration=shared_data / "sign_language_digits",
        value_range="raw",
        samples=20,
        samples_check=False,
    )
    return conversion.artifact.path
