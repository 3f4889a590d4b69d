"""Sessions as files."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from edgekit.devices import Completed
from edgekit.errors import UsageError
from edgekit.testing import Execute, Failure, Pull, Push, Session

SESSION = Session(
    "adb:123",
    (
        Push("a b", "ab" * 32),
        Push("c", None, Failure("DeviceTimeout", "too slow", "wait", None)),
        Execute(("x", "", "grün\n"), Completed(-9, "out", "err")),
        Execute(("y",), None, Failure("DeviceUnreachable", "gone")),
        Pull("r", bytes(range(256))),
    ),
)


def test_a_session_survives_its_file(tmp_path: Path) -> None:
    SESSION.save(tmp_path / "session.json")
    assert Session.load(tmp_path / "session.json") == SESSION
    assert json.loads((tmp_path / "session.json").read_text())["schema"] == "edgekit.session/1"


def _session(exchange: str) -> bytes:
    return f'{{"schema": "edgekit.session/1", "address": "x", "exchanges": [{exchange}]}}'.encode()


def _session(exchange: str) -> bytes:
    return f'{{"schema": "edgekit.session/1", "address": "x", "exchanges": [{exchange}]}}'.encode()


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "cannot be read"),
        (b"\xff", "cannot be read"),
        (b"[]", "malformed"),
        (b"{}", "malformed: KeyError 'schema'"),
        (b'{"schema": "edgekit.run/1"}', "schema is 'edgekit.run/1', not 'edgekit.session/1'"),
        (_session('{"do": "jump"}'), "KeyError 'jump'"),
        (_session('{"do": "push", "colour": 1}'), "colour"),
        (_session('{"do": "pull", "source": "a", "content": "?", "failure": null}'), "malformed"),
    ],
)
def test_what_is_no_session_is_refused_by_name(content: bytes, sentence: str, tmp_path: Path) -> None:
    (tmp_path / "session.json").write_bytes(content)
    with pytest.raises(UsageError, match=sentence) as caught:
        Session.load(tmp_path / "session.json")
    assert "session.json" in caught.value.message


def test_a_missing_session_is_told(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot be read"):
        Session.load(tmp_path / "none.json")


def test_an_error_that_no_device_raises_is_refused() -> None:
    with pytest.raises(UsageError, match="the error 'SystemExit', which no device raises"):
        Failure("SystemExit", "x").error("local")


def test_the_room_needs_no_pytest() -> None:
    program = "import sys; sys.modules['pytest'] = None; import edgekit.testing as t; print(t.DeviceConformance)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
