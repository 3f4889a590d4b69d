"""What is written down of the training of a simulated file, so that another process goes on with it."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from edgekit.errors import UsageError
from edgekit.files.saved_training import SAVE_EVERY_S, SavedTraining, load_training, save_training

_VARIABLE = "variable"


class TrainingRecord:
    """The losses of the steps so far, and all variables as these have left them.

    Args:
        path: the checkpoint; None: nothing is written.
        whose: what is trained, how, and on what.
        variables: of the weights, the ranges and the optimizer, in a fixed order.
    """

    def __init__(self, path: Path | None, *, whose: str, variables: Sequence[Any]) -> None:
        self._path, self._whose, self._variables = path, whose, variables
        self._saved = time.monotonic()

    def restored(self) -> list[float]:
        """Set the variables to where another process has left them; return the losses of its steps.

        Raises:
            UsageError: the checkpoint is of another training, or is none.
        """
        found = None if self._path is None else load_training(self._path)
        if found is None:
            return []
        if found.whose != self._whose:
            raise UsageError(
                f"checkpoint {self._path} is of another fine-tuning: the model, the samples, the choices or the "
                "versions of packages were others",
                hint=f"give what it was begun with; or remove {self._path} to begin anew",
            )
        for variable, value in zip(self._variables, found.arrays[_VARIABLE], strict=True):
            variable.assign(value)
        return [float(each) for each in found.position["losses"]]

    def keep(self, losses: Sequence[float], *, now: bool) -> None:
        """Write it all down, where there is a place for it: ``now``, or because the last time is long ago.

        Raises:
            OutputError: it cannot be written.
        """
        if self._path is None or not (now or time.monotonic() - self._saved > SAVE_EVERY_S):
            return
        arrays = {_VARIABLE: [variable.numpy() for variable in self._variables]}
        save_training(self._path, SavedTraining(self._whose, {"losses": list(losses)}, arrays))
        self._saved = time.monotonic()
