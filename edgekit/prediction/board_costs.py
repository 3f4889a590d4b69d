"""What work costs on one kind of board, in one run mode, with a number of threads; and how sure that is."""

from __future__ import annotations

import math
import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field

from edgekit.errors import ProfileError, UsageError, unknown_name
from edgekit.prediction.costs import FamilyCosts, family_costs
from edgekit.prediction.fitting import thread_factor
from edgekit.prediction.measurements import Family, MeasuredBoard, measurements
from edgekit.prediction.op_costs import OpCosts
from edgekit.prediction.scales import told_scale
from edgekit.prediction.work import KernelKind, OpWork, WorkKind
from edgekit.profiles import DeviceProfile, Kind, Mode, core_named
from edgekit.units import format_clock, format_count

FEW_THREADS_UNSEEN = 0.15
"""Half width that is added, in the logarithm, where a number of threads was not measured on a board: Amdahl's law
misses the phones' figures by up to that."""
_INT8_UNSEEN = 0.2
"""The same where int8 was not measured there: the ratios of the boards of which it was differ by as much."""
_OTHER_KERNELS = math.log(2)
"""The same where a board has kernels of its own, of which one figure is known: what one operator costs against another
may well differ by that."""
_CLOCK_UNSEEN = 0.5
"""Share of the logarithm of two clocks that is added: memory keeps its own pace."""
_MOST_THREADS = 4


@dataclass(frozen=True, slots=True)
class BoardCosts:
    """Milliseconds for a unit of each kind of work."""

    profile: str
    mode: str | None
    threads: int
    costs: Mapping[KernelKind, Mapping[WorkKind, float]]
    """Empty where the board was probed."""
    spreads: Mapping[KernelKind, float]
    """Half width of the 90 % interval, in the logarithm, for networks like those that the costs were fitted to."""
    seen: Mapping[WorkKind, tuple[float, float]]
    fitted_on: tuple[str, ...]
    distance: tuple[str, ...]
    weights_bytes_per_ms: float | None
    """How fast weights come from memory; None where that is not known, or already in the costs."""
    cache_bytes: int
    """Weights up to this size are taken to stay in the cache."""
    probed: Mapping[KernelKind, OpCosts] = field(default_factory=dict)
    """What a probe has found, operator by operator; empty where nothing was probed."""
    runtime: str | None = None

    @property
    def arithmetics(self) -> tuple[KernelKind, ...]:
        """What costs are known of."""
        return tuple(self.probed or self.costs)

    def arithmetic_of(self, op: OpWork) -> KernelKind:
        """Return whose costs an operator has: those of its own arithmetic, where they are known."""
        return op.arithmetic if op.arithmetic in self.arithmetics else self.arithmetics[0]

    def milliseconds(self, op: OpWork) -> float:
        """Return what an operator takes whose weights are near."""
        if self.probed:
            return self.probed[self.arithmetic_of(op)].milliseconds(op)
        table = self.costs[self.arithmetic_of(op)]
        return sum(amount * table.get(_priced(kind, table), 0.0) for kind, amount in op.amounts.items())


def _priced(kind: WorkKind, table: Mapping[WorkKind, float]) -> WorkKind:
    """Recurrent products are dense ones in a loop; where no cost of their own is known, they are taken for such."""
    return WorkKind.DENSE if kind is WorkKind.RECURRENT and kind not in table else kind


def default_threads(profile: DeviceProfile) -> int:
    """Return the number of cores in the fastest cluster, but four at most.

    1 where no cluster is known, and of microcontrollers, whose runtime has no threads.
    """
    if profile.kind is Kind.MICROCONTROLLER:
        return 1
    return min(profile.clusters[0].count.value, _MOST_THREADS) if profile.clusters else 1


def mode_of(profile: DeviceProfile, name: str | None) -> Mode | None:
    """Return a run mode; without a name the usual one, or None where the board has one way only.

    Raises:
        UsageError: there is no such mode.
    """
    if name is None:
        return profile.modes[0] if profile.modes else None
    for mode in profile.modes:
        if mode.name == name:
            return mode
    if not profile.modes:
        raise UsageError(f"{profile.name} has no run modes, but '{name}' was asked for", hint="leave the mode out")
    raise UsageError(unknown_name("run mode", name, [mode.name for mode in profile.modes]))


