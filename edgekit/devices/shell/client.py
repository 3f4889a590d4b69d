"""What differs between the programs that reach a shell on another machine: how they are called, what they say."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

from edgekit.errors import DeviceError


class Client(Protocol):
    """How one machine's shell is reached. The commands are words that any login shell understands."""

    address: str
    cache: str
    """The folder there in which anything of ours stays, as a word of ``sh``."""
    folder: Path
    """A private folder here; :meth:`discard` removes it."""
    environment: dict[str, str]
    """Of the client program."""
    answers_within: float
    """Seconds until the machine has made the working folder, or is given up."""
    asks_user: bool
    """The client may ask the user something on the terminal."""

    def open_command(self, command: str) -> list[str]:
        """Return the call that opens the connection and runs ``command`` there for as long as its input is open."""
        ...

    def session_command(self, command: str) -> list[str]:
        """Return the call that runs ``command`` there over the open connection."""
        ...

    def not_installed(self) -> DeviceError:
        """Return the error for a client program that is not on this machine."""
        ...

    def unreachable(self, said: str) -> DeviceError:
        """Return the error for a connection that did not come about; ``said``: what the client printed."""
        ...

    def lacking(self, tool: str) -> str:
        """Return the next step where the machine lacks one of the programs that our scripts use."""
        ...

    def cut(self, said: str) -> DeviceError:
        """Return the error for a connection that is gone; ``said``: what the client printed."""
        ...

    def ended_session(self) -> str:
        """Return the next step where a session ended without a word, though the connection is there."""
        ...

    def discard(self) -> None:
        """Remove :attr:`folder`."""
        ...
