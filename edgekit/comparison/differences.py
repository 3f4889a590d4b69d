"""What two files say of themselves, side by side. Nothing runs here."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from edgekit.artifact import Sidecar, read_sidecar, sidecar_path
from edgekit.comparison.comparison import Difference, OperatorChange
from edgekit.errors import UsageError
from edgekit.inspection import Inspection

_MAKING = ("precision", "origin", "recipe", "versions", "route")
"""Fields of a sidecar that tell how its file was made; what is seen on samples is told by running both."""


def facts_of(a: Inspection, b: Inspection) -> tuple[Difference, ...]:
    """Return what the bytes of both say, in the order in which it is shown."""
    ours, theirs = _facts(a), _facts(b)
    return tuple(Difference(name, ours[name], theirs[name]) for name in ours)


def _facts(facts: Inspection) -> dict[str, Any]:
    return {
        "size_bytes": facts.size_bytes,
        "zipped_bytes": facts.zipped_bytes,
        "precision": facts.precision,
        "operators": len(facts.ops),
        "macs": facts.macs,
        "parameters": facts.parameters,
        "weight_bytes": facts.weight_bytes,
        "arena_bytes": facts.arena.arena_bytes,
        "inputs": [str(spec) for spec in facts.inputs],
        "outputs": [str(spec) for spec in facts.outputs],
        "metadata": None if facts.metadata is None else facts.metadata.to_document(),
    }


def operators_of(a: Inspection, b: Inspection) -> tuple[OperatorChange, ...]:
    """Return the kinds of operators whose number differs: the most frequent first."""
    ours, theirs = ({(row.name, row.precision): row.count for row in facts.census} for facts in (a, b))
    changes = [
        OperatorChange(name, precision, ours.get((name, precision), 0), theirs.get((name, precision), 0))
        for name, precision in dict.fromkeys((*ours, *theirs))
    ]
    return tuple(
        sorted((each for each in changes if each.a != each.b), key=lambda each: (-max(each.a, each.b), each.name))
    )


def sidecar_of(facts: Inspection) -> tuple[Sidecar | None, str | None]:
    """Return what lies beside a file, or None and the sentence why it does not count."""
    path = sidecar_path(facts.path)
    if not path.exists():
        return None, f"how {facts.path} was made is not known: there is no sidecar {path.name}"
    try:
        sidecar = read_sidecar(path)
    except UsageError as error:
        return None, f"how {facts.path} was made is not known: {error.message}"
    if sidecar.sha256 != facts.sha256:
        return None, f"how {facts.path} was made is not known: sidecar {path} is of another file"
    return sidecar, None


def making_of(a: Sidecar, b: Sidecar) -> Iterator[Difference]:
    """Give what two sidecars say differently of how their files were made."""
    for field in _MAKING:
        ours, theirs = a.document.get(field), b.document.get(field)
        if isinstance(ours, Mapping) and isinstance(theirs, Mapping):
            for name in dict.fromkeys((*ours, *theirs)):
                if ours.get(name) != theirs.get(name):
                    yield Difference(f"{field}.{name}", ours.get(name), theirs.get(name))
        elif ours != theirs:
            yield Difference(field, ours, theirs)
    calibrated = [None if each.samples is None else list(each.samples.sample_ids) for each in (a, b)]
    if calibrated[0] != calibrated[1]:
        yield Difference("samples", *(_samples(each) for each in (a, b)))


def _samples(sidecar: Sidecar) -> str | None:
    used = sidecar.samples
    return None if used is None else f"{len(used.sample_ids)} of {used.path}"
