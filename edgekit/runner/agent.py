"""The one file that runs on a device: ``python3 edgekit_agent.py job.json result.json``.

Needs Python 3.9, numpy and a TFLite interpreter, and nothing of edgekit. It loads one model and measures it, or runs
samples through it, and answers in ``result.json``. That file is there from the start and names the stage that the
agent is in, so a process that was killed leaves word of where it died. Standard output is not part of the protocol.

A model file may be broken in any way: the agent limits its own time (SIGALRM, which ends the process inside C code
as well) and its address space, and leaves it to the caller to make sense of a death by signal.
"""

from __future__ import annotations

import array
import gc
import hashlib
import importlib
import json
import os
import platform
import resource
import signal
import sys
import time
import traceback
from collections.abc import Callable, Iterable
from contextlib import suppress
from importlib import metadata
from pathlib import Path
from typing import Any

_NUMPY_PROBLEM = ""
try:
    import numpy as np
except ImportError as error:
    _NUMPY_PROBLEM = str(error)

PROTOCOL = 1
MAX_SAMPLES = 10_000
"""More inferences than this are not timed, unless asked for by number: the whole sample goes into the result."""
WARMUP_WINDOW = 3
WARMUP_RUNS = 500
WARMUP_SECONDS = 5.0
WARMUP_AGREEMENT = 1.05
"""The medians of the last three windows differ by no more than this factor when the warm-up ends."""

COUNT_MARK = 0x65646765
"""A prctl with this, which no kernel knows, opens (1) and closes (2) a window of an emulator's counter."""
MEMORY_BYTES = int(os.sysconf("SC_PHYS_PAGES")) * int(os.sysconf("SC_PAGE_SIZE"))

_RUNTIMES = (("ai_edge_litert.interpreter", "ai-edge-litert"), ("tflite_runtime.interpreter", "tflite-runtime"))

Job = dict[str, Any]
Answer = dict[str, Any]


class Refused(Exception):
    """The job cannot be done as asked. ``kind`` is a word for the caller, the message a sentence for people."""

    def __init__(self, message: str, *, kind: str = "unfit") -> None:
        super().__init__(message)
        self.kind = kind


class Trail:
    """The result file: replaced as a whole at each step."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def leave(self, stage: str, **answer: Any) -> None:
        """Leave word of the stage that begins; in the end ``done`` with the answer, or with an ``error``."""
        beside = self._path.with_name(self._path.name + ".part")
        beside.write_text(json.dumps({"protocol": PROTOCOL, "stage": stage, **answer}), encoding="utf-8")
        beside.replace(self._path)


def main(arguments: list[str]) -> int:
    """Do the job of ``arguments[0]`` and answer in ``arguments[1]``; 0 as soon as there is an answer of any kind."""
    job = json.loads(Path(arguments[0]).read_bytes())
    job["deadline"] = time.monotonic() + job["timeout"]
    trail = Trail(Path(arguments[1]))
    trail.leave("start")
    limit_time(job)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    try:
        runtime, version = find_runtime()
        require_hash(Path(job["model"]), job["model_sha256"])
        answer = {"runtime": version, **TASKS[job["task"]](job, trail, runtime)}
    except MemoryError:
        answer = {"error": {"kind": "memory", "message": "memory ran out"}}
    except Refused as error:
        answer = {"error": {"kind": error.kind, "message": str(error)}}
    except OSError as error:
        answer = {"error": {"kind": "device", "message": str(error)}}
    # Whatever a broken file makes the runtime raise is an answer about the file, not a crash of the agent.
    except Exception as error:
        # But no file should be blamed for a fault of the agent.
        last = traceback.extract_tb(error.__traceback__)[-1]
        if last.filename == __file__ and isinstance(error, (NameError, LookupError, AttributeError, TypeError)):
            raise
        answer = {"error": {"kind": "refused", "message": str(error) or f"a {type(error).__name__} without a reason"}}
    signal.setitimer(signal.ITIMER_REAL, 0)
    trail.leave("done", **answer)
    return 0


def find_runtime() -> tuple[Any, str]:
    """Return the interpreter class, and its package and version."""
    if _NUMPY_PROBLEM:
        raise Refused(f"numpy: {_NUMPY_PROBLEM}", kind="no-runtime")
    reasons = []
    for module_name, package in _RUNTIMES:
        try:
            module = importlib.import_module(module_name)
        except ImportError as error:
            reasons.append(f"{package}: {error}")
            continue
        version = "of unknown version"
        with suppress(metadata.PackageNotFoundError):
            version = metadata.version(package)
        return module.Interpreter, f"{package} {version}"
    raise Refused("; ".join(reasons), kind="no-runtime")


def limit_time(job: Job, most: float = float("inf")) -> None:
    """Let the kernel end this process at the job's deadline or in ``most`` seconds, even inside C code."""
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGALRM])
    signal.setitimer(signal.ITIMER_REAL, max(1e-3, min(most, job["deadline"] - time.monotonic())))


