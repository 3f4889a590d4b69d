"""From a model to artifacts: export float, prove it, then quantize."""

from edgekit.conversion.conversion import Conversion
from edgekit.conversion.convert_model import convert

__all__ = ["Conversion", "convert"]
