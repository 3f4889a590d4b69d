"""The one connection to a board: opened, asked to run scripts, and closed with everything that belongs to it."""

from __future__ import annotations

import os
import re
import secrets
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from edgekit.devices.capture import Capture
from edgekit.devices.faults import told_failure
from edgekit.devices.following import Deadline, Feed, Sink, follow
from edgekit.devices.halting import require_wanted
from edgekit.devices.ssh import scripts
from edgekit.devices.ssh.address import SshAddress
from edgekit.devices.ssh.answers import AfterMarker, split_ending
from edgekit.devices.ssh.complaints import by_hand, unreachable
from edgekit.devices.ssh.options import (
    CONNECT_S,
    master_command,
    session_command,
    ssh_environment,
    terminal_watches,
)
from edgekit.errors import CommandFailed, DeviceError, DeviceUnreachable

_ASKING_S = 300.0
_CLOSING_S = 15.0
_DYING_S = 3.0
_SOCKET_NAME = "link"
# ssh makes the socket under a longer name first, and the name of a socket has 107 bytes at most.
_MOST_FOLDER = 107 - len(f"/{_SOCKET_NAME}.0123456789abcdef") - len("edgekit-12345678")


class Link:
    """One connection over which sessions run. Every method raises DeviceUnreachable when it is cut.

    Args:
        address: the device's, for the errors.
        place: the same in parts.

    Raises:
        DeviceUnreachable: there is no ssh here, no answer there, a wrong or unknown host key, no key that fits.
        CommandFailed: the board has no place for the working folder, or lacks a tool.
    """

    def __init__(self, address: str, place: SshAddress) -> None:
        self._address = address
        self._place = place
        self._folder = _short_folder(address)
        try:
            self._process = self._start()
            self.work = self._arrive()
        except BaseException:
            self._end()
            raise

    def run(
        self,
        script: str,
        marker: str,
        *,
        stdout: Sink,
        deadline: Deadline,
        feed: Feed | None = None,
        shell: str = scripts.SHELL,
    ) -> tuple[str, int] | None:
        """Run a script of :mod:`edgekit.devices.ssh.scripts` and follow it to its end.

        Args:
            script: ends in a line with the marker.
            marker: of this script.
            stdout: takes what the command prints.
            deadline: when it is killed.
            feed: its standard input, which begins with the script; None: the script alone.
            shell: what reads it: ``scripts.GROUP`` for a script that kills its own process group.

        Returns:
            What it printed on standard error and the code that it ended with; None where the deadline came first.

        Raises:
            DeviceUnreachable: the link is cut.
            CommandFailed: the working folder is gone, or the board ended the session without a word.
        """
        errors = Capture()
        after = AfterMarker(marker, errors)
        sinks: Mapping[str, Sink] = {"stdout": AfterMarker(marker, stdout), "stderr": after}
        command = session_command(socket=self._socket, command=shell)
        finished = _converse(command, sinks, feed=feed or Feed(script.encode()), deadline=deadline)
        text, code, ours = split_ending(errors.text(), marker)
        if code is None and not finished:
            self._require_alive()
            return None
        if code is None:
            raise self._lost(text + after.before)
        if ours and code == scripts.GONE:
            raise CommandFailed(
                f"the working folder on {self._address} is gone", address=self._address, hint="connect again"
            )
        return text, code

    def close(self) -> None:
        """Let the board remove the working folder, and end the connection. A link that is cut is closed as well.

        Raises:
            CommandFailed: the folder could not be removed.
        """
        try:
            said = self._part()
        finally:
            self._end()
        if said is not None and said[0] == "fault":
            raise told_failure(self._address, "remove the working folder", said[1])

    def _start(self) -> subprocess.Popen[bytes]:
        self._ask = terminal_watches()
        self._marker = secrets.token_hex(8)
        command = master_command(self._place, socket=self._socket, command=scripts.SHELL, ask=self._ask)
        try:
            with (self._folder / "said").open("wb") as said:
                process = subprocess.Popen(
                    command,
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=said,
                    env=ssh_environment(),
                    # ssh asks on the terminal, which only the group in the foreground may read.
                    start_new_session=not self._ask,
                )
        except FileNotFoundError:
            raise DeviceUnreachable(
                f"cannot reach {self._address}: the OpenSSH client is not installed here",
                address=self._address,
                hint="install it; on Debian: apt-get install openssh-client",
            ) from None
        self._said = b""
        return process

    def _arrive(self) -> str:
        self._write(scripts.keeper(self._marker).encode())
        # The proxy of a jump host has its own time; ssh itself gives a host up after CONNECT_S.
        answer = self._listen(Deadline(_ASKING_S if self._ask else CONNECT_S + 10))
        if answer is None:
            raise unreachable(self._address, self._place, said=self._complaints())
        word, rest = answer
        if word == "ready":
            return rest
        if word == "lacks":
            raise CommandFailed(
                f"{self._address} lacks the program '{rest}'",
                address=self._address,
                hint="install it there; on Debian it belongs to util-linux or coreutils",
            )
        raise told_failure(self._address, "make a working folder", rest)

    def _part(self) -> tuple[str, str] | None:
        """Tell the board to clean up, and return what it says in the end; None where it cannot say any more."""
        if self._process.stdin is not None:
            with suppress(OSError):
                self._process.stdin.close()
        return self._listen(Deadline(_CLOSING_S))

    def _end(self) -> None:
        process = getattr(self, "_process", None)
        if process is not None:
            with suppress(subprocess.TimeoutExpired):
                process.wait(0 if process.stdin and not process.stdin.closed else _DYING_S)
            _kill(process)
        shutil.rmtree(self._folder, ignore_errors=True)

    def _write(self, content: bytes) -> None:
        pipe = self._process.stdin
        if pipe is not None:
            with suppress(BrokenPipeError):
                pipe.write(content)
                pipe.flush()

    def _listen(self, deadline: Deadline) -> tuple[str, str] | None:
        """Return the keeper's next word and what follows it; None at the end of its output, or at the deadline."""
        pattern = re.compile(rb"\n%(m)b (\w+) (.*?)\.\n%(m)b end\n" % {b"m": self._marker.encode()}, re.DOTALL)
        pipe = self._process.stdout
        if pipe is None:
            return None
        os.set_blocking(pipe.fileno(), False)
        while (found := pattern.search(self._said)) is None:
            require_wanted()
            if deadline.remaining <= 0:
                return None
            with suppress(BlockingIOError):
                chunk = os.read(pipe.fileno(), 1 << 16)
                if not chunk:
                    return None
                self._said += chunk
                continue
            time.sleep(0.005)
        self._said = self._said[found.end() :]
        return found[1].decode(), found[2].decode(errors="surrogateescape")

    def _require_alive(self) -> None:
        if self._process.poll() is not None:
            raise self._lost("")

    def _lost(self, text: str) -> DeviceError:
        """Return the error for a session that ended without its last line."""
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(_DYING_S)
        if self._process.poll() is None:
            return CommandFailed(
                f"{self._address} ended the session without a word",
                address=self._address,
                hint="look whether its memory ran out (dmesg), and whether its SSH server allows several sessions",
                log=text,
            )
        return DeviceUnreachable(
            f"the link to {self._address} was cut",
            address=self._address,
            hint=f"look whether the board is still on ('{by_hand(self._place)}'), then run the same command again",
            log=self._complaints(),
        )

    def _complaints(self) -> str:
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(_DYING_S)
        return (self._folder / "said").read_text(errors="replace")

    @property
    def _socket(self) -> Path:
        return self._folder / _SOCKET_NAME


