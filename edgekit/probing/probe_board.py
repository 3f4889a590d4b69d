"""``probe``: measure a user's own board in a minute, so that its predictions are narrower from then on."""

from __future__ import annotations

import datetime
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from edgekit.devices import Device, opened
from edgekit.errors import DeviceError, UsageError
from edgekit.inspection import inspect
from edgekit.prediction import KernelKind, Work, WorkKind, work_of
from edgekit.prediction.board_costs import has_dot_product
from edgekit.prediction.probes import Probe, probe_path
from edgekit.probing.costs_found import Amounts, found_fit
from edgekit.probing.networks import probe_networks
from edgekit.profiles import DeviceProfile, Identity, profile_named, recognize
from edgekit.progress import Progress, Step, silent
from edgekit.runner import RunResult, benchmark

_INFERENCES = 10
_SHARE = 0.2
"""Of the seconds; the rest goes into starting the interpreter on the board for each run."""
_LEAST = 12
"""Files: six networks in two precisions, one for each kind of work."""
_LANES = (1, 4, 8, 16, 32)
_SLOWEST_START_S = 30.0


def probe(
    device: str | Device = "local",
    *,
    profile: str | Path | DeviceProfile | None = None,
    threads: Sequence[int] | None = None,
    seconds: float = 60.0,
    quick: bool = False,
    accept_tainted: bool = False,
    output: str | Path | None = None,
    progress: Progress = silent,
) -> Probe:
    """Run small networks on a board, find what each kind of work costs there, and keep it for predictions.

    Args:
        device: an address, or a device that is open and stays so.
        profile: what kind of board it is; None: it is recognized.
        threads: numbers of threads to probe; None: one, two where there are two cores, and all cores up to four.
        seconds: how long it may take. What is not run by then is left out, but for the first twelve files.
        quick: whether three networks are enough, for a first look with wide intervals.
        accept_tainted: whether times are kept that something else on the board has disturbed; predictions say so.
        output: where to write the probe; None: where predictions find it by themselves.
        progress: told each network.

    Returns:
        The probe, which was written.

    Raises:
        UsageError: an argument is out of range, the board is of no known kind, or of another one than ``profile``.
        DeviceError: the device cannot be reached, is emulated, or its runs were tainted.
    """
    if not seconds > 0:
        raise UsageError(f"seconds is {seconds!r}, but must be more than zero")
    target = profile_named(profile) if isinstance(profile, str | Path) else profile
    counts = None if threads is None else _checked(threads)
    with opened(device) as machine, tempfile.TemporaryDirectory(prefix="edgekit-probe-") as folder:
        networks = list(probe_networks(quick=quick))
        runs = _measured(machine, Path(folder), networks, counts, seconds, target=target, progress=progress)
        address = machine.address
    first = next(iter(runs.values()))[1][0]
    identity = _identity(first)
    kind = target or recognize(identity)
    if kind is None:
        raise UsageError(
            f"{address} is of no kind that edgekit knows: {identity.board or identity.cpu_model}",
            hint=f"write a profile for it first: edgekit profiles new NAME --from {address}",
        )
    taints = _taints([run for _, seen in runs.values() for run in seen])
    if taints and not accept_tainted:
        raise DeviceError(
            f"the probe of {address} was tainted, so nothing was kept: {'; '.join(taints)}",
            address=address,
            hint="end other programs there, let it cool, and probe again; or keep it all the same: --accept-tainted",
        )
    found = _probe(address, identity, kind, runs, taints)
    found.require_fit(kind)
    found.save(probe_path(kind.name) if output is None else Path(output))
    return found


Runs = Mapping[str, tuple[Work, Sequence[RunResult]]]
"""By network: its work, and a run for each number of threads."""


def _checked(threads: Sequence[int]) -> tuple[int, ...]:
    counts = tuple(dict.fromkeys(threads))
    if not counts:
        raise UsageError("threads is empty, but at least one number of threads is needed")
    return counts


