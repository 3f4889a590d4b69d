"""The examples run as they stand, in a small form."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import edgekit

_EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
# TensorFlow's import is most of what they cost, so they have it together.
_BOTH = """
import json, runpy, sys
for arguments in json.loads(sys.argv[1]):
    sys.argv = arguments
    runpy.run_path(arguments[0], run_name="__main__")
"""


@pytest.mark.slow
def test_channel_pruning_and_the_full_chain(tmp_path: Path) -> None:
    runs = [
        [str(_EXAMPLES / f"{name}.py"), str(tmp_path), "--epochs", "1"] for name in ("channel_pruning", "full_chain")
    ]
    command = [sys.executable, "-c", _BOTH, json.dumps(runs)]
    whole = subprocess.run(
        command, capture_output=True, text=True, check=True, env={**os.environ, "PYTHONPATH": str(_EXAMPLES)}
    )
    told = whole.stdout.splitlines()
    assert told[0] == "half.keras: 1131 samples to train on, 126 to validate, 540 given apart to test"
    assert [line.split()[-4] for line in told[1:8]] == [told[1].split()[-4]] * 3 + [told[4].split()[-4]] * 4
    assert told[8].startswith("1 channel-prune: in int8: size x0.")
    assert (tmp_path / "half.keras").exists()

    chain = told[-20:]
    start = next(place for place, line in enumerate(chain) if line.startswith("original "))
    before, after, measured = chain[start : start + 3]
    macs = [int(line.partition(" MACs")[0].split()[-1].replace(",", "")) for line in (before, after)]
    assert macs[1] <= 0.5 * macs[0]
    assert after.startswith("3 quantize-finetune")
    assert measured.startswith("chain.int8.tflite on local: ")
    assert edgekit.inspect(tmp_path / "chain.int8.tflite").macs == macs[1]
