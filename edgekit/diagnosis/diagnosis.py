"""What a diagnosis gives."""

from __future__ import annotations

import dataclasses
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from edgekit.fidelity import Fidelity, Parity

DIAGNOSIS_SCHEMA = "edgekit.diagnosis/1"
UNKNOWN = "unknown cause"


@dataclass(frozen=True, slots=True)
class TensorError:
    """One tensor of the quantized file against the tensor of the float file that it stands for.

    Signal to noise ratios are in dB over all values of all samples; infinite where nothing differs.
    """

    operator: int
    """Number of the operator that writes it, from 0, in execution order; -1 for an input of the file."""
    name: str
    """The operator's name, such as ``CONV_2D``; ``INPUT`` for an input."""
    precision: str
    """What the operator really computes in, as :func:`edgekit.inspect` says it."""
    tensor: str
    """The tensor's name in the quantized file."""
    float_tensor: str
    """Its name in the float file."""
    snr_db: float
    """The tensor as the quantized file computes it: all that went wrong up to here."""
    own_snr_db: float | None
    """The same where only this operator goes wrong: it and the float operator are given the same values. None where
    it cannot be run alone."""
    output_snr_db: float | None
    """The outputs of the float file with the error of this operator alone put in. None where that was not tried."""
    range_used: tuple[float, float] | None
    """What the least and the largest integer stand for; None where the tensor is stored as floats."""
    range_seen: tuple[float, float]
    """The least and the largest value of the float file."""
    bulk_seen: tuple[float, float] | None
    """What holds 99.9 % of the values of the float file, to 1/256 of the range used."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One cause, and the operators that it was found at."""

    cause: str
    """A name from the table of causes, or ``unknown cause``."""
    operators: tuple[int, ...]
    """In execution order; -1 for an input of the file."""
    sentence: str
    """The evidence, at the operator that costs most."""
    repair: str
    """What to try."""
    alone_snr_db: float
    """The outputs of the float file with the errors of these operators put in."""
    repaired_snr_db: float
    """The outputs of the float file with the errors of all operators but these: what a repair can bring at best."""


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """Why a quantized file is not the float file that it was made from."""

    quantized_file: Path
    float_file: Path
    precision: str
    """Of the quantized file, in one word."""
    samples: int
    preprocessing: str
    """What was done to the samples, in words."""
    operators: int
    """Number of operators of the quantized file, without QUANTIZE and DEQUANTIZE."""
    operators_matched: int
    """How many of them were found in the float file."""
    weights_cosine: float
    """Least cosine similarity between weights of the two files."""
    float_parity: Parity | None
    """Of the float file against the model that it was exported from, as its sidecar tells; None where none tells."""
    float_parity_text: str
    """The same in words, or why it is not known."""
    fidelity: Fidelity
    """The outputs of the two files, as for an artifact."""
    output_snr_db: float
    """The same as one figure to judge by: of the worst output, where each column of a small head that is no
    distribution counts alike."""
    limit_db: float
    """What ``output_snr_db`` must reach to be called healthy."""
    tensors: tuple[TensorError, ...]
    """In execution order."""
    start: int | None
    """Where the error starts: index into ``tensors`` of the first operator that alone costs what is missing; None
    where the file is healthy, or where no operator alone does."""
    findings: tuple[Finding, ...]
    """Most harmful first; none where the file is healthy."""
    notes: tuple[str, ...]
    """What a reader of the figures should know."""

    @property
    def healthy(self) -> bool:
        """Whether the outputs are as close to the float file's as they should be."""
        return self.output_snr_db >= self.limit_db

    @property
    def worst(self) -> tuple[TensorError, ...]:
        """The tensors with those first whose operators cost most at the outputs, then those that add most."""
        return tuple(
            sorted(self.tensors, key=lambda row: (_or_infinite(row.output_snr_db), _or_infinite(row.own_snr_db)))
        )

    def to_document(self) -> dict[str, Any]:
        """Return everything as JSON values. An infinite ratio is null: nothing differs, or was not tried."""
        return {
            "schema": DIAGNOSIS_SCHEMA,
            "quantized_file": str(self.quantized_file),
            "float_file": str(self.float_file),
            "precision": self.precision,
            "samples": self.samples,
            "preprocessing": self.preprocessing,
            "operators": self.operators,
            "operators_matched": self.operators_matched,
            "weights_cosine": self.weights_cosine,
            "float_parity": None if self.float_parity is None else _finite(dataclasses.asdict(self.float_parity)),
            "float_parity_text": self.float_parity_text,
            "fidelity": _finite(dataclasses.asdict(self.fidelity)),
            "output_snr_db": _finite(self.output_snr_db),
            "limit_db": self.limit_db,
            "healthy": self.healthy,
            "start": self.start,
            "findings": [_finite(dataclasses.asdict(finding)) for finding in self.findings],
            "tensors": [_finite(dataclasses.asdict(row)) for row in self.tensors],
            "notes": list(self.notes),
        }

    def __str__(self) -> str:
        state = "healthy" if self.healthy else "not healthy"
        lines = [
            f"float parity: {self.float_parity_text}",
            f"{self.quantized_file} ({self.precision}) against {self.float_file}: {decibels(self.output_snr_db)} on "
            f"{self.samples} samples, {state}",
            *(f"{finding.cause}: {finding.sentence} Try: {finding.repair}" for finding in self.findings),
            *self.notes,
        ]
        return "\n".join(lines)


def decibels(value: float | None) -> str:
    """Return a signal to noise ratio as people read it."""
    if value is None:
        return "-"
    if math.isinf(value):
        return "identical" if value > 0 else "no signal"
    return f"{value:.1f} dB"


def _or_infinite(value: float | None) -> float:
    return math.inf if value is None else value


def _finite(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _finite(item) for name, item in value.items()}
    if isinstance(value, tuple):
        return [_finite(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
