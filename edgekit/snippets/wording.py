"""What snippets in several languages say alike."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import numpy as np

from edgekit.recipe import Filter, Resize
from edgekit.snippets.plan import Picture, SnippetPlan, SnippetTensor

_Written = Callable[[SnippetTensor], Iterator[str]]
"""Gives the lines of the code for one tensor."""

_BY = {
    Filter.ANTIALIAS: "by a bilinear filter that averages over all pixels where it shrinks",
    Filter.BILINEAR: "by a bilinear filter over the four nearest pixels, also where it shrinks",
    Filter.NEAREST: "by taking the nearest pixel",
}
_HOW = {
    Resize.STRETCH: "scaled to this size, aspect ratio ignored",
    Resize.CROP: "scaled to cover this size, then cropped at the centre",
    Resize.PAD: "scaled to fit into this size, then padded with black at the centre",
}


def functions(plan: SnippetPlan, *, opening: Sequence[str], preprocess: _Written, postprocess: _Written) -> str:
    """Return code with comments that start with ``//``: the heading, ``opening``, and what there is for each tensor."""
    lines = [*(f"// {line}" for line in plan.heading), *opening]
    for tensor in plan.inputs:
        lines += ["", *preprocess(tensor)]
    for tensor in plan.outputs:
        lines += ["", *postprocess(tensor)]
    return "\n".join(lines) + "\n"


def resized(picture: Picture) -> str:
    """Return how edgekit brings pictures to an input's size, for a comment: what this code leaves to the caller."""
    return f"{_HOW[picture.resize]}, {_BY[picture.filter]}"


def float_literal(number: float) -> str:
    """Return a float32 as C++ and Kotlin write it."""
    # The shortest text of the float32 itself: a literal of more digits might be rounded twice.
    return f"{float(np.float32(number))!r}f"


def float_literals(picture: Picture, numbers: tuple[float, ...]) -> str:
    """Return one for each channel, with commas between."""
    return ", ".join(float_literal(number) for number in picture.per_channel(numbers))
