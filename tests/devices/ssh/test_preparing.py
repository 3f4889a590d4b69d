"""Preparing a board, and cleaning it."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from edgekit.checkup import doctor
from edgekit.cli.devices import command
from edgekit.devices import clean_device, connect, prepare_device
from edgekit.devices.ssh.preparing import Prepared
from edgekit.errors import CommandFailed, DeviceError, UsageError
from edgekit.testing import LoopbackBoard


def bare_python(board: LoopbackBoard) -> None:
    """The board's python3 has neither numpy nor a runtime."""
    import sys

    base = Path(sys.base_prefix) / "bin" / f"python{sys.version_info[0]}.{sys.version_info[1]}"
    place = board.login.parent / "bin" / "python3"
    place.unlink()
    place.symlink_to(base)


@pytest.mark.slow
def test_a_bare_board_is_prepared_and_cleaned(board: LoopbackBoard) -> None:
    bare_python(board)
    before = doctor(board.address)
    assert not before.runs_models
    assert any(each.next_step == f"edgekit devices prepare {board.address}" for each in before.findings)
    stages: list[str] = []
    prepared = prepare_device(board.address, progress=lambda step: stages.append(step.stage))
    assert any(name.startswith("ai_edge_litert-") for name in prepared.packages)
    assert any(name.startswith("numpy-") for name in prepared.packages)
    assert stages[-1] == "installing them"
    after = doctor(board.address)
    assert after.runs_models, str(after)
    assert [path.name for path in (board.home / ".cache" / "edgekit").glob("*.new")] == []
    assert {path.name for path in board.home.iterdir()} == {".cache"}
    assert clean_device(board.address) > 10_000_000
    assert not doctor(board.address).runs_models


def test_a_python_for_which_nothing_is_made(board: LoopbackBoard) -> None:
    python = board.login.parent / "bin" / "python3"
    python.write_text('#!/bin/sh\necho \'{"version": [3, 8], "machine": "aarch64", "libc": ["glibc", "2.31"]}\'\n')
    with pytest.raises(DeviceError, match="no interpreter is made for Python 3.8 on aarch64") as caught:
        prepare_device(board.address)
    assert caught.value.exit_code == 3
    for said in ("hello", "[]", '{"version": [3], "machine": "aarch64", "libc": ["", ""]}'):
        python.write_text(f"#!/bin/sh\necho '{said}'\n")
        with pytest.raises(CommandFailed, match="says of itself is not understood"):
            prepare_device(board.address)
    python.write_text("#!/bin/sh\nexit 127\n")
    with pytest.raises(CommandFailed, match="there is no python3 on ssh://"):
        prepare_device(board.address)


def test_each_action_has_a_schema_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("edgekit.clean_device", lambda _: 7)
    monkeypatch.setattr("edgekit.prepare_device", lambda address, **_: Prepared(address, "3.11", ("numpy.whl",)))
    told = [
        json.loads(CliRunner().invoke(command, [action, "ssh://pi", "--json", "--quiet"]).stdout)
        for action in ("clean", "prepare")
    ]
    assert told == [
        {"schema": "edgekit.cleaned/1", "address": "ssh://pi", "freed_bytes": 7},
        {"schema": "edgekit.prepared/1", "address": "ssh://pi", "python": "3.11", "packages": ["numpy.whl"]},
    ]


def test_only_boards_behind_ssh_keep_anything() -> None:
    for act in (prepare_device, clean_device):
        with pytest.raises(UsageError, match="'local' is no board behind ssh"):
            act("local")


def test_cleaning_leaves_a_board_that_works(board: LoopbackBoard) -> None:
    assert clean_device(board.address) >= 0
    with contextlib.closing(connect(board.address)) as device:
        assert device.execute(["echo", "on"], timeout=60).stdout == "on\n"
