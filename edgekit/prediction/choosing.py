"""``boards``: which kinds of board would run a file within limits, how likely, and what stops the others."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from edgekit.artifact import Artifact
from edgekit.errors import SourceError, UsageError
from edgekit.inspection import Inspection, in_words, inspect
from edgekit.prediction.estimate import Prediction
from edgekit.prediction.memory import estimate_memory
from edgekit.prediction.predicting import predicted
from edgekit.profiles import DeviceProfile, Kind, list_profiles
from edgekit.units import format_bytes, format_milliseconds

BOARDS_SCHEMA = "edgekit.boards/1"
LIKELY = 0.5


@dataclass(frozen=True, slots=True)
class BoardChoice:
    """One kind of board, held against the limits."""

    profile: str
    title: str
    prediction: Prediction | None
    """None where nothing can be predicted; :attr:`stops` says why."""
    memory_bytes: int
    """Estimated: of the process, or of a microcontroller's arena."""
    power_watts: float | None
    """Of the whole board under full load; None where it is not known."""
    likelihood: float | None
    """That all limits are kept, 0 to 1; None where it cannot be told."""
    stops: tuple[str, ...]
    """What stands against it, a clause each; empty where nothing does."""

    @property
    def rank(self) -> tuple[bool, float, float]:
        """Return what is smaller for the better choice: likelier first, then the faster."""
        likelihood = LIKELY if self.likelihood is None else self.likelihood
        return (self.prediction is None, -likelihood, self.prediction.median_ms if self.prediction else 0.0)

    def to_document(self) -> dict[str, Any]:
        """Return the choice as JSON values."""
        prediction = None if self.prediction is None else self.prediction.to_document(ops=False)
        return {**{field.name: getattr(self, field.name) for field in dataclasses.fields(self)}} | {
            "prediction": prediction,
            "stops": list(self.stops),
        }


@dataclass(frozen=True, slots=True)
class BoardTable:
    """All kinds of board, the best choice first."""

    file: str
    sha256: str
    max_latency_ms: float | None
    max_memory_bytes: int | None
    max_power_watts: float | None
    choices: tuple[BoardChoice, ...]

    def to_document(self) -> dict[str, Any]:
        """Return the table as JSON values."""
        limits = {name: getattr(self, name) for name in ("max_latency_ms", "max_memory_bytes", "max_power_watts")}
        return {
            "schema": BOARDS_SCHEMA,
            "file": self.file,
            "sha256": self.sha256,
            **limits,
            "evidence": "estimated",
            "boards": [choice.to_document() for choice in self.choices],
        }


def boards(
    file: str | Path | Artifact,
    *,
    max_latency_ms: float | None = None,
    max_memory_bytes: int | None = None,
    max_power_watts: float | None = None,
    profiles: Sequence[DeviceProfile] | None = None,
) -> BoardTable:
    """Tell which boards would run a .tflite file within limits. Nothing is executed; every figure is estimated.

    Args:
        file: the .tflite file, or the artifact that it is.
        max_latency_ms: of nine of ten inferences, as in a budget.
        max_memory_bytes: of the process; of microcontrollers, of the arena.
        max_power_watts: of the whole board under full load.
        profiles: those to look at; None: the whole catalog.

    Raises:
        SourceError: the file cannot be read, cannot run on a CPU, or its sizes are open.
        ProfileError: a profile is malformed.
        UsageError: a limit is not more than zero.
    """
    for name, limit in (("latency", max_latency_ms), ("memory", max_memory_bytes), ("power", max_power_watts)):
        if limit is not None and not limit > 0:
            raise UsageError(f"the limit of {name} is {limit!r}, but must be more than zero")
    inspection = inspect(file, zipped=False)
    if not inspection.runs_on_cpu:
        raise SourceError(
            f"{inspection.path} {in_words(inspection.obstacles)}", hint="convert the model with builtin operators only"
        )
    limits = (max_latency_ms, max_memory_bytes, max_power_watts)
    found = [_choice(inspection, each, *limits) for each in (list_profiles() if profiles is None else profiles)]
    return BoardTable(
        str(inspection.path), inspection.sha256, *limits, tuple(sorted(found, key=lambda choice: choice.rank))
    )


def _choice(
    inspection: Inspection,
    profile: DeviceProfile,
    max_latency_ms: float | None,
    max_memory_bytes: int | None,
    max_power_watts: float | None,
) -> BoardChoice:
    micro = profile.kind is Kind.MICROCONTROLLER
    needed = inspection.arena.arena_bytes if micro else estimate_memory(inspection, profile=profile).total_bytes
    power = profile.facts.power_watts
    stops = list(_obstacles(inspection, profile, needed, max_memory_bytes))
    unsure = []
    if max_power_watts is not None:
        if power is None:
            unsure.append("its power is not known")
        elif power.value > max_power_watts:
            stops.append(f"it takes {power.value:g} W under full load")
    prediction = None
    try:
        prediction = predicted(inspection, profile)
    except SourceError:
        raise
    except UsageError as error:
        # Also where a stored probe is damaged, or of another board: that one kind of board is unknown then.
        unsure.append(error.message)
    likelihood: float | None = 0.0 if stops else None
    if prediction is not None and not stops:
        likelihood = 1.0 if max_latency_ms is None else prediction.p90_likelihood(max_latency_ms)
    if prediction is not None and max_latency_ms is not None and prediction.p90_likelihood(max_latency_ms) < LIKELY:
        stops.append(
            f"a p90 of about {format_milliseconds(prediction.p90_ms)} ({prediction.p90_interval_text}) is too slow for "
            f"{format_milliseconds(max_latency_ms)}"
        )
    return BoardChoice(
        profile=profile.name,
        title=profile.title,
        prediction=prediction,
        memory_bytes=needed,
        power_watts=None if power is None else power.value,
        likelihood=likelihood if not unsure or stops else None,
        stops=(*stops, *unsure),
    )


def _obstacles(
    inspection: Inspection, profile: DeviceProfile, needed: int, max_memory_bytes: int | None
) -> Iterator[str]:
    micro = profile.kind is Kind.MICROCONTROLLER
    takes = f"its activations need {format_bytes(needed)}" if micro else f"it needs {format_bytes(needed)}"
    memory, flash = profile.facts.memory_bytes, profile.facts.flash_bytes
    if memory is not None and needed > memory.value:
        yield f"{takes} of {format_bytes(memory.value)} of RAM"
    elif max_memory_bytes is not None and needed > max_memory_bytes:
        yield f"{takes}, over {format_bytes(max_memory_bytes)}"
    if flash is not None and inspection.size_bytes > flash.value:
        yield f"the file has {format_bytes(inspection.size_bytes)}, its flash {format_bytes(flash.value)}"
    if micro:
        yield "it needs a program with LiteRT for Microcontrollers, which edgekit does not make"
