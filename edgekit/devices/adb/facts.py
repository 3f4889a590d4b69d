"""What a phone says of itself: properties of the build, heat and battery, and the apps of ours on it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

RUN_ACTION = "edgekit.action.RUN"
"""What the demo app answers to."""
OLDEST_API = 26
"""Of Android, for the demo app: Android 8."""
PHONE_COMMANDS = {
    "properties": "getprop",
    "page_size": "getconf PAGE_SIZE",
    "thermal": "dumpsys thermalservice",
    "battery": "dumpsys battery",
    "apps": f"cmd package query-activities --brief -a {RUN_ACTION}",
}
"""Names of ours, and the commands that Android's shell has for them. Other systems have none of these."""
THERMAL_STATUSES = ("none", "light", "moderate", "severe", "critical", "emergency", "shutdown")
"""https://developer.android.com/reference/android/os/PowerManager#THERMAL_STATUS_NONE, by number."""
_CPU, _SKIN = 0, 3
"""Types of a temperature, android.os.Temperature."""


@dataclass(frozen=True, slots=True)
class Heat:
    """How hot a phone says that it is."""

    status: str | None
    """One of :data:`THERMAL_STATUSES`; from ``light`` on it is slowed down. None: it does not tell."""
    temperature_c: float | None
    """The hottest of its processors' sensors, in °C, or else of its skin's."""

    @property
    def throttled(self) -> bool:
        """It is slowed down for heat."""
        return self.status not in {None, THERMAL_STATUSES[0]}


@dataclass(frozen=True, slots=True)
class Battery:
    """A phone's battery."""

    percent: float | None
    """0 to 100; None: it does not tell."""
    charging: bool | None
    """Whether it is on a charger or another computer."""
    temperature_c: float | None
    """In °C; None: it does not tell."""


_UNNAMED = "a phone without a name"


@dataclass(frozen=True, slots=True)
class PhoneFacts:
    """A phone, as it describes itself; None where it does not tell."""

    model: str
    soc: str | None
    """The chip, by maker and name."""
    android: str
    """The version, such as ``14``."""
    api: int | None
    abis: tuple[str, ...]
    """That it runs, best first: ``arm64-v8a``, ..."""
    page_bytes: int | None
    heat: Heat
    battery: Battery
    apps: tuple[str, ...]
    """Activities of demo apps that take requests, as ``am start -n`` names them."""
    cores: int | None = None
    fingerprint: str | None = None
    """Of the build."""
    virtual: bool = False
    """It is an emulated phone: its times say nothing."""

    @property
    def named(self) -> bool:
        """Whether it says its model."""
        return self.model != _UNNAMED

    @property
    def application_ids(self) -> tuple[str, ...]:
        """Of the demo apps."""
        return tuple(dict.fromkeys(each.partition("/")[0] for each in self.apps))

    @property
    def system(self) -> str:
        """The operating system, for people."""
        return f"Android {self.android}" + ("" if self.api is None else f", API {self.api}")

    def __str__(self) -> str:
        parts = [self.model if self.soc is None else f"{self.model} ({self.soc})", f"Android {self.android}"]
        parts += [" ".join(self.abis)] if self.abis else []
        parts += [] if self.page_bytes is None else [f"pages of {self.page_bytes // 1024} KiB"]
        parts += [] if self.cores is None else [f"{self.cores} cores"]
        parts += [] if self.heat.status is None else [f"thermal status {self.heat.status}"]
        return ", ".join(parts)


def read_phone_facts(told: Mapping[str, str]) -> PhoneFacts | None:
    """Return the facts; None for what is no phone.

    Args:
        told: what :data:`PHONE_COMMANDS` printed, by their names, and ``cpuinfo`` where it was read.
    """
    properties = dict(re.findall(r"^\[([^\]]+)\]: \[(.*)\]$", told.get("properties", ""), re.MULTILINE))
    version = properties.get("ro.build.version.release")
    if not version:
        return None
    soc = f"{properties.get('ro.soc.manufacturer', '')} {properties.get('ro.soc.model', '')}".strip()
    page = told.get("page_size", "").strip()
    api = properties.get("ro.build.version.sdk", "")
    return PhoneFacts(
        model=properties.get("ro.product.model") or _UNNAMED,
        # Before Android 12 only the board's platform is told.
        soc=soc or properties.get("ro.board.platform") or properties.get("ro.hardware") or None,
        android=version,
        api=int(api) if api.isdecimal() else None,
        abis=tuple(filter(None, properties.get("ro.product.cpu.abilist", "").split(","))),
        page_bytes=int(page) if page.isdecimal() else None,
        heat=read_heat(told.get("thermal", "")),
        battery=read_battery(told.get("battery", "")),
        apps=tuple(re.findall(r"^\s*([\w.]+/[\w.$]+)\s*$", told.get("apps", ""), re.MULTILINE)),
        cores=len(re.findall(r"^processor\s*:", told.get("cpuinfo", ""), re.MULTILINE)) or None,
        fingerprint=properties.get("ro.build.fingerprint"),
        virtual=properties.get("ro.kernel.qemu") == "1" or properties.get("ro.boot.qemu") == "1",
    )


def read_heat(told: str) -> Heat:
    """Read what ``dumpsys thermalservice`` prints; it has been there since Android 10."""
    number = re.search(r"^Thermal Status: (\d+)", told, re.MULTILINE)
    known = number is not None and int(number[1]) < len(THERMAL_STATUSES)
    # What was cached may be old.
    _, title, current = told.partition("Current temperatures from HAL:")
    degrees: dict[int, list[float]] = {}
    for value, kind in re.findall(r"Temperature\{mValue=([0-9.]+), mType=(-?\d+)", current if title else told):
        degrees.setdefault(int(kind), []).append(float(value))
    return Heat(
        status=THERMAL_STATUSES[int(number[1])] if known and number is not None else None,
        temperature_c=max(degrees.get(_CPU) or degrees.get(_SKIN) or [], default=None),
    )


def read_battery(told: str) -> Battery:
    """Read what ``dumpsys battery`` prints."""
    level, scale, tenths = (
        re.search(rf"^\s*{name}: (-?\d+)", told, re.MULTILINE) for name in ("level", "scale", "temperature")
    )
    powered = re.findall(r"^\s*\w+ powered: (true|false)", told, re.MULTILINE)
    whole = int(scale[1]) if scale else 100
    return Battery(
        percent=100.0 * int(level[1]) / whole if level and whole > 0 else None,
        charging="true" in powered if powered else None,
        temperature_c=int(tenths[1]) / 10 if tenths else None,
    )