def limit_memory(job: Job) -> None:
    """Refuse more address space than the machine has memory, on top of what is mapped already."""
    # Where memory runs out for all, this process is the one to go. Some sandboxes do not let us say so.
    with suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text("1000", encoding="ascii")
    # Each thread reserves a stack and an allocator arena that it hardly touches.
    limit = MEMORY_BYTES + status_bytes("VmSize") + job["threads"] * (128 << 20)
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (limit if hard == resource.RLIM_INFINITY else min(limit, hard), hard))


def measure(job: Job, trail: Trail, runtime: Any) -> Answer:
    """Time one model: load, first inference, warm-up, steady inferences back to back."""
    environment = describe_environment()
    samples = array.array("q", bytes(8 * max(job["runs"], MAX_SAMPLES)))
    limit_memory(job)
    baseline = status_bytes("VmHWM")

    trail.leave("load")
    limit_time(job, job["first_timeout"])
    begin = time.perf_counter_ns()
    interpreter = runtime(model_path=job["model"], num_threads=job["threads"])
    init = time.perf_counter_ns() - begin
    shape_inputs(interpreter, None)
    begin = time.perf_counter_ns()
    interpreter.allocate_tensors()
    init += time.perf_counter_ns() - begin

    # numpy's compatibility policy (NEP 19) fixes the raw stream of a bit generator, but not that of its methods.
    stream = np.random.PCG64(job["seed"])
    for detail in interpreter.get_input_details():
        interpreter.set_tensor(detail["index"], seeded_values(stream, detail))
    trail.leave("first")
    begin = time.perf_counter_ns()
    interpreter.invoke()
    first = time.perf_counter_ns() - begin
    limit_time(job)
    digest = digest_of(interpreter.get_tensor(detail["index"]) for detail in interpreter.get_output_details())

    trail.leave("warm-up")
    warmup, settled = warm_up(interpreter.invoke)
    trail.leave("steady")
    instructions = count_instructions(interpreter.invoke) if job["threads"] == 1 else []
    most = 0 if instructions else job["max_seconds"]  # what an emulator takes is nobody's latency
    count = time_steady(interpreter.invoke, samples, runs=job["runs"], seconds=job["min_seconds"], most_seconds=most)
    return {
        "environment": environment,
        "init_ns": init,
        "first_ns": first,
        "warmup_ns": warmup,
        "settled": settled,
        "steady_ns": samples[:count].tolist(),
        "peak_memory_bytes": status_bytes("VmHWM"),
        "baseline_memory_bytes": baseline,
        "outputs_sha256": digest,
        "instructions": instructions,
    }


def warm_up(invoke: Callable[[], object]) -> tuple[list[int], bool]:
    """Invoke until three windows agree. Returns the times in ns, and whether they did agree in the end."""
    times: list[int] = []
    stop = time.perf_counter_ns() + int(WARMUP_SECONDS * 1e9)
    while True:
        begin = time.perf_counter_ns()
        invoke()
        end = time.perf_counter_ns()
        times.append(end - begin)
        if agree(times):
            return times, True
        if end >= stop or len(times) >= WARMUP_RUNS:
            return times, False


