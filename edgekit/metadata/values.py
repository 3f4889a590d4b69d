"""What metadata says, as frozen values."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class ContentKind(StrEnum):
    """What a tensor holds, in the schema's words."""

    FEATURE = "feature"
    """Numbers of any kind."""
    IMAGE_RGB = "image, RGB"
    IMAGE_GRAYSCALE = "image, grayscale"
    IMAGE = "image"
    """In a channel order that the schema has no word for, such as BGR."""
    OTHER = "other"
    """Boxes or sounds: read, never written."""


@dataclass(frozen=True, slots=True)
class Normalization:
    """What 0..255, or another stored value, becomes: ``(value - mean) / std``; one number each, or one per channel."""

    mean: tuple[float, ...]
    std: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class TensorMetadata:
    """One input or output, in the order of the graph."""

    name: str = ""
    description: str = ""
    content: ContentKind = ContentKind.FEATURE
    normalization: Normalization | None = None
    """None where it is not known, or there is none."""
    minimum: tuple[float, ...] = ()
    """The least value after normalization, for all channels or per channel; empty where it is not known."""
    maximum: tuple[float, ...] = ()
    labels: tuple[str, ...] = ()
    """The names of the classes, in the order of the scores; from the file ``label_file``."""
    label_file: str | None = None
    """Its name in the zip archive behind the model; None where the tensor has no labels."""


@dataclass(frozen=True, slots=True)
class Metadata:
    """What one file says of itself."""

    name: str
    description: str
    inputs: tuple[TensorMetadata, ...] = ()
    outputs: tuple[TensorMetadata, ...] = ()
    version: str = ""
    author: str = ""
    license: str = ""
    min_parser_version: str = ""
    files: tuple[str, ...] = ()
    """Names in the zip archive behind the model."""

    def to_document(self) -> dict[str, Any]:
        """Return it as JSON values."""
        return dataclasses.asdict(self)
