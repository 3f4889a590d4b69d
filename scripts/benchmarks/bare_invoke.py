"""The loop that one would write to time a .tflite file: what edgekit's runner is held against.

    python scripts/benchmarks/bare_invoke.py MODEL.tflite SECONDS

prints the median of the inferences in ms.
"""

from __future__ import annotations

import sys
import time

import numpy as np
from ai_edge_litert.interpreter import Interpreter


def main(model_path, seconds):
    interpreter = Interpreter(model_path=model_path, num_threads=1)
    interpreter.allocate_tensors()
    for detail in interpreter.get_input_details():
        values = np.random.default_rng(0).random(detail["shape"])
        if np.issubdtype(detail["dtype"], np.integer):
            values = values * 255 - 128
        interpreter.set_tensor(detail["index"], values.astype(detail["dtype"]))
    for _ in range(20):
        interpreter.invoke()
    times = []
    end = time.perf_counter() + float(seconds)
    while time.perf_counter() < end:
        begin = time.perf_counter_ns()
        interpreter.invoke()
        times.append(time.perf_counter_ns() - begin)
    print(np.median(times) / 1e6)


if __name__ == "__main__":
    main(*sys.argv[1:])
