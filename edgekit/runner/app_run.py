"""A run by the demo app on a phone: it is asked by an intent, and answers with a file in its own folder."""

from __future__ import annotations

import dataclasses
import json
import re
import secrets
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from edgekit.devices import Device
from edgekit.devices.adb.facts import RUN_ACTION
from edgekit.errors import CommandFailed, DeviceError, DeviceTimeout, InferenceError, UsageError
from edgekit.inspection import Inspection
from edgekit.progress import Progress, Step, silent
from edgekit.runner.apps import PhoneApp, app_with_model, apps_of
from edgekit.runner.conditions import Discarded
from edgekit.runner.looks import taints_of
from edgekit.runner.phones import ask_phone, conditions_around, look_at_phone, require_awake
from edgekit.runner.plan import IDLE_RUNS, Plan
from edgekit.runner.result import RunResult
from edgekit.runner.run_documents import read_runs
from edgekit.runner.waiting import telling_time

REQUEST_SCHEMA = "edgekit.app_request/1"
FAILURE_SCHEMA = "edgekit.app_error/1"
USUAL_SECONDS = 10.0
"""Of a run by the app, which knows no number of inferences; for who asks for no other time."""
_LEAST_SECONDS = 0.1
LEAST_SUSTAINED_S = 60.0
"""A run as long as this has a time line in the app."""
_MOST_SECONDS = 600.0
_MOST_IDLE_MS = 10_000.0
_MOST_THREADS, _MOST_RUNS = 16, 8
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


def measure_with_app(
    device: Device, facts: Inspection, plan: Plan, *, progress: Progress = silent
) -> Iterator[RunResult]:
    """Give one result for each of ``plan.threads``, in order, measured by an app on a phone that carries the file.

    Raises:
        UsageError: the plan asks for what the app does not do.
        UnsuitedDevice: no app there carries the file.
        InferenceError: the app cannot run it.
        CommandFailed: the app does not begin, dies, or answers what is not understood.
        DeviceError: the phone does not answer, or not in time.
    """
    require_possible(plan)
    app = app_with_model(device, facts, apps_of(ask_phone(device).facts.apps), progress=progress)
    yield from run_app(device, app, plan, sha256=facts.sha256, progress=progress)


def require_possible(plan: Plan) -> None:
    """Raise UsageError where a plan asks for what the app does not do."""
    usual = Plan()
    for name in ("runs", "seed", "first_timeout", "count", "ops"):
        if getattr(plan, name) != getattr(usual, name):
            raise UsageError(f"the app on a phone has no {name}", hint="leave it out: it measures for a time")
    if 0 < plan.sustained_seconds < LEAST_SUSTAINED_S:
        raise UsageError(
            f"sustained is {plan.sustained_seconds:g} seconds, and the app's time line begins at {LEAST_SUSTAINED_S:g}"
        )
    if len(plan.threads) > _MOST_RUNS or max(plan.threads) > _MOST_THREADS:
        raise UsageError(
            f"threads is {list(plan.threads)}, but the app takes {_MOST_RUNS} numbers up to {_MOST_THREADS}"
        )
    if _seconds(plan) < _LEAST_SECONDS:
        raise UsageError(f"min_seconds is {plan.min_seconds:g}, but the app measures for at least {_LEAST_SECONDS:g}")
    for name, value, most in (
        ("time of a run", _seconds(plan), _MOST_SECONDS),
        ("idle", plan.idle_ms / 1e3, _MOST_IDLE_MS / 1e3),
    ):
        if value > most:
            raise UsageError(f"{name} is {value:g} seconds, but the app takes at most {most:g}")


