"""A child process that does what may abort, hang or chatter: the child's side."""

from __future__ import annotations

import ctypes
import json
import os
import signal
import sys
from collections.abc import Callable, Mapping
from typing import Any

from edgekit.processes.wire import encode_error
from edgekit.progress import Progress, Step

Handler = Callable[..., Any]
_PR_SET_PDEATHSIG = 1


def serve(handlers: Mapping[str, Handler]) -> None:
    """Answer requests until the parent closes the pipe.

    Args:
        handlers: verb to function. Each gets the request's arguments and ``progress`` as keywords, and
            returns JSON values.
    """
    requests = os.fdopen(int(sys.argv[1]), encoding="utf-8")
    answers = os.fdopen(int(sys.argv[2]), "w", encoding="utf-8")
    _die_with_parent()

    def answer(document: dict[str, Any]) -> None:
        answers.write(json.dumps(document) + "\n")
        answers.flush()

    progress = _progress_to(answer)
    for line in requests:
        request = json.loads(line)
        # Nothing in C code can be interrupted otherwise: the signal's default action ends the process.
        signal.alarm(request["limit_s"] or 0)
        try:
            result = handlers[request["verb"]](progress=progress, **request["arguments"])
        # Whatever goes wrong here is the parent's to tell; the child goes on serving.
        except Exception as error:  # noqa: BLE001
            document = {"error": encode_error(error)}
        else:
            document = {"result": result}
        signal.alarm(0)
        answer(document)


def _progress_to(answer: Callable[[dict[str, Any]], None]) -> Progress:
    def tell(step: Step) -> None:
        answer({"step": {"stage": step.stage, "done": step.done, "total": step.total}})

    return tell


def _die_with_parent() -> None:
    # A parent that is killed cannot end its children; the kernel does it. Linux alone knows how.
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
