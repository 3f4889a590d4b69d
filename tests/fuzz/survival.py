"""Gives damaged files to the command line, one after the other, and prints one JSON line for each.

    python tests/fuzz/survival.py VERB DATA FIRST_SEED COUNT

A file that hangs ends this process with SIGALRM, one that crashes it with that signal: the seed that was begun last
is the guilty one.
"""

from __future__ import annotations

import contextlib
import io
import json
import resource
import signal
import sys
import tempfile
import traceback
from pathlib import Path

from mutations import mutated, read_originals

from edgekit.cli.main import main as edgekit

_SECONDS = 10
_ADDRESS_SPACE = 4 << 30

_ARGUMENTS = {
    "inspect": (("--ops",), ("--json", "--ops")),
    # One inference and no more: what is to be seen is whether the file gets that far.
    "benchmark": (("--runs", "1", "--min-seconds", "0", "--timeout", "5", "--quiet", "--json"),),
}


def run(verb: str, file: Path, *, seed: int) -> tuple[int, str]:
    """Return the exit code, and what was wrong with the way it ended; empty where nothing was."""
    arguments = [verb, str(file), *_ARGUMENTS[verb][seed % len(_ARGUMENTS[verb])]]
    stdout, stderr = io.StringIO(), io.StringIO()
    signal.alarm(_SECONDS)
    try:
        with contextlib.redirect_stdout(stdout), contextlib.redirect_stderr(stderr):
            edgekit(arguments)
    except SystemExit as end:
        code = end.code
    # Anything that gets out of the command line is what is looked for here.
    except BaseException:  # noqa: BLE001
        return -1, traceback.format_exc()
    finally:
        signal.alarm(0)
    return int(code), fault(int(code), stdout.getvalue(), stderr.getvalue(), as_json="--json" in arguments)


def fault(code: int, stdout: str, stderr: str, *, as_json: bool) -> str:
    """Return what a user would complain about."""
    told = stderr.splitlines()
    if code not in {0, 1, 2}:
        return f"exit code {code}: {stderr}"
    if "Traceback" in stderr + stdout:
        return f"a traceback: {stderr}"
    if code and not any(line.startswith("edgekit: error: ") for line in told):
        return f"no sentence: {stderr}"
    if as_json and _is_error(stdout) is not bool(code):
        return f"exit code {code} with: {stdout}"
    if code and not as_json and stdout:
        return "half an answer on standard output"
    return ""


def _is_error(stdout: str) -> bool | None:
    try:
        return "error" in json.loads(stdout)
    except ValueError:
        return None


def _tell(news: dict[str, object]) -> None:
    sys.stdout.write(json.dumps(news) + "\n")
    sys.stdout.flush()


def main() -> None:
    verb, data, first, count = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])
    # Holds for the child processes too: a file that asks for all memory must not take the machine down.
    resource.setrlimit(resource.RLIMIT_AS, (_ADDRESS_SPACE, _ADDRESS_SPACE))
    originals = read_originals(data)
    with tempfile.TemporaryDirectory() as folder:
        for seed in range(first, first + count):
            how, content = mutated(seed, originals)
            _tell({"seed": seed, "how": how})
            file = Path(folder, f"{seed}.tflite")
            file.write_bytes(content)
            code, wrong = run(verb, file, seed=seed)
            file.unlink()
            _tell({"code": code, "fault": wrong})


if __name__ == "__main__":
    main()
