"""``predict``: how long a file takes on a board, before anyone has one."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path

from edgekit.artifact import Artifact
from edgekit.errors import ProfileError, UsageError
from edgekit.inspection import Inspection, inspect
from edgekit.prediction.board_costs import (
    BoardCosts,
    board_costs,
    has_dot_product,
    mode_of,
    probe_command,
    require_threads,
)
from edgekit.prediction.estimate import Basis, OpShare, Prediction
from edgekit.prediction.op_costs import far_share
from edgekit.prediction.probes import Probe, load_probe, require_runtime, stored_probe
from edgekit.prediction.work import KernelKind, OpWork, Work, WorkKind, work_of
from edgekit.profiles import DeviceProfile, Kind, list_profiles, profile_named
from edgekit.units import format_count

_UNCOVERED_WIDENING = math.log(2)
"""Half width added, in the logarithm, times the share of operators that no cost covers: they may take twice as long."""
_UNSEEN_WIDENING = math.log(1.5)
"""The same, times the share of time in kinds of work that no network of the fit has."""
_SPARSE_FASTER = math.log(2.4)
"""What the interval reaches further down, times the share of time in pointwise convolutions: three of them with 85 %
zeros take 15.29 M instructions of an emulated Cortex-A72 with plain kernels and 6.36 M with sparse ones."""
_NOTICED = 0.02
_OUTSIDE_WIDENING = 0.25
"""The same, times the logarithm of how many times the file's work is outside of what the fit has seen."""


def predict(
    file: str | Path | Artifact,
    profile: str | Path | DeviceProfile,
    *,
    threads: int | None = None,
    mode: str | None = None,
    probe: str | Path | Probe | None = None,
    use_stored: bool = True,
    runtime: str | None = None,
) -> Prediction:
    """Estimate the latency of a .tflite file on a kind of board. Nothing is executed.

    Args:
        file: the .tflite file, or the artifact that it is.
        profile: a profile, its name, or the path of its .toml.
        threads: of the runtime; None: as many as the fastest cluster has cores, but four at most.
        mode: one of the profile's run modes, such as ``1.8GHz-64bit``; None: that of the probe, else its usual one.
        probe: what :func:`edgekit.probe` found on such a board, or the path of its file.
        use_stored: whether, without ``probe``, what was last probed on such a board counts.
        runtime: package and version that the board will have, such as ``ai-edge-litert 2.3.0``; a probe must be of
            that one. None: any.

    Returns:
        The median of a run in milliseconds with its 90 % interval, what each operator takes, and what it rests on.

    Raises:
        SourceError: the file cannot be read, cannot run on a CPU, or its sizes are open.
        ProfileError: there is no such profile, or it does not tell cores and clock.
        UsageError: there is no such mode, the number of threads is not one that the board can run, or the probe is of
            another board or runtime.
    """
    if not isinstance(profile, DeviceProfile):
        profile = profile_named(profile)
    if probe is not None and not isinstance(probe, Probe):
        probe = load_probe(probe)
    return predicted(
        inspect(file, zipped=False),
        profile,
        threads=threads,
        mode=mode,
        probe=probe,
        use_stored=use_stored,
        runtime=runtime,
    )


def predict_all(
    file: str | Path | Artifact, *, threads: int | None = None, use_stored: bool = True, runtime: str | None = None
) -> tuple[list[Prediction], list[tuple[str, str]]]:
    """Do the same for every profile of the catalog, and tell for which there is no estimate, and why."""
    if runtime is not None:
        require_runtime(runtime)
    inspection = inspect(file, zipped=False)
    work_of(inspection)
    found: list[Prediction] = []
    refused: list[tuple[str, str]] = []
    for profile in list_profiles():
        try:
            found.append(predicted(inspection, profile, threads=threads, use_stored=use_stored, runtime=runtime))
        except UsageError as error:
            refused.append((profile.name, error.message))
    return found, refused


