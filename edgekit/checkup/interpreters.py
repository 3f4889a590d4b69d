"""Which interpreters of .tflite files are on a device, and whether they work: a tiny model is run to know it."""

from __future__ import annotations

import json
import signal
from dataclasses import dataclass

from edgekit.agent.runtimes import BUILT_FOR_NUMPY_1
from edgekit.devices import Completed, Device

_TIMEOUT_S = 120.0
RUNTIMES = {"ai-edge-litert": "ai_edge_litert", "tflite-runtime": "tflite_runtime"}
"""Packages and their modules, in the order in which the agent takes them."""
# ABS of four floats, compressed: what a runtime that loads at all must be able to do.
_MODEL = (
    "eNptjrEKAjEQRJ8a8DgXucLiSktLwdbCQqws/QSDHII2+reW/kec5BK9QsIrdnZ2Mi1wOhw3MKdlQYNR4TShCZZiJV5iIkaiEi49mAp/vvhr90i7Rtgg"
    "x7K2FTuxzxlRgzrto6/OuZb3Bf7MY7FOHeAdQih3sd/92fdwSbOUSe5RfPG+u/H1/Xobs4Hf99/5DwV+Dx0="
)
_PYTHON = """
import json, platform, struct, sys
machine = platform.machine()
if struct.calcsize("P") == 4 and machine in ("aarch64", "armv8l"):
    machine = "armv7l"
print(json.dumps({"version": sys.version.split()[0], "executable": sys.executable, "machine": machine}))
"""
_NUMPY = "import numpy; print(numpy.__version__)"
_RUNTIME = """
import base64, importlib, sys, zlib
module, package, model = sys.argv[1:]
interpreter = importlib.import_module(module + ".interpreter").Interpreter(
    model_content=zlib.decompress(base64.b64decode(model)), num_threads=1)
from importlib.metadata import PackageNotFoundError, version
try:
    print(version(package))
except PackageNotFoundError:  # Unpacked by hand, or the system's own build.
    print("of unknown version")
import numpy
interpreter.allocate_tensors()
interpreter.set_tensor(interpreter.get_input_details()[0]["index"], numpy.array([-1, 2, -3, 4], "float32"))
interpreter.invoke()
assert interpreter.get_tensor(interpreter.get_output_details()[0]["index"]).tolist() == [1, 2, 3, 4], "wrong result"
print("works")
"""


@dataclass(frozen=True, slots=True)
class Interpreter:
    """One interpreter package on a device."""

    package: str
    version: str | None
    """None where it is not installed, or dies before it tells."""
    problem: str | None
    """Why it does not run a model, as a clause; None where it does."""

    @property
    def installed(self) -> bool:
        """Whether there is anything of it."""
        return self.problem != "it is not installed"


@dataclass(frozen=True, slots=True)
class Pythons:
    """What ``python3`` is on a device."""

    version: str | None
    """None where there is none."""
    executable: str
    numpy: str | None
    numpy_problem: str
    interpreters: tuple[Interpreter, ...]
    machine: str | None = None
    """What it was built for, which decides what wheels it takes: a 32-bit one runs on a 64-bit kernel as well."""

    @property
    def working(self) -> Interpreter | None:
        """The interpreter that the agent will take; None where none works."""
        return next((each for each in self.interpreters if each.problem is None), None)


NO_PYTHON = Pythons(None, "", None, "", ())


def examine_python(device: Device) -> Pythons:
    """Ask the device's ``python3``. Raises DeviceError where the device does not answer."""
    told = _asked(device, _PYTHON)
    try:
        said = json.loads(told.stdout)
        version, executable = said["version"], said["executable"]
    except (ValueError, KeyError, TypeError):
        return NO_PYTHON
    numpy = _asked(device, _NUMPY)
    interpreters = tuple(_examined(device, package, module) for package, module in RUNTIMES.items())
    return Pythons(
        version=version,
        executable=executable,
        numpy=numpy.stdout.strip() if numpy.returncode == 0 else None,
        numpy_problem="" if numpy.returncode == 0 else _last_line(numpy),
        interpreters=interpreters,
        machine=said.get("machine"),
    )


def _examined(device: Device, package: str, module: str) -> Interpreter:
    told = _asked(device, _RUNTIME, module, package, _MODEL)
    said = told.stdout.split("\n")
    version = said[0] or None
    if told.returncode == 0 and "works" in said:
        return Interpreter(package, version, None)
    return Interpreter(package, version, _problem(told, module))


def _problem(told: Completed, module: str) -> str:
    if told.signal is signal.SIGILL:
        return "it uses an instruction that this processor lacks"
    if told.signal is not None:
        return f"{told.signal.name} ends it when a model is loaded"
    if f"No module named '{module}'" in told.stderr:
        return "it is not installed"
    if "_ARRAY_API" in told.stderr or "compiled using NumPy 1" in told.stderr:
        return f"it {BUILT_FOR_NUMPY_1.format(2)}"
    return _last_line(told)


def _asked(device: Device, program: str, *arguments: str) -> Completed:
    return device.execute(["python3", "-c", program, *arguments], timeout=_TIMEOUT_S)


def _last_line(told: Completed) -> str:
    lines = [line.strip() for line in told.stderr.splitlines() if line.strip()]
    return lines[-1] if lines else f"it ended with code {told.returncode}"
