"""A profile of a device that ``doctor`` has looked over: what the device says of itself, with that as its source."""

from __future__ import annotations

import datetime
import glob
import re
from collections.abc import Iterator
from pathlib import Path

from edgekit.checkup.doctoring import doctor
from edgekit.checkup.findings import Checkup
from edgekit.devices import Device
from edgekit.errors import OutputError, ProfileError
from edgekit.files import named_output, output_errors, require_writable, write_bytes
from edgekit.profiles import SCHEMA_FILE, DeviceProfile, Kind, list_profiles, own_profiles
from edgekit.profiles.reading import load_profile
from edgekit.progress import Progress, silent
from edgekit.resources import resource_folder
from edgekit.units import format_clock

_NAME = re.compile(r"[a-z0-9][a-z0-9-]*")
_FEATURES = {"fp16_arithmetic": "fp16", "int8_dot_product": "dotprod", "int8_matrix_multiply": "i8mm"}
_X86_FEATURES = {"int8_dot_product": "vnni"}
_SIMD = {"neon": "NEON, 128 bit", "avx512": "AVX-512, 512 bit", "avx2": "AVX2, 256 bit"}


def new_profile(
    name: str, device: str | Device, *, output: str | Path | None = None, progress: Progress = silent
) -> DeviceProfile:
    """Write a profile of a device from what ``doctor`` finds there.

    Args:
        name: of the profile: small letters, digits and hyphens.
        device: an address, or a device that is open and stays so.
        output: the folder to write ``NAME.toml`` into; None: the user's own folder of profiles, where it is found by
            its name. A file that is there stays.
        progress: told each step.

    Returns:
        The profile, which was written. What the device does not tell is left out, and so is unknown.

    Raises:
        ProfileError: the name cannot be one, is taken, or the device does not say enough.
        OutputError: the file is there already, or cannot be written.
        DeviceError: the device cannot be reached.
    """
    if not _NAME.fullmatch(name):
        raise ProfileError(
            f"'{name}' cannot be the name of a profile: it is made of small letters, digits and hyphens",
            hint="such as my-board",
        )
    if name in {profile.name for profile in list_profiles()}:
        raise ProfileError(f"there is a profile '{name}' already", hint="choose another name")
    folder = own_profiles() if output is None else named_output(output)
    path = folder / f"{name}.toml"
    if path.exists():
        raise OutputError(f"{path} exists, and is not overwritten", hint="choose another name, or move it away")
    if output is None:
        with output_errors(folder):
            folder.mkdir(parents=True, exist_ok=True)
    require_writable(path)
    checkup = doctor(device, progress=progress)
    if checkup.emulated:
        raise ProfileError(
            f"{checkup.address} is emulated: its processor and memory are not a board's",
            hint="take the profile from a board itself",
        )
    if checkup.phone is not None and not checkup.board:
        raise ProfileError(
            f"{checkup.address} does not say its model (ro.product.model), so its kind could not be told from others",
            hint="take the profile from a phone that says it",
        )
    write_bytes(path, "\n".join(_lines(name, checkup)).encode())
    return load_profile(path)


def _lines(name: str, checkup: Checkup) -> Iterator[str]:
    kind = Kind.PC if checkup.machine == "x86_64" else Kind.LINUX_BOARD
    kind = Kind.PHONE if checkup.phone is not None else kind
    said = f"edgekit doctor {checkup.address}"
    asked = "device tree" if checkup.phone is None else "ro.product.model"
    yield f"#:schema {resource_folder('device_profiles') / SCHEMA_FILE}"
    yield "# What the device said of itself. Add what you know better, each fact with its source."
    yield f"title = {_quoted(checkup.board or checkup.cpu_model)}"
    yield f'kind = "{kind}"'
    yield f"date = {datetime.datetime.now(tz=datetime.UTC).date().isoformat()}"
    yield "\n[match]"
    yield _fact("machine", f"[{_quoted(checkup.machine)}]", f"{said} (uname)")
    if checkup.board:
        yield _fact("board", f"[{_quoted(glob.escape(checkup.board))}]", f"{said} ({asked})")
    else:
        yield _fact("cpu", f"[{_quoted(glob.escape(checkup.cpu_model))}]", f"{said} (/proc/cpuinfo)")
    yield "\n[facts]"
    yield _fact("architecture", _quoted(checkup.machine), f"{said} (uname)")
    yield _fact("cpu", _quoted(checkup.cpu_model), f"{said} (/proc/cpuinfo)")
    if checkup.cores:
        yield _fact("cores", str(checkup.cores), f"{said} (/proc/cpuinfo)")
    for key, feature in (_X86_FEATURES if kind is Kind.PC else _FEATURES).items():
        if checkup.features:
            yield _fact(key, str(feature in checkup.features).lower(), f"{said} (/proc/cpuinfo)")
    if checkup.memory_bytes:
        yield _fact("memory", f'"{checkup.memory_bytes} B"', f"{said} (/proc/meminfo)")
    simd = next((text for feature, text in _SIMD.items() if feature in checkup.features[::-1]), None)
    if simd:
        yield _fact("simd", f'"{simd}"', f"{said} (/proc/cpuinfo)")
    # Two kinds of cores in one name: which are how many is not told.
    if checkup.cores and " + " not in checkup.cpu_model:
        yield "\n[[clusters]]"
        yield _fact("core", _quoted(checkup.cpu_model), f"{said} (/proc/cpuinfo)")
        yield _fact("count", str(checkup.cores), f"{said} (/proc/cpuinfo)")
        if checkup.clock_hz:
            yield _fact("clock", f'"{format_clock(checkup.clock_hz)}"', f"{said} (cpufreq, or /proc/cpuinfo)")
    yield f'\n# Wishes, not facts: what a model should keep on {name}. Such as: latency_p90 = "33 ms".'
    yield "[budget]\n"


def _fact(key: str, value: str, source: str) -> str:
    return f"{key} = {{ value = {value}, source = {_quoted(source)} }}"


def _quoted(text: str) -> str:
    kept = "".join(letter if letter.isprintable() else " " for letter in text)
    return '"' + kept.replace("\\", "\\\\").replace('"', '\\"') + '"'
