"""What the system says of the machine and of this process."""

from __future__ import annotations

import os
import platform
from pathlib import Path

from .job import Answer, Refused

MEMORY_BYTES = int(os.sysconf("SC_PHYS_PAGES")) * int(os.sysconf("SC_PAGE_SIZE"))


def describe_environment() -> Answer:
    """Return what the system says of itself, unread: the caller makes sense of it."""
    return {
        "machine": platform.machine(),
        "kernel": f"{platform.system()} {platform.release()}",
        "kernel_arch": text_of("/proc/sys/kernel/arch"),
        "os_release": text_of("/etc/os-release"),
        "cpuinfo": text_of("/proc/cpuinfo"),
        "board": text_of("/proc/device-tree/model"),
        "cores": len(os.sched_getaffinity(0)),
        "memory_bytes": MEMORY_BYTES,
        "python": platform.python_version(),
        "load_average": os.getloadavg()[0],
        "emulates": os.environ.get("EDGEKIT_EMULATES", ""),
    }


def status_bytes(name: str) -> int:
    """Return a size of this process, such as ``VmHWM``, from /proc/self/status."""
    lines = [line for line in text_of("/proc/self/status").splitlines() if line.startswith(name + ":")]
    if not lines:
        raise Refused(f"memory cannot be measured: /proc/self/status has no {name}")
    return int(lines[0].split()[1]) * 1024


def text_of(path: str) -> str:
    """Return a small system file's text; empty where there is none."""
    try:
        return Path(path).read_text(encoding="utf-8", errors="replace")[: 1 << 16]
    except OSError:
        return ""