def predicted(
    inspection: Inspection,
    profile: DeviceProfile,
    *,
    threads: int | None = None,
    mode: str | None = None,
    probe: Probe | None = None,
    use_stored: bool = True,
    runtime: str | None = None,
) -> Prediction:
    """Do the same for a file that was inspected."""
    costs = known_costs(profile, mode=mode, threads=threads, probe=probe, use_stored=use_stored, runtime=runtime)
    work = work_of(inspection, dot_product=has_dot_product(profile))
    if profile.kind is Kind.MICROCONTROLLER and any(op.arithmetic is KernelKind.FLOAT32 for op in _computing(work)):
        raise ProfileError(
            f"{inspection.path} computes in float32, and of microcontrollers like {profile.name} only int8 networks "
            "were measured",
            hint="convert the model with --precision int8",
        )
    lacking = {op.arithmetic for op in _computing(work)} - set(costs.arithmetics)
    if lacking:
        raise UsageError(
            f"the probe of {profile.name} has no costs of {' and '.join(sorted(lacking))}",
            hint=f"probe the board again: {probe_command(profile)}; or leave the probe out: --no-probe",
        )
    return estimate(inspection, work, costs)


def known_costs(
    profile: DeviceProfile,
    *,
    mode: str | None = None,
    threads: int | None = None,
    probe: Probe | None = None,
    use_stored: bool = True,
    runtime: str | None = None,
) -> BoardCosts:
    """Return the costs from a probe where there is one that fits, else from published measurements.

    A stored probe counts for the run mode that the board was in, also where no mode is asked for, and for numbers of
    threads that were probed. One that is given must fit. Errors as for :func:`predict`.
    """
    if runtime is not None:
        require_runtime(runtime)
    if threads is not None:
        require_threads(threads, profile=profile)
    mode_of(profile, mode)
    if probe is not None:
        probe.require_fit(profile, runtime=runtime, mode=mode)
        return probe.board_costs(probe.mode(profile), threads)
    stored = stored_probe(profile) if use_stored else None
    if stored is None or (runtime is not None and stored.runtime != runtime):
        return board_costs(profile, mode=mode, threads=threads)
    stored.require_fit(profile)
    seen_in = stored.mode(profile)
    other_threads = threads is not None and all(fit.threads != threads for fit in stored.fits)
    if other_threads or (mode is not None and mode != seen_in):
        return board_costs(profile, mode=mode, threads=threads)
    return stored.board_costs(seen_in, threads)


def _computing(work: Work) -> Iterator[OpWork]:
    return (op for op in work.ops if op.kind not in (WorkKind.MOVED, WorkKind.ELEMENTWISE))


def estimate(inspection: Inspection, work: Work, costs: BoardCosts) -> Prediction:
    """Return what ``work`` takes at ``costs``."""
    shares = _shares(work, costs)
    median = sum(share.milliseconds for share in shares)
    spread, distance = _spread(work, shares, costs)
    faster = 0.0
    if work.sparse:
        pointwise = sum(share.milliseconds for share in shares if share.kind is WorkKind.POINTWISE)
        faster = _SPARSE_FASTER * pointwise / (median or 1.0)
        distance.append("sparse kernels are not predicted: where the runtime takes them for its weights, it is faster")
    return Prediction(
        file=str(inspection.path),
        sha256=inspection.sha256,
        profile=costs.profile,
        mode=costs.mode,
        threads=costs.threads,
        median_ms=median,
        low_ms=median * math.exp(-spread - faster),
        high_ms=median * math.exp(spread),
        ops=shares,
        basis=Basis(costs.fitted_on, (*costs.distance, *distance)),
        runtime=costs.runtime,
    )


def _shares(work: Work, costs: BoardCosts) -> tuple[OpShare, ...]:
    if not costs.probed:
        return tuple(_share(op, costs) for op in work.ops)
    computing = sum(not op.free for op in work.ops)
    far = {arithmetic: far_share(work.ops, each.cache_bytes) for arithmetic, each in costs.probed.items()}
    calling = {
        arithmetic: each.calling_milliseconds(work.ops) / max(computing, 1) for arithmetic, each in costs.probed.items()
    }
    return tuple(
        _probed_share(op, costs, far[arithmetic], calling[arithmetic])
        for op in work.ops
        for arithmetic in (costs.arithmetic_of(op),)
    )


def _probed_share(op: OpWork, costs: BoardCosts, far: float, calling: float) -> OpShare:
    found = costs.probed[costs.arithmetic_of(op)]
    near, waiting = found.milliseconds(op), found.far_milliseconds(op, far)
    called = 0.0 if op.free else calling
    return OpShare(op.index, op.name, op.output, op.kind, op.arithmetic, near + waiting + called, waiting > near)


