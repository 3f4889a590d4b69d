"""The runs of a plan by the demo app on a phone: what it can do, and again where one is tainted."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Iterator

from edgekit.devices import Device
from edgekit.errors import UsageError
from edgekit.inspection import Inspection
from edgekit.progress import Progress, Step, silent
from edgekit.runner.phone.app_request import ask_app, read_answer
from edgekit.runner.phone.apps import PhoneApp, app_with_model, apps_of
from edgekit.runner.phone.machine import ask_phone, conditions_around, look_at_phone, require_awake
from edgekit.runner.plan import Plan
from edgekit.runs import RunResult, taints_of

USUAL_SECONDS = 10.0
"""Of a run by the app, which knows no number of inferences; for who asks for no other time."""
_LEAST_SECONDS = 0.1
LEAST_SUSTAINED_S = 60.0
"""A run as long as this has a time line in the app."""
_MOST_SECONDS = 600.0
_MOST_IDLE_MS = 10_000.0
_MOST_THREADS, _MOST_RUNS = 16, 8


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
            before = () if last is None else (*last.discarded, last.as_discarded)
            found[result.threads] = dataclasses.replace(result, discarded=before)
        attempt += 1
        again = attempt <= plan.retries and not plan.sustained_seconds
        pending = tuple(each for each in pending if again and found[each].tainted)
    return tuple(found[each] for each in plan.threads)


def _run_once(device: Device, app: PhoneApp, plan: Plan, *, sha256: str, progress: Progress) -> tuple[RunResult, ...]:
    require_awake(device)
    since = time.monotonic()
    before = look_at_phone(device, phase="before", since=since)
    document = ask_app(device, app, plan, seconds=_seconds(plan), progress=progress)
    around = conditions_around(before, look_at_phone(device, phase="after", since=since))
    results = read_answer(device, document, plan, sha256=sha256)
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
