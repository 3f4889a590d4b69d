"""Standard output and standard error in all conditions: closed, full, read by nobody, a terminal."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest


def _shell(edgekit, script: str, *arguments: object, **env: str):
    return edgekit.run(["bash", "-c", script, "bash", edgekit.program, *arguments], env=env)


@pytest.mark.parametrize("unbuffered", ["", "1"])
@pytest.mark.parametrize(
    "arguments",
    [
        ["--help"],
        ["convert", "--help"],
        ["profiles"],
        ["profiles", "--json"],
        ["inspect", "m.tflite", "--ops"],
        ["check", "m.tflite", "--profile", "rpi4", "--json"],
        ["inspect", "gone.tflite", "--json"],
    ],
    ids=" ".join,
)
def test_a_closed_pipe_is_no_error(edgekit, resnet: Path, arguments: list[str], unbuffered: str) -> None:
    (edgekit.folder / "m.tflite").symlink_to(resnet)
    script = '"$@" | head -c 0; exit "${PIPESTATUS[0]}"'
    ended = _shell(edgekit, script, *arguments, PYTHONUNBUFFERED=unbuffered)
    assert ended.code == 141
    # An error is told even so.
    assert ("gone.tflite does not exist" in ended.stderr) is ("gone.tflite" in arguments)
    assert ended.stderr == "" or "gone.tflite" in arguments


@pytest.mark.parametrize("arguments", [["--help"], ["profiles"], ["profiles", "--json"]], ids=" ".join)
def test_an_output_that_takes_nothing_more(edgekit, arguments: list[str]) -> None:
    ended = _shell(edgekit, '"$@" > /dev/full', *arguments)
    assert ended.code == 2
    assert ended.sentence == "cannot write to standard output: No space left on device"
    assert ended.hint == "look at where it is redirected to"


def test_an_error_document_that_cannot_be_written(edgekit) -> None:
    ended = _shell(edgekit, '"$@" > /dev/full', "inspect", "gone.tflite", "--json")
    assert ended.code == 2
    assert "edgekit: error: gone.tflite does not exist" in ended.stderr
    assert "edgekit: error: cannot write to standard output: No space left on device" in ended.stderr


def test_streams_that_are_closed_from_the_start(edgekit, resnet: Path) -> None:
    ended = _shell(edgekit, '"$@" <&- >&- 2>&-', "convert", resnet, "-o", "m.tflite")
    assert (ended.code, ended.stdout, ended.stderr) == (0, "", "")
    assert {path.name for path in edgekit.folder.iterdir()} == {"m.tflite", "m.tflite.json", "m.tflite.golden.npz"}
    assert edgekit("inspect", "m.tflite", "--json").document["precision"] == "dynamic_int8"
    assert _shell(edgekit, '"$@" <&- >&- 2>&-', "convert", "gone").code == 2


def test_progress_that_nobody_takes_stops_no_work(edgekit, resnet: Path) -> None:
    ended = _shell(edgekit, '"$@" 2> /dev/full', "convert", resnet, "--json")
    assert ended.code == 0
    assert ended.document["artifacts"][0]["path"] == "ic_resnet8_float32.dynamic_int8.tflite"


def test_a_pipe_gets_whole_lines_without_blanks_at_their_ends(edgekit, resnet: Path) -> None:
    shown = edgekit("check", resnet, "--profile", "rpi4", env={"COLUMNS": "30"}).stdout
    lines = shown.splitlines()
    assert len([line for line in lines if line.startswith(("pass ", "unknown ", "unknown, likely "))]) == 5
    assert [line for line in lines if line.endswith(" ")] == []
    assert max(map(len, lines)) > 150


def test_a_terminal_that_knows_no_accents(edgekit, resnet: Path) -> None:
    (edgekit.folder / "é.tflite").symlink_to(resnet)
    ascii_only = {"PYTHONIOENCODING": "ascii"}
    assert "\\xe9.tflite: float32" in edgekit("inspect", "é.tflite", env=ascii_only).stdout
    # JSON is not made of what a terminal knows.
    assert edgekit("inspect", "é.tflite", "--json", env=ascii_only).document["path"] == "é.tflite"


def test_a_terminal_gets_a_bar_and_then_the_result_alone(edgekit, resnet: Path, pixels: Path) -> None:
    ours, theirs = os.openpty()
    command = [edgekit.program, "convert", resnet, "-c", pixels, "-o", "m.tflite", "--json"]
    with subprocess.Popen(
        command,
        cwd=edgekit.folder,
        env={**edgekit.environment(), "TERM": "xterm"},
        stdout=subprocess.PIPE,
        stderr=theirs,
    ) as process:
        os.close(theirs)
        shown = b""
        # The kernel says EIO when the last writer is gone.
        while chunk := _read(ours):
            shown += chunk
        assert process.stdout is not None
        assert process.stdout.read().startswith(b'{\n  "schema": "edgekit.conversion/1"')
    os.close(ours)
    assert process.returncode == 0
    assert b"calibrating" in shown
    assert b"20/20" in shown
    # The last thing is that the line of the bar is erased.
    assert shown.rstrip(b"\r\n").endswith(b"\x1b[2K") or shown.endswith(b"\x1b[?25h")


def _read(descriptor: int) -> bytes:
    try:
        return os.read(descriptor, 65536)
    except OSError:
        return b""
