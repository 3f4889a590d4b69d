"""The loop that one would write to count a .tflite file's instructions on an emulated board: prints their median.

python3 bare_count.py MODEL.tflite
"""

from __future__ import annotations

import ctypes
import os
import statistics
import sys
from pathlib import Path

import numpy as np
from ai_edge_litert.interpreter import Interpreter


def main(model_path):
    interpreter = Interpreter(model_path=model_path, num_threads=1)
    interpreter.allocate_tensors()
    for detail in interpreter.get_input_details():
        interpreter.set_tensor(detail["index"], np.zeros(detail["shape"], detail["dtype"]))
    mark = ctypes.CDLL(None).prctl
    for _ in range(20):
        interpreter.invoke()
    for _ in range(5):
        mark(0x65646765, 1)
        interpreter.invoke()
        mark(0x65646765, 2)
    lines = Path(os.environ["EDGEKIT_COUNTS"]).read_text().splitlines()
    counts = [int(line.split()[0]) for line in lines]
    print(statistics.median(counts[-5:]))


if __name__ == "__main__":
    main(*sys.argv[1:])
