"""The file that is to run: read before it is executed, so that most that is wrong with it is told from its bytes."""

from __future__ import annotations

from pathlib import Path

from edgekit.artifact import Artifact
from edgekit.errors import InferenceError, SourceError
from edgekit.inspection import Inspection, inspect


def inspect_runnable(file: str | Path | Artifact) -> Inspection:
    """Return the facts of a file that a CPU may be able to run. Other custom operators are left to the runtime.

    Raises:
        SourceError: it cannot be read, or an artifact's file is not what it was when it was converted.
        InferenceError: it was compiled for an Edge TPU, or needs TensorFlow's own operators.
    """
    facts = inspect(file.path if isinstance(file, Artifact) else file)
    if isinstance(file, Artifact) and file.sha256 != facts.sha256:
        raise SourceError(
            f"{file.path} has changed since it was converted: its SHA-256 is {facts.sha256[:12]}..., "
            f"not {file.sha256[:12]}...",
            hint="convert the model again",
        )
    if facts.edgetpu_ops:
        raise InferenceError(
            f"{facts.path} is compiled for an Edge TPU: a CPU cannot run it",
            hint="run the file that it was compiled from",
        )
    if facts.flex_ops:
        names = ", ".join(sorted(set(facts.flex_ops)))
        raise InferenceError(
            f"{facts.path} needs TensorFlow's own operators ({names}), which the TFLite runtime does not have",
            hint="convert the model with builtin operators only",
        )
    return facts
