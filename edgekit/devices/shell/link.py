"""The one connection to a machine: opened, asked to run scripts, and closed with everything that belongs to it."""

from __future__ import annotations

import os
import re
import secrets
import signal
import subprocess
import time
from collections.abc import Mapping
from contextlib import suppress

from edgekit.devices.capture import Capture
from edgekit.devices.faults import told_failure
from edgekit.devices.following import Deadline, Feed, Sink, follow
from edgekit.devices.halting import require_wanted
from edgekit.devices.shell import scripts
from edgekit.devices.shell.answers import AfterMarker, split_ending
from edgekit.devices.shell.client import Client
from edgekit.errors import CommandFailed, DeviceError

_CLOSING_S = 15.0
_DYING_S = 3.0


class Link:
    """One connection over which sessions run. Every method raises DeviceUnreachable when it is cut.

    Args:
        client: how the machine is reached; the link discards it at its end.

    Raises:
        DeviceUnreachable: the client tells why.
        CommandFailed: the machine has no place for the working folder, or lacks a tool.
    """

    def __init__(self, client: Client) -> None:
        self._client = client
        self._address = client.address
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
        """Run a script of :mod:`edgekit.devices.shell.scripts` and follow it to its end.

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
        command = self._client.session_command(shell)
        finished = self._converse(command, sinks, feed=feed or Feed(script.encode()), deadline=deadline)
        text, code, ours = split_ending(errors.text(), marker)
        if code is None and not finished:
            self.require_alive()
            return None
        if code is None:
            raise self._lost(text + after.before)
        if ours and code == scripts.GONE:
            raise CommandFailed(
                f"the working folder on {self._address} is gone", address=self._address, hint="connect again"
            )
        return text, code

    def require_alive(self, *, patience: float = 0.0) -> None:
        """Raise DeviceUnreachable where the connection is gone, or goes within ``patience`` seconds."""
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(patience)
        if self._process.poll() is not None:
            raise self._lost("")

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
        self._said = b""
        self._marker = secrets.token_hex(8)
        try:
            with (self._client.folder / "said").open("wb") as said:
                return subprocess.Popen(
                    self._client.open_command(scripts.SHELL),
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=said,
                    env=self._client.environment,
                    # Only the group in the foreground may read from the terminal.
                    start_new_session=not self._client.asks_user,
                )
        except FileNotFoundError:
            raise self._client.not_installed() from None

    def _arrive(self) -> str:
        self._write(scripts.keeper(self._marker, cache=self._client.cache).encode())
        answer = self._listen(Deadline(self._client.answers_within))
        if answer is None:
            raise self._client.unreachable(self._complaints())
        word, rest = answer
        if word == "ready":
            return rest
        if word == "lacks":
            raise CommandFailed(
                f"{self._address} lacks the program '{rest}'", address=self._address, hint=self._client.lacking(rest)
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
        self._client.discard()

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

    def _lost(self, text: str) -> DeviceError:
        """Return the error for a session that ended without its last line."""
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(_DYING_S)
        if self._process.poll() is None:
            return CommandFailed(
                f"{self._address} ended the session without a word",
                address=self._address,
                hint=self._client.ended_session(),
                log=text,
            )
        return self._client.cut(self._complaints())

    def _complaints(self) -> str:
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(_DYING_S)
        return (self._client.folder / "said").read_text(errors="replace")

    def _converse(self, command: list[str], sinks: Mapping[str, Sink], *, feed: Feed, deadline: Deadline) -> bool:
        """Run the client of a session to its end; False where the deadline came first and the session was ended."""
        process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=self._client.environment,
            start_new_session=True,
        )
        with process:
            try:
                finished = follow(process, sinks, deadline=deadline, feed=feed)
                if not finished and process.stdin is not None:
                    # The machine kills the command when its input ends; that it has done so is worth waiting for.
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
