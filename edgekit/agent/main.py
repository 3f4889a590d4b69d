"""Does one job and answers."""

from __future__ import annotations

import json
import resource
import signal
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

from .inference import infer
from .job import Answer, Job, Refused, Trail, require_hash
from .limits import limit_time
from .measuring import measure, regimes
from .prefixes import count_each
from .runtimes import find_runtime, misfit
from .series import time_each
from .turns import take_turns


def main(arguments: list[str]) -> int:
    """Do the job of ``arguments[0]`` and answer in ``arguments[1]``; 0 as soon as there is an answer of any kind."""
    job = json.loads(Path(arguments[0]).read_bytes())
    job["deadline"] = time.monotonic() + job["timeout"]
    trail = Trail(Path(arguments[1]))
    trail.leave("start")
    limit_time(job)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    version = "the runtime"
    try:
        runtime, version = find_runtime()
        if "model" in job:
            require_hash(Path(job["model"]), job["model_sha256"])
        answer = {"runtime": version, **TASKS[job["task"]](job, trail, runtime)}
    except MemoryError:
        answer = {"error": {"kind": "memory", "message": "memory ran out"}}
    except Refused as error:
        answer = {"error": {"kind": error.kind, "message": str(error)}}
    except OSError as error:
        answer = {"error": {"kind": "device", "message": str(error)}}
    except SystemError as error:
        answer = {"error": {"kind": "no-runtime", "message": misfit(version, error)}}
    # Whatever a broken file makes the runtime raise is an answer about the file, not a crash of the agent.
    except Exception as error:
        # But no file should be blamed for a fault of the agent.
        last = Path(traceback.extract_tb(error.__traceback__)[-1].filename)
        ours = last.parent == Path(__file__).parent
        if ours and isinstance(error, (NameError, LookupError, AttributeError, TypeError)):
            raise
        answer = {"error": {"kind": "refused", "message": str(error) or f"a {type(error).__name__} without a reason"}}
    signal.setitimer(signal.ITIMER_REAL, 0)
    trail.leave("done", **answer)
    return 0


TASKS: dict[str, Callable[[Job, Trail, Any], Answer]] = {
    "measure": measure,
    "regimes": regimes,
    "turns": take_turns,
    "series": time_each,
    "prefixes": count_each,
    "infer": infer,
}
