"""One command as a process group of its own, with a deadline and an output that cannot fill the memory."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from edgekit.devices.capture import Capture
from edgekit.devices.device import Completed
from edgekit.devices.following import Deadline, follow
from edgekit.errors import DeviceTimeout


def run_process(
    argv: Sequence[str],
    *,
    folder: Path,
    environment: Mapping[str, str],
    timeout: float,
    address: str,
    name: str | None = None,
) -> Completed:
    """Run a command on this machine to its end, without a shell and without standard input.

    However this ends, by return, timeout, Ctrl-C or SystemExit, nothing of the command's process group is left.

    Args:
        argv: the program, searched for in the PATH of ``environment``, and its arguments.
        folder: where it starts.
        environment: the whole environment of the command.
        timeout: seconds.
        address: of the device, for the errors.
        name: of the program for people; None: ``argv[0]``.

    Returns:
        127 where there is no such program and 126 where it cannot be executed, as a shell does.

    Raises:
        DeviceTimeout: the command was killed; carries what it had printed as its log.
        OSError: this machine cannot start a process.
    """
    name = name or argv[0]
    try:
        process = subprocess.Popen(
            list(argv),
            cwd=folder,
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )
    except FileNotFoundError:
        return Completed(127, "", f"{name}: there is no such program\n")
    except OSError as error:
        if error.errno in {errno.EACCES, errno.ENOEXEC}:
            return Completed(126, "", f"{name}: this cannot be executed\n")
        raise
    outputs = {"stdout": Capture(), "stderr": Capture()}
    with process:
        try:
            finished = follow(process, outputs, deadline=Deadline(timeout))
        finally:
            # The leader is still a zombie here, so its id cannot have become another process group's.
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
    stdout, stderr = outputs["stdout"].text(), outputs["stderr"].text()
    if not finished:
        raise DeviceTimeout(
            f"'{name}' on {address} did not end within {timeout:g} s and was killed",
            address=address,
            hint="give it more time, or look at the device",
            log=stdout + stderr,
        )
    return Completed(process.returncode, stdout, stderr)
