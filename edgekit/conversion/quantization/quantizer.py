"""The child process that executes model files: parity, calibration, quantization, fidelity. Has no TensorFlow."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

from edgekit.conversion.processes.serving import serve
from edgekit.conversion.quantization.execution import Execution
from edgekit.conversion.quantization.quantize import quantize, quantizer_recipe
from edgekit.conversion.quantization.ranges import Ranges, observe_ranges
from edgekit.conversion.quantization.signature import with_signature
from edgekit.conversion.spool import load_outputs, read_sample
from edgekit.fidelity import FidelityMeter, ParityMeter
from edgekit.precision import precision_named
from edgekit.progress import Progress, Step


class Quantizer:
    """Holds the float file and what was seen of it between requests."""

    def __init__(self) -> None:
        self._float = Path()
        self._inputs: list[str] = []
        self._outputs: list[str] = []
        self._ranges: dict[int, Ranges] = {}

    def open(self, *, path: str, inputs: list[str], outputs: list[str], progress: Progress) -> None:
        """Take the float file; give it a signature in place if it has none."""
        progress(Step("reading the float model"))
        self._float, self._inputs, self._outputs = Path(path), inputs, outputs
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
        self, *, precision: str, integer_io: bool, files: list[str], count: int, output: str, progress: Progress
    ) -> None:
        """Write the float file in another precision; calibrate first where that is needed and not done yet."""
        chosen = precision_named(precision)
        recipe = quantizer_recipe(chosen, integer_io=integer_io)
        ranges = None
        if chosen.needs_calibration:
            ranges = self._ranges.get(chosen.activation_bits)
            if ranges is None:
                # Boundaries are always watched, so the ranges serve float and integer input and output alike.
                watched = quantizer_recipe(chosen, integer_io=True)
                ranges = observe_ranges(
                    self._float, recipe=watched, inputs=self._inputs, files=files, count=count, progress=progress
                )
                self._ranges[chosen.activation_bits] = ranges
        progress(Step(f"quantizing to {precision}"))
        Path(output).write_bytes(quantize(self._float, recipe=recipe, ranges=ranges))

    def fidelity(
        self, *, path: str, files: list[str], count: int, synthetic: bool, progress: Progress
    ) -> dict[str, Any]:
        """Run a converted file beside the float one on the same samples."""
        reference, other = self._execution(self._float), self._execution(Path(path))
        first = read_sample(files, 0)
        gives_what_it_takes = [values.shape for values in first] == [values.shape for values in reference.run(first)]
        meter = FidelityMeter(synthetic=synthetic, scores=not gives_what_it_takes)
        for index in range(count):
            progress(Step("comparing with the float model", index, count))
            sample = read_sample(files, index)
            meter.add(reference.run(sample), other.run(sample))
        return dataclasses.asdict(meter.result())

    def _execution(self, path: Path) -> Execution:
        return Execution(path, inputs=self._inputs, outputs=self._outputs)


if __name__ == "__main__":
    quantizer = Quantizer()
    serve(
        {
            "open": quantizer.open,
            "parity": quantizer.parity,
            "quantize": quantizer.quantize,
            "fidelity": quantizer.fidelity,
        }
    )
