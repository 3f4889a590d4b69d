"""A model file in any supported format: what it is, and what it says of itself."""

from edgekit.sources.source import Description, LoadedModel, Source, SourceFormat
from edgekit.sources.table import EXPORTED, FORMATS, LOADED, identify

__all__ = ["EXPORTED", "FORMATS", "LOADED", "Description", "LoadedModel", "Source", "SourceFormat", "identify"]
