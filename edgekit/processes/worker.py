"""A child process that does what may abort, hang or chatter: the parent's side.

Converters abort the process on LLVM errors, and a hostile model file can crash the runtime. Both happen in a child,
whose output goes to a log, and whose death becomes an error with the end of that log.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from edgekit.errors import EdgekitError
from edgekit.processes.wire import decode_error
from edgekit.progress import Progress, Step, silent

_LOG_TAIL = 20_000
_INNER_FRAMES = 12
_GRACE_S = 3.0
SAVING_S = 30.0
"""The same where the child is to write down how far it has come."""
_ENDLESS = "look for a loop that does not end"
_MORE_MEMORY = "most likely the memory ran out: close other programs, or convert on a machine that has more"


class WorkerDied(EdgekitError):
    """The child ended before it answered; ``log`` is the end of what it printed.

    Args:
        code: its return code, negative where a signal ended it.
        log: the end of what it printed.
        limit_s: the seconds that it had for the request; None where only single inferences are limited.
    """

    def __init__(self, code: int, *, log: str, limit_s: int | None = None) -> None:
        # Nobody else sends these: it is how a process ends itself when its time is up, and how Linux ends one when the
        # memory runs out.
        self.late = code == -signal.SIGALRM
        hint = {-signal.SIGKILL: _MORE_MEMORY, -signal.SIGALRM: _ENDLESS}.get(code)
        if self.late:
            self.how = f"took longer than {limit_s} s" if limit_s else "took longer than a minute for one inference"
        else:
            self.how = f"was killed by {signal.Signals(-code).name}" if code < 0 else f"ended with code {code}"
        super().__init__(f"the child process {self.how}", hint=hint, log=log)


class Worker:
    """A running child. Requests are answered in order; ``send`` and ``receive`` apart let the parent work meanwhile."""

    def __init__(self, module: str, *, folder: Path, grace_s: float = _GRACE_S) -> None:
        """Start ``python -m module``; its log goes to ``folder``.

        ``grace_s``: the seconds that it has to end when it is asked to, before it is killed.
        """
        self._module, self._folder, self._grace_s = module, folder, grace_s
        self._start()

    def _start(self) -> None:
        module, folder = self._module, self._folder
        self._log = folder / f"{module.rpartition('.')[2]}-{os.urandom(4).hex()}.log"
        requests_read, requests_write = os.pipe()
        answers_read, answers_write = os.pipe()
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-m", module, str(requests_read), str(answers_write)],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                pass_fds=(requests_read, answers_write),
                # What libraries leave lying about goes with the work folder: the child is killed, and cannot tidy up.
                env={**os.environ, "TMPDIR": str(folder)},
                # A group of its own: Ctrl-C reaches the parent alone, which then ends the whole group.
                start_new_session=True,
            )
        os.close(requests_read)
        os.close(answers_write)
        self._requests = os.fdopen(requests_write, "w", encoding="utf-8")
        self._answers = os.fdopen(answers_read, encoding="utf-8")
        self._limit_s: int | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def send(self, verb: str, *, limit_s: int | None = None, **arguments: Any) -> None:
        """Ask for ``verb``; the child starts at once, and ends itself if it takes longer than ``limit_s`` seconds."""
        self._limit_s = limit_s
        # A child that is dead already is noticed in receive(), with its log.
        with suppress(BrokenPipeError):
            self._requests.write(json.dumps({"verb": verb, "limit_s": limit_s, "arguments": arguments}) + "\n")
            self._requests.flush()

    def receive(self, *, progress: Progress = silent) -> Any:
        """Wait for the answer to the oldest open request.

        Raises:
            WorkerDied: the child ended instead.
            EdgekitError: what the child raised.
            OSError: the child's disk is full.
        """
        for line in self._answers:
            answer = json.loads(line)
            if "step" in answer:
                progress(Step(**answer["step"]))
            elif "error" in answer:
                raise decode_error(answer["error"])
            else:
                return answer["result"]
        raise WorkerDied(self._process.wait(), log=self.log(), limit_s=self._limit_s)

    def request(self, verb: str, *, progress: Progress = silent, limit_s: int | None = None, **arguments: Any) -> Any:
        """Send and receive."""
        self.send(verb, limit_s=limit_s, **arguments)
        return self.receive(progress=progress)

    def log(self) -> str:
        """Return the end of what the child has printed."""
        lines = self._log.read_bytes()[-_LOG_TAIL:].decode(errors="replace").splitlines()
        told: list[str] = []
        frames = 0
        for line in lines:
            # Python's fault handler tells every frame, the innermost first, and then every extension that is loaded.
            frames = frames + 1 if line.startswith('  File "') else 0
            if frames <= _INNER_FRAMES and not line.startswith("Extension modules:"):
                told.append(line)
        return "\n".join(told)

    def restart(self) -> None:
        """Start a fresh child in place of this one, which may be dead; it was told nothing yet."""
        self.close()
        self._start()

    def close(self) -> None:
        """End the child and all that it started. It holds nothing worth saving: outputs are renamed by the parent."""
        with suppress(ProcessLookupError):
            # Asked first, because whoever traces the child, as coverage does, writes down what it saw.
            os.killpg(self._process.pid, signal.SIGTERM)
            try:
                self._process.wait(self._grace_s)
            except subprocess.TimeoutExpired:
                os.killpg(self._process.pid, signal.SIGKILL)
            except BaseException:
                # Whoever interrupts this too does not want to wait.
                os.killpg(self._process.pid, signal.SIGKILL)
                raise
        self._process.wait()
        with suppress(BrokenPipeError):
            self._requests.close()
        self._answers.close()
