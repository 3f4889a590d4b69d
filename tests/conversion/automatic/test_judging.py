"""On which samples rungs are judged, and what is said of that."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

import edgekit


def test_no_rung_is_judged_on_the_sample_that_it_leaves_out(broken_models: dict[str, Any], tmp_path: Path) -> None:
    broken = broken_models["outlier"]
    # The photo that nobody divided by 255 comes first, where every comparison would meet it.
    samples = np.load(broken.calibration)[::-1][:24]

    def made(**choices: Any) -> Any:
        return edgekit.convert(broken.float_file, tmp_path / "m.tflite", calibration=samples, **choices).artifact

    artifact = made(precision="auto", min_snr=25)
    ladder = artifact.provenance.ladder
    assert "without 1 outlier" in ladder.judged_on
    assert ladder.kept.what == "int8, ranges minmax without 1 sample"
    assert ladder.kept.snr_db > 25 > 10 > ladder.rungs[0].snr_db

    (tmp_path / "m.tflite").unlink()
    again = made(recipe=artifact.provenance.recipe)
    assert again.sha256 == artifact.sha256
    assert again.provenance.fidelity.samples == 23
    assert again.provenance.fidelity.snr_db > 25
