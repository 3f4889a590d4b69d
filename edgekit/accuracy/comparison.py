"""Two files on the same labelled samples: what the second one loses, and how sure that is."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edgekit.accuracy.answers import Answers
from edgekit.accuracy.label_fit import require_labels
from edgekit.accuracy.labels import Labels
from edgekit.accuracy.score import Accuracy, ClassAccuracy, count_right, right_answers
from edgekit.errors import CalibrationError
from edgekit.files import DocumentReader
from edgekit.statistics import CONFIDENCE, Interval, PairedCounts, drop_interval, mcnemar_p

_CHOSEN = "the file was chosen by these samples: the interval does not hold for others"
COMPARISON_SCHEMA = "edgekit.accuracy-comparison/1"


@dataclass(frozen=True, slots=True)
class ClassDrop:
    """What is lost on one class."""

    label: int
    name: str
    reference_correct: int
    correct: int
    lost: int
    """Samples of this class that the reference has right, and the file wrong."""
    gained: int
    total: int
    interval: Interval
    """Of the drop, a fraction. Made so that with 95 % confidence those of all classes hold at once: the worst of many
    would be too bad by chance otherwise."""

    @property
    def drop_points(self) -> float:
        """What is lost on balance, in percent of this class's samples."""
        return 100 * (self.lost - self.gained) / self.total

    @property
    def interval_points(self) -> tuple[float, float]:
        """The interval of the drop in percentage points, lowest first."""
        return 100 * self.interval.low, 100 * self.interval.high


@dataclass(frozen=True, slots=True)
class AccuracyComparison:
    """A file against a reference, the float file as a rule, on the same labelled samples."""

    reference_file: str
    reference_sha256: str
    file: str
    sha256: str
    samples: str
    """Which samples, in words: ``the samples of photos/test``."""
    reference: Accuracy
    accuracy: Accuracy
    lost: int
    """Samples that the reference has right, and the file wrong."""
    gained: int
    """Samples that the reference has wrong, and the file right."""
    interval: Interval
    """Of the drop, a fraction, with 95 % confidence. Of a file with the reference's own bytes it is 0 to 0."""
    p_value: float
    """McNemar's exact two-sided test of "they are equally good"."""
    classes: tuple[ClassDrop, ...]
    """In the order of their numbers."""

    @property
    def total(self) -> int:
        """The number of samples."""
        return self.accuracy.total

    @property
    def drop_points(self) -> float:
        """The accuracy that is lost, in percentage points; negative where it is won."""
        return 100 * (self.lost - self.gained) / self.total

    @property
    def interval_points(self) -> tuple[float, float]:
        """The interval of the drop in percentage points, lowest first."""
        return 100 * self.interval.low, 100 * self.interval.high

    @property
    def notes(self) -> tuple[str, ...]:
        """What a user should know of the samples, and of either file's answers."""
        return tuple(dict.fromkeys((*self.reference.notes, *self.accuracy.notes)))

    @property
    def counts(self) -> PairedCounts:
        """The counts, for further statistics."""
        return PairedCounts(self.total, self.lost, self.gained)

    @property
    def worst(self) -> ClassDrop:
        """The class that loses most; of several, the one that is recognized worst."""
        return max(self.classes, key=lambda entry: (entry.drop_points, -entry.correct / entry.total))

    def of_chosen_file(self) -> AccuracyComparison:
        """Return the same for a file that was chosen among others by what it loses on these very samples."""
        return replace(self, accuracy=replace(self.accuracy, notes=(*self.accuracy.notes, _CHOSEN)))

    def to_document(self) -> dict[str, Any]:
        """Return the figures as JSON values."""
        return {
            "schema": COMPARISON_SCHEMA,
            "reference_file": self.reference_file,
            "reference_sha256": self.reference_sha256,
            "file": self.file,
            "sha256": self.sha256,
            "samples": self.samples,
            "total": self.total,
            "reference_correct": self.reference.correct,
            "correct": self.accuracy.correct,
            "reference_value": self.reference.value,
            "value": self.accuracy.value,
            "lost": self.lost,
            "gained": self.gained,
            "drop_points": self.drop_points,
            "interval_points": list(self.interval_points),
            "confidence": self.interval.confidence,
            "mcnemar_p": self.p_value,
            "worst_class": self.worst.label,
            "classes": [_class_document(entry) for entry in self.classes],
            "notes": list(self.notes),
        }

    def __str__(self) -> str:
        low, high = self.interval_points
        worst = self.worst
        return (
            f"{self.accuracy.value:.1%} of {self.total} samples right, {self.reference.value:.1%} by the reference: "
            f"drop {self.drop_points:.2f} points ({self.interval.confidence:.0%} interval {low:.2f} to {high:.2f}; "
            f"{self.lost} lost, {self.gained} gained, p {self.p_value:.2g}); worst class {worst.name}: drop "
            f"{worst.drop_points:.1f} ({worst.interval_points[0]:.1f} to {worst.interval_points[1]:.1f}, "
            f"{worst.correct} of {worst.total} right, {worst.reference_correct} by the reference)"
        )


