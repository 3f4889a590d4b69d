"""A whole measurement on a board behind ssh: what it says, and how each fault ends it."""

from __future__ import annotations

import json
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from edgekit.testing import LoopbackBoard


@pytest.fixture
def board(
    missing: Callable[[str], None], tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> Iterator[LoopbackBoard]:
    if lacking := LoopbackBoard.missing():
        missing(", ".join(lacking))
    with LoopbackBoard(tmp_path_factory.mktemp("board"), python=[sys.executable]) as board:
        monkeypatch.setenv("PATH", board.path)
        yield board
        assert board.processes() == {}
        assert list((board.home / ".cache" / "edgekit" / "work").iterdir()) == []


def python_is(board: LoopbackBoard, body: str) -> None:
    (board.login.parent / "bin" / "python3").write_text(f"#!/bin/sh\n{body}\n")


def test_a_benchmark_and_what_is_left(edgekit, board: LoopbackBoard, resnet: Path) -> None:
    edgekit("benchmark", resnet, "--device", board.address, "--runs", "5", "--min-seconds", "0", "-o", "run.json")
    run = json.loads((edgekit.folder / "run.json").read_text())
    assert run["device"] == board.address
    assert len(run["runs"][0]["steady"]["samples_ms"]) >= 5
    names = {path.parent.name for path in (board.home / ".cache").rglob("*") if path.is_file()}
    assert names == {"files"}


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        ("exit 127", "there is no python3 on "),
        ("echo 'SyntaxError: invalid syntax' >&2; exit 1", "the agent ended with code 1 on "),
        ("kill -ILL $$", "ended by SIGILL before it touched the model: the processor lacks an instruction"),
        ("kill -KILL $$", "ended by SIGKILL before it touched the model: most likely the memory of the device ran out"),
        ("echo garbage; echo '{' >result.json", "is not the agent of this edgekit: it left no result"),
        ('echo \'{"protocol": 99, "stage": "done"}\' >result.json', "its protocol is 99, not 1"),
    ],
)
def test_what_a_board_may_have_for_python(
    edgekit, board: LoopbackBoard, resnet: Path, body: str, sentence: str
) -> None:
    python_is(board, body)
    ended = edgekit.refuse("benchmark", resnet, "--device", board.address, code=3)
    assert sentence in ended.sentence
    assert board.address in ended.sentence
    assert ended.hint
    python_is(board, f'exec {sys.executable} "$@"')
    edgekit("benchmark", resnet, "--device", board.address, "--runs", "1", "--min-seconds", "0")


def test_a_link_cut_in_the_middle_of_a_run(edgekit, board: LoopbackBoard, resnet: Path) -> None:
    def cut_when_the_agent_runs() -> None:
        while not any("edgekit_agent.pyz" in line for line in board.processes().values()):
            time.sleep(0.02)
        board.cut()

    thread = threading.Thread(target=cut_when_the_agent_runs)
    thread.start()
    arguments = ("benchmark", resnet, "--device", board.address, "--min-seconds", "25", "-o", "run.json")
    ended = edgekit.refuse(*arguments, code=3)
    thread.join()
    assert f"the link to {board.address} was cut" in ended.sentence
    end = time.monotonic() + 30
    while board.processes():
        assert time.monotonic() < end
        time.sleep(0.05)


def test_a_host_that_is_an_option_is_refused(edgekit, resnet: Path) -> None:
    ended = edgekit.refuse("benchmark", resnet, "--device", "ssh://-oProxyCommand=touch${IFS}ran")
    assert "is no host's name" in ended.sentence
