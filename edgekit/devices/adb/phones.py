"""Which phones adb sees, and which of them an address means."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from edgekit.devices.adb.address import parse_adb_address
from edgekit.devices.adb.complaints import READY, not_ready, unreachable
from edgekit.devices.adb.facts import PHONE_COMMANDS, PhoneFacts, read_phone_facts
from edgekit.devices.adb.program import run_adb
from edgekit.devices.sections import answers, asking
from edgekit.errors import DeviceError, DeviceUnreachable, UsageError

_TITLE = "List of devices attached"
_LINE = re.compile(
    r"(?P<serial>\S.*?)\s+(?P<state>device|offline|unauthorized|authorizing|connecting|bootloader|recovery|sideload|"
    r"rescue|host|no device|unknown|no permissions.*?)(?P<more>(?: \w+:\S+)*)\s*"
)
_NETWORK = re.compile(r".*[^:]:\d+")


@dataclass(frozen=True, slots=True)
class Phone:
    """A phone, or an emulated one, as ``adb devices -l`` lists it."""

    serial: str
    state: str
    """``device`` where it can be used; ``unauthorized``, ``offline``, ``no permissions ...``, ..."""
    model: str | None
    """None where it has not said."""

    @property
    def ready(self) -> bool:
        """It can be used."""
        return self.state == READY

    @property
    def address(self) -> str:
        """Of the device."""
        return f"adb:{self.serial}"

    def __str__(self) -> str:
        told = self.model if self.ready else self.state.split(" (")[0]
        return self.serial if told is None else f"{self.serial} ({told})"


def list_phones(*, address: str = "adb:") -> tuple[Phone, ...]:
    """Return the phones that adb sees, whatever their state.

    Args:
        address: for the errors.

    Raises:
        DeviceUnreachable: adb is not installed, or its server does not start.
        DeviceTimeout: it did not answer.
    """
    ended = run_adb(["devices", "-l"], address=address)
    _, title, listed = ended.stdout.partition(f"{_TITLE}\n")
    if ended.returncode or not title:
        said = (ended.stdout + ended.stderr).strip()
        lines = [line.strip("* ") for line in said.splitlines() if line.strip("* ")]
        raise DeviceUnreachable(
            f"adb's server, which {address} needs, does not start: {lines[-1] if lines else 'it gave no reason'}",
            address=address,
            hint="'adb kill-server' ends one that hangs; another program may have its port (ANDROID_ADB_SERVER_PORT)",
            log=said,
        )
    return tuple(map(_phone, filter(None, map(str.strip, listed.splitlines()))))


def describe_phone(phone: Phone) -> PhoneFacts | None:
    """Return what a phone says of itself, asked in one call; None where what answers is no Android.

    Raises:
        DeviceUnreachable: it cannot be asked.
        DeviceTimeout: it did not answer.
    """
    script = asking({**PHONE_COMMANDS, "cpuinfo": "cat /proc/cpuinfo"})
    ended = run_adb(["-s", phone.serial, "shell", script], address=phone.address)
    told = answers(ended.stdout)
    if not told:
        raise unreachable(phone.address, ended.stdout + ended.stderr)
    return read_phone_facts(told)


def find_phone(address: str) -> Phone:
    """Return the phone that an address means, ready to be used.

    Args:
        address: ``adb:SERIAL``, or ``adb:`` where only one is there.

    Raises:
        UsageError: the address is malformed, or fits several phones.
        DeviceUnreachable: there is no such phone, or it cannot be used as it is.
    """
    serial = parse_adb_address(address)
    phones = list_phones(address=address)
    phone = _only(address, phones) if serial is None else _named(address, serial, phones)
    if not phone.ready:
        raise not_ready(phone.address, phone.state)
    return phone


def require_shell_v2(phone: Phone) -> None:
    """Raise DeviceError unless commands on a phone tell their exit code and keep their outputs apart."""
    ended = run_adb(["-s", phone.serial, "features"], address=phone.address)
    if ended.returncode == 0 and "shell_v2" not in ended.stdout.split():
        raise DeviceError(
            f"cannot use {phone.address}: its adbd lacks the feature shell_v2, so no command tells how it ended",
            address=phone.address,
            hint="take a phone with Android 7 or newer; an old adb on this machine lacks it too ('adb version')",
            log=ended.stdout,
        )


def _only(address: str, phones: Sequence[Phone]) -> Phone:
    if not phones:
        raise DeviceUnreachable(
            "adb sees no phone",
            address=address,
            hint="plug one in and turn on 'USB debugging' in its developer options, or 'adb connect HOST:PORT'",
        )
    if len(phones) > 1:
        raise UsageError(
            f"device '{address}' fits {len(phones)} phones: {', '.join(map(str, phones))}",
            hint=f"name one of them: {phones[0].address}",
        )
    return phones[0]


def _named(address: str, serial: str, phones: Sequence[Phone]) -> Phone:
    for phone in phones:
        if phone.serial == serial:
            return phone
    there = f"it sees {', '.join(map(str, phones))}" if phones else "it sees none"
    near = get_close_matches(serial, [phone.serial for phone in phones], n=1, cutoff=0.5)
    hint = "plug it in, and look at 'adb devices'"
    if near:
        hint = f"did you mean adb:{near[0]}?"
    elif _NETWORK.fullmatch(serial):
        hint = f"connect it first: adb connect {serial}"
    raise DeviceUnreachable(f"adb sees no phone '{serial}'; {there}", address=address, hint=hint)


def _phone(line: str) -> Phone:
    found = _LINE.fullmatch(line)
    if found is None:
        # What is not understood is shown all the same: it counts where one phone must be the only one.
        return Phone(line, "unknown", None)
    model = re.search(r" model:(\S+)", found["more"])
    return Phone(found["serial"], found["state"].strip(), model[1].replace("_", " ") if model else None)
