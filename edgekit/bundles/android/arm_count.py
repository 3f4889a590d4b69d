"""Instructions of an APK's own library for 64-bit Arm: what the phone will execute, counted on an emulated core."""

from __future__ import annotations

import os
from contextlib import closing

import numpy as np

from edgekit.agent.counting import windows
from edgekit.agent.tensors import digest_of, seeded_values
from edgekit.bundles.android.arm_trial import make_trial, require_arm_programs, run_trial
from edgekit.devices.emulated import EmulatedDevice, emulated_profile
from edgekit.devices.emulated.device import COUNTS_FILE, EMULATES
from edgekit.errors import InferenceError, UnsuitedDevice
from edgekit.inspection import Inspection
from edgekit.processes.work_folder import work_folder
from edgekit.runs import SEEDED_INPUTS, Environment, InstructionClasses, RunResult, Timings

_SEED = 0
_MACHINE = "aarch64"


def count_on_arm(facts: Inspection, *, library: bytes, address: str) -> RunResult:
    """Run a model with a library for 64-bit Arm on seeded inputs, and count.

    Args:
        facts: of the .tflite file, which must be there.
        library: the bytes of ``libtensorflowlite_jni.so``.
        address: ``emulated:PROFILE``.

    Raises:
        UsageError: the address names no profile.
        UnsuitedDevice: its core is not emulated, has 32 bits, or nothing counts its instructions.
        DeviceUnreachable: the emulated board is not installed.
        MissingProgram: a program of this machine is missing; carries the apt line.
        InferenceError: the library does not run the model.
    """
    profile = emulated_profile(address)
    if profile.facts.architecture.value != _MACHINE:
        raise UnsuitedDevice(
            f"{address} has {profile.facts.architecture.value} cores, and the app's library is for {_MACHINE}",
            hint="name a phone, such as emulated:pixel6",
        )
    require_arm_programs()
    with closing(EmulatedDevice(profile)) as device, work_folder() as folder:
        board = device.board
        if "-plugin" not in board.emulator:
            raise UnsuitedDevice(
                f"{address} does not count instructions",
                hint="emulated devices do, where 'edgekit emulator install' has made a counter",
            )
        make_trial(folder, facts.path.read_bytes(), library=library)
        stream = np.random.PCG64(_SEED)
        details = [{"name": each.name, "dtype": each.dtype, "shape": each.shape} for each in facts.inputs]
        inputs = [seeded_values(stream, detail) for detail in details]
        ended = run_trial(folder, inputs, samples=1, outputs=len(facts.outputs), emulator=board.emulator)
        if ended.returncode != 0:
            told = (ended.stderr.strip().splitlines() or [f"it ended with {ended.returncode}"])[-1]
            raise InferenceError(f"the APK's library does not run the model: {told}")
        # The library may print as well.
        lines = [line.removeprefix("trial ") for line in ended.stdout.splitlines() if line.startswith("trial ")]
        version, init, first, *steady = lines
        counted = windows((folder / COUNTS_FILE).read_text(encoding="ascii"))
        outputs = [
            np.fromfile(folder / f"out{index}", each.dtype).reshape([size or 1 for size in each.shape])
            for index, each in enumerate(facts.outputs)
        ]
        emulates = next(word for word in board.emulator if word.startswith(f"{EMULATES}="))
    return RunResult(
        artifact_sha256=facts.sha256,
        device=address,
        threads=1,
        init_ms=int(init) / 1e6,
        first_ms=int(first) / 1e6,
        warmup_ms=(),
        steady=Timings(tuple(int(each) / 1e6 for each in steady)),
        peak_memory_bytes=None,
        baseline_memory_bytes=0,
        outputs_sha256=digest_of(outputs),
        seed=_SEED,
        environment=_environment(emulates.partition("=")[2], runtime=f"tensorflow-lite {version}"),
        engine="the APK's library",
        instructions=tuple(row[0] for row in counted),
        instruction_classes=InstructionClasses.of(counted),
        inputs=SEEDED_INPUTS,
    )


def _environment(emulates: str, *, runtime: str) -> Environment:
    return Environment(
        machine=_MACHINE,
        system="Android's library on Linux",
        cpu_model=emulates,
        board=None,
        cores=1,
        memory_bytes=os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"),
        python="none",
        runtime=runtime,
        load_average=None,
        emulated=True,
    )
