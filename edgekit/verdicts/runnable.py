"""Whether the file can run on the device at all."""

from __future__ import annotations

from edgekit.inspection import Inspection, ObstacleKind, in_words
from edgekit.metrics import Check, Evidence, Metric, Verdict
from edgekit.profiles import DeviceProfile
from edgekit.units import format_bytes
from edgekit.verdicts.figures import place
from edgekit.verdicts.runs import Runs


def runnable(inspection: Inspection, *, profile: DeviceProfile, runs: Runs) -> Check:
    """Judge whether the file can run on the device at all."""
    if profile.obstacle is not None:
        needed = format_bytes(inspection.arena.arena_bytes)
        sentence = f"{profile.obstacle}, and the file needs {needed} for its activations alone"
        return Check("runnable", None, None, Verdict.FAIL, sentence)
    obstacles = inspection.obstacles
    if (ran := seen_running(runs)) is not None:
        seen, evidence, sentence = ran
        metric = Metric("obstacles", len(obstacles), "count", evidence, seen)
        return Check("runnable", None, metric, Verdict.PASS, sentence)
    source = "read from the file's operators; nothing ran"
    metric = Metric("obstacles", len(obstacles), "count", Evidence.ESTIMATED, source)
    if not obstacles:
        sentence = "the runtime has all of its operators (estimated: nothing ran)"
        return Check("runnable", None, metric, Verdict.PASS, sentence)
    tpu = profile.facts.edge_tpu
    if tpu is not None and tpu.value and all(obstacle.kind is ObstacleKind.EDGE_TPU for obstacle in obstacles):
        sentence = (
            "it is compiled for an Edge TPU, which this device has, but which edgekit does not drive: try it there"
        )
        return Check("runnable", None, metric, Verdict.UNKNOWN, sentence)
    return Check("runnable", None, metric, Verdict.FAIL, in_words(obstacles))


def seen_running(runs: Runs) -> tuple[str, Evidence, str] | None:
    """Return where a file was seen to run, what kind of evidence that is, and the whole sentence; None for nowhere."""
    if runs.groups:
        seen = f"it ran on {place(runs.groups[0].runs[0])}"
        return seen, Evidence.MEASURED, "; ".join((seen, *runs.claims))
    if runs.emulated:
        seen = f"it ran on {place(runs.emulated[0])}"
        return seen, Evidence.EMULATED, f"{seen} (emulated: it computes there, in no known time)"
    return None