def mode_clock(profile: DeviceProfile, mode: Mode | None) -> float | None:
    """Return the clock of the fastest cluster in Hz, in a run mode; None where it is not known."""
    if mode is not None and mode.clock_hz is not None:
        return mode.clock_hz.value
    told = profile.clusters[0].clock_hz if profile.clusters else None
    return None if told is None else told.value


def require_threads(threads: int, *, profile: DeviceProfile) -> None:
    """Raise UsageError unless the board can run so many threads at once."""
    if isinstance(threads, bool) or not isinstance(threads, int) or threads < 1:
        raise UsageError(f"threads is {threads!r}, but must be a whole number of 1 or more")
    cores = sum(cluster.count.value for cluster in profile.clusters)
    if cores and threads > cores:
        raise UsageError(
            f"threads is {threads}, but {profile.name} has {format_count(cores, 'core')}: more threads than cores only "
            "wait for each other"
        )


def probe_command(profile: DeviceProfile) -> str:
    """Return the command that probes a board of this kind, for a hint.

    A user's own kind is named by its file: a board that a shipped profile is of as well is recognized as that one.
    """
    return "edgekit probe DEVICE" + ("" if profile.own is None else f" --profile {shlex.quote(str(profile.own))}")


def board_costs(profile: DeviceProfile, *, mode: str | None = None, threads: int | None = None) -> BoardCosts:
    """Return the costs from published measurements and the facts of the profile.

    Raises:
        ProfileError: the profile does not tell cores and clock, or nothing is known of its cores.
        UsageError: there is no such mode, or the number of threads is not one that the board can run.
    """
    chosen = mode_of(profile, mode)
    told_clock = profile.clusters[0].clock_hz if profile.clusters else None
    if told_clock is None:
        lacking = "cores by cluster" if not profile.clusters else "a clock of its fastest cluster"
        raise ProfileError(
            f"profile {profile.name} does not tell {lacking}, so nothing can be predicted from it",
            hint=f"add [[clusters]] with core, count and clock, or measure the board: {probe_command(profile)}",
        )
    count = default_threads(profile) if threads is None else threads
    require_threads(count, profile=profile)
    micro = profile.kind is Kind.MICROCONTROLLER
    known = family_costs(Family.MICROCONTROLLER if micro else Family.APPLICATION)
    cluster = profile.clusters[0]
    clock = mode_clock(profile, chosen) or told_clock.value
    board = _measured(profile, chosen)
    distance: list[str] = []
    spread = 0.0
    if board is not None and board.clock_hz is not None:
        scale = known.fit.scales[board.name] * board.clock_hz / clock
        first = "one_network" if known.networks[board.name] == 1 else next(iter(known.fit.costs))
        fitted_on = _told(board, known)
        if not math.isclose(clock, board.clock_hz):
            spread = _CLOCK_UNSEEN * abs(math.log(clock / board.clock_hz))
            distance.append(f"it was measured at {format_clock(board.clock_hz)}, not {format_clock(clock)}")
        if board.kernels:
            spread = math.hypot(spread, _OTHER_KERNELS)
            distance.append(
                f"one figure is known of its kernels ({board.kernels}): what operators cost against each other is "
                "taken from Arm's cores"
            )
        if count not in known.threads[board.name]:
            spread = math.hypot(spread, FEW_THREADS_UNSEEN)
            seen = " and ".join(map(str, known.threads[board.name]))
            distance.append(f"it was measured with {seen} threads, not {count}")
    else:
        found = told_scale(
            known.fit, measurements(), known.family, core=cluster.core.value, clock_hz=clock, law=known.efficiency
        )
        if found is None:
            raise ProfileError(
                f"nothing is known of what the core {cluster.core.value} computes in a cycle, which {profile.name} "
                "has, so nothing can be predicted for it",
                hint=f"measure such a board: {probe_command(profile)}"
                if not micro
                else "predict for a board with a Cortex-M4 or Cortex-M7",
            )
        scale, first = found, "other_board"
        fitted_on = _told_from_afar(known)
        same = any(each.core == cluster.core.value for each in measurements().boards.values())
        how = "the same core on other boards" if same else "what its core can do in a cycle"
        distance.append(f"nothing was measured on this board: its speed follows from its clock and from {how}")
    factor = thread_factor(known.fit.parallel, count) if not micro else 1.0
    costs, spreads = {}, {}
    for arithmetic in _arithmetics(profile):
        ratio, unseen = _ratio(known, board, arithmetic)
        table = known.fit.costs[KernelKind.INT8 if arithmetic is not KernelKind.FLOAT32 else arithmetic]
        costs[arithmetic] = {kind: cost * scale * ratio * factor / 1e6 for kind, cost in table.items()}
        how = "int8" if board is not None and first != "one_network" and arithmetic is not KernelKind.FLOAT32 else first
        spreads[arithmetic] = math.hypot(known.half_width(how), spread, _INT8_UNSEEN if unseen else 0.0)
    copy = profile.facts.memory_copy_bytes_per_second
    caches = [cluster.l2_bytes, profile.facts.l3_bytes]
    return BoardCosts(
        profile=profile.name,
        mode=None if chosen is None else chosen.name,
        threads=count,
        costs=costs,
        spreads=spreads,
        seen=known.seen,
        fitted_on=fitted_on,
        distance=tuple(distance),
        # Each byte that is copied was read and written: reading alone goes about twice as fast.
        weights_bytes_per_ms=None if copy is None or micro else 2 * copy.value / 1e3,
        cache_bytes=max((fact.value for fact in caches if fact is not None), default=0),
    )


