"""Phones as machines to measure on: what one is, how hot it is, and that it has no Python."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from dataclasses import dataclass

from edgekit.devices import Device, is_phone
from edgekit.devices.adb import PHONE_COMMANDS, PhoneFacts, read_phone_facts
from edgekit.devices.adb.facts import read_battery, read_heat
from edgekit.devices.sections import answers, asking
from edgekit.devices.system import cpu_model, is_emulated
from edgekit.errors import CommandFailed, UnsuitedDevice
from edgekit.runs import Conditions, Environment, Snapshot

_ASK_S = 60.0
_COMMANDS = {
    **PHONE_COMMANDS,
    "cpuinfo": "cat /proc/cpuinfo",
    "meminfo": "cat /proc/meminfo",
    "machine": "uname -m",
    "kernel": "uname -sr",
}
_HEAT = {name: PHONE_COMMANDS[name] for name in ("thermal", "battery")}
_UNKNOWN = ("clock", "governor", "load of others", "memory pressure")
"""What Android tells no shell."""


@dataclass(frozen=True, slots=True)
class PhoneSeen:
    """A phone that was asked what it is."""

    facts: PhoneFacts
    told: Mapping[str, str]


def ask_phone(device: Device) -> PhoneSeen:
    """Ask a phone what it is.

    Raises:
        UnsuitedDevice: it is no Android.
        DeviceError: it does not answer.
    """
    told = answers(device.execute(["sh", "-c", asking(_COMMANDS)], timeout=_ASK_S).stdout)
    facts = read_phone_facts(told)
    if facts is None:
        raise UnsuitedDevice(
            f"what answers at {device.address} is no Android: its getprop tells no version",
            hint=f"edgekit doctor {device.address}",
        )
    return PhoneSeen(facts, told)


def environment_of(device: Device, *, runtime: str) -> Environment:
    """Return what a run on a phone is seen on.

    Args:
        device: the phone.
        runtime: what runs the file there, with its version.

    Raises:
        UnsuitedDevice: it is no Android.
        CommandFailed: it does not tell its cores or its memory.
        DeviceError: it does not answer.
    """
    seen = ask_phone(device)
    facts, machine, cpuinfo = seen.facts, seen.told.get("machine", ""), seen.told.get("cpuinfo", "")
    memory = re.search(r"^MemTotal:\s+(\d+) kB", seen.told.get("meminfo", ""), re.MULTILINE)
    if facts.cores is None or memory is None or not machine:
        raise CommandFailed(
            f"{device.address} does not say what machine it is",
            address=device.address,
            hint="look at 'adb shell cat /proc/cpuinfo /proc/meminfo'",
            log="\n".join(seen.told.values()),
        )
    return Environment(
        machine=machine,
        system=f"{facts.system}, {seen.told.get('kernel', '')}".removesuffix(", "),
        cpu_model=cpu_model(cpuinfo) or facts.soc or machine,
        board=facts.model,
        cores=facts.cores,
        memory_bytes=int(memory[1]) * 1024,
        python="none",
        runtime=runtime,
        load_average=None,
        emulated=facts.virtual or is_emulated(machine, cpuinfo=cpuinfo, kernel_arch=""),
    )


def require_python(device: Device, *, doing: str) -> None:
    """Raise UnsuitedDevice where a device is a phone without Python, as phones are.

    Args:
        device: any.
        doing: what needs it, as a clause.
    """
    if has_python(device):
        return
    raise UnsuitedDevice(
        f"{device.address} is a phone, and phones have no Python, which {doing} needs",
        hint="a phone measures one file at a time: convert it here, put it into an app with 'edgekit bundle android', "
        "which checks the golden pack when it starts, and then: 'edgekit benchmark APP.apk --device adb:'; or measure "
        "the file with --engine benchmark_model=PATH",
    )


def has_python(device: Device) -> bool:
    """Return whether the agent may run there; only phones are asked."""
    return not is_phone(device.address) or device.execute(["python3", "-c", ""], timeout=_ASK_S).returncode == 0


def require_awake(device: Device) -> None:
    """Raise CommandFailed where a phone says that its screen is dark: what it runs then is held back."""
    told = device.execute(["dumpsys", "power"], timeout=_ASK_S).stdout
    found = re.search(r"^\s*mWakefulness=(\w+)", told, re.MULTILINE)
    if found is not None and found[1] != "Awake":
        raise CommandFailed(
            f"{device.address} sleeps ({found[1].lower()}), and measures nothing that holds for a phone in use",
            address=device.address,
            hint="wake and unlock it, and try again",
        )


def look_at_phone(device: Device, *, phase: str, since: float) -> Snapshot:
    """Look at a phone's heat and battery.

    Args:
        device: the phone.
        phase: ``before`` or ``after``.
        since: when it began, by ``time.monotonic()``.

    Raises:
        DeviceError: it does not answer.
    """
    told = answers(device.execute(["sh", "-c", asking(_HEAT)], timeout=_ASK_S).stdout)
    heat, battery = read_heat(told.get("thermal", "")), read_battery(told.get("battery", ""))
    return Snapshot(
        at_s=time.monotonic() - since,
        phase=phase,
        temperature_c=heat.temperature_c,
        clocks_mhz=(),
        governor=None,
        throttle_flags=None,
        throttle_count=None,
        cooling_steps=None,
        thermal_status=heat.status,
        battery_percent=battery.percent,
        charging=battery.charging,
        battery_c=battery.temperature_c,
    )


def conditions_around(before: Snapshot, after: Snapshot) -> Conditions:
    """Return the conditions of a run on a phone, of which nothing was counted."""
    unknown = ("throttling between the two looks" if after.thermal_status is not None else "throttling",)
    return Conditions((before, after), 0.0, None, None, None, None, None, None, (*unknown, *_UNKNOWN))
