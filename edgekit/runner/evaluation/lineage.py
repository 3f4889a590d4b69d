"""Whether a file is held against the float file that it was made from, as far as the two files tell."""

from __future__ import annotations

from collections.abc import Iterator

from edgekit.errors import SourceError
from edgekit.inspection import Inspection
from edgekit.inspection.decoding import read_graph
from edgekit.sensitivity.constants import require_same_weights
from edgekit.sensitivity.pairing import pair

_FLOATS = frozenset({"float32", "float16"})


def lineage_notes(reference: Inspection, judged: Inspection) -> Iterator[str]:
    """Give what makes it doubtful that what is lost was lost by a conversion, a sentence each; none where nothing does.

    Two files may well be held against each other all the same: a compressed model against the one before.
    """
    if reference.sha256 == judged.sha256:
        return
    if reference.precision not in _FLOATS:
        yield f"{reference.path} is no float file, but {reference.precision}: it may have lost something itself"
        return
    names = str(judged.path), str(reference.path)
    try:
        graphs = [read_graph(facts.path.read_bytes(), name=str(facts.path)) for facts in (judged, reference)]
        pairing = pair(graphs[0], graphs[1], names=names)
        require_same_weights(graphs[0], graphs[1], pairing=pairing, names=names)
    except SourceError as error:
        yield f"what is told is not what a conversion lost: {error.message}"
