"""A file that comes from a device appears whole or not at all."""

from __future__ import annotations

from pathlib import Path

import pytest

from edgekit.devices.arrival import arriving
from edgekit.errors import OutputError


def test_it_appears_at_the_end(tmp_path: Path) -> None:
    target = tmp_path / "result.json"
    with arriving(target) as beside:
        beside.write_bytes(b"whole")
        assert not target.exists()
    assert target.read_bytes() == b"whole"
    assert list(tmp_path.iterdir()) == [target]


@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt, SystemExit])
def test_nothing_is_left_when_it_breaks_off(error: type[BaseException], tmp_path: Path) -> None:
    target = tmp_path / "result.json"
    target.write_bytes(b"old")

    def break_off() -> None:
        with arriving(target) as beside:
            beside.write_bytes(b"ha")
            raise error

    with pytest.raises(error):
        break_off()
    assert target.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [target]


def test_a_place_that_cannot_be_written(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="the folder does not exist"), arriving(tmp_path / "none" / "x"):
        pass
    (tmp_path / "folder").mkdir()
    with pytest.raises(OutputError, match="it is a folder"), arriving(tmp_path / "folder"):
        pass
    assert [path.name for path in tmp_path.iterdir()] == ["folder"]
