"""Findings where no operator alone is to blame; test_causes.py has those where one is."""

from __future__ import annotations

from pathlib import Path

import pytest

from edgekit.diagnosis.findings import ADDED_UP, Symptoms, findings_of
from edgekit.inspection.decoding import read_graph
from edgekit.sensitivity.pairing import pair


@pytest.mark.parametrize(("together", "named"), [(15.0, True), (18.0, False)])
def test_many_small_errors_are_the_cause_if_together_they_make_the_noise(
    shared_data: Path, together: float, named: bool
) -> None:
    files = [shared_data / "mlperf_tiny" / f"ic_resnet8_{kind}.tflite" for kind in ("int8", "float32")]
    quantized, original = (read_graph(file.read_bytes(), name=file.name) for file in files)
    pairing = pair(quantized, original, names=("int8", "float32"))
    alone = [number for number, site in enumerate(pairing.sites) if site.alone]
    # At 14 dB, a tenth of the noise is 24.
    cost = {number: 26.0 + number for number in alone}
    asked = []

    def attempt(groups: list[list[list[object]]], stage: str) -> list[float]:
        asked.append([[number for number, _ in group] for group in groups])
        return [together, 17.0, 22.0]

    found = findings_of(Symptoms((quantized, original), pairing, (), 14.0), cost, attempt)
    (groups,) = asked
    worst = alone[: len(alone) // 4]
    assert groups == [alone, worst, alone[len(worst) :]]
    assert bool(found) is named
    for finding in found:
        assert finding.cause == ADDED_UP
        assert (finding.alone_snr_db, finding.repaired_snr_db) == (17.0, 22.0)
        assert set(finding.operators) == {pairing.sites[number].operator for number in worst}
        assert f"(the worst: {26 + alone[0]} dB at the outputs)" in finding.sentence
        assert f"the {len(worst)} that cost most it would be 22 dB" in finding.sentence
