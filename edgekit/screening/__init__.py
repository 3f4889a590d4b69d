"""Whether samples are fit to calibrate on: what was found, with figures. Pure functions: nothing is run or read."""

from edgekit.screening.checks import screen
from edgekit.screening.features import SampleFeatures, features_of
from edgekit.screening.findings import SampleFinding, Screening, Severity, Unjudged, ordered
from edgekit.screening.leakage import leakage
from edgekit.screening.normalization import AS_GIVEN, Candidate, FirstLayers, Moments, NormalizationLayer
from edgekit.screening.sample_facts import SampleFacts
from edgekit.screening.value_ranges import candidates_for

__all__ = [
    "AS_GIVEN",
    "Candidate",
    "FirstLayers",
    "Moments",
    "NormalizationLayer",
    "SampleFacts",
    "SampleFeatures",
    "SampleFinding",
    "Screening",
    "Severity",
    "Unjudged",
    "candidates_for",
    "features_of",
    "leakage",
    "ordered",
    "screen",
]
