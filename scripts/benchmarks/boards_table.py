"""What the runner adds on boards: to an inference on an emulated one, and to a run over SSH."""

from __future__ import annotations

import contextlib
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from lines import Place
from promises import Missed

import edgekit
from edgekit.agent.job import PROTOCOL
from edgekit.runner.packing import pack_agent
from edgekit.testing import LoopbackBoard

_STEADY_LIMIT = 1.02
_SSH_LIMIT_S = 2.0


def boards(place: Place) -> Iterator[str | Missed]:
    """An inference against a bare loop on ``emulated:rpi4``, in instructions; what SSH adds to the agent alone."""
    yield _emulated(place)
    lacking = LoopbackBoard.missing()
    yield f"ssh: lacks {', '.join(lacking)}" if lacking else _ssh(place)


def _emulated(place: Place) -> str | Missed:
    model = place.model("ic_resnet8_int8.tflite")
    with contextlib.closing(edgekit.connect("emulated:rpi4")) as device:
        counted = edgekit.benchmark(model, device=device, count=True, first_timeout=120).best.instruction_count
        device.push(Path(__file__).with_name("bare_count.py"), "bare_count.py")
        device.push(model, "bare.tflite")
        told = device.execute(["python3", "bare_count.py", "bare.tflite"], timeout=300)
    if counted is None or told.returncode != 0:
        return Missed(f"emulated:rpi4 counted nothing: {told.stderr}")
    bare = float(told.stdout)
    row = f"emulated:rpi4: {counted.value:,.0f} instructions, bare loop {bare:,.0f}, ratio {counted.value / bare:.4f}"
    return row if counted.value / bare <= _STEADY_LIMIT else Missed(row)


def _ssh(place: Place) -> str | Missed:
    model = place.model("ic_resnet8_int8.tflite")
    choices = {"runs": 50, "min_seconds": 1.0, "seed": 0, "timeout": 60.0, "first_timeout": 30.0}
    by_hand = place.folder / "by-hand"
    by_hand.mkdir()
    pack_agent(by_hand / "agent.pyz")
    (by_hand / "model.tflite").write_bytes(model.read_bytes())
    job = {
        "protocol": PROTOCOL, "task": "measure", "model": "model.tflite", "threads": 1, "max_seconds": 30.0,
        "count": False, "model_sha256": edgekit.inspect(model).sha256, **choices,
    }  # fmt: skip
    (by_hand / "job.json").write_text(json.dumps(job))
    added = []
    with LoopbackBoard(place.folder / "board", python=[sys.executable]) as board, _path(board.path):
        for _ in range(place.pairs(7, 3) + 1):
            command = [sys.executable, "agent.pyz", "job.json", "result.json"]
            begin = time.perf_counter()
            subprocess.run(command, cwd=by_hand, check=True)
            half = time.perf_counter()
            edgekit.benchmark(model, device=board.address, retries=0, **choices)
            added.append(time.perf_counter() - half - (half - begin))
    # The first fills the board's cache.
    middle, least, most = statistics.median(added[1:]), min(added[1:]), max(added[1:])
    row = f"ssh: a benchmark adds {middle:.2f} s to the agent ({least:.2f} to {most:.2f})"
    return row if middle <= _SSH_LIMIT_S else Missed(row)


@contextlib.contextmanager
def _path(path: str) -> Iterator[None]:
    before = os.environ["PATH"]
    os.environ["PATH"] = path
    try:
        yield
    finally:
        os.environ["PATH"] = before
