"""An APK's own library for 64-bit Arm, run on an emulated processor: what the phone will load is what is checked."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edgekit.artifact import GoldenOutput, GoldenPack, read_golden_pack
from edgekit.bundles.android.loadable import AARCH64, compile_trial, make_loadable
from edgekit.bundles.android.programs import require_programs
from edgekit.bundles.android.runtime_limits import RUNTIME_NAME
from edgekit.errors import InferenceError, UsageError
from edgekit.metrics import Verdict
from edgekit.processes.work_folder import work_folder
from edgekit.runner.verification.verifying import agreement, steps_of

_PACKAGES = {
    AARCH64.gcc: "gcc-aarch64-linux-gnu",
    AARCH64.readelf: "binutils-aarch64-linux-gnu",
    "patchelf": "patchelf",
    "qemu-aarch64": "qemu-user",
}
_FILES = {Path("/usr/aarch64-linux-gnu/include/stdio.h"): "libc6-dev-arm64-cross"}
_ROOT = "/usr/aarch64-linux-gnu"
"""Where Debian keeps the C library of a 64-bit Arm machine."""
_CPU = "cortex-a76"
_TIMEOUT_S = 600.0
_ADVICE = (
    f"the app's {RUNTIME_NAME} may round integers otherwise than {{}}, which made the pack, and then the app's own "
    "check fails as well: see by labelled pictures in the app whether it matters; a float16 file has a tolerance for "
    "rounding"
)


def golden_on_arm(model: bytes, pack: bytes, *, library: bytes) -> tuple[Verdict, str, str | None]:
    """Run a golden pack with a library for 64-bit Arm. Returns the verdict, a sentence, and what to do about it.

    Raises:
        MissingProgram: a program of this machine is missing; carries the apt line.
        UsageError: the pack is damaged.
        EdgekitError: the library could not be made to run here.
    """
    require_arm_programs()
    with work_folder() as folder:
        place = folder / "golden.npz"
        place.write_bytes(pack)
        golden = read_golden_pack(place)
        make_trial(folder, model, library=library)
        emulator = ["qemu-aarch64", "-cpu", _CPU, "-L", _ROOT]
        inputs = list(golden.inputs.values())
        ended = run_trial(folder, inputs, samples=golden.samples, outputs=len(golden.outputs), emulator=emulator)
        if ended.returncode != 0:
            told = (ended.stderr.strip().splitlines() or [f"it ended with {ended.returncode}"])[-1]
            return Verdict.FAIL, f"the APK's library does not run the model: {told}", None
        agreements = [
            agreement(expected, _output(folder / f"out{index}", expected, golden), place=place, step=step)
            for index, (expected, step) in enumerate(
                zip(golden.outputs, steps_of(folder / "model.tflite"), strict=True)
            )
        ]
    off = [each for each in agreements if not each.agrees]
    told = "; ".join(f"{each}{'' if each.agrees else each.told_steps}" for each in agreements)
    sentence = f"{golden.samples} samples with the APK's library, on an emulated {_CPU}: {told}"
    rounded = any(each.steps is not None for each in off)
    return (
        Verdict.FAIL if off else Verdict.PASS,
        sentence,
        _ADVICE.format(golden.runtime) if rounded else None,
    )


def require_arm_programs() -> None:
    """Raise MissingProgram unless this machine has what makes and runs a trial."""
    require_programs(_PACKAGES, files=_FILES, purpose="running an APK's library for 64-bit Arm")


def make_trial(folder: Path, model: bytes, *, library: bytes) -> None:
    """Write a model, a library for 64-bit Arm and a program that runs it into an empty folder. Raises EdgekitError."""
    (folder / "model.tflite").write_bytes(model)
    make_loadable(library, folder, compiler=AARCH64)
    compile_trial(folder / "trial", compiler=AARCH64)


def run_trial(
    folder: Path, inputs: Sequence[NDArray[Any]], *, samples: int, outputs: int, emulator: Sequence[str]
) -> subprocess.CompletedProcess[str]:
    """Run a trial; output number N is then in the folder's file ``outN``.

    Args:
        folder: as :func:`make_trial` left it.
        inputs: of each input all samples.
        samples: how many.
        outputs: how many outputs the model has.
        emulator: the command that runs a program for 64-bit Arm.

    Raises:
        InferenceError: it did not end within its time.
    """
    given = [folder / f"in{index}" for index in range(len(inputs))]
    for path, values in zip(given, inputs, strict=True):
        values.tofile(path)
    wanted = [folder / f"out{index}" for index in range(outputs)]
    words = [folder / "trial", folder / "libtensorflowlite_jni.so", folder / "model.tflite", samples]
    command = [
        *emulator,
        "-E",
        f"LD_LIBRARY_PATH={folder}",
        *map(str, words),
        *map(str, given),
        "--",
        *map(str, wanted),
    ]
    try:
        return subprocess.run(
            command,
            check=False,
            cwd=folder,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=_TIMEOUT_S,
        )
    except subprocess.TimeoutExpired as error:
        raise InferenceError(
            f"the APK's library did not end within {_TIMEOUT_S:g} s on the emulated processor",
            hint="emulation is slow: a golden pack of fewer samples takes less",
        ) from error


def _output(path: Path, expected: GoldenOutput, golden: GoldenPack) -> NDArray[Any]:
    values = np.fromfile(path, expected.values.dtype)
    whole = expected.positions is None
    if values.size % golden.samples or (whole and values.size != expected.values.size):
        raise UsageError("the golden pack is for another model: its outputs are of another size")
    return values.reshape(expected.values.shape if whole else (golden.samples, -1))
