"""The examples run as they stand, in a small form."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

_EXAMPLES = Path(__file__).resolve().parents[2] / "examples"


@pytest.mark.slow
def test_channel_pruning(tmp_path: Path) -> None:
    command = [sys.executable, str(_EXAMPLES / "channel_pruning.py"), str(tmp_path), "--epochs", "1"]
    told = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()
    assert told[0] == "half.keras: 1131 samples to train on, 126 to validate, 0 to test"
    assert [line.split()[-4] for line in told[1:8]] == [told[1].split()[-4]] * 3 + [told[4].split()[-4]] * 4
    assert told[8].startswith("1 channel-prune: in int8: size x0.")
    assert (tmp_path / "half.keras").exists()
