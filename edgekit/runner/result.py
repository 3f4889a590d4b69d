"""What a benchmark gives: timings with their spread, memory, and the environment that they were seen in."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from statistics import median
from typing import Any

import numpy as np

from edgekit.documents import DocumentReader
from edgekit.metrics import Evidence, Metric

RUN_SCHEMA = "edgekit.run/1"


@dataclass(frozen=True, slots=True)
class Timings:
    """The steady back-to-back inferences, in milliseconds and in order. The whole sample is kept, never empty.

    Percentiles interpolate linearly between the two nearest samples, as :func:`numpy.percentile` does by default.
    """

    samples_ms: tuple[float, ...]

    def __post_init__(self) -> None:
        if not self.samples_ms:
            raise ValueError("timings need at least one sample")

    @property
    def p50_ms(self) -> float:
        """The median."""
        return self.percentile_ms(50)

    @property
    def p90_ms(self) -> float:
        """Nine of ten inferences are as fast as this, or faster."""
        return self.percentile_ms(90)

    @property
    def p99_ms(self) -> float:
        """Of fewer than about 100 samples this says little more than the largest one."""
        return self.percentile_ms(99)

    @property
    def min_ms(self) -> float:
        """The fastest."""
        return min(self.samples_ms)

    @property
    def mad_ms(self) -> float:
        """The spread: median of the absolute deviations from the median, not scaled to a standard deviation."""
        return float(np.median(np.abs(np.asarray(self.samples_ms) - self.p50_ms)))

    def percentile_ms(self, percent: float) -> float:
        """Return the percentile, for ``percent`` from 0 to 100."""
        return float(np.percentile(self.samples_ms, percent))

    def to_document(self) -> dict[str, Any]:
        """Return the figures, and the samples that they are computed from, as JSON values."""
        return {
            "count": len(self.samples_ms),
            "p50_ms": self.p50_ms,
            "p90_ms": self.p90_ms,
            "p99_ms": self.p99_ms,
            "min_ms": self.min_ms,
            "mad_ms": self.mad_ms,
            "samples_ms": list(self.samples_ms),
        }

    @classmethod
    def read(cls, reader: DocumentReader) -> Timings:
        """Read what :meth:`to_document` wrote. Raises UsageError, also where a figure contradicts the samples."""
        timings = cls(reader.numbers("samples_ms", least=1))
        reader.agree("count", len(timings.samples_ms))
        for name in ("p50_ms", "p90_ms", "p99_ms", "min_ms", "mad_ms"):
            reader.agree(name, getattr(timings, name))
        reader.finish()
        return timings


@dataclass(frozen=True, slots=True)
class Environment:
    """The machine and the software that a run was seen on."""

    machine: str
    """As ``uname -m`` says: ``x86_64``, ``aarch64``, ``armv7l``."""
    system: str
    """Operating system and its release."""
    cpu_model: str
    board: str | None
    """The device tree's model, such as ``Raspberry Pi 4 Model B Rev 1.4``, where there is one."""
    cores: int
    """Number of cores that the agent may use."""
    memory_bytes: int
    """Physical memory of the machine."""
    python: str
    runtime: str
    """Package and version of the interpreter, such as ``ai-edge-litert 2.3.0``."""
    load_average: float | None
    """Of the last minute, when the agent started."""
    emulated: bool
    """The processor is emulated: results and counts hold, seconds do not."""

    @classmethod
    def read(cls, reader: DocumentReader) -> Environment:
        """Read what :func:`dataclasses.asdict` gave. Raises UsageError."""
        environment = cls(
            machine=reader.text("machine"),
            system=reader.text("system"),
            cpu_model=reader.text("cpu_model"),
            board=reader.text_or_none("board"),
            cores=reader.whole("cores", least=1),
            memory_bytes=reader.whole("memory_bytes", least=1),
            python=reader.text("python"),
            runtime=reader.text("runtime"),
            load_average=reader.number_or_none("load_average"),
            emulated=reader.flag("emulated"),
        )
        reader.finish()
        return environment


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
    peak_memory_bytes: int
    """Largest resident memory of the agent's process."""
    baseline_memory_bytes: int
    """The same before the model was loaded: what Python, numpy and the runtime take."""
    outputs_sha256: str
    """Digest of the outputs of the first inference on the seeded inputs: dtype, shape and bytes, in order."""
    seed: int
    environment: Environment
    engine: str = "agent"
    """What ran the artifact: a name from the table of engines."""
    settled: bool = True
    """False where the times still differed when the warm-up was broken off."""
    stopped_early: bool = False
    """True where the time limit came before the number of runs that was asked for."""
    instructions: tuple[int, ...] = ()
    """Instructions of single inferences, exactly; only an emulated processor counts them, and with one thread."""

    @property
    def model_memory_bytes(self) -> int:
        """The model's share of the peak: weights, packed weights, arena, and the runtime's code that they call up.

        The last is several MiB even for the smallest model.
        """
        return max(0, self.peak_memory_bytes - self.baseline_memory_bytes)

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
        document = {field.name: getattr(self, field.name) for field in dataclasses.fields(self)}
        return {
            **document,
            "warmup_ms": list(self.warmup_ms),
            "instructions": list(self.instructions),
            "steady": self.steady.to_document(),
            "environment": dataclasses.asdict(self.environment),
        }

    @classmethod
    def from_document(cls, document: object, *, where: str = "run") -> RunResult:
        """Return the result that :meth:`to_document` wrote.

        Raises:
            UsageError: a value is missing, unknown, of the wrong kind, or contradicts another.
        """
        reader = DocumentReader(document, where=where)
        result = cls(
            artifact_sha256=reader.digest("artifact_sha256"),
            device=reader.text("device"),
            threads=reader.whole("threads", least=1),
            init_ms=reader.number("init_ms"),
            first_ms=reader.number("first_ms"),
            warmup_ms=reader.numbers("warmup_ms"),
            steady=Timings.read(reader.section("steady")),
            peak_memory_bytes=reader.whole("peak_memory_bytes", least=1),
            baseline_memory_bytes=reader.whole("baseline_memory_bytes"),
            outputs_sha256=reader.digest("outputs_sha256"),
            seed=reader.whole("seed"),
            environment=Environment.read(reader.section("environment")),
            engine=reader.text("engine"),
            settled=reader.flag("settled"),
            stopped_early=reader.flag("stopped_early"),
            instructions=reader.wholes("instructions"),
        )
        reader.finish()
        return result