def agree(times: list[int]) -> bool:
    """Return whether the medians of the last three windows are within WARMUP_AGREEMENT."""
    last = times[-3 * WARMUP_WINDOW :]
    if len(last) < 3 * WARMUP_WINDOW:
        return False
    medians = [sorted(last[at : at + WARMUP_WINDOW])[WARMUP_WINDOW // 2] for at in range(0, len(last), WARMUP_WINDOW)]
    return max(medians) <= WARMUP_AGREEMENT * min(medians)


def count_instructions(invoke: Callable[[], object]) -> list[int]:
    """Return the instructions of each of five inferences, where an emulator counts them, else an empty list."""
    name = os.environ.get("EDGEKIT_COUNTS", "")
    if name:
        mark = importlib.import_module("ctypes").CDLL(None).prctl
        for act in (bool,) * 5 + (invoke,) * 5:
            mark(COUNT_MARK, 1)
            act()
            mark(COUNT_MARK, 2)
    counts = [int(line) for line in text_of(name).split()[-10:]] if name else []
    return [count - min(counts[:5]) for count in counts[5:]]


def time_steady(
    invoke: Callable[[], object], samples: array.array[int], *, runs: int, seconds: float, most_seconds: float
) -> int:
    """Fill ``samples`` with ns until there are ``runs`` in ``seconds``, or at ``most_seconds``; return how many."""
    clock = time.perf_counter_ns
    capacity = len(samples)
    count = 0
    gc.collect()
    gc.disable()
    start = clock()
    enough, stop = start + int(seconds * 1e9), start + int(most_seconds * 1e9)
    # Nothing but the two readings of the clock stands around invoke: what is timed is the model.
    while True:
        begin = clock()
        invoke()
        end = clock()
        samples[count] = end - begin
        count += 1
        if (end >= enough and count >= runs) or end >= stop or count == capacity:
            break
    gc.enable()
    return count


def infer(job: Job, trail: Trail, runtime: Any) -> Answer:
    """Run every sample; leaves the real-valued outputs as ``output_N.npy`` of shape [count, ...]."""
    spools = [np.load(name, mmap_mode="r", allow_pickle=False) for name in job["inputs"]]
    before = resource.getrlimit(resource.RLIMIT_AS)
    limit_memory(job)
    trail.leave("load")
    limit_time(job, job["first_timeout"])
    interpreter = runtime(model_path=job["model"], num_threads=job["threads"])
    shape_inputs(interpreter, [spool[:1].shape for spool in spools])
    interpreter.allocate_tensors()
    inputs, outputs = interpreter.get_input_details(), interpreter.get_output_details()
    files: list[Any] = []
    trail.leave("first")
    for index in range(job["count"]):
        # A sample is on its own: what a recurrent layer remembers of the last one must go.
        interpreter.reset_all_variables()
        for position, detail in enumerate(inputs):
            interpreter.set_tensor(detail["index"], stored(spools[position][index : index + 1], detail))
        interpreter.invoke()
        if index == 0:
            limit_time(job)
            # The outputs of all samples are mapped files, which take address space, but no memory.
            resource.setrlimit(resource.RLIMIT_AS, before)
            trail.leave("samples")
        for position, detail in enumerate(outputs):
            values = real(interpreter.get_tensor(detail["index"]), detail)
            values = values[0] if values.ndim and values.shape[0] == 1 else values
            if index == 0:
                shape = (job["count"], *values.shape)
                files.append(np.lib.format.open_memmap(f"output_{position}.npy", "w+", values.dtype, shape))
            if files[position].shape[1:] != values.shape:
                raise Refused(f"output {position} changes its shape from sample to sample")
            files[position][index] = values
    for file in files:
        file.flush()
    return {"outputs": [f"output_{position}.npy" for position in range(len(outputs))]}


def shape_inputs(interpreter: Any, shapes: list[tuple[int, ...]] | None) -> None:
    """Resize the inputs to ``shapes``, each with a batch dimension of 1; None: only what the file leaves open, to 1."""
    for position, detail in enumerate(interpreter.get_input_details()):
        now = tuple(int(size) for size in detail["shape"])
        wanted = tuple(max(1, size) for size in now)
        if shapes is not None:
            # An input without a batch dimension takes the sample alone.
            wanted = shapes[position] if len(shapes[position]) == len(now) else shapes[position][1:]
        if wanted != now:
            interpreter.resize_tensor_input(detail["index"], list(wanted))


def stored(values: Any, detail: dict[str, Any]) -> Any:
    """Return a sample as the input stores it: quantized where the input is, and the sample is not."""
    dtype = np.dtype(detail["dtype"])
    values = values.reshape(detail["shape"])
    scales = detail["quantization_parameters"]["scales"]
    if dtype.kind in "iu" and values.dtype != dtype:
        limits = np.iinfo(dtype)
        if len(scales) == 1:
            values = np.round(values / scales[0]) + detail["quantization_parameters"]["zero_points"][0]
            values = np.clip(values, limits.min, limits.max)
        elif values.dtype.kind not in "iub" or values.min() < limits.min or values.max() > limits.max:
            raise Refused(f"input '{detail['name']}' takes {dtype}, and the samples are {values.dtype}")
    return values.astype(dtype)


def real(values: Any, detail: dict[str, Any]) -> Any:
    """Return an output as real numbers: dequantized to float32 where it is quantized, else as it stands."""
    scales, zeros = (detail["quantization_parameters"][key] for key in ("scales", "zero_points"))
    if values.dtype.kind not in "iu" or len(scales) == 0:
        return values
    if len(scales) > 1:
        raise Refused(f"output '{detail['name']}' is quantized per channel, which the format has for weights only")
    return ((values.astype(np.float64) - zeros[0]) * scales[0]).astype(np.float32)


def seeded_values(stream: Any, detail: dict[str, Any]) -> Any:
    """Return the next values of ``stream`` for an input, the same bytes on every machine and with every numpy.

    Floats are uniform in 0..1 with 24 bits; integers use the full range of their dtype, but 0 and 1 only where they
    have 32 bits or more, which are indices of something; booleans are either.
    """
    dtype, shape = np.dtype(detail["dtype"]), tuple(int(size) for size in detail["shape"])
    if dtype.kind not in "fiub":
        raise Refused(f"input '{detail['name']}' takes {dtype.name} values, and there are no seeded ones of that kind")
    count = int(np.prod(shape, dtype=np.int64))
    words = stream.random_raw((count + 1) // 2).astype("<u8").view("<u4")[:count].reshape(shape)
    if dtype.kind == "f":
        return ((words >> np.uint32(8)) * np.float32(2.0**-24)).astype(dtype)
    if dtype.kind == "b" or dtype.itemsize >= 4:
        return (words & np.uint32(1)).astype(dtype)
    return (words >> np.uint32(32 - 8 * dtype.itemsize)).astype(f"u{dtype.itemsize}").view(dtype)


def digest_of(outputs: Iterable[Any]) -> str:
    """Return the SHA-256 of dtype, shape and little-endian bytes of each output."""
    digest = hashlib.sha256()
    for values in outputs:
        digest.update(f"{values.dtype.name} {list(values.shape)}\n".encode())
        digest.update(np.ascontiguousarray(values, dtype=values.dtype.newbyteorder("<")).tobytes())
    return digest.hexdigest()


def require_hash(path: Path, sha256: str) -> None:
    """Refuse a file that is not what was sent. It is read in pieces, so that the process does not grow."""
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        for piece in iter(lambda: stream.read(1 << 16), b""):
            digest.update(piece)
    if digest.hexdigest() != sha256:
        raise Refused("it arrived with another hash", kind="damaged")


def describe_environment() -> Answer:
    """Return what the system says of itself, unread: the caller makes sense of it."""
    return {
        "machine": platform.machine(),
        "kernel": f"{platform.system()} {platform.release()}",
        "kernel_arch": text_of("/proc/sys/kernel/arch"),
        "os_release": text_of("/etc/os-release"),
        "cpuinfo": text_of("/proc/cpuinfo"),
        "board": text_of("/proc/device-tree/model"),
        "cores": len(os.sched_getaffinity(0)),
        "memory_bytes": MEMORY_BYTES,
        "python": platform.python_version(),
        "load_average": os.getloadavg()[0],
        "emulates": os.environ.get("EDGEKIT_EMULATES", ""),
    }


def status_bytes(name: str) -> int:
    """Return a size of this process, such as ``VmHWM``, from /proc/self/status."""
    lines = [line for line in text_of("/proc/self/status").splitlines() if line.startswith(name + ":")]
    if not lines:
        raise Refused(f"memory cannot be measured: /proc/self/status has no {name}")
    return int(lines[0].split()[1]) * 1024


def text_of(path: str) -> str:
    """Return a small system file's text; empty where there is none."""
    try:
        return Path(path).read_text(encoding="utf-8", errors="replace")[: 1 << 16]
    except OSError:
        return ""


TASKS: dict[str, Callable[[Job, Trail, Any], Answer]] = {"measure": measure, "infer": infer}

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
