"""What fine-tuning of a quantized file came to: before and after, on samples that it did not see."""

from __future__ import annotations

import dataclasses
import math
from dataclasses import dataclass
from typing import Any

from edgekit.statistics import CONFIDENCE, PairedCounts, mcnemar_p
from edgekit.units import format_count


@dataclass(frozen=True, slots=True)
class HeldOut:
    """One file on the samples that were held out, against the float file."""

    snr_db: float
    top1_agreement: float | None
    """Share of samples with the same arg max; None where no output looks like class scores."""
    correct: int | None
    """How many are right; None where the samples have no labels."""

    @property
    def merit(self) -> tuple[float, float, float]:
        """The greater it is, the better is the file: right answers first, then the float file's, then its values."""
        agreement = -1.0 if self.top1_agreement is None else self.top1_agreement
        return (-1.0 if self.correct is None else float(self.correct), agreement, self.snr_db)

    def told(self, samples: int) -> str:
        """Return the figures in words."""
        parts = [] if self.correct is None else [f"{self.correct / samples:.1%} right"]
        parts += [] if self.top1_agreement is None else [f"{self.top1_agreement:.1%} top-1 agreement"]
        return ", ".join([*parts, f"{self.snr_db:.1f} dB"])


@dataclass(frozen=True, slots=True)
class FineTuning:
    """How a file was fine-tuned, and whether it was kept."""

    epochs: int
    trained_on: int
    """How many samples it learned from."""
    held_out: int
    """How many it was judged on."""
    labels: bool
    """Whether it learned from labels besides the float file's outputs."""
    ranges: str
    """The range statistic that it began with."""
    twin_error: float
    """Largest error of the twin that was trained, against the runtime, in shares of the outputs' range."""
    losses: tuple[float, ...]
    """Before it began, and of each epoch."""
    frozen: tuple[str, ...]
    """Operators that could not be trained through, and why: what is before and behind was trained apart."""
    before: HeldOut
    """The file by post-training quantization on the same samples."""
    after: HeldOut
    kept: bool
    """Whether the fine-tuned file is the artifact; else post-training was no worse, and its file is."""
    gained: int | None = None
    """Held-out samples that only the fine-tuned file has right, or as the float file has them, by what decided."""
    lost: int | None = None
    """The same of the post-training file alone. Both are None where values decided, or nobody looked at single samples:
    so it is in older sidecars."""

    def __str__(self) -> str:
        learned = f"{format_count(self.trained_on, 'sample')}{' with labels' if self.labels else ''}"
        what = "fine-tuned" if self.kept else "fine-tuning bought nothing, and the post-training file is kept"
        return (
            f"{what}: on {format_count(self.held_out, 'held-out sample')}, {self.before.told(self.held_out)} by "
            f"post-training, {self.after.told(self.held_out)} after {format_count(self.epochs, 'epoch')} on {learned}"
            f"{self._doubt()}"
        )

    def _exchanged(self) -> tuple[int, int] | None:
        """Return samples gained and lost, or of unknown ones how many at most; None where their values decided."""
        if self.gained is not None and self.lost is not None:
            return self.gained, self.lost
        counts = None
        if self.before.correct is not None and self.after.correct is not None:
            counts = (self.before.correct, self.after.correct)
        shares = (self.before.top1_agreement, self.after.top1_agreement)
        if (counts is None or counts[0] == counts[1]) and shares[0] is not None and shares[1] is not None:
            counts = (round(shares[0] * self.held_out), round(shares[1] * self.held_out))
        if counts is None or counts[0] == counts[1]:
            return None
        # Beyond the difference, as many may be lost and made up for as one file has wrong and the other right.
        spare = min(self.held_out - max(counts), *counts)
        return max(counts[1] - counts[0], 0) + spare, max(counts[0] - counts[1], 0) + spare

    def _doubt(self) -> str:
        exchanged = self._exchanged()
        if exchanged is None:
            return ""
        gained, lost = exchanged
        if mcnemar_p(PairedCounts(self.held_out, lost, gained)) < 1 - CONFIDENCE:
            return ""
        most = "up to " if self.gained is None else ""
        return (
            f"; that hangs on {most}{format_count(gained, 'sample')} gained and {lost} lost of {self.held_out}, which "
            "may be chance: give more samples to be surer"
        )

    def to_document(self) -> dict[str, Any]:
        """Return it as JSON values: null for a number that JSON cannot hold."""
        document = dataclasses.asdict(self)
        for name in ("before", "after"):
            snr = document[name]["snr_db"]
            document[name]["snr_db"] = snr if math.isfinite(snr) else None
        return {**document, "losses": list(self.losses), "frozen": list(self.frozen)}
