"""How often a file is right on labelled samples, and what it loses against the float file. Nothing runs here."""

from edgekit.accuracy.answers import NO_ANSWER, Answers, read_answers
from edgekit.accuracy.comparison import AccuracyComparison, ClassDrop, compare_answers, read_comparison
from edgekit.accuracy.guessing import guessing_note
from edgekit.accuracy.label_fit import require_classes, require_labels
from edgekit.accuracy.labels import Labelled, Labels, labels_of
from edgekit.accuracy.score import Accuracy, ClassAccuracy, count_right

__all__ = [
    "NO_ANSWER",
    "Accuracy",
    "AccuracyComparison",
    "Answers",
    "ClassAccuracy",
    "ClassDrop",
    "Labelled",
    "Labels",
    "compare_answers",
    "count_right",
    "guessing_note",
    "labels_of",
    "read_answers",
    "read_comparison",
    "require_classes",
    "require_labels",
]
