"""Loads one source in a process that has TensorFlow, and prints what came of it as JSON: for the tests beside it."""

from __future__ import annotations

import json
import sys
from typing import Any

import numpy as np

from edgekit.errors import EdgekitError
from edgekit.sources import LOADED, identify


def main() -> None:
    path, trust, *custom_objects = sys.argv[1:]
    try:
        source = identify(path, trust=trust == "trust", custom_objects=tuple(custom_objects))
        loaded = LOADED[source.format].load(source)
        inputs = [np.ones(spec.shape, spec.dtype) for spec in loaded.description.inputs]
        outputs = [tensor.numpy() for tensor in loaded.call(inputs)]
        report: dict[str, Any] = {
            "description": loaded.description.to_json(),
            "outputs": [values.tolist() for values in outputs],
        }
    except EdgekitError as error:
        report = {"error": type(error).__name__, "message": error.message, "hint": error.hint}
    sys.stdout.write("\n" + json.dumps(report))


if __name__ == "__main__":
    main()
