"""What checking a file against its golden pack gives."""

from __future__ import annotations

import dataclasses
import math
from dataclasses import dataclass
from typing import Any

from edgekit.metrics import Verdict
from edgekit.runner.verification.divergence import OperatorDifference
from edgekit.units import format_count

VERIFICATION_SCHEMA = "edgekit.verification/1"


@dataclass(frozen=True, slots=True)
class OutputAgreement:
    """One output against what it should be, over all samples, in the numbers that the file gives."""

    name: str
    tolerance: float
    reason: str
    """Why the tolerance is what it is."""
    largest_difference: float
    """Infinite where one side is not finite and the other is."""
    worst_sample: int
    """Where that was seen, from 0."""
    differing: int
    """How many values are not the same bits."""
    values: int
    samples: int = 0
    step: float | None = None
    """The smallest difference that the output can have, in its numbers; None where that is not known."""
    same_highest: int | None = None
    """In how many samples the highest value is in the same place; None where too little of the output is known."""

    @property
    def steps(self) -> float | None:
        """The largest difference in steps; None where there is none, or no step."""
        if self.step is None or not math.isfinite(self.largest_difference):
            return None
        return round(self.largest_difference / self.step, 1) or None

    @property
    def told_steps(self) -> str:
        """What the largest difference comes to, as a clause to append; empty where nobody knows."""
        if self.steps is None or self.step is None:
            return ""
        size = "" if self.step == 1.0 else f" of {self.step:.3g}"
        steps = "step" if self.steps == 1 else "steps"
        what = f"; that is {self.steps:g} {steps}{size}, the least that the file tells apart"
        kept = "" if self.same_highest is None else f", and {self._kept()}"
        return f"{what}{kept}"

    def _kept(self) -> str:
        return f"the highest value stays in its place in {self.same_highest} of {self.samples} samples"

    @property
    def agrees(self) -> bool:
        """Whether the difference is within the tolerance."""
        return self.largest_difference <= self.tolerance

    def __str__(self) -> str:
        if self.differing == 0:
            return f"output '{self.name}' is the same to the bit"
        return (
            f"output '{self.name}' differs by up to {self.largest_difference:.3g} (tolerance {self.tolerance:.3g}; "
            f"sample {self.worst_sample}, counting from 0; {self.differing} of {self.values} values)"
        )


@dataclass(frozen=True, slots=True)
class Verification:
    """Whether a file is the one that a golden pack was made of, and whether a device computes with it as it should."""

    file: str
    pack: str
    made_of: str
    """The name of the file that the pack was made of."""
    device: str
    sha256: str
    expected_sha256: str
    same_computation: bool
    """Whether the canonical hash is the same: weights, operators and their order."""
    samples: int
    outputs: tuple[OutputAgreement, ...]
    """Empty where the file could not be run."""
    recorded: bool
    """Whether the pack is the one that the sidecar beside the file was written with; False: nothing to tell by."""
    failure: str | None = None
    """Why a changed file could not be run."""
    first_difference: OperatorDifference | None = None
    """Of a device whose outputs are off, the first operator that gives other values there than on this machine."""
    made_with: str = "not known"
    """The runtime whose outputs the pack holds, with its version and kind of machine."""
    looked_for: bool = False
    """Whether that was looked for. False where the outputs agree, on this machine, and for files that were changed."""

    @property
    def same_file(self) -> bool:
        """Whether the file is the one that the pack was made of, to the byte."""
        return self.sha256 == self.expected_sha256

    @property
    def outputs_agree(self) -> bool:
        """Whether it ran and every output is within its tolerance."""
        return self.failure is None and all(output.agrees for output in self.outputs)

    @property
    def verdict(self) -> Verdict:
        """``pass`` only for the right file with the right outputs."""
        return Verdict.PASS if self.same_file and self.outputs_agree else Verdict.FAIL

    @property
    def sentence(self) -> str:
        """What was found, and what it means."""
        return f"{self._identity()}; {self._behaviour()}{self._meaning()}"

    @property
    def notes(self) -> tuple[str, ...]:
        """What the verdict does not rest on."""
        if self.recorded:
            return ()
        return (f"{self.pack} was not held against a sidecar: that it is the pack of the conversion is not known",)

    def __str__(self) -> str:
        return f"{self.file} on {self.device}: {self.verdict}: {self.sentence}"

    def to_document(self) -> dict[str, Any]:
        """Return the result as JSON values."""
        return {
            "schema": VERIFICATION_SCHEMA,
            "file": self.file,
            "pack": self.pack,
            "made_of": self.made_of,
            "device": self.device,
            "verdict": str(self.verdict),
            "sentence": self.sentence,
            "hint": self.advice,
            "sha256": self.sha256,
            "expected_sha256": self.expected_sha256,
            "same_file": self.same_file,
            "same_computation": self.same_computation,
            "outputs_agree": self.outputs_agree,
            "samples": self.samples,
            "recorded": self.recorded,
            "notes": list(self.notes),
            "outputs": [_output_document(output) for output in self.outputs],
            "failure": self.failure,
            "made_with": self.made_with,
            "first_difference": None if self.first_difference is None else dataclasses.asdict(self.first_difference),
        }

    @property
    def _worst(self) -> OutputAgreement | None:
        """The output that is off by most; None where none is."""
        off = [output for output in self.outputs if not output.agrees]
        return max(off, key=lambda output: output.largest_difference / (output.tolerance or 1.0), default=None)

    @property
    def advice(self) -> str | None:
        """What to do about a device that rounds integers otherwise; None where that is not what was found."""
        worst = self._worst
        if not self.same_file or worst is None or worst.steps is None:
            return None
        return (
            f"integer kernels of another runtime may round otherwise: install there the one that made the pack "
            f"({self.made_with}), or see on labelled samples what it costs: edgekit evaluate {self.file} --data "
            f"FOLDER --device {self.device}"
        )

    def _identity(self) -> str:
        if self.same_file:
            return "it is the file that the golden pack was made of"
        digests = f"SHA-256 {self.sha256[:12]}..., not {self.expected_sha256[:12]}..."
        if self.same_computation:
            return f"it was written anew ({digests}): names, metadata or their order differ, but not what it computes"
        return (
            f"it is not the file that the golden pack was made of, {self.made_of} ({digests}): weights or operators "
            "differ"
        )

    def _behaviour(self) -> str:
        if self.failure is not None:
            return f"it cannot be run: {self.failure}"
        if worst := self._worst:
            return f"{worst}{worst.told_steps}"
        if all(output.differing == 0 for output in self.outputs):
            return f"its outputs on {format_count(self.samples, 'sample')} are the same to the bit"
        worst = max(self.outputs, key=lambda output: output.largest_difference / (output.tolerance or 1.0))
        return f"its outputs on {format_count(self.samples, 'sample')} agree: {worst}"

    def _meaning(self) -> str:
        if self.same_file and not self.outputs_agree:
            return f". So {self.device} computes otherwise than the machine that converted it{self._place()}"
        if not self.same_file and not self.same_computation and self.outputs_agree:
            return ". So few samples do not show every change: it is another model until its hash says otherwise"
        return ""

    def _place(self) -> str:
        if self.first_difference is not None:
            return f": held against this machine, {self.first_difference}"
        if self.looked_for:
            return ", but not than this one: with all tensors in view, no operator gives other values there than here"
        return ""


def _output_document(output: OutputAgreement) -> dict[str, Any]:
    difference = output.largest_difference
    return {
        **dataclasses.asdict(output),
        "largest_difference": difference if math.isfinite(difference) else None,
        "agrees": output.agrees,
    }
