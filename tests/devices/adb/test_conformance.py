"""A phone keeps what every device must keep. The suite speaks Python, so this one has a python3, as no real one has."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from edgekit.devices import Device, connect
from edgekit.testing import DeviceConformance, LoopbackPhone
from edgekit.testing.on_this_machine import write_program


class TestAdb(DeviceConformance):
    @pytest.fixture
    def device(self, phone: LoopbackPhone) -> Iterator[Device]:
        write_program(phone.folder / "system" / "bin" / "python3", f'exec {sys.executable} "$@"')
        with contextlib.closing(connect(phone.address)) as device:
            yield device
        assert phone.processes() == {}
        assert list(Path(phone.work).iterdir()) == []
