"""The file that is to run: read before it is executed, so that most that is wrong with it is told from its bytes."""

from __future__ import annotations

from pathlib import Path

from edgekit.artifact import Artifact
from edgekit.errors import InferenceError
from edgekit.inspection import Inspection, ObstacleKind, inspect

_HINTS = {
    ObstacleKind.EDGE_TPU: "run the file that it was compiled from",
    ObstacleKind.FLEX: "convert the model with builtin operators only",
}
"""What no runtime on a CPU gets over. On everything else the device's own runtime has the last word."""


def inspect_runnable(file: str | Path | Artifact | Inspection) -> Inspection:
    """Return the facts of a file that a CPU may be able to run. Other obstacles are left to the runtime.

    Raises:
        SourceError: it cannot be read, or an artifact's file is not what it was when it was converted.
        InferenceError: it was compiled for an Edge TPU, or needs TensorFlow's own operators.
    """
    # Who asks several devices has looked at the file already.
    facts = file if isinstance(file, Inspection) else inspect(file)
    for obstacle in facts.obstacles:
        if obstacle.kind in _HINTS:
            raise InferenceError(f"{facts.path} {obstacle.clause}", hint=_HINTS[obstacle.kind])
    return facts
