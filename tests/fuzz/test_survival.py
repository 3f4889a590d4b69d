"""Damaged files: edgekit neither crashes nor hangs on them, and says what it thinks of them with exit 0, 1 or 2.

Each test runs its seeds in one child process, so several tests run side by side. See a file of a failing seed with
``python tests/fuzz/mutations.py DATA SEED FILE.tflite``.
"""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

_INSPECTED, _BENCHMARKED = range(0, 2000, 250), range(10_000, 10_300, 50)

pytestmark = pytest.mark.slow


def _survive(verb: str, data: Path, *, first: int, count: int) -> Counter[int]:
    """Return how often each exit code came."""
    script = Path(__file__).with_name("survival.py")
    done = subprocess.run(
        [sys.executable, script, verb, data, str(first), str(count)], capture_output=True, text=True, check=False
    )
    lines: list[dict[str, Any]] = [json.loads(line) for line in done.stdout.splitlines()]
    begun, ended = lines[::2], lines[1::2]
    if len(ended) < count:
        death = signal.Signals(-done.returncode).name if done.returncode < 0 else f"code {done.returncode}"
        last = begun[-1] if begun else "before the first file"
        pytest.fail(f"edgekit {verb} ended its process with {death} (SIGALRM: it hung) at {last}\n{done.stderr}")
    faults = [f"{what}: {end['fault']}" for what, end in zip(begun, ended, strict=True) if end["fault"]]
    if faults:
        pytest.fail(f"edgekit {verb} ended badly on {len(faults)} files:\n" + "\n".join(faults))
    assert [line["seed"] for line in begun] == list(range(first, first + count))
    return Counter(end["code"] for end in ended)


@pytest.mark.parametrize("first", _INSPECTED)
def test_inspect_survives_damaged_files(shared_data: Path, first: int) -> None:
    codes = _survive("inspect", shared_data, first=first, count=_INSPECTED.step)
    # Enough of the damage goes deep, and enough of it is noticed.
    assert set(codes) == {0, 2}
    assert min(codes.values()) > _INSPECTED.step // 4


@pytest.mark.parametrize("first", _BENCHMARKED)
def test_benchmark_survives_damaged_files(shared_data: Path, first: int) -> None:
    codes = _survive("benchmark", shared_data, first=first, count=_BENCHMARKED.step)
    # Some run as if nothing had happened, some only the runtime refuses or dies of, some are refused unrun.
    assert set(codes) == {0, 1, 2}
    assert min(codes.values()) >= _BENCHMARKED.step // 20


def test_a_seed_gives_the_same_file_again(shared_data: Path, tmp_path: Path) -> None:
    script = Path(__file__).with_name("mutations.py")
    told = []
    for name in ("one", "two"):
        done = subprocess.run(
            [sys.executable, script, shared_data, "42", tmp_path / name], capture_output=True, text=True, check=True
        )
        told.append(done.stdout)
    assert told[0] == told[1] != ""
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()