def _share(op: OpWork, costs: BoardCosts) -> OpShare:
    milliseconds = costs.milliseconds(op)
    memory_bound = False
    if op.kind in (WorkKind.DENSE, WorkKind.RECURRENT) and costs.weights_bytes_per_ms:
        # Each weight is used once for each time that it is read, so reading may take longer than computing.
        streamed = op.amounts.get(WorkKind.WEIGHTS, 0.0) / costs.weights_bytes_per_ms
        memory_bound = op.weight_bytes > costs.cache_bytes and streamed > milliseconds
        milliseconds = streamed if memory_bound else milliseconds
    return OpShare(op.index, op.name, op.output, op.kind, op.arithmetic, milliseconds, memory_bound)


def _spread(work: Work, shares: tuple[OpShare, ...], costs: BoardCosts) -> tuple[float, list[str]]:
    total = sum(share.milliseconds for share in shares) or 1.0
    known = set(costs.spreads)
    parts: dict[KernelKind, float] = {}
    for share in shares:
        key = share.arithmetic if share.arithmetic in known else next(iter(costs.spreads))
        parts[key] = parts.get(key, 0.0) + share.milliseconds / total
    spread = sum(part * costs.spreads[key] for key, part in parts.items())
    widenings, distance = [], []
    if work.uncovered:
        many = sum(work.uncovered.values()) / len(work.ops)
        widenings.append(_UNCOVERED_WIDENING * max(many, 0.1))
        named = ", ".join(f"{count}x {name}" for name, count in work.uncovered.items())
        distance.append(f"{format_count(sum(work.uncovered.values()), 'operator')} that no cost covers: {named}")
    unseen = _unseen(work, shares, costs)
    if unseen:
        part = sum(milliseconds for _, milliseconds in unseen) / total
        widenings.append(_UNSEEN_WIDENING * part)
        names = ", ".join(sorted({name for name, _ in unseen}))
        distance.append(f"{part:.0%} of the time in work that no measured network has: {names}")
    outside = (_outside_of_probe if costs.probed else _outside)(shares, work, costs)
    if outside:
        factor, clause = outside
        widenings.append(_OUTSIDE_WIDENING * math.log(factor))
        distance.append(clause)
    return math.hypot(spread, *widenings), distance


def _unseen(work: Work, shares: tuple[OpShare, ...], costs: BoardCosts) -> list[tuple[str, float]]:
    """Return name and time of what no measured network has: kinds of work, of a probe operators."""
    if not costs.probed:
        kinds = [share for share in shares if share.kind not in costs.seen and share.kind is not WorkKind.MOVED]
        return [(str(share.kind), share.milliseconds) for share in kinds]
    return [
        (op.name, share.milliseconds)
        for op, share in zip(work.ops, shares, strict=True)
        if not op.free and op.group not in costs.probed[costs.arithmetic_of(op)].groups
    ]


def _outside_of_probe(shares: tuple[OpShare, ...], work: Work, costs: BoardCosts) -> tuple[float, str] | None:
    """Return how many times more work operators have than any that was probed, on the average of their time."""
    total = sum(share.milliseconds for share in shares) or 1.0
    factors = [
        (share, op.amounts[op.kind] / costs.seen[op.kind][1])
        for op, share in zip(work.ops, shares, strict=True)
        if op.kind in costs.seen and op.amounts.get(op.kind, 0.0) > costs.seen[op.kind][1]
    ]
    part = sum(share.milliseconds for share, _ in factors) / total
    mean = sum(share.milliseconds / total * math.log(factor) for share, factor in factors)
    if mean < _NOTICED:
        return None
    most = max(factor for _, factor in factors)
    return math.exp(mean), f"{part:.0%} of the time in operators with up to {most:.2g} times the work of any probed one"


def _outside(shares: tuple[OpShare, ...], work: Work, costs: BoardCosts) -> tuple[float, str] | None:
    """Return how many times the kind of work that takes most is more, or less, than any measured network has."""
    sums: dict[WorkKind, float] = {}
    for share in shares:
        sums[share.kind] = sums.get(share.kind, 0.0) + share.milliseconds
    kind = max((kind for kind in sums if kind in costs.seen), key=lambda each: sums[each], default=None)
    if kind is None:
        return None
    amount = sum(op.amounts.get(kind, 0.0) for op in work.ops)
    least, most = costs.seen[kind]
    if amount > most:
        return amount / most, f"{amount / most:.1f} times the {kind} work of the largest measured network"
    if 0 < amount < least:
        return least / amount, f"{least / amount:.1f} times less {kind} work than the smallest measured network"
    return None