def _measured(
    machine: Device,
    folder: Path,
    networks: Sequence[tuple[str, bytes]],
    counts: tuple[int, ...] | None,
    seconds: float,
    *,
    target: DeviceProfile | None,
    progress: Progress,
) -> Runs:
    runs: dict[str, tuple[Work, Sequence[RunResult]]] = {}
    dot = target is not None and has_dot_product(target)
    started = time.monotonic()
    for number, (name, content) in enumerate(networks):
        if number >= _LEAST and time.monotonic() - started > seconds:
            break
        progress(Step(f"probing {machine.address}", done=number, total=len(networks)))
        file = folder / "probe.tflite"
        file.write_bytes(content)
        many = len(counts) if counts else 2
        measured = benchmark(
            file,
            device=machine,
            threads=counts or (1,),
            runs=_INFERENCES,
            min_seconds=_SHARE * seconds / (len(networks) * many),
            first_timeout=_SLOWEST_START_S,
        )
        if measured.runs[0].environment.emulated:
            raise DeviceError(
                f"{machine.address} is emulated: its seconds say nothing of a board",
                address=machine.address,
                hint="probe a board itself, by ssh or on it",
            )
        if counts is None:
            # Only the board tells how many cores it has: the first network is measured once more.
            counts = _usual(measured.runs[0].environment.cores)
            measured = benchmark(
                file,
                device=machine,
                threads=counts,
                runs=_INFERENCES,
                min_seconds=_SHARE * seconds / (len(networks) * len(counts)),
                first_timeout=_SLOWEST_START_S,
            )
            dot = dot or _recognized_dot(measured.runs[0])
        runs[name] = (work_of(inspect(file), dot_product=dot), measured.runs)
    progress(Step(f"probing {machine.address} ({time.monotonic() - started:.0f} s)", len(networks), len(networks)))
    return runs


def _usual(cores: int) -> tuple[int, ...]:
    return tuple(sorted({1, min(2, cores), min(4, cores)}))


def _recognized_dot(run: RunResult) -> bool:
    kind = recognize(_identity(run))
    return kind is not None and has_dot_product(kind)


def _identity(run: RunResult) -> Identity:
    seen = run.environment
    return Identity(seen.machine, seen.board, seen.cpu_model, seen.cores, seen.memory_bytes)


def _taints(runs: Sequence[RunResult]) -> tuple[str, ...]:
    """Return what the runner saw, and the load of the last minute: runs as short as these cannot always tell."""
    clauses = [clause for run in runs for clause in run.taints]
    seen = runs[0].environment
    if seen.load_average is not None and seen.load_average > seen.cores:
        clauses.append(f"other programs ran: the load average was {seen.load_average:.1f} on {seen.cores} cores")
    kinds = {clause.partition(":")[0]: clause for clause in reversed(clauses)}
    return tuple(reversed(kinds.values()))


def _probe(address: str, identity: Identity, kind: DeviceProfile, runs: Runs, taints: tuple[str, ...]) -> Probe:
    samples: dict[tuple[KernelKind, int], tuple[list[dict[int, Amounts]], list[float]]] = {}
    seen: dict[WorkKind, tuple[float, float]] = {}
    for work, results in runs.values():
        ((arithmetic, amounts),) = work.totals().items()
        for amount_of, amount in amounts.items():
            least, most = seen.get(amount_of, (amount, amount))
            seen[amount_of] = (min(least, amount), max(most, amount))
        for run in results:
            works, times = samples.setdefault((arithmetic, run.threads), ([], []))
            works.append({lanes: work.totals(lanes=lanes)[arithmetic] for lanes in _LANES})
            times.append(run.steady.p50_ms)
    first = next(iter(runs.values()))[1][0]
    return Probe(
        profile=kind.name,
        device=address,
        identity=identity,
        clocks_mhz=first.conditions.before.clocks_mhz if first.conditions is not None else (),
        runtime=first.environment.runtime,
        date=datetime.datetime.now(tz=datetime.UTC).date().isoformat(),
        taints=taints,
        seen=seen,
        fits=tuple(
            found_fit(arithmetic, threads, works, times) for (arithmetic, threads), (works, times) in samples.items()
        ),
    )
