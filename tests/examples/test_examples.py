"""The examples run as they stand, in a small form."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest

import edgekit

_EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
# TensorFlow's import is most of what they cost, so they have it together.
_ALL = """
import json, runpy, sys
for arguments in json.loads(sys.argv[1]):
    sys.argv = arguments
    runpy.run_path(arguments[0], run_name="__main__")
"""


@pytest.mark.slow
def test_channel_pruning_the_full_chain_and_a_network_of_keras_applications(tmp_path: Path) -> None:
    runs = [
        [str(_EXAMPLES / f"{name}.py"), str(tmp_path), *more]
        for name, *more in (
            ("channel_pruning", "--epochs", "1"),
            ("full_chain", "--epochs", "1"),
            # Building a training step of 150 layers takes longer than all the rest: Keras is trusted to train.
            ("applications", "--epochs", "0", "--size", "32"),
        )
    ]
    command = [sys.executable, "-c", _ALL, json.dumps(runs)]
    whole = subprocess.run(
        command, capture_output=True, text=True, check=True, env={**os.environ, "PYTHONPATH": str(_EXAMPLES)}
    )
    *told, network = whole.stdout.splitlines()
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

    assert re.fullmatch(r"mobilenet\.keras: \d+\.\d% right of 540 unseen digits", network)
    with zipfile.ZipFile(tmp_path / "mobilenet.keras") as archive:
        assert '"Conv_1_bn"' in archive.read("config.json").decode()
    for name, count in (("train", 1257), ("test", 540)):
        with np.load(tmp_path / f"{name}.npz") as samples:
            assert samples["image"].shape == (count, 32, 32, 3)
            assert (samples["image"].min(), samples["image"].max()) == (-1.0, 1.0)
            assert samples["labels"].shape == (count,)
    recipe = edgekit.CompressionRecipe.load(_EXAMPLES / "chain.toml")
    assert [stage.kind for stage in recipe.stages] == ["channel-prune", "finetune", "quantize-finetune"]
