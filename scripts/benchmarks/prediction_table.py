"""How far predictions are from what was published, of fits that had not seen it; and from what is measured here."""

from __future__ import annotations

import math
import statistics
import subprocess
import sys
from collections.abc import Iterator, Sequence

from lines import Place
from promises import Missed

from edgekit.prediction import predict
from edgekit.prediction.costs import family_costs
from edgekit.prediction.fitting import coverage, known_by_one, leave_one_out
from edgekit.prediction.measurements import Family, measurements
from edgekit.prediction.work import KernelKind

_LEAST, _MOST = 0.85, 0.95
_SECONDS = 0.3
_TIMED = """
import sys, time
from edgekit.prediction import predict_all
start, began = time.process_time(), time.perf_counter()
found, _ = predict_all(sys.argv[1])
print(time.process_time() - start, time.perf_counter() - began, len(found), "tensorflow" in sys.modules)
"""


def prediction(place: Place) -> Iterator[str]:
    """Prediction: errors and coverage of what the fit had not seen, and how long predicting takes."""
    known = measurements()
    # In a quick run, what scripts/fit_prediction.py has found; else all fits once more.
    application, micro = family_costs(Family.APPLICATION).errors, family_costs(Family.MICROCONTROLLER).errors
    float32, int8, one, tiny = application["float32"], application["int8"], application["one_network"], micro["int8"]
    boards: Sequence[float] = ()
    if not place.quick:
        left = list(leave_one_out(known, Family.APPLICATION))
        float32 = tuple(error for cell, error in left if cell.arithmetic is KernelKind.FLOAT32)
        int8 = tuple(error for cell, error in left if cell.arithmetic is KernelKind.INT8)
        boards = [
            error for cell, error in left if cell.source == "xnnpack_raspberry_pi" and cell.arithmetic == "float32"
        ]
        one = tuple(error for _, error in known_by_one(known, Family.APPLICATION))
        tiny = tuple(error for _, error in leave_one_out(known, Family.MICROCONTROLLER))
    yield f"{'left out':44} {'cells':>5} {'mean error':>10} {'worst':>7} {'limit':>6} {'interval holds':>14}"
    if boards:
        yield _row("one cell, float32, Raspberry Pi boards", boards, 0.07)
    yield _row("one cell, float32, with the Pixel phones", float32, 0.07)
    yield _row("all of a board but one network, float32", one, 0.09)
    yield _row("one cell, int8", int8, 0.12)
    yield _row("one cell, MLPerf Tiny on microcontrollers", tiny, 0.15)
    yield _row("all of a board: its core and clock alone", application["other_board"], None)
    held = coverage([*float32, *int8])
    line = str if _LEAST <= held <= _MOST else Missed
    yield line(f"90 % intervals hold {held:.0%} of {len(float32) + len(int8)} cells of application processors")
    mobilenet = predict(place.data / "coral" / "mobilenet_v2_1.0_224_quant.tflite", "rpi4")
    told = f"{mobilenet.median_ms:.1f} ms ({mobilenet.interval_text})"
    yield f"MobileNetV2 in 8 bits on a Raspberry Pi 4, published 17 ms: {told}"
    command = [sys.executable, "-c", _TIMED, place.data / "coral" / "mobilenet_v2_1.0_224_quant.tflite"]
    runs = [subprocess.run(command, capture_output=True, text=True, check=True).stdout.split() for _ in range(3)]
    # Processor time: what other programs take does not count, and nothing here waits.
    seconds, wall, count, tensorflow = min(runs, key=lambda run: float(run[0]))
    line = str if float(seconds) <= _SECONDS and tensorflow == "False" else Missed
    told = f"{float(seconds):.3f} s of processor time after import (limit {_SECONDS} s; {float(wall):.3f} s passed)"
    yield line(f"one file, {count} profiles: {told}; TensorFlow: {tensorflow}")


def _row(name: str, errors: Sequence[float], limit: float | None) -> str:
    sizes = [abs(math.exp(error) - 1) for error in errors]
    mean = statistics.fmean(sizes)
    told = "-" if limit is None else f"{limit:.0%}"
    row = f"{name:44} {len(sizes):>5} {mean:>10.1%} {max(sizes):>7.1%} {told:>6} {coverage(errors):>14.0%}"
    return Missed(row) if limit is not None and mean > limit else row
