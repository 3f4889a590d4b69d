"""The same work on several devices: boards at the same time, and what shares this machine's processor in turn."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeGuard, TypeVar

from edgekit.devices import Device, Host, shares_processor
from edgekit.devices.halting import Halted, require_wanted, stand_beside_others
from edgekit.errors import EdgekitError, UnsuitedDevice, UsageError
from edgekit.progress import Progress, Step

_AT_ONCE = 64
"""Boards that are asked at the same time: each takes about ten open files here."""
_PARTING_S = 30.0
"""How long boards may take to be left in order."""

T = TypeVar("T")
Work = Callable[[str | Device], T]


@dataclass(frozen=True, slots=True)
class Member:
    """One device of a fleet."""

    host: Host
    device: Device | None = None
    """Where it is open already; it stays so."""

    @property
    def takes_turns(self) -> bool:
        """Whether its work is done by this machine's processor."""
        return shares_processor(self.host.address)

    @property
    def reached_by(self) -> str | Device:
        """What a verb takes as its device."""
        return self.host.address if self.device is None else self.device


def ask_all(
    members: Sequence[Member], work: Work[T], *, stage: str, progress: Progress
) -> tuple[T | EdgekitError, ...]:
    """Do the work on every device, and return what each gave, in order.

    However this ends, no board is left at work: on Ctrl-C all of them are left in order first.

    Args:
        members: the devices.
        work: what is done on one of them. In a thread of its own for a board; one after the other, in this thread, for
            those that share this machine's processor, when all boards are done: they would disturb each other.
        stage: of it, for the progress.
        progress: told when each is done.

    Raises:
        UsageError: what was given is wrong, which is no device's fault. The others are ended. What only one kind of
            device cannot do (UnsuitedDevice) is that device's answer.
    """
    crew = _Crew(work, progress, Step(stage, 0, len(members)))
    here = [place for place, member in enumerate(members) if member.takes_turns]
    crew.ask_boards({place: member for place, member in enumerate(members) if place not in here})
    for place in here:
        crew.ask_here(place, members[place])
    return tuple(crew.answers[place] for place in range(len(members)))


class _Crew(Generic[T]):
    """The threads, and what they brought back."""

    def __init__(self, work: Work[T], progress: Progress, start: Step) -> None:
        self.answers: dict[int, T | EdgekitError] = {}
        self._work = work
        self._progress = progress
        self._step = start
        self._halt = threading.Event()
        self._places = threading.Semaphore(_AT_ONCE)
        self._done: queue.SimpleQueue[tuple[int, T | BaseException]] = queue.SimpleQueue()
        progress(start)

    def ask_boards(self, members: dict[int, Member]) -> None:
        """Ask all of them at the same time."""
        # A board that does not let itself be left must not keep the whole program.
        threads = [
            threading.Thread(target=self._ask, args=(place, member), daemon=True) for place, member in members.items()
        ]
        try:
            for thread in threads:
                thread.start()
            for _ in threads:
                self._take(*self._done.get())
        except BaseException:
            self._halt.set()
            end = time.monotonic() + _PARTING_S
            for thread in threads:
                if thread.ident is not None:
                    thread.join(max(0.0, end - time.monotonic()))
            raise

    def ask_here(self, place: int, member: Member) -> None:
        """Ask one that needs this machine's processor for itself."""
        try:
            self._take(place, self._work(member.reached_by))
        except EdgekitError as error:
            self._take(place, error)

    def _ask(self, place: int, member: Member) -> None:
        stand_beside_others(self._halt)
        try:
            with self._places:
                require_wanted()
                self._done.put((place, self._work(member.reached_by)))
        # Whatever it is, the main thread waits for it.
        except BaseException as error:  # noqa: BLE001
            self._done.put((place, error))

    def _take(self, place: int, answer: T | BaseException) -> None:
        if isinstance(answer, BaseException) and not _of_the_device(answer):
            raise answer
        self.answers[place] = answer
        self._step = Step(self._step.stage, len(self.answers), self._step.total)
        self._progress(self._step)


def _of_the_device(error: BaseException) -> TypeGuard[EdgekitError]:
    """Return whether the others go on."""
    if isinstance(error, Halted) or not isinstance(error, EdgekitError):
        return False
    return isinstance(error, UnsuitedDevice) or not isinstance(error, UsageError)
