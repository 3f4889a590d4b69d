"""What fine-tuning buys: the study's networks, and networks that plain int8 breaks."""

from __future__ import annotations

import json
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from compression_study import SEEDS
from lines import Place
from promises import Missed

import edgekit

_BROKEN_SCRIPT = Path(__file__).resolve().parents[2] / "tests" / "broken_models.py"
_BROKEN = ("silu", "concatenation", "wide_channel", "tiny_softmax", "wide_final_layer", "outlier", "per_tensor_weights")
_QUICK = ("concatenation", "outlier")
_PRECISIONS = ("int8", "int8x4")
_POINTS, _BYTES, _SECONDS = 1.0, 0.75, 60.0
"""On the study's networks: what may be lost against float, the size of int8x4 as a share of int8's, and the time."""


def finetune(place: Place) -> Iterator[str]:
    """Fine-tuning without labels, on photos that nothing was trained on (418): post-training against fine-tuned."""
    yield f"{'network':20} {'precision':9} {'float':>6} {'before':>7} {'after':>7} {'SNR':>16} {'bytes':>8} {'time':>6}"
    if not place.quick:
        yield from _study(place)
    folder = (place.keep or place.folder) / "broken-finetune"
    if not (folder / "accuracy.json").exists():
        # Whatever a run that was cut off has left there is made again.
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        subprocess.run(
            [sys.executable, _BROKEN_SCRIPT, folder, place.data / "sign_language_digits"],
            check=True,
            capture_output=True,
        )
    for name in _QUICK if place.quick else _BROKEN:
        samples = folder / ("outlier.npy" if name == "outlier" else "calibration.npy")
        found = []
        for seed in SEEDS[:1] if place.quick else SEEDS:
            both = _both(folder / f"{name}.tflite", "int8", samples, folder / "test.npz", seed, samples_check=False)
            found.append(both)
            yield _line(f"{name} {seed}", both)
        before, after = (statistics.mean(row[when] for row in found) for when in ("before", "after"))
        line = f"{name}: int8 {before:.2%} right by post-training, {after:.2%} fine-tuned, mean of {len(found)}"
        yield line if after >= before else Missed(line)


def _study(place: Place) -> Iterator[str]:
    found: dict[str, list[dict[str, Any]]] = {precision: [] for precision in _PRECISIONS}
    for seed in SEEDS:
        folder = place.study_network(seed)
        samples = folder / "unlabelled.npy"
        with np.load(folder / "train.npz") as archive:
            # Without the labels: what is shown is what fine-tuning does without them.
            np.save(samples, archive["photo"])
        for precision in _PRECISIONS:
            both = _both(folder / "study.tflite", precision, samples, folder / "test.npz", seed, samples=2000)
            found[precision].append(both)
            line = _line(f"study {seed}", both)
            yield line if both["seconds"] <= _SECONDS else Missed(line)
    for precision, rows in found.items():
        drop = statistics.mean(100 * (row["float"] - row["after"]) for row in rows)
        line = f"{precision}: {drop:.2f} points below float (at most {_POINTS:g}), mean of {len(rows)}"
        yield line if drop <= _POINTS else Missed(line)
    share = statistics.mean(
        low["bytes"] / high["bytes"] for high, low in zip(*(found[each] for each in _PRECISIONS), strict=True)
    )
    line = f"int8x4 takes {share:.2f} of the bytes of int8 (at most {_BYTES})"
    yield line if share <= _BYTES else Missed(line)


def _both(model: Path, precision: str, given: Path, test: Path, seed: int, **choices: object) -> dict[str, Any]:
    """Return what the artifact by post-training and the fine-tuned one are, and the seconds that fine-tuning added."""
    told = model.with_name(f"{model.stem}.{precision}.{seed}.json")
    if told.exists():
        return json.loads(told.read_bytes())
    made, seconds = [], []
    for tuned in (False, True):
        start = time.perf_counter()
        output = model.with_name(f"{model.stem}.{precision}.{'tuned' if tuned else 'plain'}.{seed}.tflite")
        made.append(
            edgekit.convert(
                model,
                output,
                precision=precision,
                calibration=given,
                evaluate=test,
                finetune=tuned,
                seed=seed,
                **choices,
            ).artifact.provenance
        )
        seconds.append(time.perf_counter() - start)
    record = made[1].finetuning
    found = {
        "precision": precision,
        "float": made[1].accuracy.reference.value,
        "before": made[0].accuracy.accuracy.value,
        "after": made[1].accuracy.accuracy.value,
        "snr_db": [record.before.snr_db, record.after.snr_db],
        "kept": record.kept,
        "bytes": output.stat().st_size,
        "seconds": seconds[1] - seconds[0],
    }
    told.write_text(json.dumps(found))
    return found


def _line(name: str, found: dict[str, Any]) -> str:
    snr = "{:.1f} -> {:.1f} dB".format(*found["snr_db"])
    return (
        f"{name:20} {found['precision']:9} {found['float']:6.1%} {found['before']:7.1%} {found['after']:7.1%} "
        f"{snr:>16} {found['bytes']:8,} {found['seconds']:4.0f} s{'' if found['kept'] else '  not kept'}"
    )
