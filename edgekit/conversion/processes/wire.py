"""Errors cross from a child process to its parent as JSON, and arrive as the error that they were."""

from __future__ import annotations

import traceback
from typing import Any

from edgekit import errors
from edgekit.errors import ConversionError, EdgekitError, UnsupportedOperator

_CLASSES: dict[str, type[EdgekitError]] = {
    error_class.__name__: error_class
    for error_class in (
        errors.RecipeError,
        errors.CalibrationError,
        errors.SourceError,
        errors.OutputError,
        errors.ConversionError,
        errors.InferenceError,
    )
}


def encode_error(error: BaseException) -> dict[str, Any]:
    """Return ``error`` as JSON values; one that is not edgekit's keeps its traceback as the log."""
    if isinstance(error, EdgekitError):
        return {
            "kind": type(error).__name__,
            "message": error.message,
            "hint": error.hint,
            "log": error.log,
            "operators": list(getattr(error, "operators", ())),
            "layers": list(getattr(error, "layers", ())),
        }
    first = next((line for line in str(error).splitlines() if line.strip()), "")
    return {
        "kind": "ConversionError",
        "message": f"{type(error).__name__}: {first[:300]}",
        "hint": None,
        "log": "".join(traceback.format_exception(error)),
    }


def decode_error(document: dict[str, Any]) -> EdgekitError:
    """Return the error that :func:`encode_error` described."""
    if document["kind"] == UnsupportedOperator.__name__:
        return UnsupportedOperator(
            document["message"],
            operators=tuple(document["operators"]),
            layers=tuple(document["layers"]),
            hint=document["hint"],
            log=document["log"],
        )
    error_class = _CLASSES.get(document["kind"], ConversionError)
    return error_class(document["message"], hint=document["hint"], log=document["log"])
