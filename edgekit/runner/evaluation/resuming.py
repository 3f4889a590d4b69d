"""An evaluation that may break off: what it goes on from, and what it says when it breaks."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from edgekit.devices import Device
from edgekit.errors import DeviceError, InferenceError, OutputError, UsageError
from edgekit.files import named_output
from edgekit.progress import Progress, Step
from edgekit.runner.evaluation.checkpoint import Checkpoint, Subject, usual_place


@contextmanager
def resumable(
    named: str | Path | None, subject: Subject, *, device: str | Device, progress: Progress
) -> Iterator[Checkpoint | None]:
    """Give the checkpoint of an evaluation; it is gone when the evaluation is done, and is told of where it is not.

    Args:
        named: the file that the user chose; None: the usual place, where the device is an address and not this machine.
        subject: of the evaluation.
        device: as it was given.
        progress: told what is gone on from, and why nothing is.

    Raises:
        UsageError: the named file is no checkpoint, or is of another evaluation.
        OutputError: the named file cannot be written.
    """
    checkpoint = _opened(named, subject, device=device, progress=progress)
    if checkpoint is not None and checkpoint.answered:
        progress(Step(f"going on from {checkpoint.path}, with {_share(checkpoint)} answered"))
    try:
        yield checkpoint
    except (DeviceError, InferenceError) as error:
        if checkpoint is not None and checkpoint.answered:
            more = (
                f"{_share(checkpoint)} are answered and kept in {checkpoint.path}: the same command goes on from there"
            )
            error.hint = f"{error.hint}; {more}" if error.hint else more
        raise
    if checkpoint is not None:
        checkpoint.remove()


def _opened(
    named: str | Path | None, subject: Subject, *, device: str | Device, progress: Progress
) -> Checkpoint | None:
    if named is not None:
        return Checkpoint(named_output(named), subject)
    if not isinstance(device, str) or device == "local":
        return None
    try:
        place = usual_place(subject)
        try:
            return Checkpoint(place, subject)
        except UsageError as error:
            progress(Step(f"what was kept is not used: {error.message}"))
            place.unlink(missing_ok=True)
            return Checkpoint(place, subject)
    except OutputError as error:
        progress(Step(f"no answers are kept on the way: {error.message}"))
        return None


def _share(checkpoint: Checkpoint) -> str:
    return f"{checkpoint.answered} of {checkpoint.wanted} samples"
