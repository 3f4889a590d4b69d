"""``benchmark_bundle``: an app's model, measured on a phone, or counted with the app's own library without one."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from edgekit.bundles.android.arm_count import count_on_arm
from edgekit.bundles.on_phone import measure_on_phone
from edgekit.bundles.opening import faults, is_archive, open_apk, read_bundle
from edgekit.bundles.verification import ARM
from edgekit.devices import Device, is_emulated_board, is_phone, require_address
from edgekit.errors import UsageError
from edgekit.inspection import inspect
from edgekit.processes.work_folder import work_folder
from edgekit.progress import Progress, Step, silent
from edgekit.runner import Plan
from edgekit.runner.plan import listed_threads
from edgekit.runs import Benchmark


def benchmark_bundle(
    path: str | Path,
    *,
    device: str | Device,
    threads: Sequence[int] = (1,),
    min_seconds: float = Plan().min_seconds,
    timeout: float = 600.0,
    idle_ms: float = 0.0,
    sustained_seconds: float = 0.0,
    retries: int = 2,
    progress: Progress = silent,
) -> Benchmark:
    """Measure an app's model on a phone, or count its instructions on an emulated one.

    A phone installs the app, unless it has the very same one, and is asked for a run, as its screen *Benchmark* does
    one. An emulated phone runs the model with the library for 64-bit Arm that the APK holds; its seconds are those of
    this machine's emulator and say nothing of a phone.

    Args:
        path: an ``.apk`` that edgekit made.
        device: a phone, such as ``adb:``, or an emulated one, such as ``emulated:pixel6``.
        threads: numbers of threads; an emulated phone has one.
        min_seconds: time of a run, in seconds; unless another is asked for than benchmark's, it takes 10. This, and
            what follows, is for phones alone.
        timeout: seconds for everything that one run does on the phone.
        idle_ms: pause before each of 20 further inferences, in milliseconds; 0: none are made.
        sustained_seconds: length of a run with a time line, in seconds, instead of the other; 0: there is none.
        retries: how often a tainted run is done again at most; one with a time line is not.
        progress: told each step.

    Raises:
        UsageError: it is no app of edgekit, was changed, or has no library for the phone; or the device is no phone.
        UnsuitedDevice: its core is not emulated, or nothing counts its instructions.
        DeviceUnreachable: the phone cannot be reached, or the emulated board is not installed.
        DeviceError: the phone refuses the app, or the app does not begin, or does not end.
        MissingProgram: a program of this machine is missing; carries the apt line.
        InferenceError: the library does not run the model.
    """
    place, content = Path(path), read_bundle(path)
    if is_archive(place, content):
        raise UsageError(
            f"{place} is an archive for a board",
            hint="unpack it, and benchmark its model.tflite, or run.py --benchmark",
        )
    apk = open_apk(place, content)
    if wrong := faults(apk.files, apk.manifest):
        raise UsageError(f"{place} is not as it was made: {'; '.join(wrong)}", hint="make the bundle again")
    address = device if isinstance(device, str) else device.address
    on_phone = is_phone(address)
    if not on_phone and not is_emulated_board(address):
        raise UsageError(
            f"{place} is an app, whose instructions are counted on an emulated phone, and not on '{address}'",
            hint="--device emulated:pixel6 counts them; --device adb: installs the app on a phone and measures it",
        )
    require_address(address)
    plan = Plan(
        threads=listed_threads(threads),
        min_seconds=min_seconds,
        timeout=timeout,
        idle_ms=idle_ms,
        sustained_seconds=sustained_seconds,
        retries=retries,
    )
    if not on_phone and (plan.threads != (1,) or plan.regimes_seconds):
        raise UsageError("of an app on an emulated phone instructions are counted, with one thread, and nothing else")
    if on_phone:
        return measure_on_phone(place, apk, plan, device=device, progress=progress)
    if ARM not in apk.libraries:
        raise UsageError(f"{place} has no library for {ARM}", hint=f"make the bundle again with --abi {ARM}")
    progress(Step(f"counting on {address} with the APK's own library"))
    with work_folder() as folder:
        model = folder / "model.tflite"
        model.write_bytes(apk.files[apk.manifest.model])
        run = count_on_arm(inspect(model), library=apk.libraries[ARM], address=address)
    return Benchmark(place.name, (run,))
