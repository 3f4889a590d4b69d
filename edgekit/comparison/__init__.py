"""What changed between two artifacts: their bytes, how they were made, and what they answer."""

from edgekit.comparison.comparison import ArtifactComparison, Difference, OperatorChange
from edgekit.comparison.two_files import compare

__all__ = ["ArtifactComparison", "Difference", "OperatorChange", "compare"]
