"""The error that each operator adds, apart from what the operators before it have added.

Every operator of the quantized file is given what the float file computes, rounded to the steps of its inputs, and
the float operator is given the very same rounded values. The difference of the two is what the integer form of this
operator adds: its weights, its kernel, and the rounding of its output. The rounding of its input belongs to the
operator that wrote it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edgekit.inspection.arithmetic import BOUNDARIES
from edgekit.inspection.graph import Graph, constant_origins
from edgekit.sensitivity.pairing import INPUT, Pairing, Site, real_inputs
from edgekit.sensitivity.rewriting import exposed, taken_apart
from edgekit.sensitivity.running import Run, real_numbers, stored

_Values = NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class Errors:
    """One sample. All keys are numbers of tensors of the float file, or of sites."""

    wanted: Mapping[int, _Values]
    """What the float file computes."""
    own: Mapping[int, _Values]
    """What the operator of each site adds; sites whose operator cannot be run alone are missing."""


class NotFinite(Exception):
    """The float file itself computes NaN or infinite values, in the tensor that this names."""


class TakenApart:
    """The float file, and both files with their operators taken apart.

    Args:
        contents: bytes of the quantized and of the float file.
        graphs: the same, read.
        pairing: of the two.
    """

    def __init__(self, contents: tuple[bytes, bytes], *, graphs: tuple[Graph, Graph], pairing: Pairing) -> None:
        self._pairing = pairing
        self._ours, self._theirs = (graph.subgraphs[0] for graph in graphs)
        fixed = constant_origins(self._ours)
        alone = {site.operator for site in pairing.sites if site.alone and site.operator != INPUT}
        slots = {number: real_inputs(self._ours.operators[number], self._ours, fixed=fixed) for number in sorted(alone)}
        twins = {pairing.operators[number]: places for number, places in slots.items() if number in pairing.operators}
        self._slots = slots
        self._float = Run(exposed(contents[1], tensors=sorted(set(pairing.twins.values()))), what="the float file")
        apart, self._given = taken_apart(
            contents[0], slots=slots, tensors=[site.tensor for site in pairing.sites if site.alone]
        )
        self._quantized_apart = Run(apart, what="the quantized file, taken apart,")
        apart, self._float_given = taken_apart(
            contents[1], slots=twins, tensors=[site.twin for site in pairing.sites if site.alone]
        )
        self._float_apart = Run(apart, what="the float file, taken apart,")

    def errors(self, sample: Mapping[int, NDArray[Any]]) -> Errors:
        """Return one sample's values and errors. Keys of ``sample`` are inputs of the float file.

        Raises:
            NotFinite: there is nothing to compare with.
        """
        wanted = self._wanted(sample)
        rounded = {
            index: stored(wanted[twin], self._ours.tensors[index]) for index, twin in self._pairing.twins.items()
        }
        self._quantized_apart({**self.inputs(sample), **self._quantized_inputs(rounded)})
        self._float_apart({**sample, **self._float_inputs(rounded)})
        own = {
            number: self._added(site, wanted=wanted, rounded=rounded)
            for number, site in enumerate(self._pairing.sites)
            if site.alone
        }
        return Errors(wanted, own)

    def _wanted(self, sample: Mapping[int, NDArray[Any]]) -> dict[int, _Values]:
        self._float(sample)
        wanted = {twin: self._float.value(twin) for twin in sorted(set(self._pairing.twins.values()))}
        for twin, values in wanted.items():
            if not np.isfinite(values).all():
                raise NotFinite(self._theirs.tensors[twin].name)
        return wanted

    def inputs(self, sample: Mapping[int, NDArray[Any]]) -> dict[int, NDArray[Any]]:
        """Return a sample of the float file as the quantized file takes it."""
        given = {}
        for index, twin in self._pairing.inputs:
            tensor = self._ours.tensors[index]
            given[index] = stored(sample[twin], tensor) if index in self._pairing.twins else sample[twin]
        return given

    def _quantized_inputs(self, rounded: Mapping[int, NDArray[Any]]) -> dict[int, NDArray[Any]]:
        return {
            tensor: rounded[self._ours.operators[number].inputs[place]]
            for (number, place), tensor in self._given.items()
        }

    def _float_inputs(self, rounded: Mapping[int, NDArray[Any]]) -> dict[int, _Values]:
        given = {}
        for number, twin in self._pairing.operators.items():
            for place in self._slots.get(number, ()):
                index = self._ours.operators[number].inputs[place]
                given[self._float_given[twin, place]] = real_numbers(rounded[index], self._ours.tensors[index])
        return given

    def _added(self, site: Site, *, wanted: Mapping[int, _Values], rounded: Mapping[int, NDArray[Any]]) -> _Values:
        tensor = self._ours.tensors[site.tensor]
        if site.operator == INPUT:
            return real_numbers(rounded[site.tensor], tensor) - wanted[site.twin]
        got = real_numbers(self._quantized_apart.value(site.tensor), tensor)
        operator = self._ours.operators[site.operator]
        if operator.name in BOUNDARIES:
            source = operator.inputs[0]
            return got - real_numbers(rounded[source], self._ours.tensors[source])
        expected: _Values = self._float_apart.value(site.twin)
        return got - expected
