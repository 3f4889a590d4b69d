"""Which samples are chosen, and in which order: seeded, and in the proportions of the classes where they are known."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray


def seeded_order(names: Iterable[str], *, seed: int, labels: Sequence[int] | None = None) -> NDArray[np.intp]:
    """Return the places of ``names`` in an order that depends on the names, the seed and the labels only.

    The order is that of a hash, because no library promises the same random numbers for ever. It also moves
    little when a name is added. With labels, the first of every class come first, and then the classes take turns
    in proportion to their sizes: however many are taken from the front, each class has its share of them, and at
    least one where there is room for that.

    Args:
        names: one for each sample. 24 bytes are kept of each.
        seed: of the order.
        labels: the class of each sample.
    """
    # File names that are not UTF-8 hold surrogates.
    hashes = (hashlib.sha256(f"{seed}/{name}".encode(errors="surrogateescape")).digest() for name in names)
    keys = np.fromiter((int.from_bytes(digest[:8]) for digest in hashes), np.uint64)
    order = np.argsort(keys, kind="stable")
    if labels is None:
        return order
    _, classes, sizes = np.unique(np.asarray(labels)[order], return_inverse=True, return_counts=True)
    by_class = np.argsort(classes, kind="stable")
    ranks = np.empty(len(order), np.intp)
    ranks[by_class] = np.arange(len(order)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    turns = np.where(ranks == 0, -1, (ranks + 0.5) / sizes[classes])
    return order[np.argsort(turns, kind="stable")]


def notes_on_choice(labels: Sequence[int] | None, *, classes: Sequence[str], count: int | None) -> tuple[str, ...]:
    """Return a sentence for each reason why a class has no sample among the chosen.

    Args:
        labels: the class of each sample that could be chosen; None where it is not known.
        classes: their names, where they have names.
        count: how many are chosen; None for all.
    """
    if labels is None:
        return ()
    filled = set(labels)
    notes = [f"class '{name}' has no sample at all" for index, name in enumerate(classes) if index not in filled]
    if count is not None and count < len(filled):
        notes.append(
            f"{len(filled) - count} of {len(filled)} classes have no sample among the {count} chosen: "
            "choose at least one for each"
        )
    return tuple(notes)
