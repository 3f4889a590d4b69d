"""Errors cross from a child process to its parent as JSON, and arrive as the error that they were."""

from __future__ import annotations

import inspect
import traceback
from typing import Any

from edgekit import errors
from edgekit.errors import ConversionError, EdgekitError
from edgekit.processes.work_folder import full_disk_behind

_CLASSES: dict[str, type[EdgekitError]] = {
    name: member
    for name, member in vars(errors).items()
    if inspect.isclass(member) and issubclass(member, EdgekitError)
}


def encode_error(error: BaseException) -> dict[str, Any]:
    """Return ``error`` as JSON values; one that is not edgekit's keeps its traceback as the log."""
    full = full_disk_behind(error)
    if full is not None:
        return {"kind": "OSError", "number": full.errno, "message": full.strerror}
    if not isinstance(error, EdgekitError):
        first = next((line for line in str(error).splitlines() if line.strip()), "")
        log = "".join(traceback.format_exception(error))
        error = ConversionError(f"{type(error).__name__}: {first[:300]}", log=log)
    return {"kind": type(error).__name__, "attributes": vars(error)}


def decode_error(document: dict[str, Any]) -> EdgekitError | OSError:
    """Return the error that :func:`encode_error` described; an OSError says that the child's disk is full."""
    if document["kind"] == OSError.__name__:
        return OSError(document["number"], document["message"])
    error_class = _CLASSES[document["kind"]]
    # Each class asks its constructor for other things; what they all come to is their attributes.
    error = error_class.__new__(error_class, document["attributes"]["message"])
    for name, value in document["attributes"].items():
        setattr(error, name, tuple(value) if isinstance(value, list) else value)
    return error
