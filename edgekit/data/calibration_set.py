"""The representative samples: finite, hashed, never empty, and on the disk instead of in memory."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from edgekit.artifact import SamplesUsed
from edgekit.data.arrays.npy_column import NpyColumn
from edgekit.data.faults import array_faults
from edgekit.data.preprocessing import Preprocessing
from edgekit.tensors import TensorSpec


@dataclass(frozen=True, slots=True)
class CalibrationSet:
    """Samples as the model takes them. Made by :func:`edgekit.data.collect`; good while ``folder`` is there."""

    path: str
    """As it was given; ``<iterable>`` for samples from memory."""
    folder: Path
    """Where the samples lie."""
    inputs: tuple[TensorSpec, ...]
    files: dict[str, Path]
    """Input name to its .npy file: [samples, *shape without batch], in the input's dtype, in the order used."""
    sample_ids: tuple[str, ...]
    """SHA-256 of each sample's content, in the order used: of an image's or a sound's encoded bytes, or of the arrays'
    dtype, shape and bytes as they were given."""
    skipped: tuple[str, ...]
    """One sentence for each sample that could not be read: which, and why."""
    labels: tuple[int, ...] | None
    """The class of each sample, in the order used; None where the samples have none."""
    classes: tuple[str, ...]
    """Names of the class folders in Keras' order, so that ``labels`` are indices into it; else empty."""
    preprocessing: Preprocessing
    notes: tuple[str, ...] = ()
    """Sentences on what is left out: an empty class folder, more classes than samples, a choice that is not used."""

    names: tuple[str, ...] = ()
    """What each sample is called, for sentences, in the order used."""
    mixed: bool = True
    """Whether the order means nothing; False where the first samples were taken as they came."""

    def __len__(self) -> int:
        return len(self.sample_ids)

    def __iter__(self) -> Iterator[dict[str, NDArray[Any]]]:
        """Give each sample as input name to array with a batch dimension of 1, read from the disk one by one.

        Raises:
            CalibrationError: the folder is gone.
        """
        with ExitStack() as stack:
            columns = {}
            for name, path in self.files.items():
                with array_faults(f"spooled samples {path}"):
                    stream = stack.enter_context(path.open("rb"))
                    columns[name] = NpyColumn(stream, size_bytes=path.stat().st_size, jumps=True)
            for index in range(len(self)):
                # The copy belongs to the caller, who may write to it.
                yield {name: column[index][None].copy() for name, column in columns.items()}

    def __str__(self) -> str:
        skipped = f", {len(self.skipped)} skipped" if self.skipped else ""
        told = "; ".join([str(self.preprocessing), *self.notes])
        return f"{len(self)} samples of {self.path}{skipped}; {told}"

    @property
    def digest(self) -> str:
        """SHA-256 of what the model is shown: the samples in their order, the inputs and the preprocessing."""
        content = [list(self.sample_ids), [spec.to_json() for spec in self.inputs], self.preprocessing.text]
        return hashlib.sha256(json.dumps(content).encode()).hexdigest()

    def told(self, kind: str = "") -> Iterator[str]:
        """Give what a user should know of the set, a sentence each; ``kind`` of samples, such as ``"labelled "``."""
        if self.skipped:
            first, *others = self.skipped
            many = f"{len(self.skipped)} unreadable {kind}samples were skipped, the first"
            yield f"{many if others else f'1 unreadable {kind}sample was skipped'}: {first}"
        yield from (f"{kind}samples: {note}" for note in self.notes)

    def to_samples_used(self) -> SamplesUsed:
        """Return what an artifact's provenance keeps of the set."""
        return SamplesUsed(self.path, self.sample_ids, self.skipped, self.preprocessing.text)
