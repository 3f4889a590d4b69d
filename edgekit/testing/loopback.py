"""A board on this machine: a real SSH server on a port of its own, with its own keys, home and python3.

    with LoopbackBoard(folder, python=[sys.executable]) as board:
        monkeypatch.setenv("PATH", board.path)
        device = edgekit.connect(board.address)

Needs Debian's openssh-server (nothing of it is configured or started elsewhere) and openssh-client. The user's own
``~/.ssh`` is neither read nor written: the ``ssh`` of :attr:`LoopbackBoard.path` has a configuration of its own.
"""

from __future__ import annotations

import getpass
import os
import shlex
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType

from edgekit.testing.on_this_machine import free_port, processes_with, write_program

_NEEDED = ("sshd", "ssh", "ssh-keygen")
_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
_READY_S = 30.0


class LoopbackBoard:
    """One SSH server on loopback, for the user who runs it.

    Args:
        folder: empty; everything is kept here.
        python: the command that is ``python3`` on the board, such as an emulator with an interpreter.
        within: a command that starts the command behind it, such as one that mounts a small disk on its ``home``.
    """

    def __init__(self, folder: Path, *, python: Sequence[str], within: Sequence[str] = ()) -> None:
        self._folder = folder
        self._within = tuple(within)
        self.home = folder / "home of the board"
        self.host_key_file = folder / "host_key"
        self.known_hosts = folder / "known_hosts"
        self.config = folder / "config"
        """The ssh client's configuration; more may be written to its end."""
        self.login = folder / "login"
        """The program that every session starts with."""
        self.port = free_port()
        self.address = f"ssh://{getpass.getuser()}@127.0.0.1:{self.port}"
        self._server: subprocess.Popen[bytes] | None = None
        self._lay_out(python)

    @staticmethod
    def missing() -> list[str]:
        """Return the programs that this needs and the machine does not have."""
        return [name for name in _NEEDED if shutil.which(name, path=_PATH) is None]

    @property
    def path(self) -> str:
        """A PATH whose ``ssh`` knows this board and nothing of the user's."""
        return os.pathsep.join((str(self._folder / "client"), os.environ.get("PATH", os.defpath)))

    def start(self) -> None:
        """Start the server, and wait until it listens."""
        # The server separates its privileges there; a user who is not root has none to separate.
        if os.geteuid() == 0:
            Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)
        with (self._folder / "log").open("ab") as log:
            command = [*self._within, _found("sshd"), "-D", "-e", "-f", str(self._folder / "sshd_config")]
            self._server = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        end = time.monotonic() + _READY_S
        while not self._listens():
            if self._server.poll() is not None or time.monotonic() > end:
                raise RuntimeError(f"sshd did not start: {self.log()}")
            time.sleep(0.02)

    def stop(self) -> None:
        """End the server and every connection, as a board does that loses power."""
        if self._server is not None:
            # What hangs would hang for ever: the board cleans up when its links are gone.
            self.thaw()
            self.cut(self._server.pid)
            self._server.wait()
            self._server = None

    def cut(self, *also: int) -> int:
        """Kill the server's side of all connections, and return how many processes that were."""
        server = 0 if self._server is None else self._server.pid
        victims = [*also, *(each for each in _below(server) if _name(each) == "sshd")]
        for victim in victims:
            with suppress(ProcessLookupError):
                os.kill(victim, signal.SIGKILL)
        return len(victims) - len(also)

    def freeze(self) -> None:
        """Let the server's side hang, as a board does whose system has stopped. :meth:`thaw` ends it."""
        self._signal_all(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let it go on."""
        self._signal_all(signal.SIGCONT)

    def processes(self) -> dict[int, str]:
        """Return the processes that sessions have started on the board and that are still there."""
        return processes_with(f"EDGEKIT_BOARD={self._folder}")

    def log(self) -> str:
        """Return what the server has said."""
        return (self._folder / "log").read_text(errors="replace")

    def __enter__(self) -> LoopbackBoard:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _lay_out(self, python: Sequence[str]) -> None:
        for folder in (self.home, self._folder / "bin", self._folder / "client"):
            folder.mkdir(parents=True)
        _make_key(self.host_key_file)
        _make_key(self._folder / "key")
        shutil.copy(self._folder / "key.pub", self._folder / "authorized_keys")
        write_program(self._folder / "bin" / "python3", f'exec {shlex.join(python)} "$@"')
        write_program(
            self.login,
            f"EDGEKIT_BOARD={shlex.quote(str(self._folder))} HOME={shlex.quote(str(self.home))}\n"
            f"PATH={shlex.quote(str(self._folder / 'bin'))}:{_PATH}\n"
            'export EDGEKIT_BOARD HOME PATH\nunset XDG_CACHE_HOME\ncd "$HOME" || exit\n'
            'exec sh -c "$SSH_ORIGINAL_COMMAND"',
        )
        (self._folder / "sshd_config").write_text(
            f'Port {self.port}\nListenAddress 127.0.0.1\nHostKey "{self.host_key_file}"\n'
            f'AuthorizedKeysFile "{self._folder / "authorized_keys"}"\nPidFile none\nUsePAM no\nStrictModes no\n'
            # sshd gives the command to the login shell, which splits it.
            f"PasswordAuthentication no\nKbdInteractiveAuthentication no\nForceCommand {shlex.quote(str(self.login))}\n"
        )
        self.config.write_text(
            f'Host *\n  UserKnownHostsFile "{self.known_hosts}"\n  GlobalKnownHostsFile /dev/null\n'
            f'  IdentityFile "{self._folder / "key"}"\n  IdentitiesOnly yes\n  IdentityAgent none\n'
        )
        key = self.host_key_file.with_name("host_key.pub").read_text()
        self.known_hosts.write_text(f"[127.0.0.1]:{self.port} {key}")
        write_program(self._folder / "client" / "ssh", f'exec {_found("ssh")} -F {shlex.quote(str(self.config))} "$@"')

    def _listens(self) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    def _signal_all(self, number: signal.Signals) -> None:
        if self._server is not None:
            for each in (self._server.pid, *_below(self._server.pid)):
                with suppress(ProcessLookupError):
                    os.kill(each, number)


def _found(program: str) -> str:
    found = shutil.which(program, path=_PATH)
    if found is None:
        raise FileNotFoundError(f"{program} is not installed; on Debian: apt-get install openssh-server")
    return found


def _make_key(path: Path) -> None:
    subprocess.run([_found("ssh-keygen"), "-q", "-t", "ed25519", "-N", "", "-C", "", "-f", str(path)], check=True)


def _below(pid: int) -> Iterator[int]:
    """Return the descendants of a process."""
    for task in Path(f"/proc/{pid}/task").glob("*"):
        with suppress(OSError):
            for child in map(int, (task / "children").read_text().split()):
                yield child
                yield from _below(child)


def _name(pid: int) -> str:
    with suppress(OSError):
        return Path(f"/proc/{pid}/comm").read_text().strip()
    return ""
