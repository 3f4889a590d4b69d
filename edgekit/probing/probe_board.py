"""``probe``: measure a user's own board in a minute, so that its predictions are narrower from then on."""

from __future__ import annotations

import datetime
import time
from collections.abc import Callable, Mapping, Sequence
from itertools import islice
from pathlib import Path

from edgekit.devices import Device, opened
from edgekit.errors import DeviceError, UsageError
from edgekit.files import named_output, require_document_place, temporary_folder
from edgekit.inspection import inspect
from edgekit.prediction import KernelKind, Work, WorkKind, work_of
from edgekit.prediction.board_costs import has_dot_product
from edgekit.prediction.probes import PROBE_SCHEMA, Probe, probe_path, require_probe_place
from edgekit.probing.costs_found import TimedNetwork, found_fits
from edgekit.probing.networks import WHOLE, probe_networks
from edgekit.profiles import DeviceProfile, Identity, not_of_kind, profile_named, recognize
from edgekit.progress import Progress, Step, silent
from edgekit.runner import Plan, Series, time_series
from edgekit.runs import Environment
from edgekit.units import format_count

_WINDOW_S = 0.01
"""How long each network is timed in a round."""
_ROUNDS = 4
"""Each in a process of its own, where there is time: how memory is laid out makes several percent."""
_LOOKED = 4
"""Networks that tell what board it is; a runtime that takes none of them is told at once."""
_LEAST = 24
"""Networks that run in any case: twelve in two precisions, of all kinds of work that most files are made of."""


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
        seconds: how long it may take. What is not run by then is left out, but for the first 24 files: twelve networks
            in two precisions.
        quick: whether a few networks are enough, for a first look with wide intervals.
        accept_tainted: whether times are kept that something else on the board has disturbed; predictions say so.
        output: where to write the probe; None: where predictions find it by themselves.
        progress: told each round of all networks, and which of them the board's runtime does not take.

    Returns:
        The probe, which was written.

    Raises:
        UsageError: an argument is out of range, the board is of no known kind, or of another one than ``profile``.
        OutputError: the probe could not be written, or would take the place of something else than a probe; that is
            told before most of the time is spent.
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
        # One that is kept where predictions look may be damaged: probing anew is what mends it.
        require_document_place(named_output(output), PROBE_SCHEMA)
        require_probe_place(named_output(output))
    elif target is not None:
        require_probe_place(probe_path(target.name))

    def place(found: DeviceProfile) -> Path:
        return probe_path(found.name) if output is None else named_output(output)

    def settled(seen: Environment, address: str) -> DeviceProfile:
        """Refuse after a few networks what would be refused after all of them."""
        found = _kind(seen, address, target)
        require_probe_place(place(found))
        return found

    networks = dict(probe_networks(quick=quick))
    with opened(device) as machine:
        kind, rounds = _measured(machine, networks, counts, seconds, settled=settled, progress=progress)
        address = machine.address
    kept = _undisturbed(rounds)
    taints = _taints(kept)
    if taints and not accept_tainted:
        raise DeviceError(
            f"the probe of {address} was tainted, so nothing was kept: {'; '.join(taints)}",
            address=address,
            hint="end other programs there, let it cool, and probe again; or keep it all the same: --accept-tainted",
        )
    found = _probe(address, kind, networks, kept, taints)
    found.save(place(kind))
    return found


def _checked(threads: Sequence[int]) -> tuple[int, ...]:
    return Plan(threads=tuple(dict.fromkeys(threads))).threads


def _kind(seen: Environment, address: str, target: DeviceProfile | None) -> DeviceProfile:
    identity = _identity(seen)
    kind = target or recognize(identity)
    if kind is None:
        raise UsageError(
            f"{address} is of no kind that edgekit knows: {identity.board or identity.cpu_model}",
            hint=f"write a profile for it first: edgekit profiles new NAME --from {address}",
        )
    if reason := not_of_kind(identity, profile=kind):
        raise UsageError(
            f"{address} is not of the kind {kind.name}: {reason}", hint="leave --profile out: boards are recognized"
        )
    return kind


