"""``benchmark``: a file, a device, and what was measured there."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from edgekit.artifact import Artifact
from edgekit.devices import Device, opened
from edgekit.inspection import Inspection
from edgekit.progress import Progress, Step, silent
from edgekit.runner.engines import engine_named, engine_on
from edgekit.runner.plan import FIRST_TIMEOUT, Plan, listed_threads
from edgekit.runner.subject import inspect_runnable
from edgekit.runs import Benchmark, RunResult


def benchmark(
    file: str | Path | Artifact | Inspection,
    *,
    device: str | Device = "local",
    threads: Sequence[int] = (1,),
    runs: int = 50,
    min_seconds: float = 1.0,
    seed: int = 0,
    timeout: float = 600.0,
    first_timeout: float = FIRST_TIMEOUT,
    idle_ms: float = 0.0,
    sustained_seconds: float = 0.0,
    retries: int = 2,
    count: bool = False,
    ops: bool = False,
    engine: str = "agent",
    progress: Progress = silent,
) -> Benchmark:
    """Measure a .tflite file on a device: load, first inference, warm-up, steady inferences, memory.

    Args:
        file: the path, the artifact, or what ``inspect`` told of it.
        device: an address, or a device that is open and stays so.
        threads: numbers of threads; each is measured in a fresh process.
        runs: least number of steady inferences.
        min_seconds: least time of steady inferences, in seconds. They end in any case after 10,000 (or ``runs``, if
            that is more) or after 30 s (or ``min_seconds``).
        seed: of the inputs: floats 0..1, integers over the range of their dtype.
        timeout: seconds for everything that one run does on the device.
        first_timeout: seconds for loading and the first inference together.
        idle_ms: pause before each of 20 further inferences, in milliseconds; 0: none are made.
        sustained_seconds: length of a further run back to back, with a time line, in seconds; 0: there is none.
        retries: how often a tainted run, of which something else on the device spoilt the times, is done again at most.
        count: only count instructions, on an emulated device, which takes less time.
        ops: tell what each operator costs, where engine and device can.
        engine: what runs the file there, from the table of engines; ``benchmark_model=PATH`` is LiteRT's own program.
            Instead of the agent, phones have an app that carries the file: it runs for 10 s there, or for
            ``min_seconds`` where that is not left as it is.
        progress: told before each run.

    Raises:
        UsageError: an argument is out of range, or the device or engine unknown.
        SourceError: the file cannot be read.
        InferenceError: the runtime refuses the file, or dies or hangs on it.
        UnsuitedDevice: a phone has no app that carries the file.
        DeviceError: the device cannot be reached, or has no Python or runtime.
    """
    measure, tool = engine_named(engine)
    plan = Plan(
        threads=listed_threads(threads),
        runs=runs,
        min_seconds=min_seconds,
        seed=seed,
        timeout=timeout,
        first_timeout=first_timeout,
        idle_ms=idle_ms,
        sustained_seconds=sustained_seconds,
        retries=retries,
        count=count,
        ops=ops,
        tool=tool,
    )
    facts = inspect_runnable(file)
    results: list[RunResult] = []
    with opened(device) as machine:
        measure = engine_on(machine, measure, progress=progress)
        progress(_step(machine.address, plan, done=0))
        for result in measure(machine, facts, plan, progress=progress):
            results.append(result)
            progress(_step(machine.address, plan, done=len(results)))
    return Benchmark(facts.path.name, tuple(results))


def _step(address: str, plan: Plan, *, done: int) -> Step:
    return Step(f"measuring on {address}", done=done, total=len(plan.threads))
