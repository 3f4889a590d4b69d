"""What a build started from, then and now."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from edgekit.artifact import Artifact, Sidecar
from edgekit.recipe import precision_named

_TOLD = 3


def changes_of(record: Sidecar, rebuilt: Artifact) -> tuple[str, ...]:
    """Return a sentence for each thing that is not what it was: the model, the samples, versions, the route."""
    return tuple(_changes(record, rebuilt))


def samples_changed(record: Sidecar, rebuilt: Artifact) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the ids of the samples that are gone, and of those that are new; none where none were calibrated on."""
    before, after = record.samples, rebuilt.provenance.samples
    if before is None or after is None or not precision_named(record.precision).needs_calibration:
        return (), ()
    then, now = set(before.sample_ids), set(after.sample_ids)
    return tuple(sorted(then - now)), tuple(sorted(now - then))


def unknowns_of(record: Sidecar, rebuilt: Artifact) -> tuple[str, ...]:
    """Return what cannot be told of the build: a model in memory has no hash to be held against."""
    origin = rebuilt.provenance.origin
    if record.origin.sha256 is None:
        return (f"whether {origin.path} is the model that it was made of: that was one in memory",)
    if origin.sha256 is None:
        return (f"whether it was made of this model in memory: that was {record.origin.path}",)
    return ()


def _changes(record: Sidecar, rebuilt: Artifact) -> Iterator[str]:
    now = rebuilt.provenance
    digest, recorded = now.origin.sha256, record.origin.sha256
    if digest is not None and recorded is not None and digest != recorded:
        yield f"the model {now.origin.path} is another one (SHA-256 {digest[:12]}..., not {recorded[:12]}...)"
    if record.samples is not None and now.samples is not None and precision_named(record.precision).needs_calibration:
        lost, added = samples_changed(record, rebuilt)
        yield from _sample_changes(
            record.samples.sample_ids, now.samples.sample_ids, gone=lost, new=added, path=now.samples.path
        )
        if record.samples.preprocessing != now.samples.preprocessing:
            before, after = record.samples.preprocessing, now.samples.preprocessing
            yield f"the samples were preprocessed as '{after}', not '{before}'"
    for package in dict.fromkeys((*record.versions, *now.versions)):
        old, new = record.versions.get(package), now.versions.get(package)
        if old is None:
            yield f"{package} {new} has a part in it, and had none"
        elif new is None:
            yield f"{package} {old} had a part in it, and has none"
        elif old != new:
            yield f"{package} is {new}, not {old}"
    if record.route != now.route:
        yield f"the model was exported by route {now.route}, not {record.route}"


def _sample_changes(
    before: Sequence[str], after: Sequence[str], *, gone: Sequence[str], new: Sequence[str], path: str
) -> Iterator[str]:
    if gone or new:
        told = [f"{len(ids)} {what} ({_listed(ids)})" for what, ids in (("gone", gone), ("new", new)) if ids]
        yield f"the samples of {path} are others: {', '.join(told)} of {len(before)}"
    elif len(before) != len(after):
        yield f"there are {len(after)} samples of {path}, not {len(before)}: some are there more than once"
    elif list(before) != list(after):
        yield f"the samples of {path} are the same in another order"


def _listed(ids: Sequence[str]) -> str:
    more = ", ..." if ids[_TOLD:] else ""
    return ", ".join(f"{each[:12]}..." for each in ids[:_TOLD]) + more
