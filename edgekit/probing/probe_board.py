"""``probe``: measure a user's own board in a minute, so that its predictions are narrower from then on."""

from __future__ import annotations

import datetime
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path

from edgekit.devices import Device, opened
from edgekit.errors import DeviceError, UsageError
from edgekit.files import named_output
from edgekit.inspection import Inspection, inspect
from edgekit.prediction import KernelKind, WorkKind, work_of
from edgekit.prediction.board_costs import has_dot_product
from edgekit.prediction.probes import Probe, probe_path, require_probe_place
from edgekit.probing.costs_found import Amounts, found_fit
from edgekit.probing.networks import probe_networks
from edgekit.profiles import DeviceProfile, Identity, profile_named, recognize, unlike
from edgekit.progress import Progress, Step, silent
from edgekit.runner import RunResult, benchmark

_INFERENCES = 10
_SHARE = 0.2
"""Of the seconds; the rest goes into starting the interpreter on the board for each run."""
_LEAST = 12
"""Files: six networks in two precisions, one for each kind of work."""
_LOOK_S, _LOOKED_AT = 0.4, 4
"""Seconds that each fourth file is timed for at least: of shorter windows the runner cannot tell the load of others."""
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
        OutputError: the probe could not be written; that is told before most of the time is spent.
        DeviceError: the device cannot be reached, is emulated, or its runs were tainted.
    """
    if not seconds > 0:
        raise UsageError(f"seconds is {seconds!r}, but must be more than zero")
    target = profile_named(profile) if isinstance(profile, str | Path) else profile
    if target is not None and target.match is None:
        raise UsageError(
            f"there is no {target.name} to probe: nothing that runs the interpreter is of this kind",
            hint="'edgekit predict' tells from published figures what such a board takes",
        )
    counts = None if threads is None else _checked(threads)
    if output is not None:
        require_probe_place(named_output(output))
    elif target is not None:
        require_probe_place(probe_path(target.name))

    def place(run: RunResult) -> Path:
        return probe_path(_kind(run, target).name) if output is None else named_output(output)

    def settled(run: RunResult) -> None:
        """Refuse after one network what would be refused after all of them."""
        _kind(run, target)
        require_probe_place(place(run))

    with opened(device) as machine, tempfile.TemporaryDirectory(prefix="edgekit-probe-") as folder:
        networks = list(probe_networks(quick=quick))
        runs = _measured(machine, Path(folder), networks, counts, seconds, settled=settled, progress=progress)
        address = machine.address
    taints = _taints([run for _, seen in runs.values() for run in seen])
    if taints and not accept_tainted:
        raise DeviceError(
            f"the probe of {address} was tainted, so nothing was kept: {'; '.join(taints)}",
            address=address,
            hint="end other programs there, let it cool, and probe again; or keep it all the same: --accept-tainted",
        )
    first = next(iter(runs.values()))[1][0]
    found = _probe(address, _kind(first, target), runs, taints)
    found.save(place(first))
    return found


Runs = Mapping[str, tuple[Inspection, Sequence[RunResult]]]
"""By network: what it is, and a run for each number of threads."""


def _checked(threads: Sequence[int]) -> tuple[int, ...]:
    counts = tuple(dict.fromkeys(threads))
    if not counts:
        raise UsageError("threads is empty, but at least one number of threads is needed")
    return counts


def _kind(run: RunResult, target: DeviceProfile | None) -> DeviceProfile:
    identity, address = _identity(run), run.device
    kind = target or recognize(identity)
    if kind is None:
        raise UsageError(
            f"{address} is of no kind that edgekit knows: {identity.board or identity.cpu_model}",
            hint=f"write a profile for it first: edgekit profiles new NAME --from {address}",
        )
    if reason := unlike(identity, profile=kind):
        raise UsageError(f"{address} is no {kind.name}: {reason}", hint="leave --profile out: boards are recognized")
    return kind


def _measured(
    machine: Device,
    folder: Path,
    networks: Sequence[tuple[str, bytes]],
    counts: tuple[int, ...] | None,
    seconds: float,
    *,
    settled: Callable[[RunResult], None],
    progress: Progress,
) -> Runs:
    runs: dict[str, tuple[Inspection, Sequence[RunResult]]] = {}
    started = time.monotonic()
    for number, (name, content) in enumerate(networks):
        if number >= _LEAST and time.monotonic() - started > seconds:
            break
        progress(Step(f"probing {machine.address}", done=number, total=len(networks)))
        file = folder / "probe.tflite"
        file.write_bytes(content)
        share = _SHARE * seconds / (len(networks) * len(counts or (1, 2)))
        window = max(share, _LOOK_S) if number % _LOOKED_AT == 0 else share
        run = partial(benchmark, file, device=machine, runs=_INFERENCES, first_timeout=_SLOWEST_START_S)
        measured = run(threads=counts or (1,), min_seconds=window)
        first = measured.runs[0]
        if first.environment.emulated:
            raise DeviceError(
                f"{machine.address} is emulated: its seconds say nothing of a board",
                address=machine.address,
                hint="probe a board itself, by ssh or on it",
            )
        if not number:
            settled(first)
        if counts is None:
            # Only the board tells how many cores it has: the first network is measured once more.
            counts = _usual(first.environment.cores)
            measured = run(threads=counts, min_seconds=window)
        runs[name] = (inspect(file), measured.runs)
    progress(Step(f"probing {machine.address} ({time.monotonic() - started:.0f} s)", len(networks), len(networks)))
    return runs


def _usual(cores: int) -> tuple[int, ...]:
    return tuple(sorted({1, min(2, cores), min(4, cores)}))


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


def _clocks(runs: Runs) -> tuple[float, ...]:
    """Return the highest clock of each core that was seen: between the runs a core idles at its lowest."""
    conditions = [run.conditions for _, results in runs.values() for run in results if run.conditions is not None]
    looks = [each.clocks_mhz for seen in conditions for each in seen.snapshots if each.clocks_mhz]
    return tuple(map(max, zip(*looks, strict=False)))


def _probe(address: str, kind: DeviceProfile, runs: Runs, taints: tuple[str, ...]) -> Probe:
    samples: dict[tuple[KernelKind, int], tuple[list[dict[int, Amounts]], list[float]]] = {}
    seen: dict[WorkKind, tuple[float, float]] = {}
    for inspection, results in runs.values():
        work = work_of(inspection, dot_product=has_dot_product(kind))
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
        identity=_identity(first),
        clocks_mhz=_clocks(runs),
        runtime=first.environment.runtime,
        date=datetime.datetime.now(tz=datetime.UTC).date().isoformat(),
        taints=taints,
        seen=seen,
        fits=tuple(
            found_fit(arithmetic, threads, works, times) for (arithmetic, threads), (works, times) in samples.items()
        ),
    )