def _measured(profile: DeviceProfile, mode: Mode | None) -> MeasuredBoard | None:
    """Return the measured board of a profile; of several modes the one with the same word size."""
    boards = [board for board in measurements().boards.values() if board.profile == profile.name]
    if mode is None or len(boards) < 2:
        return next(iter(boards), None)
    bits = {each.name: each.bits.value for each in profile.modes}
    return next((board for board in boards if bits.get(board.mode or "") == mode.bits.value), None)


def _arithmetics(profile: DeviceProfile) -> tuple[KernelKind, ...]:
    if profile.kind is Kind.MICROCONTROLLER:
        return (KernelKind.INT8,)
    return (KernelKind.FLOAT32, KernelKind.INT8_DOT if has_dot_product(profile) else KernelKind.INT8)


def has_dot_product(profile: DeviceProfile) -> bool:
    """Return whether its cores sum int8 products in one instruction, as far as is known."""
    fact = profile.facts.int8_dot_product
    known = core_named(profile.clusters[0].core.value).int8_macs_per_cycle if profile.clusters else None
    return fact.value if fact is not None else known is not None


def _ratio(known: FamilyCosts, board: MeasuredBoard | None, arithmetic: KernelKind) -> tuple[float, bool]:
    """Return the time in ``arithmetic`` against the first one, and whether that is not known of this board."""
    if arithmetic is KernelKind.FLOAT32 or not known.int8_ratios:
        return 1.0, False
    if board is not None and board.name in known.fit.ratios:
        return known.fit.ratios[board.name], False
    return known.int8_ratios[arithmetic], True


def _told(board: MeasuredBoard, known: FamilyCosts) -> tuple[str, ...]:
    everything = measurements()
    mine = {cell.source: cell for cell in everything.cells if cell.board == board.name}
    networks = format_count(known.networks[board.name], "network")
    return tuple(f"{networks} measured on this board: {everything.sources[name].title}" for name in mine)


def _told_from_afar(known: FamilyCosts) -> tuple[str, ...]:
    everything = measurements()
    names = dict.fromkeys(cell.source for cell in everything.of(known.family))
    return tuple(f"measured on other boards: {everything.sources[name].title}" for name in names)
