"""Brings the agent to a device, gives it a job and takes its answer back."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from edgekit.agent.job import PROTOCOL
from edgekit.devices import Completed, Device
from edgekit.errors import AgentMismatch, CommandFailed
from edgekit.files import encode_json, temporary_folder
from edgekit.inspection import Inspection
from edgekit.runner.endings import Circumstances, death, refusal
from edgekit.runner.packing import pack_agent
from edgekit.runner.phone.machine import require_python

AGENT = "edgekit_agent.pyz"
MODEL = "model.tflite"
JOB = "job.json"
RESULT = "result.json"
# The agent ends itself at its timeout; the device ends what could not: a start that hangs, a link that is slow.
_GRACE_S = 30.0


def prepare(device: Device, *models: Path) -> None:
    """Push the agent and the models, the second and further ones by :func:`model_name`.

    Raises:
        UnsuitedDevice: it is a phone, which has no Python.
        DeviceError: the device does not answer, or has no room.
    """
    require_python(device, doing="edgekit's agent")
    with temporary_folder("edgekit-agent-") as folder:
        device.push(pack_agent(Path(folder, AGENT)), AGENT)
    for place, model in enumerate(models):
        device.push(model, model_name(place))


def model_name(place: int) -> str:
    """Return the name that the model at ``place`` has on a device."""
    return MODEL if place == 0 else f"model_{place}.tflite"


def models_of(hashes: Sequence[str]) -> list[dict[str, str]]:
    """Return what a job says of several models: where they are on the device, and their hashes."""
    return [{"path": model_name(place), "sha256": sha256} for place, sha256 in enumerate(hashes)]


def ask(device: Device, *files: Inspection, job: Mapping[str, Any]) -> dict[str, Any]:
    """Let the agent do a job on the prepared device and return its answer.

    Args:
        device: where :func:`prepare` was called.
        files: the models that were pushed, at least one.
        job: ``task``, ``threads``, ``timeout``, ``first_timeout`` and what the task needs.

    Raises:
        InferenceError: the runtime refuses the model, or dies or hangs on it.
        CommandFailed: python3 or its runtime is missing there, or the agent failed.
        AgentMismatch: what answered is not this agent.
        DeviceError: the device does not answer, or not in time.
    """
    return ask_of(device, [(each.path, each.sha256) for each in files], job=job)


def ask_of(device: Device, files: Sequence[tuple[Path, str]], *, job: Mapping[str, Any]) -> dict[str, Any]:
    """Do the same for files that are told by path and hash."""
    one = {"model": MODEL, "model_sha256": files[0][1]}
    several = {"models": models_of([sha256 for _, sha256 in files])}
    order = {"protocol": PROTOCOL, **(one if len(files) == 1 else several), **job}
    with temporary_folder("edgekit-job-") as folder:
        job_file = Path(folder, JOB)
        job_file.write_bytes(encode_json(order))
        device.push(job_file, JOB)
        completed = device.execute(["python3", AGENT, JOB, RESULT], timeout=job["timeout"] + _GRACE_S)
        answer = _pull_answer(device, Path(folder, RESULT), completed)
    place = answer.get("model")
    file = files[place if isinstance(place, int) and 0 <= place < len(files) else 0]
    around = Circumstances(str(answer.get("name") or file[0]), device.address, job["timeout"], job["first_timeout"])
    if completed.returncode != 0:
        raise death(completed, stage=answer.get("stage"), around=around)
    if answer.get("protocol") != PROTOCOL or answer.get("stage") != "done":
        raise _mismatch(device, f"its protocol is {answer.get('protocol')!r}, not {PROTOCOL}", completed)
    if "error" in answer:
        raise refusal(answer["error"], around=around, log=completed.stdout + completed.stderr)
    return answer


@contextmanager
def well_formed(device: Device) -> Iterator[None]:
    """Make what a malformed answer raises when it is read an error of ours. Raises AgentMismatch."""
    try:
        yield
    except (KeyError, TypeError, ValueError, IndexError) as error:
        raise AgentMismatch(
            f"the agent's answer from {device.address} is malformed: {type(error).__name__} {error}",
            address=device.address,
        ) from error


def _pull_answer(device: Device, place: Path, completed: Completed) -> dict[str, Any]:
    """Return the result file as it is. A dead agent may have left none; one that ended well has."""
    try:
        device.pull(RESULT, place)
        answer = json.loads(place.read_bytes())
    except (CommandFailed, ValueError) as error:
        if completed.returncode != 0:
            return {}
        raise _mismatch(device, "it left no result", completed) from error
    if not isinstance(answer, dict):
        raise _mismatch(device, "its result is no object", completed)
    return answer


def _mismatch(device: Device, why: str, completed: Completed) -> AgentMismatch:
    return AgentMismatch(
        f"what answered on {device.address} is not the agent of this edgekit: {why}",
        address=device.address,
        hint="look at what 'python3' is on the device",
        log=completed.stdout + completed.stderr,
    )
