"""What a probe of a user's own board has found, as a file: costs of work there, with the board's identity."""

from __future__ import annotations

import dataclasses
import json
import math
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from edgekit.errors import ProfileError, UsageError, unknown_name
from edgekit.files import DocumentReader, output_errors, require_writable, write_json
from edgekit.prediction.board_costs import BoardCosts, mode_clock, probe_command
from edgekit.prediction.fitting import ENOUGH_ERRORS, half_width
from edgekit.prediction.op_costs import GroupCosts, OpCosts, Tile
from edgekit.prediction.work import KernelKind, OpGroup, WorkKind
from edgekit.profiles import DeviceProfile, Identity, unlike
from edgekit.resources import data_folder
from edgekit.units import format_count

PROBE_SCHEMA = "edgekit.probe/4"
RUNTIMES = ("ai-edge-litert", "tflite-runtime")
"""The packages that the runner finds on a board; a probe was made with a version of one of them."""


@dataclass(frozen=True, slots=True)
class ProbeFit:
    """Costs with one number of threads, in one precision."""

    arithmetic: KernelKind
    costs: OpCosts
    errors: tuple[float, ...]
    """Logarithms of predicted over measured, of each whole probe network by a fit that had not seen it."""
    networks: int
    """How many the costs were fitted to, those of one kind of operator included."""

    @property
    def threads(self) -> int:
        """The number of them."""
        return self.costs.threads

    @property
    def half_width(self) -> float:
        """Half width of the 90 % interval, in the logarithm; wider than all errors where those are few."""
        return half_width(self.errors)

    @property
    def few(self) -> bool:
        """Whether the networks are too few for one of their errors to hold nine of ten new ones."""
        return len(self.errors) < ENOUGH_ERRORS

    def to_document(self) -> dict[str, Any]:
        """Return everything as JSON values."""
        costs = self.costs
        groups = {
            str(group): {
                "costs_ms": {str(kind): cost for kind, cost in each.costs.items()},
                **dataclasses.asdict(each.tile),
                "alone": None if math.isinf(each.tile.alone) else each.tile.alone,
            }
            for group, each in costs.groups.items()
        }
        return {
            "arithmetic": str(self.arithmetic),
            "threads": self.threads,
            "called_ms": costs.called_ms,
            "met_ms": costs.met_ms,
            "handed_byte_ms": costs.handed_byte_ms,
            "part_ms": costs.part_ms,
            "far_byte_ms": costs.far_byte_ms,
            "far_dense_byte_ms": costs.far_dense_byte_ms,
            "cache_bytes": None if math.isinf(costs.cache_bytes) else costs.cache_bytes,
            "groups": groups,
            "errors": list(self.errors),
            "networks": self.networks,
        }

    @classmethod
    def read(cls, reader: DocumentReader) -> ProbeFit:
        """Read what :meth:`to_document` wrote. Raises UsageError."""
        groups = {name: _read_group(name, told) for name, told in reader.mapping("groups").items()}
        if not groups:
            raise UsageError("groups is empty")
        errors = reader.entries("errors")
        if not errors or not all(isinstance(error, int | float) and math.isfinite(error) for error in errors):
            raise UsageError("errors must be a list of numbers")
        cache = reader.number_or_none("cache_bytes")
        costs = OpCosts(
            groups={OpGroup(name): each for name, each in groups.items()},
            threads=reader.whole("threads", least=1),
            called_ms=_cost("called_ms", reader.number("called_ms")),
            met_ms=_cost("met_ms", reader.number("met_ms")),
            handed_byte_ms=_cost("handed_byte_ms", reader.number("handed_byte_ms")),
            part_ms=_cost("part_ms", reader.number("part_ms")),
            far_byte_ms=_cost("far_byte_ms", reader.number("far_byte_ms")),
            far_dense_byte_ms=_cost("far_dense_byte_ms", reader.number("far_dense_byte_ms")),
            cache_bytes=math.inf if cache is None else _cost("cache_bytes", cache),
        )
        fit = cls(
            reader.one_of("arithmetic", KernelKind),
            costs,
            tuple(float(error) for error in errors),
            reader.whole("networks", least=1),
        )
        reader.finish()
        return fit


