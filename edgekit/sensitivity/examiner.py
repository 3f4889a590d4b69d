"""The child process that executes both files: tensor by tensor, operator by operator. Has no TensorFlow."""

from __future__ import annotations

import dataclasses
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edgekit.errors import SourceError
from edgekit.fidelity import FidelityMeter
from edgekit.inspection.decoding import read_graph
from edgekit.inspection.graph import Subgraph, Tensor
from edgekit.processes.serving import serve
from edgekit.processes.spool import read_sample
from edgekit.progress import Progress, Step
from edgekit.sensitivity.errors_alone import Errors, NotFinite, TakenApart
from edgekit.sensitivity.meters import OutputMeter, SiteMeter
from edgekit.sensitivity.names import short_name
from edgekit.sensitivity.pairing import pair
from edgekit.sensitivity.rewriting import disturbed, exposed
from edgekit.sensitivity.running import Run, real_numbers, steps, stored

_DISTRIBUTIONS = frozenset({"SOFTMAX", "LOGISTIC", "LOG_SOFTMAX", "L2_NORMALIZATION"})
_FEW_COLUMNS = 32
_SAME = 1e-6


class Examiner:
    """Two files of one model, loaded."""

    def __init__(self, *, quantized: str, original: str) -> None:
        self._original = original
        self._contents = Path(quantized).read_bytes(), Path(original).read_bytes()
        graphs = read_graph(self._contents[0], name=quantized), read_graph(self._contents[1], name=original)
        self._pairing = pair(*graphs, names=(quantized, original))
        self._ours, self._theirs = (graph.subgraphs[0] for graph in graphs)
        self._apart = TakenApart(self._contents, graphs=graphs, pairing=self._pairing)
        self._outputs = [(ours, twin) for ours, twin in self._pairing.outputs if ours in self._pairing.twins]
        self._separate = [_has_separate_columns(self._theirs, twin) for _, twin in self._outputs]

    def measure(self, *, files: list[str], count: int, progress: Progress) -> dict[str, Any]:
        """Run both files side by side, and every operator alone, over the samples of a spool."""
        sites = self._pairing.sites
        tensors = [*(site.tensor for site in sites), *(ours for ours, _ in self._outputs)]
        run = Run(exposed(self._contents[0], tensors=tensors), what="the quantized file")
        meters = [_meter_of(self._ours.tensors[site.tensor]) for site in sites]
        total = OutputMeter(self._separate)
        fidelity: FidelityMeter | None = None
        first: list[NDArray[Any]] = []
        varied = False
        classes: set[int] = set()
        for index in range(count):
            progress(Step("comparing tensor by tensor", index, count))
            sample = self._sample(files, index)
            errors = self._errors(sample, index)
            run(self._apart.inputs(sample))
            for number, (site, meter) in enumerate(zip(sites, meters, strict=True)):
                got = real_numbers(run.value(site.tensor), self._ours.tensors[site.tensor])
                meter.add(errors.wanted[site.twin], got, errors.own.get(number))
            wanted = self._wanted(errors)
            got_outputs = [real_numbers(run.value(ours), self._ours.tensors[ours]) for ours, _ in self._outputs]
            total.add(wanted, got_outputs)
            if fidelity is None:
                first = wanted
                scores = [value.shape for value in wanted] != [value.shape for value in sample.values()]
                fidelity = FidelityMeter(synthetic=False, scores=scores)
            fidelity.add(wanted, got_outputs)
            varied = varied or not all(map(_is_same, first, wanted))
            classes.add(int(wanted[0].argmax()))
        agreement = None if fidelity is None else fidelity.result().top1_agreement
        return {
            "sites": [dataclasses.asdict(meter.result()) for meter in meters],
            "output_snr_db": total.result(),
            "fidelity": None if fidelity is None else dataclasses.asdict(fidelity.result()),
            "varied": varied,
            "one_class": agreement is not None and count > 1 and len(classes) == 1,
        }

    def disturb(
        self, *, files: list[str], count: int, groups: list[list[list[Any]]], stage: str, progress: Progress
    ) -> list[float]:
        """Run the float file with errors of the quantized one put in, for each group of them.

        Args:
            files: of the samples.
            count: how many samples.
            groups: each a list of [number of a site, part of its error]: ``whole``, ``rounding`` of its tensor, or
                the ``rest``.
            stage: what this is for.
            progress: told each sample.

        Returns:
            For each group the signal to noise ratio of the outputs in dB.
        """
        sites = self._pairing.sites
        content, added = disturbed(self._contents[1], tensors={site.twin for site in sites})
        run = Run(content, what="the float file, disturbed,")
        places = [self._theirs.outputs.index(twin) for _, twin in self._outputs]
        meters = [OutputMeter(self._separate) for _ in groups]
        for index in range(count):
            progress(Step(stage, index, count))
            sample = self._sample(files, index)
            errors = self._errors(sample, index)
            wanted = self._wanted(errors)
            setting: dict[int, NDArray[Any]] = dict(sample)
            setting.update({tensor: np.zeros_like(errors.wanted[twin]) for twin, tensor in added.items()})
            for group, meter in zip(groups, meters, strict=True):
                put_in: dict[int, NDArray[Any]] = {}
                for number, part in group:
                    tensor = added[sites[number].twin]
                    put_in[tensor] = put_in.get(tensor, np.float32(0)) + self._part(errors, number, part)
                run({**setting, **put_in})
                # Inputs keep their values, so only what was put in has to be taken out again.
                setting = {tensor: np.zeros_like(value) for tensor, value in put_in.items()}
                meter.add(wanted, [run.value(run.outputs[place]) for place in places])
        return [meter.result() for meter in meters]

    def _sample(self, files: list[str], index: int) -> dict[int, NDArray[Any]]:
        return dict(zip(self._theirs.inputs, read_sample(files, index), strict=True))

    def _errors(self, sample: dict[int, NDArray[Any]], index: int) -> Errors:
        try:
            return self._apart.errors(sample)
        except NotFinite as fault:
            raise SourceError(
                f"{self._original} itself computes NaN or infinite values on sample {index} (counting from 0), in "
                f"'{short_name(str(fault))}'",
                hint="look at the value range of the samples, then mend the float model",
            ) from fault

    def _wanted(self, errors: Errors) -> list[NDArray[Any]]:
        return [errors.wanted[twin] for _, twin in self._outputs]

    def _part(self, errors: Errors, number: int, part: str) -> NDArray[Any]:
        if part == "whole":
            return errors.own[number]
        site = self._pairing.sites[number]
        tensor, wanted = self._ours.tensors[site.tensor], errors.wanted[site.twin]
        rounding = real_numbers(stored(wanted, tensor), tensor) - wanted
        return rounding if part == "rounding" else errors.own[number] - rounding


