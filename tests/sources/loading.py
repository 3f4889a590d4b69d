"""Loads sources in a process that has TensorFlow, and tells what came of each as JSON: for the tests beside it.

A line on standard input is one source: [path, trust, custom_objects].
"""

from __future__ import annotations

import json
import os
import sys
from typing import Any

import numpy as np

from edgekit.errors import EdgekitError
from edgekit.sources import LOADED, identify


def told_of(path: str, trust: bool, custom_objects: list[str]) -> dict[str, Any]:
    try:
        source = identify(path, trust=trust, custom_objects=tuple(custom_objects))
        loaded = LOADED[source.format].load(source)
        inputs = [np.ones(spec.shape, spec.dtype) for spec in loaded.description.inputs]
        return {
            "description": loaded.description.to_json(),
            "outputs": [tensor.numpy().tolist() for tensor in loaded.call(inputs)],
        }
    except EdgekitError as error:
        return {"error": type(error).__name__, "message": error.message, "hint": error.hint}


def main() -> None:
    answers = os.fdopen(os.dup(1), "w")
    # What Keras prints is no answer.
    os.dup2(2, 1)
    for line in sys.stdin:
        answers.write(json.dumps(told_of(*json.loads(line))) + "\n")
        answers.flush()


if __name__ == "__main__":
    main()