def compare_answers(reference: Answers, answers: Answers, labels: Labels) -> AccuracyComparison:
    """Hold the answers of two files to the same samples against each other.

    Args:
        reference: of the float file.
        answers: of the file that is judged.
        labels: of the samples, for both.

    Raises:
        CalibrationError: the labels are not those of the files' classes, or the files have not the same classes.
    """
    if reference.known != answers.known:
        raise CalibrationError(
            f"{reference.file} {_classes(reference)}, but {answers.file} {_classes(answers)}: they are not versions of "
            "the same model",
            hint="give the float file that the other was made from",
        )
    # Only the reference can tell the order of the classes: what became of it may be worth nothing in any.
    require_labels(reference, labels)
    before, after = count_right(reference, labels), count_right(answers, labels)
    numbers = np.asarray(labels.numbers)
    was, now = right_answers(reference, labels), right_answers(answers, labels)
    lost, gained = was & ~now, ~was & now
    same = reference.sha256 == answers.sha256
    counts = PairedCounts(len(labels), int(lost.sum()), int(gained.sum()))
    shared = 1 - (1 - CONFIDENCE) / len(before.classes)
    classes = tuple(
        _class_drop(entry, members=numbers == entry.label, was=was, now=now, same=same, confidence=shared)
        for entry in before.classes
    )
    return AccuracyComparison(
        reference_file=reference.file,
        reference_sha256=reference.sha256,
        file=answers.file,
        sha256=answers.sha256,
        samples=labels.where,
        reference=before,
        accuracy=after,
        lost=int(counts.lost),
        gained=int(counts.gained),
        interval=_interval(counts, same=same, confidence=CONFIDENCE),
        p_value=mcnemar_p(counts),
        classes=classes,
    )


def read_comparison(document: DocumentReader) -> AccuracyComparison:
    """Return what :meth:`AccuracyComparison.to_document` has written. Raises UsageError where it is something else."""
    drops = tuple(map(_read_class, document.sections("classes")))
    document.demand(bool(drops), "classes", "a list of at least one class")
    total = document.whole("total", least=1)
    before = tuple(ClassAccuracy(each.label, each.name, each.reference_correct, each.total) for each in drops)
    after = tuple(ClassAccuracy(each.label, each.name, each.correct, each.total) for each in drops)
    return AccuracyComparison(
        reference_file=document.text("reference_file"),
        reference_sha256=document.digest("reference_sha256"),
        file=document.text("file"),
        sha256=document.digest("sha256"),
        samples=document.text("samples"),
        reference=Accuracy(document.whole("reference_correct"), total, before),
        accuracy=Accuracy(document.whole("correct"), total, after, document.texts("notes")),
        lost=document.whole("lost"),
        gained=document.whole("gained"),
        interval=_read_interval(document),
        p_value=document.number("mcnemar_p"),
        classes=drops,
    )


def _read_class(document: DocumentReader) -> ClassDrop:
    return ClassDrop(
        label=document.whole("label"),
        name=document.text("name"),
        reference_correct=document.whole("reference_correct"),
        correct=document.whole("correct"),
        lost=document.whole("lost"),
        gained=document.whole("gained"),
        total=document.whole("total", least=1),
        interval=_read_interval(document),
    )


def _read_interval(document: DocumentReader) -> Interval:
    points = document.entries("interval_points")
    document.demand(
        len(points) == 2 and all(isinstance(each, int | float) for each in points), "interval_points", "two numbers"
    )
    return Interval(points[0] / 100, points[1] / 100, document.number("confidence"))


def _class_drop(
    entry: ClassAccuracy,
    *,
    members: NDArray[np.bool_],
    was: NDArray[np.bool_],
    now: NDArray[np.bool_],
    same: bool,
    confidence: float,
) -> ClassDrop:
    counts = PairedCounts(int(members.sum()), int((members & was & ~now).sum()), int((members & ~was & now).sum()))
    return ClassDrop(
        label=entry.label,
        name=entry.name,
        reference_correct=int((members & was).sum()),
        correct=int((members & now).sum()),
        lost=int(counts.lost),
        gained=int(counts.gained),
        total=int(counts.total),
        interval=_interval(counts, same=same, confidence=confidence),
    )


def _interval(counts: PairedCounts, *, same: bool, confidence: float) -> Interval:
    # The same bytes lose nothing: that needs no samples.
    return Interval(0.0, 0.0, confidence) if same else drop_interval(counts, confidence=confidence)


def _classes(answers: Answers) -> str:
    return "gives class numbers" if answers.known is None else f"has scores for {answers.known} classes"


def _class_document(entry: ClassDrop) -> dict[str, Any]:
    return {
        "label": entry.label,
        "name": entry.name,
        "reference_correct": entry.reference_correct,
        "correct": entry.correct,
        "lost": entry.lost,
        "gained": entry.gained,
        "total": entry.total,
        "drop_points": entry.drop_points,
        "interval_points": list(entry.interval_points),
        "confidence": entry.interval.confidence,
    }
