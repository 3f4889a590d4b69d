"""A board behind ssh keeps what every device must keep."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import pytest

from edgekit.devices import Device, connect
from edgekit.testing import DeviceConformance, LoopbackBoard


class TestSsh(DeviceConformance):
    @pytest.fixture
    def device(self, board: LoopbackBoard) -> Iterator[Device]:
        with contextlib.closing(connect(board.address)) as device:
            yield device
        assert board.processes() == {}
        assert [path.name for path in (board.home / ".cache" / "edgekit" / "work").iterdir()] == []
