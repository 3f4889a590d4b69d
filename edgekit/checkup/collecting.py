"""What a device says of itself: system files and a few commands, asked with the shell, or with Python where none is."""

from __future__ import annotations

import json
from contextlib import suppress

from edgekit.devices import Device, is_phone
from edgekit.devices.adb import PHONE_COMMANDS
from edgekit.devices.sections import answers, asking

_TIMEOUT_S = 60.0
_FILES = {
    "kernel_arch": "/proc/sys/kernel/arch",
    "os_release": "/etc/os-release",
    "cpuinfo": "/proc/cpuinfo",
    "meminfo": "/proc/meminfo",
    "loadavg": "/proc/loadavg",
    "board": "/proc/device-tree/model",
    "temperatures": "/sys/class/thermal/thermal_zone*/temp",
    "governor": "/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor",
    "clock_now": "/sys/devices/system/cpu/cpu0/cpufreq/scaling_cur_freq",
    "clock_most": "/sys/devices/system/cpu/cpu0/cpufreq/cpuinfo_max_freq",
}
"""Names of ours, and the files; of a pattern all that fit."""
_COMMANDS = {
    "machine": "uname -m",
    "kernel": "uname -sr",
    "disk": "df -Pk .",
    "throttled": "vcgencmd get_throttled",
}
_PYTHON = """
import glob, json, os, sys
files = json.loads(sys.argv[1])
def text(pattern):
    found = ""
    for path in sorted(glob.glob(pattern)):
        try:
            found += open(path, "rb").read(65536).decode("utf-8", "replace").replace("\\0", "")
        except OSError:
            pass
    return found
told = {name: text(pattern) for name, pattern in files.items()}
system, _, release, _, machine = os.uname()
disk = os.statvfs(".")
told["machine"], told["kernel"] = machine, system + " " + release
told["disk"] = "x\\nx x x %d x x" % (disk.f_bavail * disk.f_frsize // 1024)
told["emulates"] = os.environ.get("EDGEKIT_EMULATES", "")
print(json.dumps(told))
"""


def collect_facts(device: Device) -> dict[str, str]:
    """Return texts by name, as the device's system gives them; "" for what it does not tell.

    Raises:
        DeviceError: the device does not answer.
    """
    # 64 KiB are enough of any of them.
    files = {name: f"cat {path}" if "*" in path else f"head -c 65536 {path}" for name, path in _FILES.items()}
    # Of other machines these would be any programs of that name.
    commands = {**_COMMANDS, **PHONE_COMMANDS} if is_phone(device.address) else _COMMANDS
    completed = device.execute(["sh", "-c", asking({**files, **commands})], timeout=_TIMEOUT_S)
    told = {"emulates": "", **answers(completed.stdout)}
    if not completed.stdout:
        completed = device.execute(["python3", "-c", _PYTHON, json.dumps(_FILES)], timeout=_TIMEOUT_S)
        if completed.returncode == 0:
            # What is no such answer tells nothing, as a file that is not there does not.
            with suppress(ValueError, AttributeError):
                told = {name: text.strip() for name, text in json.loads(completed.stdout).items()}
    return {name: told.get(name, "") for name in (*_FILES, *commands, "emulates")}
