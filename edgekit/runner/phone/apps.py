"""Apps of edgekit's on a phone: which are there, and which of them carries a model."""

from __future__ import annotations

import hashlib
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from edgekit.devices import Device
from edgekit.errors import CommandFailed, UnsuitedDevice
from edgekit.files import temporary_folder
from edgekit.inspection import Inspection
from edgekit.progress import Progress, Step, silent

_ASK_S = 120.0
_COPY = "app.apk"
_LARGEST = 2 << 30
# What declares our action may be anybody's; encrypted entries raise RuntimeError.
_DAMAGE = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError)
_PATH = """
found=$(pm path "$1") || exit
path=$(printf '%s\\n' "$found" | sed -n 's/^package://p' | grep 'base.apk$' | head -n 1)
[ -n "$path" ] || exit 1
"""
_HASH = _PATH + 'exec sha256sum <"$path"'
_FETCH = _PATH + f'exec cp -- "$path" {_COPY}'


@dataclass(frozen=True, slots=True)
class PhoneApp:
    """One app of edgekit's on a phone."""

    activity: str
    """What takes requests, as ``am start -n`` names it."""

    @property
    def application_id(self) -> str:
        """What the phone tells it apart by."""
        return self.activity.partition("/")[0]


def apps_of(activities: Sequence[str]) -> tuple[PhoneApp, ...]:
    """Return the apps whose activities a phone told."""
    return tuple(map(PhoneApp, activities))


def app_with_bytes(device: Device, apps: Sequence[PhoneApp], *, sha256: str) -> PhoneApp | None:
    """Return the app whose APK on the phone has a hash; None where there is none."""
    for app in apps:
        told = device.execute(["sh", "-c", _HASH, "sh", app.application_id], timeout=_ASK_S).stdout
        if told.split()[:1] == [sha256]:
            return app
    return None


def app_with_model(
    device: Device, facts: Inspection, apps: Sequence[PhoneApp], *, progress: Progress = silent
) -> PhoneApp:
    """Return the app on a phone that carries a model.

    Raises:
        UnsuitedDevice: there is none; the hint tells both ways that are left.
        DeviceError: the phone does not answer.
    """
    others: list[str] = []
    for app in apps:
        progress(Step(f"looking into {app.application_id} on {device.address}"))
        hashes = tuple(_models(device, app))
        if facts.sha256 in hashes:
            return app
        carried = ", ".join(each[:12] for each in hashes) or "no model that can be read"
        others.append(f"{app.application_id} carries {carried}")
    if others:
        reason = f"no app on {device.address} carries {facts.path} ({facts.sha256[:12]}): {'; '.join(others)}"
    else:
        reason = f"{device.address} cannot run {facts.path}: phones have no Python, and no app of edgekit's is there"
    raise UnsuitedDevice(
        reason,
        hint=f"put it into an app: 'edgekit bundle android {facts.path} -o app.apk', then 'edgekit benchmark app.apk "
        f"--device {device.address}'; or measure it by LiteRT's own program: --engine benchmark_model=PATH",
    )


def _models(device: Device, app: PhoneApp) -> Iterator[str]:
    """Yield the hashes of the models in an app's APK, which is fetched for it."""
    if device.execute(["sh", "-c", _FETCH, "sh", app.application_id], timeout=_ASK_S).returncode:
        return
    with temporary_folder("edgekit-apk-") as folder:
        copy = Path(folder, _COPY)
        device.pull(_COPY, copy)
        device.execute(["rm", "-f", _COPY], timeout=_ASK_S)
        # What is none of our APKs carries no model of ours.
        with suppress(*_DAMAGE), zipfile.ZipFile(copy) as archive:
            for info in archive.infolist():
                known = info.filename.startswith("assets/") and info.filename.endswith(".tflite")
                if known and info.file_size <= _LARGEST:
                    yield hashlib.sha256(archive.read(info)).hexdigest()


_FAILURES = {
    "INSTALL_FAILED_UPDATE_INCOMPATIBLE": (
        "the app that is there was signed with another key",
        "remove that one first: adb uninstall APPLICATION_ID",
    ),
    "INSTALL_FAILED_INSUFFICIENT_STORAGE": ("the phone's storage is full", "free some space on the phone"),
    "INSTALL_FAILED_NO_MATCHING_ABIS": (
        "it has no library for the phone's processor",
        "make it again with the ABI that 'edgekit doctor adb:' names first: --abi",
    ),
    "INSTALL_FAILED_OLDER_SDK": ("the phone's Android is too old", "take a phone with Android 8 or newer"),
    "INSTALL_FAILED_VERSION_DOWNGRADE": ("a newer one is there", "remove that one first: adb uninstall APPLICATION_ID"),
    "INSTALL_FAILED_USER_RESTRICTED": (
        "the phone's owner did not allow it",
        "allow it when the phone asks; some makers have an option 'Install via USB' for developers",
    ),
    "INSTALL_PARSE_FAILED": ("the phone does not take it for an app", "look at it with: edgekit verify APK"),
    "INSTALL_FAILED_VERIFICATION_FAILURE": ("the phone's scan of apps refused it", "look at the phone, and try again"),
}


def install_app(device: Device, apk: Path, *, progress: Progress = silent) -> None:
    """Install an APK, over an older one of the same application id.

    Args:
        device: a phone.
        apk: signed.
        progress: told that it begins.

    Raises:
        CommandFailed: the phone refuses it, or has no room.
        DeviceError: it does not answer.
    """
    progress(Step(f"installing {apk.name} on {device.address}"))
    device.push(apk, _COPY)
    script = f'exec pm install -r -S "$1" <{_COPY}'
    ended = device.execute(["sh", "-c", script, "sh", str(apk.stat().st_size)], timeout=_ASK_S)
    device.execute(["rm", "-f", _COPY], timeout=_ASK_S)
    said = (ended.stdout + ended.stderr).strip()
    if "Success" in said.split():
        return
    for word, (reason, hint) in _FAILURES.items():
        if word in said:
            raise CommandFailed(
                f"cannot install {apk} on {device.address}: {reason}", address=device.address, hint=hint, log=said
            )
    last = said.splitlines()[-1] if said else f"pm ended with code {ended.returncode}"
    raise CommandFailed(
        f"cannot install {apk} on {device.address}: {last}",
        address=device.address,
        hint=f"try it by hand: adb install -r {apk}",
        log=said,
    )
