"""The cores that a process may use."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from edgekit.resources import usable_cores


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="this system does not bind processes to cores")
def test_only_those_that_the_process_is_bound_to() -> None:
    assert usable_cores() == len(os.sched_getaffinity(0))
    program = (
        "import os; from edgekit.resources import usable_cores; "
        "os.sched_setaffinity(0, {min(os.sched_getaffinity(0))}); print(usable_cores())"
    )
    assert subprocess.check_output([sys.executable, "-c", program], text=True) == "1\n"


def test_a_system_that_binds_no_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(os, "sched_getaffinity", raising=False)
    assert usable_cores() == os.cpu_count()
