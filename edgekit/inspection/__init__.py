"""Reads a .tflite file: operators, precisions, multiply-accumulates, memory. Facts only; nothing is executed."""

from edgekit.inspection.canonical import canonical_sha256
from edgekit.inspection.facts import ArenaPlan, CensusRow, Inspection, OpFacts
from edgekit.inspection.survey import inspect

__all__ = ["ArenaPlan", "CensusRow", "Inspection", "OpFacts", "canonical_sha256", "inspect"]
