"""Samples that are rows of arrays, in a file or in memory."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from edgekit.data.arrays.npy_column import Column, NpyColumn
from edgekit.data.choice import notes_on_choice, seeded_order
from edgekit.data.faults import array_faults
from edgekit.data.labels import require_class
from edgekit.data.matching import by_input, require_kind, require_shape, shape_text
from edgekit.data.supply import Medium, Sample, array_id
from edgekit.errors import CalibrationError
from edgekit.tensors import TensorSpec


@dataclass(frozen=True, slots=True)
class ArraySupply:
    """Arrays that match the inputs, with as many samples each."""

    where: str
    columns: dict[str, Column]
    """Input name to array, in the inputs' order."""
    labels: tuple[int, ...] | None
    available: int
    seed: int
    classes: tuple[str, ...] = ()
    mixed: bool = True

    @property
    def media(self) -> Mapping[str, Medium]:
        """None: arrays are numbers already."""
        return {}

    def notes(self, count: int | None) -> tuple[str, ...]:
        """See :class:`edgekit.data.supply.Supply`."""
        return notes_on_choice(self.labels, classes=self.classes, count=count)

    def draw(self, count: int | None) -> Iterator[Sample]:
        """Read the samples of a seeded choice; see :class:`edgekit.data.supply.Supply`.

        They are read in the order of the file, so that it is passed through once, and placed in seeded order.
        """
        names = (str(index) for index in range(self.available))
        chosen = seeded_order(names, seed=self.seed, labels=self.labels)[:count]
        places = {int(index): position for position, index in enumerate(chosen)}
        for index in sorted(places):
            with array_faults(self.where):
                values = {name: np.asarray(column[index]) for name, column in self.columns.items()}
            yield Sample(
                name=_name(index, self.where),
                position=places[index],
                sample_id=array_id(list(values.values())),
                values=values,
                label=None if self.labels is None else self.labels[index],
            )
        with array_faults(self.where):
            for column in self.columns.values():
                if isinstance(column, NpyColumn):
                    column.finish()


def match_arrays(
    arrays: Mapping[str, Column], *, inputs: Sequence[TensorSpec], where: str, seed: int, features: str | None = None
) -> ArraySupply:
    """Return the supply of arrays whose first axis counts samples.

    Args:
        arrays: name to array; ``labels``, ``label`` or ``y`` holds whole numbers, one for each sample, or is not
            there.
        inputs: of the model.
        where: the arrays in a sentence, such as ``sample file faces.npz``.
        seed: of the choice.
        features: of the recipe, where the arrays have names of their own.

    Raises:
        CalibrationError: names, shapes, kinds of numbers or counts do not match.
    """
    if not arrays:
        raise CalibrationError(f"{where} holds no arrays", hint="give one array for each input")
    columns, labels = by_input(arrays, inputs=inputs, where=where, features=features)
    for spec in inputs:
        column = columns[spec.name]
        require_kind(column.dtype, spec, where=where)
        if not column.shape:
            raise CalibrationError(f"{where} holds a single number for input '{spec.name}'", hint=_AXIS_HINT)
        require_shape(column.shape[1:], spec, where=where, hint=_shape_hint(column.shape, spec))
    counts = {name: column.shape[0] for name, column in columns.items()}
    if len(set(counts.values())) > 1:
        text = ", ".join(f"{name} has {count}" for name, count in counts.items())
        raise CalibrationError(
            f"{where} holds different numbers of samples: {text}", hint="give as many samples for each input"
        )
    available = counts[inputs[0].name]
    if available < 1:
        raise CalibrationError(f"{where} holds no samples: its arrays have 0 rows", hint="give at least one sample")
    return ArraySupply(where, columns, _labels(labels, where=where, count=available), available, seed)


_AXIS_HINT = "the first axis counts the samples: for a single one, save array[np.newaxis]"


def _shape_hint(shape: tuple[int, ...], spec: TensorSpec) -> str:
    wanted = shape_text(spec.shape[1:])
    if len(shape) == len(spec.shape) - 1:
        return f"save an array of [samples, {wanted}]; {_AXIS_HINT}"
    return f"save an array of [samples, {wanted}]; arrays are not resized, images in a folder are"


def _labels(column: Column | None, *, where: str, count: int) -> tuple[int, ...] | None:
    if column is None:
        return None
    hint = "save them as whole numbers, such as one_hot.argmax(axis=1), or leave them out"
    what = f"the labels of {where} are {column.dtype}[{shape_text(column.shape)}]"
    if column.dtype.kind not in "iu" or column.shape not in {(count,), (count, 1)}:
        raise CalibrationError(f"{what}, not one whole number for each of {count} samples", hint=hint)
    with array_faults(where):
        numbers = [int(np.asarray(column[index]).item()) for index in range(count)]
    return tuple(require_class(number, where=_name(index, where)) for index, number in enumerate(numbers))


def _name(index: int, where: str) -> str:
    return f"sample {index} (counting from 0) of {where}"
