"""From a model to artifacts: export float, prove it, then quantize."""

from edgekit.conversion.conversion import Conversion
from edgekit.conversion.convert_model import convert
from edgekit.conversion.finetuning import FEWEST
from edgekit.conversion.labels import LabelNames
from edgekit.conversion.samples_alone import samples

__all__ = ["FEWEST", "Conversion", "LabelNames", "convert", "samples"]
