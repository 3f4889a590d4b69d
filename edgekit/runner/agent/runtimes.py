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
        numpy = importlib.import_module("numpy")
    except ImportError as error:
        raise Refused(f"numpy: {error}", kind="no-runtime") from error
    reasons = []
    for module_name, package in _RUNTIMES:
        try:
            module = importlib.import_module(module_name)
        except ImportError as error:
            reasons.append(f"{package}: {error}")
            continue
        version = "of unknown version"
        with suppress(metadata.PackageNotFoundError):
            version = metadata.version(package)
        if int(numpy.__version__.split(".")[0]) >= 2 and not takes_arrays(module.Interpreter):
            reasons.append(f"{package} {version} was built for numpy 1, and numpy {numpy.__version__} is installed")
            continue
        return module.Interpreter, f"{package} {version}"
    raise Refused("; ".join(reasons), kind="no-runtime")


def takes_arrays(interpreter: Any) -> bool:
    """Return whether a runtime works with the numpy that is there: one built for numpy 1 says so only in use."""
    try:
        interpreter(model_content=b"no model")
    except SystemError:
        return False
    except (ValueError, RuntimeError):
        return True
    return True