def _converse(command: list[str], sinks: Mapping[str, Sink], *, feed: Feed, deadline: Deadline) -> bool:
    """Run the client of a session to its end; False where the deadline came first and the board was told to end it."""
    process = subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=ssh_environment(),
        start_new_session=True,
    )
    with process:
        try:
            finished = follow(process, sinks, deadline=deadline, feed=feed)
            if not finished and process.stdin is not None:
                # The board kills the command when its input ends; that it has done so is worth waiting for.
                with suppress(OSError):
                    process.stdin.close()
                follow(process, sinks, deadline=Deadline(_DYING_S))
        finally:
            with suppress(OSError):
                if process.stdin is not None:
                    process.stdin.close()
            _kill(process)
    return finished


def _kill(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        with suppress(ProcessLookupError):
            process.send_signal(signal.SIGKILL)
    process.wait()
    for pipe in (process.stdin, process.stdout):
        if pipe is not None:
            with suppress(OSError):
                pipe.close()


def _short_folder(address: str) -> Path:
    """Make a private folder whose name is short enough for a socket, and means nothing to ssh's own expansions."""
    for parent in (tempfile.gettempdir(), os.environ.get("XDG_RUNTIME_DIR", ""), "/tmp", "/var/tmp"):  # noqa: S108  # mkdtemp makes it private
        if 0 < len(os.fsencode(parent)) <= _MOST_FOLDER and re.fullmatch(r"[\w/.+-]+", parent, re.ASCII):
            with suppress(OSError):
                return Path(tempfile.mkdtemp(prefix="edgekit-", dir=parent))
    raise DeviceUnreachable(
        f"cannot reach {address}: there is no place for the socket of the connection on this machine",
        address=address,
        hint="make /tmp writable, or name a short folder in TMPDIR",
    )
