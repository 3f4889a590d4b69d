"""Reads a .tflite file: operators, precisions, multiply-accumulates, memory. Facts only; nothing is executed."""

from edgekit.artifact import CensusRow, Island
from edgekit.inspection.canonical import canonical_sha256
from edgekit.inspection.differences import differences
from edgekit.inspection.facts import ArenaPlan, Inspection, KernelMemory, OpFacts
from edgekit.inspection.islands import computing, integers_only
from edgekit.inspection.labels import contradictions
from edgekit.inspection.obstacles import Obstacle, ObstacleKind, in_words
from edgekit.inspection.requirements import (
    REQUIREMENTS,
    Requirement,
    Shortfall,
    outside_int8,
    require_known,
    shortfalls,
)
from edgekit.inspection.survey import inspect

__all__ = [
    "REQUIREMENTS",
    "ArenaPlan",
    "CensusRow",
    "Inspection",
    "Island",
    "KernelMemory",
    "Obstacle",
    "ObstacleKind",
    "OpFacts",
    "Requirement",
    "Shortfall",
    "canonical_sha256",
    "computing",
    "contradictions",
    "differences",
    "in_words",
    "inspect",
    "integers_only",
    "outside_int8",
    "require_known",
    "shortfalls",
]