def _read_group(name: str, told: object) -> GroupCosts:
    if name not in tuple(OpGroup):
        raise UsageError(unknown_name("group of operators", name, tuple(OpGroup)))
    reader = DocumentReader(told, where=f"groups.{name}")
    costs = reader.mapping("costs_ms")
    for kind, cost in costs.items():
        if kind not in tuple(WorkKind):
            raise UsageError(unknown_name(f"kind of work in groups.{name}", kind, tuple(WorkKind)))
        _cost(f"groups.{name}.{kind}", cost)
    alone = reader.number_or_none("alone")
    tile = Tile(
        lanes=reader.whole("lanes", least=1),
        rows=reader.whole("rows", least=1),
        depth=reader.whole("depth", least=1),
        alone=math.inf if alone is None else _cost(f"groups.{name}.alone", alone),
    )
    found = GroupCosts({WorkKind(kind): float(cost) for kind, cost in costs.items()}, tile)
    reader.finish()
    return found


def _cost(name: str, value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value) or value < 0:
        raise UsageError(f"{name} is {value!r}, but must be a number of 0 or more")
    return float(value)


@dataclass(frozen=True, slots=True)
class Probe:
    """What was found on one board, with one runtime."""

    profile: str
    """Of the board's kind, for which its predictions are."""
    device: str
    identity: Identity
    clocks_mhz: tuple[float, ...]
    """Highest of each core that told, while it was probed; empty where none did."""
    runtime: str
    """Package and version."""
    date: str
    taints: tuple[str, ...]
    """Why its times are doubtful; empty unless that was accepted."""
    seen: Mapping[WorkKind, tuple[float, float]]
    """Least and most of each kind of work that one operator of the probe networks has."""
    fits: tuple[ProbeFit, ...]

    def to_document(self) -> dict[str, Any]:
        """Return everything as JSON values."""
        return {
            "schema": PROBE_SCHEMA,
            **{field.name: getattr(self, field.name) for field in dataclasses.fields(self)},
            "identity": dataclasses.asdict(self.identity),
            "clocks_mhz": list(self.clocks_mhz),
            "taints": list(self.taints),
            "seen": {str(kind): list(amounts) for kind, amounts in self.seen.items()},
            "fits": [fit.to_document() for fit in self.fits],
        }

    def save(self, path: Path) -> None:
        """Write the probe, whole or not at all. Raises OutputError."""
        write_json(require_probe_place(path), self.to_document())

    def mode(self, profile: DeviceProfile) -> str | None:
        """Return the run mode that the board was in: of those of its word size the one of the nearest clock.

        None where the profile has no such mode.
        """
        bits = 64 if "64" in self.identity.machine else 32
        alike = {mode.name: mode_clock(profile, mode) for mode in profile.modes if mode.bits.value == bits}
        seen = max(self.clocks_mhz, default=0.0) * 1e6
        if not seen:
            return next(iter(alike), None)
        return min(alike, key=lambda name: abs(math.log((alike[name] or seen) / seen)), default=None)

    def require_fit(self, profile: DeviceProfile, *, runtime: str | None = None, mode: str | None = None) -> None:
        """Raise UsageError unless it is of a board of the profile's kind.

        The same for the runtime and the run mode where they are named.
        """
        hint = f"probe a {profile.name}: {probe_command(profile)}"
        if self.profile != profile.name:
            raise UsageError(
                f"the probe is of another board: of {self.profile}, not of {profile.name}",
                hint=hint,
            )
        if reason := unlike(self.identity, profile=profile):
            raise UsageError(f"the probe is of another board: {reason}", hint=hint)
        if runtime is not None and runtime != self.runtime:
            raise UsageError(
                f"the probe is of another runtime: {self.runtime}, not {runtime}",
                hint="probe the board again with the runtime that it will have",
            )
        if mode is not None and mode != self.mode(profile):
            raise UsageError(
                f"the probe is of another run mode: {self.mode(profile) or 'none of the profile'}, not {mode}",
                hint="probe the board again in that mode, or leave the probe out: --no-probe",
            )

    def board_costs(self, mode: str | None, threads: int | None) -> BoardCosts:
        """Return the costs with a number of threads. Raises UsageError where that was not probed."""
        counts = sorted({fit.threads for fit in self.fits})
        count = counts[-1] if threads is None else threads
        mine = [fit for fit in self.fits if fit.threads == count]
        if not mine:
            probed = " and ".join(map(str, counts))
            raise UsageError(
                f"threads is {count}, but the board was probed with {probed}",
                hint=f"edgekit probe DEVICE --threads {count}, or leave the probe out: --no-probe",
            )
        doubt = [f"the probe was tainted: {'; '.join(self.taints)}"] if self.taints else []
        networks = format_count(mine[0].networks, "probe network")
        if any(fit.few for fit in mine):
            few = format_count(min(len(fit.errors) for fit in mine), "whole probe network")
            doubt.append(f"{few} cannot tell what holds nine of ten")
        return BoardCosts(
            profile=self.profile,
            mode=mode,
            threads=count,
            costs={},
            spreads={fit.arithmetic: fit.half_width for fit in mine},
            seen=self.seen,
            fitted_on=(f"{networks} measured on {self.device} on {self.date} with {self.runtime}",),
            distance=tuple(doubt),
            weights_bytes_per_ms=None,
            cache_bytes=0,
            probed={fit.arithmetic: fit.costs for fit in mine},
            runtime=self.runtime,
        )


