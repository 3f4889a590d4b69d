"""A machine behind a :class:`Client`, as a device."""

from __future__ import annotations

import errno
import os
import secrets
from collections.abc import Sequence
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from edgekit.devices.arrival import arriving
from edgekit.devices.capture import Capture
from edgekit.devices.device import Completed
from edgekit.devices.faults import told_failure
from edgekit.devices.following import Deadline, Feed
from edgekit.devices.rules import checked_command, checked_path
from edgekit.devices.shell import scripts
from edgekit.devices.shell.answers import Handshake
from edgekit.devices.shell.arrivals import FileSink
from edgekit.devices.shell.client import Client
from edgekit.devices.shell.link import Link
from edgekit.errors import CommandFailed, DeviceError, DeviceTimeout, UsageError
from edgekit.files import sha256_of

_SILENCE_S = 120.0
"""A transfer that moves nothing for so long is given up; a slow card needs some time for the hash of a large file."""


class ShellDevice:
    """A machine with a shell, in a fresh folder there. Follows the contract of ``edgekit.devices.Device``.

    One connection serves everything. Files are kept there by their hash: the same bytes are sent once.

    Args:
        client: how it is reached.

    Raises:
        DeviceUnreachable: it does not answer, or it is not clear that it is the right machine.
        CommandFailed: it has no place for a working folder.
    """

    def __init__(self, client: Client) -> None:
        self.address = client.address
        self._link: Link | None = Link(client)

    def push(self, source: Path, target: str) -> None:
        """Copy a file to the working folder; nothing is sent where the board has the same bytes already."""
        link = self._open()
        path = checked_path(target)
        try:
            sha256 = sha256_of(source.resolve(strict=True)) if source.is_file() else None
            stream = source.open("rb")
        except OSError as error:
            raise UsageError(f"cannot read {source}: {error.strerror}", hint="give the path of a file") from error
        with stream:
            if sha256 is None:
                raise UsageError(f"cannot read {source}: it is no file", hint="give the path of a file")
            self._send(link, stream, path, sha256=sha256)

    def pull(self, source: str, target: Path) -> None:
        """Copy a file out of the working folder, whole or not at all."""
        link = self._open()
        path = checked_path(source)
        marker = new_marker()
        script = scripts.pull(marker, path, work=link.work)
        with arriving(target) as beside:
            with FileSink(beside, shown=target) as sink:
                told = self._ask(link, script, marker, doing=f"read {source}", stdout=sink)
            if told.split()[:1] != [sink.sha256]:
                raise CommandFailed(
                    f"{source} arrived from {self.address} with another hash", address=self.address, hint="try again"
                )

    def execute(self, argv: Sequence[str], *, timeout: float) -> Completed:
        """Run a command in the working folder, in a session of its own that ends with the link."""
        command = checked_command(argv, timeout=timeout)
        link = self._open()
        marker, stdout = new_marker(), Capture()
        script = scripts.execute(marker, command, work=link.work, timeout=timeout)
        ended = link.run(script, marker, stdout=stdout, deadline=Deadline(timeout), shell=scripts.GROUP)
        if ended is None:
            raise DeviceTimeout(
                f"'{command[0]}' on {self.address} did not end within {timeout:g} s and was killed",
                address=self.address,
                hint="give it more time, or look at the device",
                log=stdout.text(),
            )
        errors, code = ended
        return Completed(code, stdout.text(), errors)

    @property
    def cache(self) -> str:
        """The cache folder there."""
        return scripts.cache_of(self._open().work)

    def clean(self) -> int:
        """Empty the cache folder there, and return how many bytes it held."""
        link = self._open()
        marker, stdout = new_marker(), Capture()
        self._ask(link, scripts.clean(marker, work=link.work), marker, doing="empty the cache", stdout=stdout)
        return int(stdout.text().split()[0]) * 1024

    def close(self) -> None:
        """Remove the working folder and end the connection."""
        link, self._link = self._link, None
        if link is not None:
            link.close()

    def _send(self, link: Link, stream: BinaryIO, target: PurePosixPath, *, sha256: str) -> None:
        """Put a file's content there, where its bytes are not there already.

        Args:
            link: the connection.
            stream: the file, open.
            target: below the working folder.
            sha256: of its content.
        """
        marker = new_marker()
        script = scripts.push(marker, target, work=link.work, sha256=sha256)
        feed = Feed(script.encode())
        self._ask(link, script, marker, doing=f"write {target}", stdout=Handshake(feed, stream), feed=feed)

    def _open(self) -> Link:
        if self._link is None:
            raise DeviceError(f"the device {self.address} is closed", address=self.address, hint="connect again")
        return self._link

    def _ask(
        self,
        link: Link,
        script: str,
        marker: str,
        *,
        doing: str,
        stdout: Capture | FileSink | Handshake,
        feed: Feed | None = None,
    ) -> str:
        """Run one of our own scripts and return what it left on standard error; its failure becomes an error."""
        ended = link.run(script, marker, stdout=stdout, deadline=Deadline(_SILENCE_S, renews=True), feed=feed)
        if ended is None:
            raise DeviceTimeout(
                f"cannot {doing} on {self.address}: nothing moved for {_SILENCE_S:g} s",
                address=self.address,
                hint="look at its disk and at the connection, then try again",
            )
        errors, code = ended
        if code:
            if code in _OURS:
                told, hint = _OURS[code]
                raise told_failure(self.address, doing, told, hint=hint)
            # A folder that is not there says nothing; one that cannot be made says why.
            missing = os.strerror(errno.ENOENT) if code == scripts.NO_FOLDER else ""
            raise told_failure(self.address, doing, errors.strip() or missing)
        return errors


_OURS = {
    scripts.GONE: ("the working folder is gone", "connect again"),
    scripts.OUTSIDE: ("it leads out of the working folder", "name a file below it"),
    scripts.DAMAGED: (
        "it arrived with another hash",
        "try again, when nothing changes it",
    ),
    scripts.NO_FILE: ("it is no file", "name a file"),
}
"""What the codes of our own scripts mean."""


def new_marker() -> str:
    """Return a marker for one script, that nothing else prints."""
    return f"edgekit-{os.getpid()}-{secrets.token_hex(8)}"
