"""What fine-tuning buys: the study's network, and networks that plain int8 breaks."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from lines import Place
from promises import Missed

import edgekit

_HERE = Path(__file__).resolve().parent
_BROKEN_SCRIPT = _HERE.parents[1] / "tests" / "broken_models.py"
_BROKEN = ("silu", "concatenation", "wide_channel", "tiny_softmax", "wide_final_layer", "outlier", "per_tensor_weights")
_QUICK = ("concatenation", "outlier")
_POINT, _BYTES, _SECONDS = 0.01, 0.75, 60.0
"""On the study's network: what may be lost against float, the size of int8x4 as a share of int8's, and the time."""


def finetune(place: Place) -> Iterator[str]:
    """Fine-tuning without labels, on photos that nothing was trained on (418): post-training against fine-tuned."""
    yield f"{'network':18} {'precision':9} {'float':>6} {'before':>7} {'after':>7} {'SNR':>16} {'bytes':>8} {'time':>6}"
    if not place.quick:
        yield from _study(place)
    folder = place.folder / "broken-finetune"
    folder.mkdir()
    subprocess.run(
        [sys.executable, _BROKEN_SCRIPT, folder, place.data / "sign_language_digits"], check=True, capture_output=True
    )
    for name in _QUICK if place.quick else _BROKEN:
        samples = folder / ("outlier.npy" if name == "outlier" else "calibration.npy")
        before, after, seconds = _both(
            folder / f"{name}.tflite", "int8", samples, folder / "test.npz", samples_check=False
        )
        line = _line(name, before, after, seconds)
        yield line if _right(after) >= _right(before) else Missed(line)


def _study(place: Place) -> Iterator[str]:
    folder = place.folder / "study"
    folder.mkdir()
    script = _HERE / "study_network.py"
    subprocess.run(
        [sys.executable, script, folder, place.data / "sign_language_digits"], check=True, capture_output=True
    )
    with np.load(folder / "train.npz") as archive:
        # Without the labels: what is shown is what fine-tuning does without them.
        np.save(folder / "train.npy", archive["photo"])
    sizes = {}
    for precision in ("int8", "int8x4"):
        before, after, seconds = _both(
            folder / "study.tflite", precision, folder / "train.npy", folder / "test.npz", samples=2000
        )
        sizes[precision] = after.size_bytes
        line = _line("study", before, after, seconds)
        accuracy = after.provenance.accuracy
        met = accuracy.reference.value - accuracy.accuracy.value <= _POINT and seconds <= _SECONDS
        yield line if met else Missed(line)
    line = f"int8x4 takes {sizes['int8x4'] / sizes['int8']:.2f} of the bytes of int8 (limit {_BYTES})"
    yield line if sizes["int8x4"] <= _BYTES * sizes["int8"] else Missed(line)


def _both(
    model: Path, precision: str, samples: Path, test: Path, **choices: object
) -> tuple[edgekit.Artifact, edgekit.Artifact, float]:
    """Return the artifact by post-training, the fine-tuned one, and the seconds that fine-tuning added."""
    made, seconds = [], []
    for tuned in (False, True):
        start = time.perf_counter()
        output = model.with_name(f"{model.stem}.{precision}.{'tuned' if tuned else 'plain'}.tflite")
        made.append(
            edgekit.convert(
                model, output, precision=precision, calibration=samples, evaluate=test, finetune=tuned, **choices
            ).artifact
        )
        seconds.append(time.perf_counter() - start)
    return made[0], made[1], seconds[1] - seconds[0]


def _right(artifact: edgekit.Artifact) -> float:
    return artifact.provenance.accuracy.accuracy.value


def _line(name: str, before: edgekit.Artifact, after: edgekit.Artifact, seconds: float) -> str:
    record = after.provenance.finetuning
    snr = f"{record.before.snr_db:.1f} -> {record.after.snr_db:.1f} dB"
    return (
        f"{name:18} {after.precision:9} {after.provenance.accuracy.reference.value:6.1%} {_right(before):7.1%} "
        f"{_right(after):7.1%} {snr:>16} {after.size_bytes:8,} {seconds:4.0f} s{'' if record.kept else '  not kept'}"
    )