def run_app(
    device: Device, app: PhoneApp, plan: Plan, *, sha256: str, progress: Progress = silent
) -> tuple[RunResult, ...]:
    """Let an app measure the model that it carries.

    Args:
        device: the phone.
        app: one that is there.
        plan: ``threads``, ``min_seconds``, ``sustained_seconds``, ``idle_ms``, ``timeout`` and ``retries`` count. A run
            with a time line is not done again: what becomes of a phone that works for long is what it tells.
        sha256: of the model; what the app says that it loaded must be that.
        progress: told how far it is.

    Raises:
        as :func:`measure_with_app` does.
    """
    found: dict[int, RunResult] = {}
    pending, attempt = plan.threads, 0
    while pending:
        if attempt:
            stage = f"measuring on {device.address} again, as the run was tainted ({attempt} of {plan.retries})"
            progress(Step(stage))
        asked = dataclasses.replace(plan, threads=pending)
        for result in _run_once(device, app, asked, sha256=sha256, progress=progress):
            last = found.get(result.threads)
            before = () if last is None else (*last.discarded, _discarded(last))
            found[result.threads] = dataclasses.replace(result, discarded=before)
        attempt += 1
        again = attempt <= plan.retries and not plan.sustained_seconds
        pending = tuple(each for each in pending if again and found[each].tainted)
    return tuple(found[each] for each in plan.threads)


def _discarded(run: RunResult) -> Discarded:
    return Discarded(run.taints, run.steady.p50_ms, run.steady.p90_ms)


def _run_once(device: Device, app: PhoneApp, plan: Plan, *, sha256: str, progress: Progress) -> tuple[RunResult, ...]:
    require_awake(device)
    request = secrets.token_hex(8)
    since = time.monotonic()
    before = look_at_phone(device, phase="before", since=since)
    with _stopped_on_failure(device, app, request):
        _start(device, app, plan, request)
        stage = f"measuring with {app.application_id} on {device.address}"
        with telling_time(progress, stage, seconds=_expected_seconds(plan)):
            _wait(device, app, plan, request)
        document = _answer(device)
    around = conditions_around(before, look_at_phone(device, phase="after", since=since))
    results = _results(device, document, plan, sha256=sha256)
    return tuple(
        dataclasses.replace(
            result,
            conditions=result.conditions or around,
            stopped_early=result.stopped_early or result.steady.count < plan.runs,
            # A long run has a time line there, whether it was asked for or not.
            sustained=result.sustained if plan.sustained_seconds else None,
            # What the app itself saw, and what Android says to a shell; both say it in the same words.
            taints=tuple(dict.fromkeys((*result.taints, *taints_of(around)))),
        )
        for result in results
    )


def _seconds(plan: Plan) -> float:
    usual = plan.min_seconds == Plan().min_seconds
    return plan.sustained_seconds or (USUAL_SECONDS if usual else plan.min_seconds)


def _expected_seconds(plan: Plan) -> float:
    return len(plan.threads) * (_seconds(plan) + IDLE_RUNS * plan.idle_ms / 1e3)


@contextmanager
def _stopped_on_failure(device: Device, app: PhoneApp, request: str) -> Iterator[None]:
    """Stop the app where nobody waits for its answer any more, on Ctrl-C too; nothing of the request stays there."""
    try:
        yield
    except BaseException:
        with suppress(DeviceError):
            device.execute(["sh", "-c", _STOP, "sh", app.application_id, request], timeout=_START_S)
        raise


def _start(device: Device, app: PhoneApp, plan: Plan, request: str) -> None:
    document = {
        "schema": REQUEST_SCHEMA,
        "id": request,
        "threads": list(plan.threads),
        "seconds": _seconds(plan),
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
    with tempfile.TemporaryDirectory(prefix="edgekit-app-") as folder:
        place = Path(folder, _RESULT)
        device.pull(_RESULT, place)
        try:
            return json.loads(place.read_bytes())
        except (ValueError, RecursionError) as error:
            raise _not_understood(device, f"it is not JSON ({error})") from error


def _results(device: Device, document: Any, plan: Plan, *, sha256: str) -> tuple[RunResult, ...]:
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


def _not_understood(device: Device, reason: str) -> CommandFailed:
    return CommandFailed(
        f"what the app on {device.address} answers is not understood: {reason}",
        address=device.address,
        hint="make the app again with this edgekit, and install it: edgekit benchmark app.apk --device adb:",
    )
