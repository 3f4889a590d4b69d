"""Makes sense of how the agent ended: the one place where its deaths and refusals become errors of ours."""

from __future__ import annotations

import errno
import os
import signal
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from edgekit.devices import Completed, runtime_hint
from edgekit.errors import CommandFailed, DeviceError, EdgekitError, InferenceError

_CLOSE = "end other programs there, or choose a smaller model; 'edgekit doctor {address}' tells what memory it has"
_OTHER_RUNTIME = "use a runtime that was built for this processor; 'edgekit doctor {address}' tells which one works"
_STAGES = {
    "load": "loading it",
    "first": "its first inference",
    "warm-up": "repeating the inference",
    "steady": "repeating the inference",
    "idle": "repeating the inference after pauses",
    "sustained": "repeating the inference for long",
    "samples": "running the samples",
}
_REASONS = {
    signal.SIGSEGV: "the runtime reached for memory that is not its own",
    signal.SIGBUS: "the runtime reached for memory that does not exist",
    signal.SIGABRT: "the runtime gave up",
    signal.SIGFPE: "the runtime divided by zero",
    signal.SIGILL: "the processor lacks an instruction that the runtime uses",
    signal.SIGKILL: "most likely the memory of the device ran out",
}
_BROKEN = "the file is most likely broken; convert the model again"


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What the sentences speak of."""

    file: str
    address: str
    timeout: float
    """Seconds for everything."""
    first_timeout: float
    """Seconds for loading and the first inference."""


def death(completed: Completed, *, stage: str | None, around: Circumstances) -> EdgekitError:
    """Return the error for an agent that left no answer.

    Args:
        completed: how its process ended; not with 0.
        stage: the last stage that it left word of; None where it never began.
        around: file, address and limits.
    """
    number = completed.signal
    log = completed.stdout + completed.stderr
    if completed.returncode == 127:
        message = f"there is no python3 on {around.address}"
        return CommandFailed(message, address=around.address, hint=runtime_hint(around.address), log=log)
    if number is None:
        message = f"the agent ended with code {completed.returncode} on {around.address}"
        return CommandFailed(message, address=around.address, hint=runtime_hint(around.address), log=log)
    hint = hint_of_device(number, address=around.address)
    if stage not in _STAGES:
        message = f"python3 on {around.address} was ended by {number.name} before it touched the model"
        if number in _REASONS:
            message += f": {_REASONS[number]}"
        return CommandFailed(message, address=around.address, hint=hint or runtime_hint(around.address), log=log)
    doing = _STAGES[stage]
    if hint:
        message = (
            f"{around.file} ended the runtime on {around.address} with {number.name} in {doing}: {_REASONS[number]}"
        )
        return CommandFailed(message, address=around.address, hint=hint, log=log)
    if number is signal.SIGALRM:
        return _too_late(stage, around=around, log=log)
    reason = reason_of(number)
    # A C++ allocation that fails ends in abort, and says so only in passing.
    if number is signal.SIGABRT and "bad_alloc" in log:
        reason = "memory ran out"
    return InferenceError(
        f"{around.file} ended the runtime on {around.address} with {number.name} in {doing}: {reason}",
        hint=_BROKEN,
        log=log,
    )


def hint_of_device(number: signal.Signals, *, address: str) -> str:
    """Return what to do about a signal that is the device's matter, and not the file's; "" for any other."""
    return {signal.SIGKILL: _CLOSE, signal.SIGILL: _OTHER_RUNTIME}.get(number, "").format(address=address)


def reason_of(number: signal.Signals) -> str:
    """Return what a signal tells, as a clause."""
    return _REASONS.get(number, "something there ended it")


def refusal(error: Mapping[str, Any], *, around: Circumstances, log: str) -> EdgekitError:
    """Return the error for ``{"kind": ..., "message": ...}``, which the agent left as its answer."""
    kind, message = error.get("kind"), " ".join(str(error.get("message")).split())
    if kind == "no-runtime":
        return CommandFailed(
            f"python3 on {around.address} has no runtime: {message}",
            address=around.address,
            hint=runtime_hint(around.address),
            log=log,
        )
    if kind == "old-python":
        return CommandFailed(
            f"python3 on {around.address} is too old: {message}",
            address=around.address,
            hint="install Python 3.9 or newer there",
            log=log,
        )
    if kind == "damaged":
        return CommandFailed(
            f"{around.file} was damaged on its way to {around.address}, or changed meanwhile: {message}",
            address=around.address,
            hint="try again",
            log=log,
        )
    if kind == "memory":
        return InferenceError(f"{around.file} needs more memory than {around.address} has", hint=_BROKEN, log=log)
    if kind == "unfit":
        return InferenceError(f"{around.file} cannot run as asked on {around.address}: {message}", log=log)
    if kind == "refused":
        hint = "its operators must be builtin ones" if "custom op" in message else _BROKEN
        return InferenceError(f"the runtime on {around.address} refuses {around.file}: {message}", hint=hint, log=log)
    hint = f"'edgekit doctor {around.address}' looks at its disk and memory"
    if os.strerror(errno.ENOSPC) in message:
        message, hint = "the device's disk is full", "free some space on the device"
    return DeviceError(f"the agent on {around.address} failed: {message}", address=around.address, hint=hint, log=log)


def _too_late(stage: str, *, around: Circumstances, log: str) -> EdgekitError:
    if stage in {"load", "first"}:
        return InferenceError(
            f"{around.file} did not finish {_STAGES[stage]} on {around.address} within {around.first_timeout:g} s",
            hint="if the model is slow and not broken, allow more with first_timeout",
            log=log,
        )
    return InferenceError(
        f"{around.file} did not finish {_STAGES[stage]} on {around.address} within {around.timeout:g} s",
        hint="allow more with timeout",
        log=log,
    )
