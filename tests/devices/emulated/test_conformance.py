"""Emulated boards of both word sizes keep what every device must keep."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from edgekit.devices import Device, connect
from edgekit.testing import DeviceConformance

# Both are minutes of starting Python under emulation.
pytestmark = pytest.mark.slow


class TestEmulatedArm64(DeviceConformance):
    patience_s = 12.0

    @pytest.fixture
    def device(self, emulated: Path) -> Iterator[Device]:
        with contextlib.closing(connect("emulated:rpi4")) as device:
            yield device


class TestEmulatedArm32(DeviceConformance):
    patience_s = 12.0

    @pytest.fixture
    def device(self, emulated: Path) -> Iterator[Device]:
        with contextlib.closing(connect("emulated:rpi2b")) as device:
            yield device
