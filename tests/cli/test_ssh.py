"""A whole measurement on a board behind ssh: what it says, and how each fault ends it."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest

from edgekit.agent.job import PROTOCOL
from edgekit.inspection import inspect
from edgekit.progress import silent
from edgekit.runner.evaluation.checkpoint import Subject, digest_of, usual_place
from edgekit.runner.evaluation.labelled_data import gathered
from edgekit.testing import LoopbackBoard, until


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
        ('echo \'{"protocol": 99, "stage": "done"}\' >result.json', f"its protocol is 99, not {PROTOCOL}"),
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


@pytest.fixture
def scores(edgekit) -> Path:
    """A file of one operator that takes two numbers and gives them as the scores of two classes."""
    from ai_edge_litert import schema_py_generated as schema
    from ai_edge_litert.tools import flatbuffer_utils

    made = schema.ModelT()
    made.version, made.description, made.buffers = 3, b"by hand", [schema.BufferT()]
    code = schema.OperatorCodeT()
    code.builtinCode = code.deprecatedBuiltinCode = schema.BuiltinOperator.ABS
    made.operatorCodes = [code]
    graph, operator = schema.SubGraphT(), schema.OperatorT()
    graph.tensors = []
    for name in (b"given", b"scores"):
        tensor = schema.TensorT()
        tensor.name, tensor.type, tensor.shape, tensor.buffer = name, schema.TensorType.FLOAT32, [1, 2], 0
        graph.tensors.append(tensor)
    graph.inputs, graph.outputs, operator.inputs, operator.outputs = [0], [1], [0], [1]
    graph.operators, made.subgraphs = [operator], [graph]
    path = edgekit.folder / "scores.tflite"
    path.write_bytes(flatbuffer_utils.convert_object_to_bytearray(made))
    return path


@pytest.fixture
def data(edgekit) -> Path:
    """1200 samples for it, of which nine of ten are labelled right: three pieces."""
    given = np.random.default_rng(0).random((1200, 2), np.float32)
    labels = given.argmax(axis=1)
    labels[::10] ^= 1
    np.savez(edgekit.folder / "data.npz", given=given, labels=labels)
    return edgekit.folder / "data.npz"


@pytest.mark.parametrize("ending", ["the link is cut", "SIGINT"])
def test_an_evaluation_goes_on_after_a_break(
    edgekit, board: LoopbackBoard, scores: Path, data: Path, ending: str
) -> None:
    runs = board.home / "runs"
    python_is(board, f'echo run >>"{runs}"; [ $(wc -l <"{runs}") = 2 ] && sleep 600\nexec {sys.executable} "$@"')
    command = ["evaluate", scores, "--data", data, "--device", board.address]
    env = {"XDG_CACHE_HOME": str(edgekit.folder.parent)}
    kept = edgekit.folder.parent / "edgekit" / "evaluations"
    running = subprocess.Popen(
        [str(part) for part in ("env", "--default-signal=INT", edgekit.program, *command)],
        cwd=edgekit.folder,
        env=edgekit.environment(env),
        stdin=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    with running:
        until(lambda: any("sleep 600" in line for line in board.processes().values()), seconds=60)
        if ending == "SIGINT":
            running.send_signal(signal.SIGINT)
        else:
            board.cut()
        _, stderr = running.communicate(timeout=60)
    (place,) = kept.iterdir()
    if ending == "SIGINT":
        assert running.returncode == 130
    else:
        assert running.returncode == 3
        assert f"edgekit: error: the link to {board.address} was cut\n" in stderr
        told = f"; 500 of 1200 samples are answered and kept in {place}: the same command goes on from there\n"
        assert stderr.endswith(told)
    again = edgekit(*command, "--json", env=env)
    assert f"edgekit: going on from {place}, with 500 of 1200 samples answered\n" in again.stderr
    assert (again.document["correct"], again.document["total"]) == (1080, 1200)
    assert again.document["notes"] == [f"the answers are those of {board.address}"]
    # One before the break, the one that it hit, and two for what was left.
    assert runs.read_text() == "run\n" * 4
    assert list(kept.iterdir()) == []
    assert edgekit.processes() == []


def test_a_damaged_checkpoint_that_nobody_named_is_told_and_left_out(
    edgekit, board: LoopbackBoard, scores: Path, data: Path
) -> None:
    python_is(board, "exit 127")
    env = {"XDG_CACHE_HOME": str(edgekit.folder.parent)}
    command = ["evaluate", scores, "--data", data, "--device", board.address, "--json"]
    # Where it would be: the place follows from what is evaluated.
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("XDG_CACHE_HOME", env["XDG_CACHE_HOME"])
        arrays = np.load(data)
        with gathered(dict(arrays), inputs=inspect(scores).inputs, recipe=None, progress=silent) as samples:
            digest = digest_of(samples.files, samples.labels)
        place = usual_place(Subject(board.address, (inspect(scores).sha256,), digest, 1200, 1, None))
    place.write_text("{}")
    ended = edgekit.refuse(*command, env=env, code=3)
    assert f"edgekit: what was kept is not used: {place} is no checkpoint of an evaluation: " in ended.stderr
    assert not place.exists()


def test_a_host_that_is_an_option_is_refused(edgekit, resnet: Path) -> None:
    ended = edgekit.refuse("benchmark", resnet, "--device", "ssh://-oProxyCommand=touch${IFS}ran")
    assert "is no host's name" in ended.sentence
