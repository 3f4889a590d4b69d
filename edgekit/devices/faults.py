"""The one place where the trouble of a transport becomes an error of ours that carries the device's address."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager

from edgekit.errors import CommandFailed

_REASONS = {
    errno.ENOENT: ("there is no such file", None),
    errno.ENOTDIR: ("part of the path is not a folder", None),
    errno.EISDIR: ("it is a folder", "name a file"),
    errno.EACCES: ("permission is denied", "look at the permissions on the device"),
    errno.EPERM: ("permission is denied", "look at the permissions on the device"),
    errno.ENOSPC: ("the device's disk is full", "free some space on the device"),
    errno.EDQUOT: ("the disk quota on the device is used up", "free some space on the device"),
    errno.EROFS: ("the device's file system is read-only", "remount it for writing"),
    errno.EEXIST: ("there is a file of that name", None),
    errno.ENAMETOOLONG: ("the name is too long", "choose a shorter name"),
    errno.E2BIG: ("the command line is too long", "put the arguments into a file and push it"),
    errno.EAGAIN: ("the device can start no more processes", "end some programs there"),
    errno.ENOMEM: ("the device is out of memory", "end some programs there"),
}


@contextmanager
def device_errors(address: str, doing: str) -> Iterator[None]:
    """Map OSError raised inside to CommandFailed.

    Args:
        address: the device's.
        doing: what was tried, as in "cannot ``doing``": ``write model.tflite``.
    """
    try:
        yield
    except OSError as error:
        reason, hint = _REASONS.get(error.errno or 0, (str(error), None))
        raise CommandFailed(f"cannot {doing} on {address}: {reason}", address=address, hint=hint) from error


def told_failure(address: str, doing: str, told: str, *, hint: str | None = None) -> CommandFailed:
    """Return the error for a failure that a device put into words.

    Args:
        address: the device's.
        doing: what was tried, as in "cannot ``doing``".
        told: what its programs printed, in the C locale.
        hint: the next step, where the reason is none that we know.
    """
    for number, (reason, step) in _REASONS.items():
        if os.strerror(number) in told:
            return CommandFailed(f"cannot {doing} on {address}: {reason}", address=address, hint=step, log=told)
    reason = " ".join(told.split()) or "it gave no reason"
    return CommandFailed(f"cannot {doing} on {address}: {reason}", address=address, hint=hint)
