"""``verify``: a file on a device against its golden pack."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edgekit.artifact import (
    Artifact,
    GoldenOutput,
    GoldenPack,
    golden_path,
    read_golden_pack,
    read_sidecar,
    sidecar_path,
)
from edgekit.devices import Device, opened
from edgekit.errors import InferenceError, UsageError
from edgekit.fidelity import absolute_errors
from edgekit.files import named_input, sha256_of, temporary_folder
from edgekit.inspection import Inspection
from edgekit.inspection.decoding import read_graph
from edgekit.inspection.output_steps import output_steps
from edgekit.progress import Progress, Step, silent
from edgekit.runner.inference import infer
from edgekit.runner.plan import FIRST_TIMEOUT
from edgekit.runner.subject import inspect_runnable
from edgekit.runner.verification.agreement import OutputAgreement, Verification
from edgekit.runner.verification.divergence import first_difference
from edgekit.tensors import TensorSpec


def verify(
    file: str | Path | Artifact,
    *,
    device: str | Device = "local",
    pack: str | Path | None = None,
    threads: int = 1,
    timeout: float = 600.0,
    first_timeout: float = FIRST_TIMEOUT,
    progress: Progress = silent,
) -> Verification:
    """Check that a file is the one that was converted, and that a device computes with it what it should.

    The two are told apart: a file with another hash fails even where its outputs agree, because a few samples cannot
    show every change; a file with the right hash fails where this device's outputs are off. Then the sample that shows
    it most is run on both machines with every tensor in view, and the first operator that differs is named.

    Args:
        file: the path, or the artifact.
        device: an address, or a device that is open and stays so.
        pack: the golden pack; None: the one beside the file. That one must be what the sidecar says, where there is
            a sidecar.
        threads: number of threads of the runtime.
        timeout: seconds for all samples.
        first_timeout: seconds for loading and the first sample together.
        progress: told each step.

    Raises:
        UsageError: there is no pack, it is damaged or edited, or it is for a file with other inputs or outputs; or
            the sidecar was edited.
        SourceError: the file cannot be read.
        InferenceError: the file is the right one, and the runtime refuses it, or dies or hangs on it.
        DeviceError: the device cannot be reached, or has no Python or runtime.
    """
    path = file.path if isinstance(file, Artifact) else named_input(file, "the file to verify")
    # Not the artifact itself: that it has changed is what this is to tell, and not an error.
    facts = inspect_runnable(path)
    place = golden_path(path) if pack is None else named_input(pack, "the golden pack")
    golden = read_golden_pack(place)
    recorded = pack is None and _recorded(place, path)
    _require_fit(golden, facts, place=place)
    same_file = golden.sha256 == facts.sha256
    outputs: tuple[OutputAgreement, ...] = ()
    failure = None
    with opened(device) as machine:
        progress(Step(f"running {golden.samples} golden samples on {machine.address}"))
        try:
            with _spooled(golden.inputs) as samples:
                got = infer(
                    path, samples, device=machine, threads=threads, timeout=timeout, first_timeout=first_timeout
                )
        except InferenceError as error:
            if same_file:
                raise
            failure = error.message
        else:
            outputs = tuple(
                agreement(expected, _as_stored(got[spec.name], spec), place=place, step=step)
                for expected, spec, step in zip(golden.outputs, facts.outputs, steps_of(path), strict=True)
            )
        found = Verification(
            file=str(path),
            pack=str(place),
            made_of=golden.file,
            device=machine.address,
            sha256=facts.sha256,
            expected_sha256=golden.sha256,
            same_computation=golden.canonical_sha256 == facts.canonical_sha256,
            samples=golden.samples,
            outputs=outputs,
            recorded=recorded,
            failure=failure,
            made_with=golden.runtime,
        )
        if found.outputs_agree or not found.same_computation or machine.address == "local":
            return found
        progress(Step(f"looking for the operator that differs on {machine.address}"))
        worst = max(outputs, key=lambda output: output.largest_difference).worst_sample
        sample = {name: values[worst : worst + 1] for name, values in golden.inputs.items()}
        with opened("local") as here:
            try:
                difference = first_difference(
                    path,
                    sample,
                    devices=(here, machine),
                    threads=threads,
                    timeout=timeout,
                    first_timeout=first_timeout,
                )
            except InferenceError as error:
                progress(Step(f"the operator that differs cannot be told: {error.message}"))
                return found
    return dataclasses.replace(found, first_difference=difference, looked_for=True)


def _recorded(pack: Path, file: Path) -> bool:
    """Return whether there is a sidecar to hold the pack against. Raises UsageError where it has another one."""
    if not sidecar_path(file).exists():
        return False
    recorded = read_sidecar(sidecar_path(file)).golden_pack
    if recorded is None or recorded.sha256 != sha256_of(pack):
        raise UsageError(
            f"golden pack {pack} is not the one that {sidecar_path(file)} was written with: one of them belongs to "
            "another conversion",
            hint="put file, sidecar and golden pack of one conversion together again, or convert anew",
        )
    return True


def _require_fit(pack: GoldenPack, facts: Inspection, *, place: Path) -> None:
    for kind, wanted, have in (
        ("input", {name: values.dtype for name, values in pack.inputs.items()}, facts.inputs),
        ("output", {output.name: output.values.dtype for output in pack.outputs}, facts.outputs),
    ):
        given = {spec.name: spec.dtype for spec in have}
        if [(name, dtype.name) for name, dtype in wanted.items()] != list(given.items()):
            described = ", ".join(f"{name} ({dtype.name})" for name, dtype in wanted.items())
            found = ", ".join(f"{name} ({dtype})" for name, dtype in given.items())
            raise UsageError(
                f"golden pack {place} is for another file, {pack.file}, with the {kind}s {described}; {facts.path} "
                f"has {found}",
                hint="name the pack that was made with this file, with --pack",
            )


@dataclass(frozen=True, slots=True)
class _Spooled:
    files: Mapping[str, Path]
    count: int

    def __len__(self) -> int:
        return self.count


@contextmanager
def _spooled(inputs: Mapping[str, NDArray[Any]]) -> Iterator[_Spooled]:
    with temporary_folder("edgekit-golden-") as folder:
        files = {}
        for index, (name, values) in enumerate(inputs.items()):
            files[name] = Path(folder, f"{index}.npy")
            np.save(files[name], values)
        yield _Spooled(files, len(next(iter(inputs.values()))))


def steps_of(path: Path) -> tuple[float | None, ...]:
    """Return how finely a file tells each of its outputs apart. Raises SourceError."""
    return output_steps(read_graph(path.read_bytes(), name=str(path)))


def agreement(
    expected: GoldenOutput, stored: NDArray[Any], *, place: Path, step: float | None = None
) -> OutputAgreement:
    """Hold what a file gave against what it should have given.

    Args:
        expected: of the golden pack.
        stored: [samples, *shape without batch], in the numbers that the file gives.
        place: the pack's path, for the error.
        step: the smallest difference that the output can have.

    Raises:
        UsageError: the shapes are not those of the pack.
    """
    got = stored
    if expected.positions is not None:
        got = got.reshape(len(got), -1)
        if expected.positions.max(initial=0) >= got.shape[1]:
            raise _other_shape(expected, stored, place)
        got = got[:, expected.positions]
    if got.shape != expected.values.shape:
        raise _other_shape(expected, stored, place)
    errors = absolute_errors(expected.values.astype(np.float64), got.astype(np.float64))
    worst = errors.reshape(len(errors), -1).max(axis=1, initial=0.0)
    return OutputAgreement(
        name=expected.name,
        tolerance=expected.tolerance,
        reason=expected.reason,
        largest_difference=float(worst.max()),
        worst_sample=int(worst.argmax()),
        differing=int(np.count_nonzero(errors)),
        values=errors.size,
        samples=len(got),
        step=step,
        same_highest=_same_highest(expected, got),
    )


def _same_highest(expected: GoldenOutput, got: NDArray[Any]) -> int | None:
    """Return in how many samples the highest of several values is the same one; None where not all of them are kept."""
    wanted, told = (values.reshape(len(values), -1) for values in (expected.values, got))
    if expected.positions is not None or wanted.shape[1] < 2:
        return None
    return int(np.count_nonzero(wanted.argmax(axis=1) == told.argmax(axis=1)))


def _as_stored(values: NDArray[Any], spec: TensorSpec) -> NDArray[Any]:
    """Return what the agent gave, which is real numbers, in the numbers of the output."""
    if spec.scale is None or not math.isfinite(spec.scale) or spec.scale == 0.0:
        return values
    stored: NDArray[Any] = np.rint(values.astype(np.float64) / spec.scale) + (spec.zero_point or 0)
    return stored


def _other_shape(expected: GoldenOutput, got: NDArray[Any], place: Path) -> UsageError:
    return UsageError(
        f"golden pack {place} is for another file: its output '{expected.name}' is {list(expected.values.shape)}, and "
        f"this file gives {list(got.shape)}",
        hint="name the pack that was made with this file, with --pack",
    )
