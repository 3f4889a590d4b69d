"""From what a device says to findings. Each rule looks at one thing; the table at the end is their order."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from edgekit.checkup.findings import Health, Remark
from edgekit.checkup.interpreters import Pythons
from edgekit.checkup.phone_rules import phone_findings
from edgekit.devices.adb import PhoneFacts
from edgekit.devices.system import is_emulated
from edgekit.profiles import DeviceProfile, Identity
from edgekit.runs.taints import THROTTLE_FLAGS
from edgekit.units import format_bytes

OLDEST_PYTHON = (3, 9)
_WARM, _HOT = 65.0, 78.0
"""°C. A Raspberry Pi lowers its clock from 80, and softly from 60 or 70, by model."""
_LITTLE_MEMORY = 128 << 20
_LITTLE_DISK = 100 << 20


@dataclass(frozen=True, slots=True)
class DeviceSeen:
    """Everything that the rules look at."""

    address: str
    told: Mapping[str, str]
    identity: Identity
    system: str
    features: tuple[str, ...]
    profile: DeviceProfile | None
    nearest: DeviceProfile | None
    emulated: bool
    pythons: Pythons
    phone: PhoneFacts | None = None


def findings(seen: DeviceSeen) -> tuple[Remark, ...]:
    """Return what the rules find, in their order."""
    return tuple(found for rule in _RULES for found in rule(seen))


def _board(seen: DeviceSeen) -> Iterator[Remark]:
    named = seen.identity.board or "a machine without a board's name"
    if seen.emulated:
        like = f" like {seen.nearest.title}" if seen.nearest else ""
        sentence = f"emulated{like}: results and counts of instructions hold, seconds and memory do not"
        yield Remark("board", Health.GOOD, sentence)
    elif seen.profile is not None:
        yield Remark("board", Health.GOOD, f"{named}: this is the profile {seen.profile.name}")
    elif seen.nearest is not None:
        sentence = f"{named}: of no kind that edgekit knows; the nearest profile is {seen.nearest.name}"
        step = "write a profile of your own: 'edgekit profiles' shows how one reads"
        yield Remark("board", Health.NOTE, sentence, step)
    else:
        yield Remark("board", Health.NOTE, f"{named}: no profile is like a {seen.identity.machine}")


def _cpu(seen: DeviceSeen) -> Iterator[Remark]:
    identity = seen.identity
    cores = "" if identity.cores is None or seen.emulated else f", {identity.cores} cores"
    features = f"; {', '.join(seen.features)}" if seen.features else ""
    yield Remark("cpu", Health.GOOD, f"{identity.cpu_model}{cores}, {identity.machine}, {seen.system}{features}")
    if identity.machine == "armv6l":
        yield Remark("cpu", Health.PROBLEM, "no interpreter is made for Armv6", "take a board with a newer processor")


def _memory(seen: DeviceSeen) -> Iterator[Remark]:
    free = _kib(seen.told["meminfo"], "MemAvailable")
    if seen.emulated or seen.identity.memory_bytes is None or free is None:
        return
    sentence = f"{format_bytes(seen.identity.memory_bytes)}, {format_bytes(free)} of it free"
    little = free < _LITTLE_MEMORY
    step = "end programs there, or add swap: models may be killed" if little else None
    yield Remark("memory", Health.PROBLEM if little else Health.GOOD, sentence, step)


def _disk(seen: DeviceSeen) -> Iterator[Remark]:
    fields = seen.told["disk"].splitlines()[-1].split() if seen.told["disk"] else []
    if len(fields) >= 4 and fields[3].isdecimal():
        free = int(fields[3]) * 1024
        little = free < _LITTLE_DISK
        step = "free some space there" if little else None
        yield Remark("disk", Health.PROBLEM if little else Health.GOOD, f"{format_bytes(free)} free", step)


def _temperature(seen: DeviceSeen) -> Iterator[Remark]:
    degrees = [int(word) / 1000 for word in seen.told["temperatures"].split() if re.fullmatch(r"-?\d+", word)]
    if not degrees or seen.emulated or seen.phone is not None:
        return
    hottest = max(degrees)
    health = Health.PROBLEM if hottest >= _HOT else Health.NOTE if hottest >= _WARM else Health.GOOD
    step = (
        None if hottest < _WARM else "let it cool down, and give it a heat sink or a fan: it lowers its clock when hot"
    )
    yield Remark("temperature", health, f"{hottest:.0f} °C", step)


def _clock(seen: DeviceSeen) -> Iterator[Remark]:
    governor, now, most = (seen.told[name] for name in ("governor", "clock_now", "clock_most"))
    # A phone's owner cannot set it.
    if not governor or seen.emulated or seen.phone is not None:
        return
    told = f", {int(now) / 1000:.0f} of {int(most) / 1000:.0f} MHz" if now.isdecimal() and most.isdecimal() else ""
    if governor == "performance":
        yield Remark("clock", Health.GOOD, f"governor {governor}{told}")
    else:
        step = "echo performance | sudo tee /sys/devices/system/cpu/cpu*/cpufreq/scaling_governor"
        yield Remark("clock", Health.NOTE, f"governor {governor}{told}: times depend on what ran before", step)


def _power(seen: DeviceSeen) -> Iterator[Remark]:
    found = re.fullmatch(r"throttled=0x([0-9a-fA-F]+)", seen.told["throttled"])
    if found is None or seen.emulated:
        return
    bits = int(found[1], 16)
    told = [f"{text.format('is')} now" for bit, text in THROTTLE_FLAGS.items() if bits >> bit & 1]
    told += [f"{text.format('was')} since it started" for bit, text in THROTTLE_FLAGS.items() if bits >> 16 + bit & 1]
    if not told:
        yield Remark("power", Health.GOOD, "neither weak nor throttled since it started (vcgencmd)")
        return
    health = Health.PROBLEM if bits & 0xF else Health.NOTE
    weak = bits & 0x10001
    step = "use the board's own power supply and a short cable" if weak else "cool it, then restart it and look again"
    yield Remark("power", health, f"{'; '.join(told)} (vcgencmd)", step)


def _load(seen: DeviceSeen) -> Iterator[Remark]:
    words = seen.told["loadavg"].split()
    cores = seen.identity.cores or 1
    # Android counts what waits in its drivers: an idle phone has a load of 5 and more.
    if words and not seen.emulated and seen.phone is None and float(words[0]) > max(0.5, cores / 4):
        sentence = f"the load average is {float(words[0]):.1f} on {cores} cores: other programs run"
        yield Remark("load", Health.NOTE, sentence, "end them before you measure ('top' names them)")


def _python(seen: DeviceSeen) -> Iterator[Remark]:
    python, address = seen.pythons, seen.address
    if seen.phone is not None:
        return
    if python.version is None:
        step = "install it there; on Debian: apt-get install python3"
        yield Remark("python", Health.PROBLEM, "there is no python3 that starts", step)
        return
    version = tuple(int(part) for part in re.findall(r"\d+", python.version)[:2])
    if version < OLDEST_PYTHON:
        sentence = f"Python {python.version} is too old: 3.9 is the oldest that works"
        yield Remark("python", Health.PROBLEM, sentence, "install a newer one there, as python3")
    else:
        yield Remark("python", Health.GOOD, f"Python {python.version} ({python.executable})")
    if python.machine not in {None, seen.identity.machine}:
        sentence = f"it is built for {python.machine}, and the machine is {seen.identity.machine}"
        if is_emulated(str(python.machine), cpuinfo=seen.told["cpuinfo"], kernel_arch=seen.told["kernel_arch"]):
            sentence += ": it is emulated, so that counts and results hold, and seconds do not"
        yield Remark("python", Health.NOTE, sentence)
    prepare = f"edgekit devices prepare {address}" if address.startswith("ssh:") else "install it for that python3"
    if python.numpy is None:
        yield Remark("numpy", Health.PROBLEM, f"numpy does not load: {python.numpy_problem}", prepare)
    working = python.working
    for each in python.interpreters:
        told = each.package if each.version is None else f"{each.package} {each.version}"
        if each.problem is None:
            ours = "; this one is used" if each is working else ""
            yield Remark("interpreter", Health.GOOD, f"{told} works{ours}")
        elif each.installed:
            health = Health.NOTE if working else Health.PROBLEM
            yield Remark("interpreter", health, f"{told} does not work: {each.problem}", _repair(each.problem, prepare))
    if working is None and not any(each.installed for each in python.interpreters):
        names = " nor ".join(each.package for each in python.interpreters)
        yield Remark("interpreter", Health.PROBLEM, f"neither {names} is installed", prepare)


def _repair(problem: str, prepare: str) -> str:
    return f"python3 -m pip install 'numpy<2', or: {prepare}" if "numpy 1" in problem else prepare


def _phone(seen: DeviceSeen) -> Iterator[Remark]:
    if seen.phone is not None:
        yield from phone_findings(seen.address, seen.phone)


def _kib(text: str, name: str) -> int | None:
    found = re.search(rf"^{name}:\s+(\d+) kB", text, re.MULTILINE)
    return int(found[1]) * 1024 if found else None


_RULES: tuple[Callable[[DeviceSeen], Iterator[Remark]], ...] = (
    _board,
    _cpu,
    _memory,
    _disk,
    _temperature,
    _clock,
    _power,
    _load,
    _python,
    _phone,
)
