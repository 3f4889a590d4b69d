"""A board whose Python, clock or names are odd, through the command line: exit code, sentence, next step."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path

import numpy as np
import pytest

from edgekit.testing import LoopbackBoard

_RUN = "sys.argv = sys.argv[1:]; import runpy; runpy.run_path(sys.argv[0], run_name='__main__')"
_HIDDEN = "import sys; sys.modules['ai_edge_litert'] = None"
_OLD = f"import sys; sys.version_info = (3, 7, 3, 'final', 0); {_RUN}"
_NO_INTERPRETER = f"{_HIDDEN}; {_RUN}"
# What tflite-runtime 2.14 does beside numpy 2: it is imported, and fails when a model is loaded.
_NUMPY_1 = f"""
{_HIDDEN}
import types
def interpreter(**_):
    cause = ImportError("numpy.core.multiarray failed to import")
    raise SystemError("returned a result with an exception set") from cause
module = types.ModuleType("tflite_runtime.interpreter")
module.Interpreter = interpreter
sys.modules["tflite_runtime"] = types.ModuleType("tflite_runtime")
sys.modules["tflite_runtime.interpreter"] = module
{_RUN}
"""
_CLOCK = f"""
import sys, time
now = [time.time()]
def earlier():
    now[0] -= 3600
    return now[0]
time.time = earlier
time.time_ns = lambda: int(earlier() * 1e9)
{_RUN}
"""


def python_runs(board: LoopbackBoard, program: str) -> None:
    (board.login.parent / "bin" / "python3").write_text(
        f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -c {shlex.quote(program)} "$@"\n'
    )


def test_a_python_that_lacks_something(edgekit, board: LoopbackBoard, resnet: Path) -> None:
    prepare = f"edgekit devices prepare {board.address}, which takes a Python 3.9 or newer there"
    for program, sentence, hint in (
        (_OLD, f"python3 on {board.address} is too old: it is Python 3.7", "install Python 3.9 or newer there"),
        (_NO_INTERPRETER, f"python3 on {board.address} has no runtime: ai-edge-litert: ", prepare),
        (_NUMPY_1, f"was built for numpy 1, and numpy {np.__version__} is installed", prepare),
    ):
        python_runs(board, program)
        ended = edgekit.refuse("benchmark", resnet, "--device", board.address, code=3)
        assert sentence in ended.sentence
        assert board.address in ended.sentence
        assert ended.hint == hint
    # The same command, when it is mended; that the clock is set back meanwhile changes nothing.
    python_runs(board, _CLOCK)
    run = edgekit(
        "benchmark", resnet, "--device", board.address, "--runs", "3", "--min-seconds", "0", "--json"
    ).document
    assert min(run["runs"][0]["steady"]["samples_ms"]) > 0
    assert run["runs"][0]["init_ms"] > 0


@pytest.mark.parametrize("name", ["$(touch ran)`touch ran`", "a b'c\"d;touch ran&-rf --help|touch ran"])
def test_a_hostile_name_executes_nothing(edgekit, board: LoopbackBoard, resnet: Path, name: str) -> None:
    model = edgekit.folder / f"{name}.tflite"
    model.write_bytes(resnet.read_bytes())
    arguments = ["--device", board.address, "--runs", "1", "--min-seconds", "0", "-o", f"{name}.json"]
    edgekit("benchmark", f"./{name}.tflite", *arguments)
    assert sorted(path.name for path in edgekit.folder.iterdir()) == sorted([model.name, f"{name}.json"])
    assert list(board.home.rglob("ran")) == []
    assert [path.name for path in board.home.iterdir()] == [".cache"]