def _meter_of(tensor: Tensor) -> SiteMeter:
    if not tensor.quantized:
        return SiteMeter()
    scale, zero_point = steps(tensor)
    limits = np.iinfo(tensor.dtype)
    return SiteMeter(scale=scale, zero_point=zero_point, limits=(limits.min, limits.max))


def _has_separate_columns(subgraph: Subgraph, output: int) -> bool:
    shape = subgraph.tensors[output].shape
    writer = next((operator.name for operator in subgraph.operators if output in operator.outputs), "")
    return len(shape) == 2 and 2 <= shape[1] <= _FEW_COLUMNS and writer not in _DISTRIBUTIONS


def _is_same(first: NDArray[Any], other: NDArray[Any]) -> bool:
    return bool(np.abs(first - other).max(initial=0.0) <= _SAME * np.abs(first).max(initial=0.0))


# One is enough: a search looks at many files, one after the other.
@lru_cache(maxsize=1)
def _examiner(quantized: str, original: str) -> Examiner:
    return Examiner(quantized=quantized, original=original)


def measure(*, quantized: str, original: str, **arguments: Any) -> Any:
    """Answer :meth:`Examiner.measure` on two files."""
    return _examiner(quantized, original).measure(**arguments)


def disturb(*, quantized: str, original: str, **arguments: Any) -> Any:
    """Answer :meth:`Examiner.disturb` on two files."""
    return _examiner(quantized, original).disturb(**arguments)


if __name__ == "__main__":
    serve({"measure": measure, "disturb": disturb})
