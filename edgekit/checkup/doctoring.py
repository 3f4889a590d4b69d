"""``doctor``: a device is asked what it is and what it has, and told what is in the way."""

from __future__ import annotations

import re

from edgekit.checkup.collecting import collect_facts
from edgekit.checkup.findings import Checkup
from edgekit.checkup.interpreters import NO_PYTHON, Pythons, examine_python
from edgekit.checkup.rules import DeviceSeen, findings
from edgekit.devices import Device, opened
from edgekit.devices.adb import PhoneFacts, read_phone_facts
from edgekit.devices.system import cpu_model, is_emulated, system_name
from edgekit.profiles import DeviceProfile, Identity, nearest_profile, profile_named, recognize
from edgekit.progress import Progress, Step, silent

_FEATURES = {
    "asimd": "neon",
    "neon": "neon",
    "asimddp": "dotprod",
    "asimdhp": "fp16",
    "i8mm": "i8mm",
    "sve": "sve",
    "avx2": "avx2",
    "avx512f": "avx512",
    "avx_vnni": "vnni",
    "avx512_vnni": "vnni",
}
"""As /proc/cpuinfo calls them, and what people call them."""


def doctor(device: str | Device, *, progress: Progress = silent) -> Checkup:
    """Look a device over: what it is, its cores, memory, temperature, power, Python and interpreters.

    Nothing is changed there; a model of one operator is run to see which interpreter works.

    Args:
        device: an address, or a device that is open and stays so.
        progress: told each step.

    Raises:
        UsageError: the device is unknown.
        DeviceError: it cannot be reached.
    """
    with opened(device) as machine:
        progress(Step(f"asking {machine.address} what it is", 0, 2))
        told = collect_facts(machine)
        progress(Step("trying its interpreters", 1, 2))
        phone = read_phone_facts(told)
        pythons = NO_PYTHON if phone is not None else examine_python(machine)
        progress(Step("trying its interpreters", 2, 2))
        address = machine.address
    emulated = (
        bool(told["emulates"])
        or (phone is not None and phone.virtual)
        or is_emulated(told["machine"], cpuinfo=told["cpuinfo"], kernel_arch=told["kernel_arch"])
    )
    identity = _identity(told, phone)
    profile = None if emulated else recognize(identity)
    nearest = profile or _emulated_profile(address) or nearest_profile(identity)
    features = () if emulated else _features(told["cpuinfo"])
    system = system_name(told["os_release"], kernel=told["kernel"])
    if phone is not None:
        system = f"{phone.system}, {system}"
    seen = DeviceSeen(address, told, identity, system, features, profile, nearest, emulated, pythons, phone)
    return Checkup(
        address=address,
        machine=identity.machine,
        board=identity.board,
        cpu_model=identity.cpu_model,
        cores=identity.cores,
        memory_bytes=identity.memory_bytes,
        features=features,
        emulated=emulated,
        profile=None if profile is None else profile.name,
        nearest_profile=None if nearest is None else nearest.name,
        python=pythons.version,
        interpreter=_interpreter(pythons, phone),
        findings=findings(seen),
        clock_hz=None if emulated else _clock_hz(told),
        phone=phone,
    )


def _interpreter(pythons: Pythons, phone: PhoneFacts | None) -> str | None:
    if phone is not None:
        return f"the app {phone.application_ids[0]}" if phone.apps else None
    working = pythons.working
    return None if working is None else f"{working.package} {working.version}"


def _clock_hz(told: dict[str, str]) -> float | None:
    """Return what cpufreq says, in kHz, or else what /proc/cpuinfo says of the first core, in MHz."""
    if told["clock_most"].isdecimal():
        return int(told["clock_most"]) * 1e3
    found = re.search(r"^cpu MHz\s*:\s*([0-9.]+)$", told["cpuinfo"], re.MULTILINE)
    return float(found[1]) * 1e6 if found else None


def _identity(told: dict[str, str], phone: PhoneFacts | None) -> Identity:
    cores = len(re.findall(r"^processor\s*:", told["cpuinfo"], re.MULTILINE)) or None
    memory = re.search(r"^MemTotal:\s+(\d+) kB", told["meminfo"], re.MULTILINE)
    board = told["board"] if phone is None else phone.model if phone.named else ""
    return Identity(
        machine=told["machine"],
        board=board or None,
        cpu_model=told["emulates"] or cpu_model(told["cpuinfo"]) or told["machine"],
        cores=cores,
        memory_bytes=int(memory[1]) * 1024 if memory else None,
    )


def _emulated_profile(address: str) -> DeviceProfile | None:
    scheme, _, name = address.partition(":")
    return profile_named(name) if scheme == "emulated" else None


def _features(cpuinfo: str) -> tuple[str, ...]:
    lines = re.findall(r"^(?:Features|flags)\s*:\s*(.*)$", cpuinfo, re.MULTILINE)
    # A feature that one kind of core lacks cannot be used by a program that may move to it.
    shared = set.intersection(*(set(line.split()) for line in lines)) if lines else set()
    return tuple(dict.fromkeys(word for name, word in _FEATURES.items() if name in shared))
