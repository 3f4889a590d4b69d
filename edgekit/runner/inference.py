"""``infer``: samples through a file on a device, real numbers back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from edgekit.artifact import Artifact
from edgekit.devices import Device, opened
from edgekit.errors import CalibrationError, InferenceError, unknown_name
from edgekit.inspection import Inspection
from edgekit.runner.pieces import run_in_pieces
from edgekit.runner.plan import FIRST_TIMEOUT, require_seconds, require_whole
from edgekit.runner.subject import inspect_runnable
from edgekit.tensors import TensorSpec


class Samples(Protocol):
    """What ``infer`` needs of samples; a ``CalibrationSet`` has it."""

    @property
    def files(self) -> Mapping[str, Path]:
        """A .npy file of shape [count, *shape without batch] for each input's name."""
        ...

    def __len__(self) -> int:
        """The number of samples."""
        ...


def infer(
    file: str | Path | Artifact,
    samples: Samples,
    *,
    device: str | Device = "local",
    threads: int = 1,
    timeout: float = 600.0,
    first_timeout: float = FIRST_TIMEOUT,
) -> dict[str, NDArray[Any]]:
    """Run samples through a .tflite file on a device, one by one, with a batch dimension of 1.

    They are sent in pieces, so that what lies on the device at a time is bounded, however many there are.

    Real-valued samples are quantized where the file's input is; samples of the input's own dtype are taken as stored.

    Args:
        file: the path, or the artifact.
        samples: preprocessed, with the names of the file's inputs; with one input, any name will do.
        device: an address, or a device that is open and stays so.
        threads: number of threads of the runtime.
        timeout: seconds for each piece of at most 500 samples, in which they are sent.
        first_timeout: seconds for loading and the first sample of each piece together.

    Returns:
        For each output's name, in the file's order, an array of shape [count, *shape without batch]: float32 where
        the output is quantized, else of the output's own dtype.

    Raises:
        UsageError: an argument is out of range, or the device unknown.
        SourceError: the file cannot be read.
        CalibrationError: the samples do not fit the file's inputs.
        InferenceError: the runtime refuses the file, or dies or hangs on it.
        DeviceError: the device cannot be reached, or has no Python or runtime.
    """
    require_whole("threads", threads, least=1, most=256)
    require_seconds("timeout", timeout)
    require_seconds("first_timeout", first_timeout)
    facts = inspect_runnable(file)
    spools = matched_spools(samples, facts)
    outputs: dict[str, NDArray[Any]] = {}
    done = 0
    with opened(device) as machine:
        pieces = run_in_pieces(
            machine,
            facts,
            spools,
            count=len(samples),
            threads=threads,
            timeout=timeout,
            first_timeout=first_timeout,
        )
        for piece in pieces:
            for name, values in piece.outputs.items():
                if not done:
                    outputs[name] = np.empty((len(samples), *values.shape[1:]), values.dtype)
                if outputs[name].shape[1:] != values.shape[1:]:
                    raise InferenceError(f"output '{name}' of {facts.path} changes its shape from sample to sample")
                outputs[name][done : done + len(piece)] = values
            done += len(piece)
    return outputs


def matched_spools(samples: Samples, facts: Inspection) -> list[Path]:
    """Return one spool per input, in the file's order. Raises CalibrationError where they do not fit."""
    files = getattr(samples, "files", None)
    if not isinstance(files, Mapping):
        raise CalibrationError(
            f"the samples for {facts.path} are {type(samples).__name__}, but must be preprocessed ones",
            hint="edgekit.collect(samples, inputs=..., recipe=..., folder=...) gives them",
        )
    given, wanted = dict(files), [spec.name for spec in facts.inputs]
    if len(given) == len(wanted) == 1:
        given = {wanted[0]: next(iter(given.values()))}
    for name in given:
        if name not in wanted:
            raise CalibrationError(f"samples for {facts.path}: {unknown_name('input', name, wanted)}")
    for name in wanted:
        if name not in given:
            raise CalibrationError(f"there are no samples for input '{name}' of {facts.path}")
    for spec in facts.inputs:
        _require_fit(given[spec.name], spec, count=len(samples), file=facts.path)
    return [given[name] for name in wanted]


def _require_fit(spool: Path, spec: TensorSpec, *, count: int, file: Path) -> None:
    try:
        shape = np.load(spool, mmap_mode="r", allow_pickle=False).shape
    except (OSError, ValueError) as error:
        raise CalibrationError(f"the samples in {spool} cannot be read: {error}") from error
    if not shape or shape[0] != count or count == 0:
        raise CalibrationError(f"{spool} holds samples of shape {list(shape)}, but there should be {count} of them")
    # A file may have inputs without a batch dimension.
    candidates = (spec.shape[1:], spec.shape) if len(spec.shape) == len(shape) - 1 else (spec.shape[1:],)
    if not any(_fits(shape[1:], candidate) for candidate in candidates):
        raise CalibrationError(
            f"the samples for input '{spec.name}' of {file} have shape {list(shape[1:])}, but it takes {spec}",
            hint="preprocess the samples for this model",
        )


def _fits(shape: Sequence[int], wanted: Sequence[int | None]) -> bool:
    return len(shape) == len(wanted) and all(size in (None, have) for have, size in zip(shape, wanted, strict=True))
