"""Several devices on the command line: one table, one file, exit code 3 where one failed, and Ctrl-C for all."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from edgekit.testing import LoopbackBoard

_QUICK = ("--runs", "3", "--min-seconds", "0")


@pytest.fixture
def board(
    missing: Callable[[str], None], tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> Iterator[LoopbackBoard]:
    """One board that has two addresses."""
    if lacking := LoopbackBoard.missing():
        missing(", ".join(lacking))
    with LoopbackBoard(tmp_path_factory.mktemp("board"), python=[sys.executable]) as board:
        monkeypatch.setenv("PATH", board.path)
        known = board.known_hosts.read_text()
        board.known_hosts.write_text(known + known.replace("[127.0.0.1]", "[localhost]"))
        yield board
        assert board.processes() == {}
        assert list((board.home / ".cache" / "edgekit" / "work").iterdir()) == []


@pytest.fixture
def fleet(edgekit, board: LoopbackBoard) -> Path:
    """Two boards, and one that is dead."""
    file = edgekit.folder / "hosts.toml"
    file.write_text(
        f'hosts = [\n{{name = "garden", address = "{board.address}", profile = "rpi4"}},\n'
        f'{{name = "kitchen", address = "{board.address.replace("127.0.0.1", "localhost")}"}},\n'
        '{name = "shed", address = "ssh://pi@127.0.0.1:1"},\n]\n'
    )
    return file


def test_one_table_and_one_file(edgekit, fleet: Path, resnet: Path) -> None:
    ended = edgekit("benchmark", resnet, "--fleet", "hosts.toml", *_QUICK, "-o", "fleet.json", code=3)
    header, *rows = ended.stdout.splitlines()
    assert header.split()[:3] == ["device", "board", "threads"]
    assert [row.split()[0] for row in rows[:3]] == ["garden", "kitchen", "shed"]
    assert "failed: cannot reach ssh://pi@127.0.0.1:1" in rows[2]
    assert rows[3].startswith("note: garden: said to be rpi4, but it was seen on ")
    assert ended.stderr.endswith("edgekit: 1 of 3 devices failed: shed\n")
    document = json.loads((edgekit.folder / "fleet.json").read_text())
    assert [each["name"] for each in document["devices"]] == ["garden", "kitchen", "shed"]
    assert [each["result"] is None for each in document["devices"]] == [False, False, True]
    checked = edgekit("check", resnet, "--profile", "rpi4", "--run", "fleet.json")
    assert "does not count" in checked.stdout
    report = edgekit("report", "fleet.json").stdout
    assert "shed: cannot reach ssh://pi@127.0.0.1:1" in report
    assert "kitchen, 1 thread" in report


def test_json_is_one_document(edgekit, fleet: Path) -> None:
    document = edgekit("doctor", "--fleet", "hosts.toml", "--json", "--quiet", code=3).document
    assert (document["schema"], document["verb"], document["failed"]) == ("edgekit.fleet/1", "doctor", 1)
    assert [each["result"] and each["result"]["schema"] for each in document["devices"]] == [
        "edgekit.doctor/1", "edgekit.doctor/1", None,
    ]  # fmt: skip


def test_ctrl_c_leaves_all_boards_in_order(edgekit, fleet: Path, board: LoopbackBoard, resnet: Path) -> None:
    command = ["env", "--default-signal=INT", edgekit.program, "benchmark", resnet, "--fleet", "hosts.toml"]
    running = subprocess.Popen(
        [*map(str, command), "--min-seconds", "300", "-o", "fleet.json"],
        cwd=edgekit.folder,
        env=edgekit.environment({"PATH": os.environ["PATH"]}),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    end = time.monotonic() + 60
    while sum("edgekit_agent.py" in line for line in board.processes().values()) < 2:
        assert time.monotonic() < end
        assert running.poll() is None, running.communicate()
        time.sleep(0.05)
    running.send_signal(signal.SIGINT)
    stdout, stderr = running.communicate(timeout=60)
    assert (running.returncode, stdout) == (130, "")
    assert stderr.endswith("edgekit: interrupted (SIGINT); nothing half-written was left behind\n")
    assert not (edgekit.folder / "fleet.json").exists()
    assert board.processes() == {}


def test_what_is_given_wrongly(edgekit, resnet: Path) -> None:
    (edgekit.folder / "empty.toml").write_text("")
    assert edgekit.refuse("verify", resnet, "--fleet", "empty.toml").sentence == "fleet empty.toml names no device"
    assert edgekit.refuse("doctor").sentence == "no device is named"
    twice = edgekit.refuse("benchmark", resnet, "--device", "local", "--device", "local")
    assert twice.sentence == "the address local is there twice"
    assert "fleet gone.toml does not exist" in edgekit.refuse("benchmark", resnet, "--fleet", "gone.toml").sentence
