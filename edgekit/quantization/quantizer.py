"""The child process that executes model files: parity, calibration, quantization, fidelity. Has no TensorFlow."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import numpy as np

from edgekit.accuracy import read_answers
from edgekit.fidelity import FidelityMeter, ParityMeter
from edgekit.processes.serving import serve
from edgekit.processes.spool import load_outputs, read_sample
from edgekit.progress import Progress, Step
from edgekit.quantization.execution import Execution
from edgekit.quantization.fixing import fix_sizes
from edgekit.quantization.golden import GOLDEN_SAMPLES, make_golden_pack
from edgekit.quantization.observation import Observation, observe
from edgekit.quantization.outliers import stretching_samples
from edgekit.quantization.quantize import quantize, quantizer_recipe
from edgekit.quantization.ranges import calibration_result, choose_ranges, probing_ranges
from edgekit.quantization.scopes import block_scope
from edgekit.quantization.signature import with_signature
from edgekit.recipe import RANGE_STATISTICS, precision_named, range_statistic_named


class Quantizer:
    """Holds the float file and what was seen of it between requests."""

    def __init__(self) -> None:
        self._float = Path()
        self._inputs: list[str] = []
        self._outputs: list[str] = []
        self._observations: dict[tuple[Any, ...], dict[str, Observation]] = {}

    def fix(self, *, path: str, shapes: list[list[int]], progress: Progress) -> None:
        """Give a float file with open sizes these ones, in place."""
        progress(Step("fixing the sizes of the float model"))
        fix_sizes(Path(path), shapes=shapes)

    def open(self, *, path: str, inputs: list[str], outputs: list[str], progress: Progress) -> None:
        """Take the float file; give it a signature in place if it has none."""
        progress(Step("reading the float model"))
        self._float, self._inputs, self._outputs = Path(path), inputs, outputs
        self._observations = {}
        content = self._float.read_bytes()
        signed = with_signature(content, inputs=inputs, outputs=outputs)
        if signed is not content:
            self._float.write_bytes(signed)

    def parity(
        self, *, files: list[str], count: int, reference: str, synthetic: bool, progress: Progress
    ) -> dict[str, Any]:
        """Compare the float file with the model's own outputs on the same samples."""
        execution = self._execution(self._float)
        meter = ParityMeter(synthetic=synthetic)
        wanted = load_outputs(Path(reference))
        for index in range(count):
            progress(Step("proving that the float export is the model", index, count))
            meter.add(wanted[index], execution.run(read_sample(files, index)))
        return dataclasses.asdict(meter.result())

    def quantize(
        self,
        *,
        precision: str,
        integer_io: bool,
        ranges: str,
        weight_block: int | None,
        int16: list[str],
        floating: list[str],
        left_out: list[int],
        files: list[str],
        count: int,
        output: str,
        progress: Progress,
        trained: str | None = None,
        given: dict[str, tuple[float, float]] | None = None,
    ) -> dict[str, Any]:
        """Write the float file in another precision, and tell how; the samples are run once for all.

        ``trained`` is the same file with other weights, and ``given`` are ranges in place of those that were seen.
        """
        chosen = precision_named(precision)
        source = self._float if trained is None else Path(trained)
        recipe = quantizer_recipe(
            source,
            precision=chosen,
            integer_io=integer_io,
            weight_block=weight_block,
            int16=int16,
            floating=floating,
        )
        calibration, used = None, None
        if chosen.needs_calibration:
            seen = self._seen(files, count, left_out, progress=progress)
            used = choose_ranges(seen, statistic=range_statistic_named(ranges), precision=chosen) | (given or {})
            calibration = calibration_result(used, observations=seen)
        progress(Step(f"quantizing to {precision}"))
        Path(output).write_bytes(quantize(source, recipe=recipe, calibration=calibration))
        notes = []
        if weight_block is not None and block_scope(self._float, block=weight_block) is None:
            notes.append(
                f"{precision}: no dense layer or embedding has rows that divide into blocks of {weight_block}: "
                "each row has one scale"
            )
        return {"ranges": used, "notes": notes}

    def probe(
        self,
        *,
        precision: str,
        integer_io: bool,
        int16: list[str],
        floating: list[str],
        left_out: list[int],
        files: list[str],
        count: int,
        output: str,
        progress: Progress,
    ) -> dict[str, Any]:
        """Write a quantized file that tells where it rounds, with the ranges of all statistics; see ``twin``."""
        chosen = precision_named(precision)
        seen = self._seen(files, count, left_out, progress=progress)
        recipe = quantizer_recipe(self._float, precision=chosen, integer_io=integer_io, int16=int16, floating=floating)
        probed = probing_ranges(seen)
        calibration = calibration_result(probed, observations=seen)
        Path(output).write_bytes(quantize(self._float, recipe=recipe, calibration=calibration))
        starts = {
            name: choose_ranges(seen, statistic=statistic, precision=chosen)
            for name, statistic in RANGE_STATISTICS.items()
        }
        return {"probed": probed, "starts": starts}

    def fidelity(
        self, *, path: str, files: list[str], samples: list[int], synthetic: bool, progress: Progress
    ) -> dict[str, Any]:
        """Run a converted file beside the float one on the same samples, told by their numbers."""
        reference, other = self._execution(self._float), self._execution(Path(path))
        first = read_sample(files, samples[0])
        gives_what_it_takes = [values.shape for values in first] == [values.shape for values in reference.run(first)]
        meter = FidelityMeter(synthetic=synthetic, scores=not gives_what_it_takes)
        for done, index in enumerate(samples):
            progress(Step("comparing with the float model", done, len(samples)))
            sample = read_sample(files, index)
            meter.add(reference.run(sample), other.run(sample))
        return dataclasses.asdict(meter.result())

    def golden(
        self,
        *,
        path: str,
        name: str,
        files: list[str],
        count: int,
        preprocessing: str,
        sample_ids: list[str],
        output: str,
        progress: Progress,
    ) -> None:
        """Write the golden pack of a converted file."""
        progress(Step("making the golden pack"))
        pack = make_golden_pack(
            Path(path),
            name=name,
            order=self._inputs,
            samples=[read_sample(files, index) for index in range(min(count, GOLDEN_SAMPLES))],
            preprocessing=preprocessing,
            sample_ids=sample_ids,
        )
        Path(output).write_bytes(pack)

    def answers(
        self, *, path: str, name: str, sha256: str, files: list[str], count: int, progress: Progress
    ) -> dict[str, Any]:
        """Tell the class that a file with one output names for each sample; ``name`` is what people call the file."""
        execution = self._execution(Path(path))
        scores = []
        for index in range(count):
            progress(Step(f"evaluating {name}", index, count))
            (values,) = execution.run(read_sample(files, index))
            # Half the memory, and no order of scores is lost: an integer's steps are far wider than a float32's.
            scores.append(values.astype(np.float32) if values.dtype == np.float64 else values)
        progress(Step(f"evaluating {name}", count, count))
        return dataclasses.asdict(read_answers(np.stack(scores), file=name, sha256=sha256))

    def stretching(self, *, files: list[str], count: int, progress: Progress) -> list[int]:
        """Tell the samples that stretch a range alone."""
        return stretching_samples(self._float, inputs=self._inputs, files=files, count=count, progress=progress)

    def _seen(self, files: list[str], count: int, left_out: list[int], *, progress: Progress) -> dict[str, Observation]:
        samples = (*files, count, *left_out)
        if samples not in self._observations:
            self._observations[samples] = observe(
                self._float, inputs=self._inputs, files=files, count=count, progress=progress, left_out=left_out
            )
        return self._observations[samples]

    def _execution(self, path: Path) -> Execution:
        return Execution(path, inputs=self._inputs, outputs=self._outputs)


if __name__ == "__main__":
    quantizer = Quantizer()
    serve(
        {
            "fix": quantizer.fix,
            "open": quantizer.open,
            "parity": quantizer.parity,
            "quantize": quantizer.quantize,
            "probe": quantizer.probe,
            "fidelity": quantizer.fidelity,
            "golden": quantizer.golden,
            "answers": quantizer.answers,
            "stretching": quantizer.stretching,
        }
    )
