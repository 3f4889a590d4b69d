"""Limits that the agent sets itself, for files that are broken."""

from __future__ import annotations

import resource
import signal
import time
from contextlib import suppress
from pathlib import Path

from .job import Job
from .system import MEMORY_BYTES, status_bytes


def limit_time(job: Job, most: float = float("inf")) -> None:
    """Let the kernel end this process at the job's deadline or in ``most`` seconds, even inside C code."""
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGALRM])
    signal.setitimer(signal.ITIMER_REAL, max(1e-3, min(most, job["deadline"] - time.monotonic())))


def limit_memory(job: Job) -> None:
    """Refuse more address space than the machine has memory, on top of what is mapped already."""
    # Where memory runs out for all, this process is the one to go. Some sandboxes do not let us say so.
    with suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text("1000", encoding="ascii")
    # Each thread reserves a stack and an allocator arena that it hardly touches.
    limit = MEMORY_BYTES + status_bytes("VmSize") + job["threads"] * (128 << 20)
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (limit if hard == resource.RLIM_INFINITY else min(limit, hard), hard))
