"""What goes on around a run: heat, clocks, throttling and the load of others, as the system's files have it, unread.

Whoever asked makes sense of it. A file that is not there leaves nothing, and never a good word in its place.
"""

from __future__ import annotations

import os
import re
import resource
import shutil
import subprocess
import time
from contextlib import suppress
from pathlib import Path

from .job import Answer
from .system import text_of

ROOT = os.environ.get("EDGEKIT_SYSTEM_ROOT", "")
"""In front of /proc and /sys: tests have boards of their own there."""
_TICK_S = 1.0 / os.sysconf("SC_CLK_TCK")
_CPU = "/sys/devices/system/cpu/cpu[0-9]*"
_FILES = {
    "temperatures": "/sys/class/thermal/thermal_zone*/temp",
    "clocks": f"{_CPU}/cpufreq/scaling_cur_freq",
    "governors": f"{_CPU}/cpufreq/scaling_governor",
    "throttle_counts": f"{_CPU}/thermal_throttle/*_throttle_count",
    "cooling_types": "/sys/class/thermal/cooling_device*/type",
    "cooling_states": "/sys/class/thermal/cooling_device*/cur_state",
}
_FIRMWARE = "/sys/devices/platform/soc/soc:firmware/get_throttled"


class Watch:
    """Looks at the machine when told to, and counts between :meth:`begin` and :meth:`end`."""

    def __init__(self) -> None:
        self.looks: list[Answer] = []
        self._start = time.monotonic()
        self._paths = {name: _found(pattern) for name, pattern in _FILES.items()}
        self._command = None if ROOT or Path(_FIRMWARE).exists() else shutil.which("vcgencmd")
        self._first: Answer = {}
        self._others: dict[str, tuple[str, int]] = {}

    def look(self, phase: str) -> Answer:
        """Read everything once, keep it, and return it."""
        seen: Answer = {"phase": phase, "at_s": time.monotonic() - self._start}
        for name, paths in self._paths.items():
            seen[name] = [text_of(path).strip() for path in paths]
        seen["throttled"] = text_of(ROOT + _FIRMWARE).strip() or self._ask_firmware()
        self.looks.append(seen)
        return seen

    def begin(self) -> None:
        """Begin to count what others do."""
        self._others = _processes()
        self._first = _counters()

    def end(self) -> Answer:
        """Return what was counted since :meth:`begin`."""
        last = _counters()
        own, seconds = last["own_s"] - self._first["own_s"], last["now_s"] - self._first["now_s"]
        others = _processes()
        # A process that began meanwhile began with nothing.
        spent = {pid: ticks - self._others.get(pid, ("", 0))[1] for pid, (_, ticks) in others.items()}
        busiest = max(spent, key=lambda pid: spent[pid], default="")
        busy = [each["busy_ticks"] for each in (self._first, last)]
        stall = [each["stall_us"] for each in (self._first, last)]
        return {
            "timed_s": seconds,
            "others_s": None if None in busy else (busy[1] - busy[0]) * _TICK_S - own,
            "busiest": others[busiest][0] if busiest else "",
            "busiest_s": spent[busiest] * _TICK_S if busiest else 0.0,
            "switches": [last["switches"][kind] - self._first["switches"][kind] for kind in (0, 1)],
            "stall_s": None if None in stall else (stall[1] - stall[0]) / 1e6,
        }

    def _ask_firmware(self) -> str:
        if self._command is None:
            return ""
        with suppress(OSError, subprocess.SubprocessError):
            command = [self._command, "get_throttled"]
            told = subprocess.run(command, capture_output=True, timeout=2, check=False).stdout
            return told.decode("ascii", "replace").partition("=")[2].strip()
        return ""


def _counters() -> Answer:
    own = resource.getrusage(resource.RUSAGE_SELF)
    fields = text_of(ROOT + "/proc/stat").partition("\n")[0].split()[1:9]
    # user, nice, system, irq, softirq and steal: all but idle and iowait.
    busy = sum(int(fields[place]) for place in (0, 1, 2, 5, 6, 7)) if len(fields) == 8 else None
    pressure = text_of(ROOT + "/proc/pressure/memory").partition("\n")[0].rpartition("total=")[2]
    return {
        "now_s": time.monotonic(),
        "own_s": own.ru_utime + own.ru_stime,
        "busy_ticks": busy,
        "switches": (own.ru_nvcsw, own.ru_nivcsw),
        "stall_us": int(pressure) if pressure.isdigit() else None,
    }


def _processes() -> dict[str, tuple[str, int]]:
    """Return name and spent ticks of every other process that lets itself be seen, by its number."""
    found = {}
    for path in _found("/proc/[0-9]*/stat"):
        before, _, after = text_of(path).rpartition(")")
        fields = after.split()
        pid = path.split("/")[-2]
        if pid != str(os.getpid()) and len(fields) > 12:
            found[pid] = (before.partition("(")[2], int(fields[11]) + int(fields[12]))
    return found


def _found(pattern: str) -> list[str]:
    # cpu10 comes after cpu9.
    paths = [str(path) for path in Path(ROOT + "/").glob(pattern[1:])]
    return sorted(paths, key=lambda path: [int(digits) for digits in re.findall("[0-9]+", path)])
