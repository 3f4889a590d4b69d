"""One command as a process group of its own, with a deadline and an output that cannot fill the memory."""

from __future__ import annotations

import errno
import os
import selectors
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from edgekit.devices.capture import Capture
from edgekit.devices.device import Completed
from edgekit.errors import DeviceTimeout

_POLL_S = 0.1


def run_process(
    argv: Sequence[str], *, folder: Path, environment: Mapping[str, str], timeout: float, address: str
) -> Completed:
    """Run a command on this machine to its end, without a shell and without standard input.

    However this ends, by return, timeout, Ctrl-C or SystemExit, nothing of the command's process group is left.

    Args:
        argv: the program, searched for in the PATH of ``environment``, and its arguments.
        folder: where it starts.
        environment: the whole environment of the command.
        timeout: seconds.
        address: of the device, for the errors.

    Returns:
        127 where there is no such program and 126 where it cannot be executed, as a shell does.

    Raises:
        DeviceTimeout: the command was killed; carries what it had printed as its log.
        OSError: this machine cannot start a process.
    """
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
        return Completed(127, "", f"{argv[0]}: there is no such program\n")
    except OSError as error:
        if error.errno in {errno.EACCES, errno.ENOEXEC}:
            return Completed(126, "", f"{argv[0]}: this cannot be executed\n")
        raise
    outputs = {"stdout": Capture(), "stderr": Capture()}
    with process:
        try:
            finished = _follow(process, outputs, deadline=time.monotonic() + timeout)
        finally:
            # The leader is still a zombie here, so its id cannot have become another process group's.
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
    stdout, stderr = outputs["stdout"].text(), outputs["stderr"].text()
    if not finished:
        raise DeviceTimeout(
            f"'{argv[0]}' on {address} did not end within {timeout:g} s and was killed",
            address=address,
            hint="give it more time, or look at the device",
            log=stdout + stderr,
        )
    return Completed(process.returncode, stdout, stderr)


def _follow(process: subprocess.Popen[bytes], outputs: Mapping[str, Capture], *, deadline: float) -> bool:
    """Read both outputs until the command has ended, but do not reap it; False where the deadline came first."""
    with selectors.DefaultSelector() as selector:
        for name, capture in outputs.items():
            selector.register(getattr(process, name), selectors.EVENT_READ, capture)
        while selector.get_map():
            remaining = deadline - time.monotonic()
            if remaining <= 0:
                return False
            ready = selector.select(min(remaining, _POLL_S))
            for key, _ in ready:
                chunk = os.read(key.fd, 2**16)
                if chunk:
                    key.data.add(chunk)
                else:
                    selector.unregister(key.fileobj)
            # A child that lives on in the background holds the pipes open; the command itself has said everything.
            if not ready and _has_exited(process):
                return True
    while not _has_exited(process):
        if time.monotonic() >= deadline:
            return False
        time.sleep(0.002)
    return True


def _has_exited(process: subprocess.Popen[bytes]) -> bool:
    return os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None
