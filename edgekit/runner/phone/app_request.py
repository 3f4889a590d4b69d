"""One request to the demo app on a phone: asked by an intent, waited for there, answered with a file in its folder."""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from edgekit.devices import Device
from edgekit.devices.adb.facts import RUN_ACTION
from edgekit.errors import CommandFailed, DeviceError, DeviceTimeout, InferenceError, UsageError
from edgekit.files import temporary_folder
from edgekit.progress import Progress, silent
from edgekit.runner.phone.apps import PhoneApp
from edgekit.runner.plan import IDLE_RUNS, Plan
from edgekit.runner.waiting import telling_time
from edgekit.runs import RunResult, read_runs

REQUEST_SCHEMA = "edgekit.app_request/1"
FAILURE_SCHEMA = "edgekit.app_error/1"
_START_S = 60.0
_GRACE_S = 60.0
_RESULT = "app_run.json"
_NEVER_BEGAN, _DIED = 40, 41
# Its first two arguments are the application id and the request's. A start takes some seconds, the golden pack before a
# run some more. By a file that grows the app knows that somebody waits: a pulled cable ends this, and so the run.
_WAIT = f"""
place="${{EXTERNAL_STORAGE:-/sdcard}}/Android/data/$1/files/runs/run-$2.json"
tries=0
until [ -e "$place" ]; do
  if [ -e "$place.part" ]; then
    (echo >>"$place.waits") 2>/dev/null
    pidof "$1" >/dev/null || {{ sleep 0.5; [ -e "$place" ] || exit {_DIED}; }}
  else
    tries=$((tries + 1)); [ "$tries" -le "$3" ] || exit {_NEVER_BEGAN}
  fi
  sleep 0.3
done
cp -- "$place" {_RESULT} || exit 1
rm -f -- "$place" "$place.part" "$place.waits"
"""
_BEGINS_TRIES = 100
# What its user does with the app is left alone, unless it works for us.
_STOP = """
place="${EXTERNAL_STORAGE:-/sdcard}/Android/data/$1/files/runs/run-$2.json"
[ -e "$place.part" ] && am force-stop "$1"
rm -f -- "$place" "$place.part" "$place.waits"
"""


def ask_app(device: Device, app: PhoneApp, plan: Plan, *, seconds: float, progress: Progress = silent) -> Any:
    """Let an app do what a plan asks for, and return its answer, JSON values.

    Args:
        device: the phone.
        app: one that is there.
        plan: ``threads``, ``idle_ms`` and ``timeout`` count.
        seconds: time of each run.
        progress: told how far it is.

    Raises:
        CommandFailed: the app does not begin, dies, or what it leaves is not JSON.
        DeviceError: the phone does not answer, or not in time.
    """
    request = secrets.token_hex(8)
    expected = len(plan.threads) * (seconds + IDLE_RUNS * plan.idle_ms / 1e3)
    with _stopped_on_failure(device, app, request):
        _start(device, app, plan, request, seconds=seconds)
        with telling_time(progress, f"measuring with {app.application_id} on {device.address}", seconds=expected):
            _wait(device, app, plan, request)
        return _answer(device)


def read_answer(device: Device, document: Any, plan: Plan, *, sha256: str) -> tuple[RunResult, ...]:
    """Return the runs that an app's answer tells.

    Args:
        device: the phone.
        document: what :func:`ask_app` returned.
        plan: what was asked for.
        sha256: of the model that was to run.

    Raises:
        InferenceError: the app cannot run its model.
        CommandFailed: it is busy, has loaded another model, or its answer is not understood.
    """
    if isinstance(document, dict) and document.get("schema") == FAILURE_SCHEMA:
        said = str(document.get("error"))
        if said.startswith("another run is going on"):
            hint = "wait until it has ended, or stop the app"
            raise CommandFailed(f"the app on {device.address} is busy: {said}", address=device.address, hint=hint)
        raise InferenceError(f"the app on {device.address} cannot run its model: {said}", hint="open the app and look")
    try:
        _, runs = read_runs({**document, "device": device.address} if isinstance(document, dict) else document)
    except UsageError as error:
        raise _not_understood(device, error.message) from error
    if runs[0].artifact_sha256 != sha256:
        raise CommandFailed(
            f"the app on {device.address} loaded {runs[0].artifact_sha256[:12]}, and not {sha256[:12]}",
            address=device.address,
            hint="install it again: edgekit benchmark app.apk --device adb:",
        )
    if tuple(run.threads for run in runs) != plan.threads:
        raise _not_understood(device, f"it tells runs with {[run.threads for run in runs]} threads")
    return runs


@contextmanager
def _stopped_on_failure(device: Device, app: PhoneApp, request: str) -> Iterator[None]:
    """Stop the app where nobody waits for its answer any more, on Ctrl-C too; nothing of the request stays there."""
    try:
        yield
    except BaseException:
        with suppress(DeviceError):
            device.execute(["sh", "-c", _STOP, "sh", app.application_id, request], timeout=_START_S)
        raise


def _start(device: Device, app: PhoneApp, plan: Plan, request: str, *, seconds: float) -> None:
    document = {
        "schema": REQUEST_SCHEMA,
        "id": request,
        "threads": list(plan.threads),
        "seconds": seconds,
        "xnnpack": True,
        "idle_ms": plan.idle_ms,
    }
    command = ["am", "start", "-W", "-a", RUN_ACTION, "-n", app.activity, "--es", "request", json.dumps(document)]
    ended = device.execute(command, timeout=_START_S)
    said = ended.stdout + ended.stderr
    wrong = re.search(r"^(Error.*|.*Exception.*)$", said, re.MULTILINE)
    if ended.returncode or wrong is not None:
        raise CommandFailed(
            f"{app.application_id} does not start on {device.address}: {wrong[1] if wrong else said.strip()}",
            address=device.address,
            hint="unlock the phone, open the app by hand once, and try again",
            log=said,
        )


def _wait(device: Device, app: PhoneApp, plan: Plan, request: str) -> None:
    limit = plan.timeout * len(plan.threads) + _GRACE_S
    command = ["sh", "-c", _WAIT, "sh", app.application_id, request, str(_BEGINS_TRIES)]
    try:
        ended = device.execute(command, timeout=limit)
    except DeviceTimeout as error:
        raise DeviceTimeout(
            f"{app.application_id} on {device.address} gave no result within {limit:g} s",
            address=device.address,
            hint="keep the phone unlocked and the app in front, or give --timeout more",
        ) from error
    reasons = {
        _NEVER_BEGAN: ("did not begin", "unlock the phone and look at the app; 'adb logcat' tells more"),
        _DIED: ("died while it measured", "'adb logcat -b crash' tells why"),
    }
    if ended.returncode:
        reason, hint = reasons.get(ended.returncode, ("left a result that cannot be read", "look at 'adb logcat'"))
        raise CommandFailed(
            f"{app.application_id} on {device.address} {reason}",
            address=device.address,
            hint=hint,
            log=ended.stdout + ended.stderr,
        )


def _answer(device: Device) -> Any:
    with temporary_folder("edgekit-app-") as folder:
        place = Path(folder, _RESULT)
        device.pull(_RESULT, place)
        try:
            return json.loads(place.read_bytes())
        except (ValueError, RecursionError) as error:
            raise _not_understood(device, f"it is not JSON ({error})") from error


def _not_understood(device: Device, reason: str) -> CommandFailed:
    return CommandFailed(
        f"what the app on {device.address} answers is not understood: {reason}",
        address=device.address,
        hint="make the app again with this edgekit, and install it: edgekit benchmark app.apk --device adb:",
    )
