"""Fine-tuning of the artifact held against tfmot's quantization-aware training."""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from compression_study import SEEDS
from lines import Place

import edgekit

_SCRIPT = Path(__file__).with_name("tfmot_qat.py")
_NEEDED = ("tf_keras", "tensorflow_model_optimization")
_EPOCHS, _QUICK = 10, 1
"""10 are the 400 steps that fine-tuning takes of itself on so many photos."""


def qat(place: Place) -> Iterator[str]:
    """The study's network in int8 by ``convert --finetune`` and by tfmot's QAT, on the same labelled photos (1,653)."""
    lacking = [name for name in _NEEDED if not importlib.util.find_spec(name)]
    if lacking:
        yield f"lacks {', '.join(lacking)}: pip install 'edgekit[tfmot]'"
        return
    folder = place.study_network(SEEDS[0])
    epochs = _QUICK if place.quick else _EPOCHS
    model, train, test = (folder / name for name in ("study.keras", "train.npz", "test.npz"))
    others = place.folder / "qat.plain.tflite", place.folder / "qat.tuned.tflite", folder / "study.tflite"
    plain, tuned, unquantized = others
    start = time.perf_counter()
    edgekit.convert(model, plain, precision="int8", calibration=train, samples=2000)
    middle = time.perf_counter()
    record = edgekit.convert(
        model, tuned, precision="int8", calibration=train, samples=2000, finetune=True, epochs=epochs
    ).artifact.provenance.finetuning
    # Both convert; the second trains on top of that.
    seconds = time.perf_counter() - middle - (middle - start)
    made = place.folder / "qat.tfmot.tflite"
    command = [sys.executable, "-W", "ignore", _SCRIPT, model, train, test, str(epochs), made, *others]
    told = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()[-1])
    kept = "" if record is not None and record.kept else " (not kept)"
    yield f"{'file':32} {'accuracy':>8} {'loss':>7} {'bytes':>9} {'training':>8}"
    for way, path, spent in (
        ("float32", unquantized, None),
        ("int8, post-training", plain, None),
        (f"int8, convert --finetune{kept}", tuned, seconds),
        ("int8, tfmot's QAT", made, told["seconds"]),
    ):
        seen, tail = told["files"][path.name], "" if spent is None else f" {spent:6.0f} s"
        yield f"{way:32} {seen['right']:8.2%} {seen['loss']:7.4f} {path.stat().st_size:9,}{tail}"
    yield f"each trained for {epochs} epochs"