def require_runtime(runtime: str) -> None:
    """Raise UsageError unless ``runtime`` is a package that the runner knows, and a version."""
    package, _, version = runtime.strip().partition(" ")
    if package not in RUNTIMES:
        raise UsageError(
            unknown_name("runtime", package, RUNTIMES), hint=f'give package and version: "{RUNTIMES[0]} 2.3.0"'
        )
    if not version.strip()[:1].isdigit():
        raise UsageError(f"the runtime {runtime!r} has no version", hint=f'give package and version: "{package} 2.3.0"')


def probe_path(profile: str) -> Path:
    """Return where the probe of a kind of board is kept."""
    return data_folder() / "probes" / f"{profile}.json"


def require_probe_place(path: Path) -> Path:
    """Return ``path``, whose folder is made. Raises OutputError where a probe could not be written there."""
    with output_errors(path):
        path.parent.mkdir(parents=True, exist_ok=True)
    require_writable(path)
    return path


def stored_probe(profile: DeviceProfile) -> Probe | None:
    """Return what was probed on a board of this kind; None where nothing was. Raises UsageError where it is damaged."""
    path = probe_path(profile.name)
    # Not Path.exists: another user's data folder, which may not be looked into, holds no probe of this one's.
    if not os.path.exists(path):  # noqa: PTH110
        return None
    return _loaded(
        path,
        hint=f"probe the board again: {probe_command(profile)}; or remove that file, or leave it out with --no-probe: "
        "then published figures count",
    )


def load_probe(path: str | Path) -> Probe:
    """Read a probe file.

    Raises:
        UsageError: it cannot be read, or is none.
    """
    return _loaded(Path(path), hint="probe files are written by: edgekit probe DEVICE -o FILE.json")


def _loaded(path: Path, *, hint: str) -> Probe:
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise UsageError(f"probe file {path} does not exist", hint=hint) from None
    except OSError as error:
        raise UsageError(f"probe file {path} cannot be read: {error.strerror}", hint=hint) from error
    except UnicodeDecodeError as error:
        raise UsageError(f"probe file {path} cannot be read: it is not JSON, nor any text", hint=hint) from error
    except (ValueError, RecursionError) as error:
        raise UsageError(f"probe file {path} cannot be read: it is not JSON ({error})", hint=hint) from error
    try:
        return _read(DocumentReader(document, where="probe"))
    except ProfileError:
        raise
    except UsageError as error:
        raise UsageError(f"probe file {path}: {error.message}", hint=hint) from error


def _read(reader: DocumentReader) -> Probe:
    schema = reader.text("schema")
    if schema != PROBE_SCHEMA:
        older = schema.startswith(PROBE_SCHEMA.partition("/")[0])
        why = ": it was made by another version of edgekit" if older else ""
        raise UsageError(f"its schema is '{schema}', not '{PROBE_SCHEMA}'{why}")
    who = reader.section("identity")
    identity = Identity(
        machine=who.text("machine"),
        board=who.text_or_none("board"),
        cpu_model=who.text("cpu_model"),
        cores=who.whole_or_none("cores"),
        memory_bytes=who.whole_or_none("memory_bytes"),
    )
    who.finish()
    seen = {}
    for name, amounts in reader.mapping("seen").items():
        if name not in tuple(WorkKind) or not isinstance(amounts, list) or len(amounts) != 2:
            raise UsageError(f"seen.{name} is not a kind of work with two amounts")
        seen[WorkKind(name)] = (float(amounts[0]), float(amounts[1]))
    probe = Probe(
        profile=reader.text("profile"),
        device=reader.text("device"),
        identity=identity,
        clocks_mhz=reader.numbers("clocks_mhz"),
        runtime=reader.text("runtime"),
        date=reader.text("date"),
        taints=reader.texts("taints"),
        seen=seen,
        fits=tuple(ProbeFit.read(section) for section in reader.sections("fits")),
    )
    if not probe.fits:
        raise UsageError("it holds no fit")
    reader.finish()
    return probe
