"""Lines about calibration: our pass over the samples against ai-edge-quantizer's own, on the same files."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import redirect_stderr
from io import StringIO
from pathlib import Path

import numpy as np
from ai_edge_quantizer import quantizer, recipe
from lines import Place
from pairs import Comparison, in_turn

from edgekit.progress import silent
from edgekit.quantization.execution import THREADS, no_memory_warning
from edgekit.quantization.observation import observe
from edgekit.quantization.ranges import choose_ranges
from edgekit.quantization.signature import SIGNATURE_KEY, with_signature
from edgekit.recipe import PRECISIONS, RANGE_STATISTICS


def calibrate_resnet8(place: Place) -> Comparison:
    """Calibration of ResNet-8 on 200 samples, ranges of every statistic, against ai-edge-quantizer's own pass."""
    return _calibrate("calibrate-resnet8", place, "ic_resnet8_float32.tflite", place.samples(32, 255))


def calibrate_mobilenet(place: Place) -> Comparison:
    """The same for MobileNetV1 0.25 at 96x96."""
    return _calibrate("calibrate-mobilenet", place, "vww_mobilenet_float32.tflite", place.samples(96, 1))


def _calibrate(name: str, place: Place, model: str, samples: Path) -> Comparison:
    path = place.folder / model
    path.write_bytes(with_signature(place.model(model).read_bytes(), inputs=["x"], outputs=["y"]))
    count = len(np.load(samples, mmap_mode="r"))

    def ours() -> None:
        seen = observe(path, inputs=["x"], files=[str(samples)], count=count, progress=silent)
        for statistic in RANGE_STATISTICS.values():
            choose_ranges(seen, statistic=statistic, precision=PRECISIONS["int8"])

    def other() -> None:
        worker = quantizer.Quantizer(str(path))
        worker.add_static_config(".*", recipe.TFLOperationName.ALL_SUPPORTED, 8, 8)
        given = [{"x": sample[None]} for sample in np.load(samples)]
        with redirect_stderr(StringIO()), no_memory_warning():
            worker.calibrate({SIGNATURE_KEY: given}, num_threads=THREADS)

    return in_turn(name, _timed(ours), _timed(other), pairs=place.pairs(15, 5), limit=1.3)


def _timed(work: Callable[[], None]) -> Callable[[], float]:
    def seconds() -> float:
        begin = time.perf_counter()
        work()
        return time.perf_counter() - begin

    return seconds
