"""How much memory a process that runs a file takes, part by part, before it has run anywhere."""

from __future__ import annotations

from dataclasses import dataclass

from edgekit.inspection import Inspection, ObstacleKind
from edgekit.metrics import Evidence, Metric
from edgekit.profiles import DeviceProfile, Kind
from edgekit.units import format_bytes

# Measured with CPython 3.11.7, numpy 2.4.6 and ai-edge-litert 2.3.0 on x86-64 Linux as largest resident memory.
# Python: after "import numpy", 25,450 KiB. Runtime: what importing the interpreter and running MLPerf Tiny's keyword
# spotting (int8) add to that, 13,000 KiB, less the 140 KiB that the model itself takes; 11,800 KiB of it are pages of
# the runtime's library, so a program in C++ or an app pays that too.
PYTHON_BYTES = 25_450 * 1024
RUNTIME_BYTES = 12_860 * 1024

MARGIN = 1.25
"""An estimate this close to the limit (a factor, on either side) is no answer.

Seen on x86-64: of 53 files (the tests' real ones, and seven networks in up to five precisions) 52 took 0.94 to 1.15
times the memory that was estimated for them. One, an EfficientNetB0 in float16 with a free batch dimension, whose
SHAPE operators split what XNNPACK can take into 17 pieces, took 1.55 times. Other machines' interpreters differ more.
"""


@dataclass(frozen=True, slots=True)
class MemoryEstimate:
    """The parts of a process's resident memory, in bytes."""

    interpreter_bytes: int
    """Python, numpy and the runtime's library; on a phone the library alone."""
    file_bytes: int
    """The file is mapped into memory, and its pages stay while nobody else needs them."""
    arena_bytes: int
    packed_bytes: int
    pointer_bytes: int
    scratch_bytes: int
    missing: str | None
    """Why the sum is a lower bound only, as a clause; None where nothing is missing."""

    @property
    def total_bytes(self) -> int:
        """The sum of all parts."""
        return self.interpreter_bytes + self.model_bytes

    @property
    def model_bytes(self) -> int:
        """What the model adds to the interpreter."""
        return self.file_bytes + self.arena_bytes + self.packed_bytes + self.pointer_bytes + self.scratch_bytes

    def metric(self) -> Metric:
        """Return the sum as a metric whose source names each part."""
        return Metric("memory", self.total_bytes, "bytes", Evidence.ESTIMATED, f"the sum of {self.parts()}")

    def parts(self) -> str:
        """Return all parts in words."""
        parts = (
            ("interpreter", self.interpreter_bytes),
            ("file", self.file_bytes),
            ("arena", self.arena_bytes),
            ("packed weights", self.packed_bytes),
            ("kernel tables", self.pointer_bytes),
            ("scratch", self.scratch_bytes),
        )
        return ", ".join(f"{name} {format_bytes(size)}" for name, size in parts if size)


def estimate_memory(inspection: Inspection, *, profile: DeviceProfile) -> MemoryEstimate:
    """Return the resident memory of a process that runs the file on a device with the stock runtime.

    The arena's ``persistent_bytes`` are left out: nearly all of them are float16 weights, which XNNPACK packs.
    """
    python = 0 if profile.kind is Kind.PHONE else PYTHON_BYTES
    return MemoryEstimate(
        interpreter_bytes=python + RUNTIME_BYTES,
        file_bytes=inspection.size_bytes,
        arena_bytes=inspection.arena.arena_bytes,
        packed_bytes=inspection.kernels.packed_bytes,
        pointer_bytes=inspection.kernels.pointer_bytes,
        scratch_bytes=inspection.kernels.scratch_bytes,
        missing=_missing(inspection),
    )


def _missing(inspection: Inspection) -> str | None:
    if any(obstacle.kind is not ObstacleKind.UNWRITTEN for obstacle in inspection.obstacles):
        return "what its special operators take cannot be told"
    return None if inspection.arena.complete else "some sizes are only known while it runs"
