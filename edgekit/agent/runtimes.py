"""Which interpreter there is."""

from __future__ import annotations

import importlib
from contextlib import suppress
from importlib import metadata
from typing import Any

from .job import Refused

_RUNTIMES = (("ai_edge_litert.interpreter", "ai-edge-litert"), ("tflite_runtime.interpreter", "tflite-runtime"))


def find_runtime() -> tuple[Any, str]:
    """Return the interpreter class, and its package and version."""
    try:
        importlib.import_module("numpy")
    except ImportError as error:
        raise Refused(f"numpy: {error}", kind="no-runtime") from error
    reasons = []
    for module_name, package in _RUNTIMES:
        try:
            module = importlib.import_module(module_name)
        except (ImportError, SystemError) as error:
            reasons.append(f"{package}: {error}")
            continue
        version = "of unknown version"
        with suppress(metadata.PackageNotFoundError):
            version = metadata.version(package)
        return module.Interpreter, f"{package} {version}"
    raise Refused("; ".join(reasons), kind="no-runtime")


BUILT_FOR_NUMPY_1 = "was built for numpy 1, and numpy {} is installed"


def misfit(version: str, error: SystemError) -> str:
    """Return why a runtime and numpy do not fit, of which C code tells in this way only: no file is at fault.

    One that was built for numpy 1 is imported beside numpy 2 as if all were well, and fails when a model is loaded.
    """
    numpy = importlib.import_module("numpy").__version__
    if "multiarray failed to import" in str(error.__cause__):
        return f"{version} {BUILT_FOR_NUMPY_1.format(numpy)}"
    return f"{version} does not work with numpy {numpy}: {error}"
