"""What code that takes pixels must be told of how they got to their size."""

from __future__ import annotations

from edgekit.recipe import Resize
from edgekit.snippets.plan import Picture

_HOW = {
    Resize.STRETCH: "scaled to this size, aspect ratio ignored",
    Resize.CROP: "scaled to cover this size, then cropped at the centre",
    Resize.PAD: "scaled to fit into this size, then padded with black at the centre",
}


def resized(picture: Picture) -> str:
    """Return how edgekit brings pictures to an input's size, for a comment."""
    return f"{_HOW[Resize(picture.resize)]}, by a bilinear filter that averages over all pixels where it shrinks"
