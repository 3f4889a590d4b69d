"""ScriptedDevice passes the conformance suite by replaying what RecordingDevice wrote down of this machine."""

from __future__ import annotations

import contextlib
import inspect
from collections.abc import Iterator
from pathlib import Path

import pytest

from edgekit.devices import Completed, Device, connect
from edgekit.errors import CommandFailed, DeviceError, EdgekitError
from edgekit.testing import (
    DeviceConformance,
    Execute,
    Failure,
    Pull,
    Push,
    RecordingDevice,
    ScriptedDevice,
    Session,
    SessionMismatch,
)


class TestReplayOfThisMachine(DeviceConformance):
    @pytest.fixture
    def device(self, request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Device]:
        place = tmp_path_factory.mktemp("recorded")
        file = place / "session.json"
        recorder = RecordingDevice(connect("local"), path=file)
        with contextlib.closing(recorder):
            arguments = {"device": recorder, "tmp_path": place / "work"}
            (place / "work").mkdir()
            test = request.function
            test(**{name: arguments[name] for name in inspect.signature(test).parameters})
        scripted = ScriptedDevice(file)
        yield scripted
        scripted.assert_finished()


HELLO = Execute(("echo", "hello"), Completed(0, "hello\n", ""))


def scripted(*exchanges: Push | Pull | Execute) -> ScriptedDevice:
    return ScriptedDevice(Session("ssh://pi@host", exchanges))


def test_a_session_can_be_written_by_hand(tmp_path: Path) -> None:
    (tmp_path / "model").write_bytes(b"any")
    device = scripted(Push("model", None), HELLO, Pull("result", b"\0\1"))
    device.push(tmp_path / "model", "model")
    assert device.execute(["echo", "hello"], timeout=1).stdout == "hello\n"
    device.pull("result", tmp_path / "back")
    assert (tmp_path / "back").read_bytes() == b"\0\1"
    device.assert_finished()


def test_another_command_is_a_mismatch() -> None:
    with pytest.raises(SessionMismatch) as caught:
        scripted(HELLO).execute(["echo", "bye"], timeout=1)
    assert str(caught.value) == (
        "exchange 1: recorded is command ['echo', 'hello'], but asked was command ['echo', 'bye'] within 1 s"
    )


def test_another_kind_is_a_mismatch(tmp_path: Path) -> None:
    with pytest.raises(SessionMismatch, match=r"is command \['echo', 'hello'\], but asked was pull of 'x'"):
        scripted(HELLO).pull("x", tmp_path / "x")
    with pytest.raises(SessionMismatch, match="is pull of 'x', but asked was push of 'x'"):
        scripted(Pull("x", b"")).push(tmp_path / "x", "x")
    with pytest.raises(SessionMismatch, match="is push of 'x' with sha256 None, but asked was command"):
        scripted(Push("x", None)).execute(["x"], timeout=1)


def test_other_content_is_a_mismatch(tmp_path: Path) -> None:
    (tmp_path / "model").write_bytes(b"other")
    with pytest.raises(SessionMismatch, match="with sha256 00, but asked was push of 'model' with sha256 d"):
        scripted(Push("model", "00")).push(tmp_path / "model", "model")


def test_more_than_recorded_is_a_mismatch() -> None:
    device = scripted(HELLO)
    device.execute(["echo", "hello"], timeout=1)
    with pytest.raises(SessionMismatch, match="the session ends after 1 exchanges, but asked was command"):
        device.execute(["echo", "hello"], timeout=1)


def test_less_than_recorded_is_told_when_asked() -> None:
    device = scripted(HELLO, Pull("result", b""))
    device.execute(["echo", "hello"], timeout=1)
    device.close()
    with pytest.raises(SessionMismatch, match="1 of 2 exchanges were not asked for; next: pull of 'result'"):
        device.assert_finished()


def test_a_mismatch_is_no_error_that_edgekit_handles() -> None:
    assert not issubclass(SessionMismatch, EdgekitError)


def test_a_recorded_failure_is_raised_again(tmp_path: Path) -> None:
    failure = Failure("CommandFailed", "the disk is full", "free some space", "df: 100 %")
    for act, exchange in (
        (lambda device: device.push(tmp_path / "x", "x"), Push("x", None, failure)),
        (lambda device: device.pull("x", tmp_path / "x"), Pull("x", b"", failure)),
        (lambda device: device.execute(["x"], timeout=1), Execute(("x",), None, failure)),
    ):
        with pytest.raises(CommandFailed, match="the disk is full") as caught:
            act(scripted(exchange))
        error = caught.value
        assert (error.address, error.hint, error.log) == ("ssh://pi@host", "free some space", "df: 100 %")


def test_a_closed_one_refuses() -> None:
    device = scripted(HELLO)
    device.close()
    with pytest.raises(DeviceError, match="is closed"):
        device.execute(["echo", "hello"], timeout=1)


def test_an_exchange_without_an_end_is_told() -> None:
    with pytest.raises(SessionMismatch, match="exchange 1: recorded is neither a result nor a failure"):
        scripted(Execute(("x",), None)).execute(["x"], timeout=1)