def _measured(
    machine: Device,
    networks: Mapping[str, bytes],
    counts: tuple[int, ...] | None,
    seconds: float,
    *,
    settled: Callable[[Environment, str], DeviceProfile],
    progress: Progress,
) -> tuple[DeviceProfile, list[Series]]:
    """Return what kind of board it is, and rounds of all numbers of threads, as many as there was time for."""
    started = time.monotonic()
    progress(Step(f"probing {machine.address}", done=0, total=1))
    look = time_series(
        dict(islice(networks.items(), _LOOKED)),
        device=machine,
        threads=(counts or (1,))[0],
        seconds=0,
        least=_LOOKED,
        window_seconds=_WINDOW_S,
    )
    if look.environment.emulated:
        raise DeviceError(
            f"{machine.address} is emulated: its seconds say nothing of a board",
            address=machine.address,
            hint="probe a board itself, by ssh or on it",
        )
    kind = settled(look.environment, machine.address)
    # Only the board tells how many cores it has.
    if counts and max(counts) > look.environment.cores:
        raise UsageError(
            f"threads is {max(counts)}, but {machine.address} has {format_count(look.environment.cores, 'core')}: more "
            "threads than cores only wait for each other",
            hint="leave --threads out: one, two and all cores up to four are probed then",
        )
    counts = counts or _usual(look.environment.cores)
    rounds: list[Series] = []
    longest = 0.0
    for number in range(_ROUNDS):
        for place, count in enumerate(counts):
            left = seconds - (time.monotonic() - started)
            if number and left < longest:
                break
            began = time.monotonic()
            rounds.append(
                time_series(
                    networks,
                    device=machine,
                    threads=count,
                    seconds=max(0.0, left / (len(counts) - place)),
                    least=_LEAST,
                    window_seconds=_WINDOW_S,
                )
            )
            longest = max(longest, time.monotonic() - began)
            progress(Step(f"probing {machine.address}", done=len(rounds), total=_ROUNDS * len(counts)))
    if refused := {name: why for each in rounds for name, why in each.refused.items()}:
        name, why = next(iter(refused.items()))
        progress(
            Step(
                f"warning: {len(refused)} of {len(networks)} networks are left out, as the runtime there refuses them: "
                f"{', '.join(refused)}; '{name}': {' '.join(why.split())}"
            )
        )
    progress(Step(f"probing {machine.address} ({time.monotonic() - started:.0f} s)", done=1, total=1))
    return kind, rounds


def _usual(cores: int) -> tuple[int, ...]:
    return tuple(sorted({1, min(2, cores), min(4, cores)}))


def _identity(seen: Environment) -> Identity:
    return Identity(seen.machine, seen.board, seen.cpu_model, seen.cores, seen.memory_bytes)


def _undisturbed(rounds: Sequence[Series]) -> list[Series]:
    """Return the rounds, without tainted ones of a number of threads that has another."""
    clean = {each.threads for each in rounds if not each.taints}
    return [each for each in rounds if not each.taints or each.threads not in clean]


def _taints(rounds: Sequence[Series]) -> tuple[str, ...]:
    """Return what the runner saw, and the load of the last minute: rounds as short as these cannot always tell."""
    clauses = [clause for each in rounds for clause in each.taints]
    seen = rounds[0].environment
    if seen.load_average is not None and seen.load_average > seen.cores:
        clauses.append(f"other programs ran: the load average was {seen.load_average:.1f} on {seen.cores} cores")
    kinds = {clause.partition(":")[0]: clause for clause in reversed(clauses)}
    return tuple(reversed(kinds.values()))


def _clocks(rounds: Sequence[Series]) -> tuple[float, ...]:
    """Return the highest clock of each core that was seen: between the runs a core idles at its lowest."""
    looks = [look.clocks_mhz for each in rounds for look in each.conditions.snapshots if look.clocks_mhz]
    return tuple(map(max, zip(*looks, strict=False)))


def _probe(
    address: str,
    kind: DeviceProfile,
    networks: Mapping[str, bytes],
    rounds: Sequence[Series],
    taints: tuple[str, ...],
) -> Probe:
    timed = {name for each in rounds for name in each.median_ms}
    works = _works({name: content for name, content in networks.items() if name in timed}, kind)
    seen: dict[WorkKind, tuple[float, float]] = {}
    for op in (op for work in works.values() for op in work.ops):
        for amount_of, amount in op.amounts.items():
            least, most = seen.get(amount_of, (amount, amount))
            seen[amount_of] = (min(least, amount), max(most, amount))
    first = rounds[0]
    samples: dict[tuple[KernelKind, int], list[TimedNetwork]] = {}
    for threads in dict.fromkeys(each.threads for each in rounds):
        mine = [each.median_ms for each in rounds if each.threads == threads]
        for name, work in works.items():
            times = [median_ms[name] for median_ms in mine if name in median_ms]
            if times:
                # What disturbs only adds: a moment in which another machine on the same host has the core.
                sample = TimedNetwork(work.ops, min(times), name.rpartition(" ")[0] in WHOLE, name)
                samples.setdefault((work.arithmetic, threads), []).append(sample)
    return Probe(
        profile=kind.name,
        device=address,
        identity=_identity(first.environment),
        clocks_mhz=_clocks(rounds),
        runtime=first.environment.runtime,
        date=datetime.datetime.now(tz=datetime.UTC).date().isoformat(),
        taints=taints,
        seen=seen,
        fits=found_fits(samples),
    )


def _works(networks: Mapping[str, bytes], kind: DeviceProfile) -> dict[str, Work]:
    works = {}
    with temporary_folder("edgekit-probe-") as folder:
        file = Path(folder, "probe.tflite")
        for name, content in networks.items():
            file.write_bytes(content)
            works[name] = work_of(inspect(file, zipped=False), dot_product=has_dot_product(kind))
    return works
