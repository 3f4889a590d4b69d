"""What one run gives: timings with their spread, memory, and what was seen around it."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass
from statistics import median
from typing import Any, TypeVar

from edgekit.agent.timing import WARMUP_WINDOW
from edgekit.files import DocumentReader
from edgekit.metrics import Evidence, Metric
from edgekit.runs.conditions import Conditions, Discarded
from edgekit.runs.environment import Environment
from edgekit.runs.parts import InstructionClasses, MemoryPart, OpProfile
from edgekit.runs.regimes import IdleGaps, Sustained
from edgekit.runs.taints import taints_of
from edgekit.runs.timings import Timings

Part = TypeVar("Part")

RUN_SCHEMA = "edgekit.run/2"
SEEDED_INPUTS = "random values that follow from the seed"
_SINCE_2: dict[str, Any] = {
    "load_ms": None,
    "idle": None,
    "sustained": None,
    "conditions": None,
    "taints": [],
    "discarded": [],
    "memory": [],
    "instruction_classes": None,
    "ops": None,
    "blocks": [],
}
"""What files of schema 1 do not have, and what that means."""


@dataclass(frozen=True, slots=True)
class RunResult:
    """One artifact, one device, one number of threads."""

    artifact_sha256: str
    device: str
    """The device's address."""
    threads: int
    init_ms: float
    """Making the interpreter and allocating its tensors; the file may be in the page cache."""
    first_ms: float
    """The first inference, which pays for what the runtime puts off until then."""
    warmup_ms: tuple[float, ...]
    """The inferences after the first, until their times agreed."""
    steady: Timings
    peak_memory_bytes: int | None
    """Largest resident memory of the process; None where the engine does not tell."""
    baseline_memory_bytes: int
    """The same before the model was loaded: what Python, numpy and the runtime take; 0 where the peak is not known."""
    outputs_sha256: str | None
    """Digest of the outputs of the first inference on the seeded inputs: dtype, shape and bytes, in order; None where
    the engine does not give them."""
    seed: int
    environment: Environment
    engine: str = "agent"
    """What ran the artifact: a name from the table of engines, or ``demo app``, the agent's stand-in on phones."""
    settled: bool = True
    """False where the times still differed when the warm-up was broken off."""
    stopped_early: bool = False
    """True where the time limit came before the number of runs that was asked for."""
    instructions: tuple[int, ...] = ()
    """Instructions of single inferences, exactly; only an emulated processor counts them, and with one thread."""

    load_ms: float | None = None
    """Of :attr:`init_ms`, making the interpreter: the file is mapped, its operators are found; None: not told apart."""
    idle: IdleGaps | None = None
    """None: not asked for."""
    sustained: Sustained | None = None
    """None: not asked for."""
    conditions: Conditions | None = None
    """What went on around the run; None: the engine, or an old run file, does not tell."""
    taints: tuple[str, ...] = ()
    """Why the times say little of the file, a clause each: something else happened on the device."""
    discarded: tuple[Discarded, ...] = ()
    """The tainted runs before this one, in order."""
    memory: tuple[MemoryPart, ...] = ()
    """Empty: the engine, or an old run file, does not tell."""
    instruction_classes: InstructionClasses | None = None
    """Of one inference; only an emulated processor tells."""
    ops: OpProfile | None = None
    """None: not asked for."""
    blocks: tuple[int, ...] = ()
    """Steady inferences in each turn, where several files took turns; empty: all of them were one."""
    inputs: str | None = None
    """What it ran on, in words; None: the file of the run does not tell."""

    @property
    def tainted(self) -> bool:
        """Its times are no answer."""
        return bool(self.taints)

    @property
    def as_discarded(self) -> Discarded:
        """What stays of it where it was tainted and done again."""
        return Discarded(self.taints, self.steady.p50_ms, self.steady.p90_ms)

    @property
    def warmup_windows_ms(self) -> tuple[float, ...]:
        """The median of each whole window of the warm-up; it ended when the last three agreed."""
        whole = len(self.warmup_ms) // WARMUP_WINDOW * WARMUP_WINDOW
        # Counted from the end: the last windows are those that were judged.
        times = self.warmup_ms[len(self.warmup_ms) - whole :]
        return tuple(median(times[at : at + WARMUP_WINDOW]) for at in range(0, whole, WARMUP_WINDOW))

    @property
    def model_memory_bytes(self) -> int | None:
        """The model's share of the peak: weights, packed weights, arena, and the runtime's code that they call up.

        The last is several MiB even for the smallest model. None where the peak is not known.
        """
        return None if self.peak_memory_bytes is None else max(0, self.peak_memory_bytes - self.baseline_memory_bytes)

    @property
    def instruction_count(self) -> Metric | None:
        """The median of :attr:`instructions`; None where they were not counted."""
        if not self.instructions:
            return None
        source = f"median of {len(self.instructions)} inferences on {self.device}, by qemu's count"
        return Metric("instructions", float(median(self.instructions)), "count", Evidence.EMULATED, source)

    @property
    def instruction_spread(self) -> float:
        """Largest less smallest count, as a share of the median; 0 where nothing was counted."""
        if not self.instructions:
            return 0.0
        return (max(self.instructions) - min(self.instructions)) / max(1, median(self.instructions))

    def to_document(self) -> dict[str, Any]:
        """Return the result as JSON values."""
        document = dataclasses.asdict(self)
        document["steady"] = self.steady.to_document()
        document["idle"] = None if self.idle is None else self.idle.to_document()
        return {key: _json_values(value) for key, value in document.items()}

    @classmethod
    def from_document(cls, document: object, *, where: str = "run", schema: str = RUN_SCHEMA) -> RunResult:
        """Return the result that :meth:`to_document` wrote.

        Args:
            document: JSON values.
            where: its place in the file, for the errors.
            schema: what it was written by; of schema 1 what came later is not known.

        Raises:
            UsageError: a value is missing, unknown, of the wrong kind, or contradicts another.
        """
        if schema != RUN_SCHEMA and isinstance(document, dict):
            document = {**_SINCE_2, **document}
        reader = DocumentReader(document, where=where)
        result = cls(
            artifact_sha256=reader.digest("artifact_sha256"),
            device=reader.text("device"),
            threads=reader.whole("threads", least=1),
            init_ms=reader.number("init_ms"),
            first_ms=reader.number("first_ms"),
            warmup_ms=reader.numbers("warmup_ms"),
            steady=Timings.read(reader.section("steady")),
            peak_memory_bytes=reader.whole_or_none("peak_memory_bytes", least=1),
            baseline_memory_bytes=reader.whole("baseline_memory_bytes"),
            outputs_sha256=reader.digest_or_none("outputs_sha256"),
            seed=reader.whole("seed"),
            environment=Environment.read(reader.section("environment")),
            engine=reader.text("engine"),
            settled=reader.flag("settled"),
            stopped_early=reader.flag("stopped_early"),
            instructions=reader.wholes("instructions"),
            load_ms=reader.number_or_none("load_ms"),
            idle=_optional(reader, "idle", IdleGaps.read),
            sustained=_optional(reader, "sustained", Sustained.read),
            conditions=_optional(reader, "conditions", Conditions.read),
            taints=reader.texts("taints"),
            discarded=tuple(Discarded.read(section) for section in reader.sections("discarded")),
            memory=tuple(MemoryPart.read(section) for section in reader.sections("memory")),
            instruction_classes=_optional(reader, "instruction_classes", InstructionClasses.read),
            ops=_optional(reader, "ops", OpProfile.read),
            blocks=reader.wholes("blocks"),
            # It came later.
            inputs=reader.text_or_none("inputs") if reader.holds("inputs") else None,
        )
        reader.finish()
        # What taints a run is judged anew by what was seen: no one makes a run clean by leaving out its taints.
        seen = () if result.conditions is None else taints_of(result.conditions)
        return dataclasses.replace(result, taints=tuple(dict.fromkeys((*result.taints, *seen))))


def _optional(reader: DocumentReader, key: str, read: Callable[[DocumentReader], Part]) -> Part | None:
    section = reader.section_or_none(key)
    return None if section is None else read(section)


def _json_values(value: Any) -> Any:
    """Return the same with lists for tuples, however deep they lie: what is read back is equal then."""
    if isinstance(value, dict):
        return {key: _json_values(each) for key, each in value.items()}
    return [_json_values(each) for each in value] if isinstance(value, list | tuple) else value
