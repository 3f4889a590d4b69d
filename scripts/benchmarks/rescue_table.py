"""Networks that plain int8 breaks, each for another reason, and what precision ``auto`` makes of them."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from lines import Place
from promises import Missed

import edgekit

_SCRIPT = Path(__file__).resolve().parents[2] / "tests" / "broken_models.py"
_ALL = ("silu", "concatenation", "wide_channel", "tiny_softmax", "wide_final_layer", "outlier", "per_tensor_weights")
_LOSS, _BROKEN_DB = 0.05, 15.0
"""What plain int8 loses, or falls below, where it breaks a network."""
_LEFT, _OPERATORS, _BYTES = 0.01, 0.25, 0.30
"""What ``auto`` may still lose then, and what it may take: a share of operators outside of int8, or of bytes more."""
_QUICK = ("concatenation", "wide_channel", "outlier")


def rescue(place: Place) -> Iterator[str]:
    """Networks with a planted cause: plain int8, and what precision auto makes of it (1 point allowed, 418 photos)."""
    folder = place.folder / "broken"
    folder.mkdir()
    # In the quick form those that need no training of their own.
    names = _QUICK if place.quick else _ALL
    command = [sys.executable, _SCRIPT, folder, place.data / "sign_language_digits", *names]
    subprocess.run(command, capture_output=True, check=True)
    yield (
        f"{'network':18} {'float':>6} {'int8':>7} {'SNR':>8} {'auto':>7} {'SNR':>8} {'not int8':>9} {'bytes':>7} "
        f"{'rungs':>5} {'files':>5} {'time':>5}  kept"
    )
    for name in names:
        yield _row(folder, name)
    if not place.quick:
        yield _half(folder)


def _row(folder: Path, name: str) -> str:
    plain, plain_s = _timed(folder, name, precision="int8")
    auto, auto_s = _timed(folder, name, precision="auto", max_drop=1)
    ladder, before, after = auto.provenance.ladder, plain.provenance, auto.provenance
    kept = ladder.kept
    lost, left = (each.accuracy.reference.value - each.accuracy.accuracy.value for each in (before, after))
    more = auto.size_bytes / plain.size_bytes - 1
    cheap = kept.outside_int8 <= _OPERATORS * kept.operators or more <= _BYTES
    broken = lost > _LOSS or before.fidelity.snr_db < _BROKEN_DB
    row = Missed if broken and not (left <= _LEFT and cheap) else str
    return row(
        f"{name:18} {before.accuracy.reference.value:6.1%} {before.accuracy.accuracy.value:7.1%} "
        f"{before.fidelity.snr_db:5.1f} dB {after.accuracy.accuracy.value:7.1%} {after.fidelity.snr_db:5.1f} dB "
        f"{f'{kept.outside_int8} of {kept.operators}':>9} {more:+7.1%} "
        f"{len(ladder.rungs):5} {ladder.files_made:5} {auto_s / plain_s:4.1f}x  {kept.what}"
    )


def _half(folder: Path) -> str:
    auto, _ = _timed(folder, "tiny_softmax", precision="auto", prefer="size", max_drop=4)
    size = auto.size_bytes / (folder / "tiny_softmax.tflite").stat().st_size
    accuracy = auto.provenance.accuracy
    share = accuracy.accuracy.value / accuracy.reference.value
    return (
        f"tiny_softmax, prefer size, 4 points allowed: {size:.0%} of the size at {share:.1%} of the accuracy "
        f"({auto.provenance.ladder.kept.what})"
    )


def _timed(folder: Path, name: str, **choices: object) -> tuple[edgekit.Artifact, float]:
    start = time.perf_counter()
    made = edgekit.convert(
        folder / f"{name}.tflite",
        folder / f"{name}.made.tflite",
        calibration=folder / ("outlier.npy" if name == "outlier" else "calibration.npy"),
        evaluate=folder / "test.npz",
        **choices,
    )
    return made.artifact, time.perf_counter() - start
