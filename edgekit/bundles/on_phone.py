"""An app on a phone: installed where the phone has not the same bytes, and asked to measure its model."""

from __future__ import annotations

from pathlib import Path

from edgekit.bundles.opening import Apk
from edgekit.devices import Device, opened
from edgekit.devices.adb.facts import OLDEST_API
from edgekit.errors import CommandFailed, UnsuitedDevice
from edgekit.files import sha256_of
from edgekit.progress import Progress, silent
from edgekit.runner import Plan
from edgekit.runner.phone.app_run import require_possible, run_app
from edgekit.runner.phone.apps import PhoneApp, app_with_bytes, apps_of, install_app
from edgekit.runner.phone.machine import ask_phone
from edgekit.runs import Benchmark


def measure_on_phone(
    place: Path, apk: Apk, plan: Plan, *, device: str | Device, progress: Progress = silent
) -> Benchmark:
    """Install an app on a phone and let it measure its model.

    Args:
        place: the APK.
        apk: the same, taken apart, and as it was made.
        plan: what of it the app knows.
        device: a phone.
        progress: told each step.

    Raises:
        UsageError: the plan asks for what the app does not do.
        UnsuitedDevice: the app has no library for the phone's processor, or its Android is too old.
        CommandFailed: the phone refuses the app, or it does not begin, dies, or answers what is not understood.
        InferenceError: the app cannot run its model.
        DeviceError: the phone does not answer.
    """
    require_possible(plan)
    with opened(device) as machine:
        facts = ask_phone(machine).facts
        if facts.abis and not set(facts.abis) & set(apk.libraries):
            raise UnsuitedDevice(
                f"{place} has libraries for {', '.join(sorted(apk.libraries))}, and {machine.address} runs "
                f"{', '.join(facts.abis)}",
                hint=f"make the bundle again with --abi {facts.abis[0]}",
            )
        if facts.api is not None and facts.api < OLDEST_API:
            raise UnsuitedDevice(
                f"{machine.address} has {facts.system}, and the app needs API {OLDEST_API}",
                hint="take a phone with Android 8 or newer",
            )
        app = app_with_bytes(machine, apps_of(facts.apps), sha256=sha256_of(place))
        if app is None:
            install_app(machine, place, progress=progress)
            app = _installed(machine, place)
        runs = run_app(machine, app, plan, sha256=apk.manifest.model_sha256, progress=progress)
    return Benchmark(place.name, runs)


def _installed(device: Device, place: Path) -> PhoneApp:
    app = app_with_bytes(device, apps_of(ask_phone(device).facts.apps), sha256=sha256_of(place))
    if app is None:
        raise CommandFailed(
            f"{place} was installed on {device.address}, but takes no requests there",
            address=device.address,
            hint="make the bundle again with this edgekit, and try again",
        )
    return app
