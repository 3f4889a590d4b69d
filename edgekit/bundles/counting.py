"""``benchmark_bundle``: what an app's own library executes for its model, counted without a phone."""

from __future__ import annotations

from pathlib import Path

from edgekit.bundles.android.arm_count import count_on_arm
from edgekit.bundles.opening import faults, is_archive, open_apk, read_bundle
from edgekit.bundles.verification import ARM
from edgekit.errors import UsageError
from edgekit.inspection import inspect
from edgekit.processes.work_folder import work_folder
from edgekit.progress import Progress, Step, silent
from edgekit.runner import Benchmark


def benchmark_bundle(path: str | Path, *, device: str, progress: Progress = silent) -> Benchmark:
    """Count the instructions of an app's model, run by the very library for 64-bit Arm that the APK holds.

    Args:
        path: an ``.apk`` that edgekit made.
        device: the address of an emulated phone, such as ``emulated:pixel6``.
        progress: told each step.

    Returns:
        One run with one thread. Its seconds are those of this machine's emulator and say nothing of a phone.

    Raises:
        UsageError: it is no app of edgekit, was changed, or has no library for 64-bit Arm; the device is not emulated.
        UnsuitedDevice: its core is not emulated, or nothing counts its instructions.
        DeviceUnreachable: the emulated board is not installed.
        MissingProgram: a program of this machine is missing; carries the apt line.
        InferenceError: the library does not run the model.
    """
    place, content = Path(path), read_bundle(path)
    if is_archive(place, content):
        raise UsageError(
            f"{place} is an archive for a board",
            hint="unpack it, and benchmark its model.tflite, or run.py --benchmark",
        )
    if not device.startswith("emulated:"):
        raise UsageError(
            f"{place} is an app, whose instructions are counted on an emulated phone, and not on '{device}'",
            hint="--device emulated:pixel6; on a phone that has installed it, benchmark the model with --device adb:",
        )
    apk = open_apk(place, content)
    if wrong := faults(apk.files, apk.manifest):
        raise UsageError(f"{place} is not as it was made: {'; '.join(wrong)}", hint="make the bundle again")
    if ARM not in apk.libraries:
        raise UsageError(f"{place} has no library for {ARM}", hint=f"make the bundle again with --abi {ARM}")
    progress(Step(f"counting on {device} with the APK's own library"))
    with work_folder() as folder:
        model = folder / "model.tflite"
        model.write_bytes(apk.files[apk.manifest.model])
        run = count_on_arm(inspect(model), library=apk.libraries[ARM], address=device)
    return Benchmark(place.name, (run,))
