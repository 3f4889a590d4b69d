"""Samples: a folder of images, an array file or a Python iterable becomes a finite, hashed CalibrationSet."""

from edgekit.data.calibration_set import CalibrationSet
from edgekit.data.collection import ALL_SAMPLES, collect
from edgekit.data.formats import FORMATS, Format
from edgekit.data.matching import require_numeric
from edgekit.data.own_inputs import inputs_of
from edgekit.data.pictures.picture_inputs import picture_inputs
from edgekit.data.preprocessing import Preprocessing
from edgekit.data.records.packing import PackedSamples, pack_samples

__all__ = [
    "ALL_SAMPLES",
    "FORMATS",
    "CalibrationSet",
    "Format",
    "PackedSamples",
    "Preprocessing",
    "collect",
    "inputs_of",
    "pack_samples",
    "picture_inputs",
    "require_numeric",
]
