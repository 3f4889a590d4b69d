"""Networks with one planted cause each: it is what is named, where it was planted, and its repair is worth it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import edgekit
from edgekit import Diagnosis
from edgekit.diagnosis import CAUSES

PLANTED = {
    "silu": "cube",
    "concatenation": "point_conv",
    "wide_channel": "width0_conv",
    "tiny_softmax": "shares",
    "wide_final_layer": "digit_or_none",
    "outlier": "photo",
    "per_tensor_weights": "depth1_conv",
}
Told = Callable[[str], Diagnosis]


@pytest.mark.parametrize("name", PLANTED)
def test_int8_breaks_the_network(broken_models: dict[str, Any], files: dict[str, Any], told: Told, name: str) -> None:
    broken = broken_models[name]
    before, after = (edgekit.evaluate(file, broken.evaluation) for file in files[name])
    assert abs(before.correct - broken.correct) <= 1
    assert before.total == broken.total
    assert before.value > 0.75
    assert before.value - after.value > 0.05 or told(name).output_snr_db < 15


@pytest.mark.parametrize("name", PLANTED)
def test_the_planted_cause_is_named_first(broken_models: dict[str, Any], told: Told, name: str) -> None:
    diagnosis = told(name)
    assert not diagnosis.healthy
    assert diagnosis.findings[0].cause == broken_models[name].cause
    assert diagnosis.start is not None
    start = diagnosis.tensors[diagnosis.start]
    assert PLANTED[name] in start.tensor
    assert start.operator in diagnosis.findings[0].operators


@pytest.mark.parametrize("name", PLANTED)
def test_the_cause_explains_the_loss(told: Told, name: str) -> None:
    diagnosis = told(name)
    found = diagnosis.findings[0]
    assert found.alone_snr_db < diagnosis.output_snr_db + 6
    assert found.repaired_snr_db > diagnosis.output_snr_db + 6
    assert found.sentence.endswith(".")
    assert any(cause.repair == found.repair for cause in CAUSES)


@pytest.mark.parametrize("name", [name for name in PLANTED if name not in {"outlier", "per_tensor_weights"}])
def test_one_operator_is_to_blame(told: Told, name: str) -> None:
    diagnosis = told(name)
    assert len(diagnosis.findings[0].operators) == 1
    assert diagnosis.worst[0].operator == diagnosis.findings[0].operators[0]


def test_a_sound_network_has_no_cause(told: Told) -> None:
    diagnosis = told("sound")
    assert diagnosis.healthy
    assert diagnosis.output_snr_db > 22
    assert (diagnosis.findings, diagnosis.start, diagnosis.notes) == ((), None, ())
    assert min(row.output_snr_db for row in diagnosis.tensors if row.output_snr_db is not None) > 25


def test_the_evidence_says_what_was_planted(told: Told) -> None:
    said = {name: told(name).findings[0].sentence for name in PLANTED}
    assert "less than 1 of 256 steps" in said["concatenation"]
    assert "less than 1 of 256 steps" in said["wide_channel"]
    assert "of 40 is" in said["wide_channel"]
    assert "SiLU bends" in said["silu"]
    assert "fixed scale, 0.00391" in said["tiny_softmax"]
    assert "one of its 11 columns" in said["wide_final_layer"]
    assert "nine of ten samples stay within 0..0.9" in said["outlier"]
    assert "one scale serves all channels" in said["per_tensor_weights"]


def test_a_rounded_channel_that_the_kernel_rounds_itself(
    broken_models: dict[str, Any], unseen: np.ndarray, tmp_path: Path
) -> None:
    """Weights alone are quantized: there is no range to look at, and the same channel is to blame."""
    file = broken_models["wide_channel"].float_file
    target = edgekit.convert(file, tmp_path / "dynamic.tflite", precision="dynamic_int8").artifact
    diagnosis = edgekit.diagnose(file, target, samples=unseen)
    assert diagnosis.findings[0].cause == "wide channel"
    assert "while it runs" in diagnosis.findings[0].sentence
    assert all(row.range_used is None for row in diagnosis.tensors)


def test_a_calibration_that_saw_too_little(broken_models: dict[str, Any], unseen: np.ndarray, tmp_path: Path) -> None:
    sound = broken_models["sound"]
    dark = np.load(sound.calibration) * 0.2
    target = edgekit.convert(sound.float_file, tmp_path / "dark.tflite", calibration=dark, ranges="minmax").artifact
    diagnosis = edgekit.diagnose(sound.float_file, target, samples=unseen)
    assert diagnosis.findings[0].cause == "range too narrow"
    assert diagnosis.tensors[0].range_used == pytest.approx((0, 0.2), abs=0.01)


def test_quantities_of_unlike_size_are_judged_one_by_one(
    broken_models: dict[str, Any], unseen: np.ndarray, tmp_path: Path
) -> None:
    """Over all values the outputs look good: what is in thousands drowns what is in tenths."""
    sound = broken_models["sound"]
    file = sound.float_file.with_name("quantities.tflite")
    target = edgekit.convert(file, tmp_path / "quantities.tflite", calibration=sound.calibration).artifact
    diagnosis = edgekit.diagnose(file, target, samples=unseen)
    assert diagnosis.fidelity.snr_db > 20
    assert diagnosis.output_snr_db < 5
    assert [finding.cause for finding in diagnosis.findings] == ["wide final layer"]


@pytest.mark.slow
def test_a_bias_that_does_not_fit(zoo: Path, tmp_path: Path) -> None:
    """MLPerf Tiny's autoencoder, on inputs where the first layer's weights are next to nothing."""
    samples = np.random.default_rng(0).random((24, 640), np.float32)
    float32, int16 = edgekit.convert(
        zoo / "ad_autoencoder.keras", tmp_path, precision=("float32", "int16x8"), calibration=samples
    ).artifacts
    diagnosis = edgekit.diagnose(float32, int16, samples=samples)
    assert [finding.cause for finding in diagnosis.findings] == ["bias overflow"]
    assert diagnosis.findings[0].repaired_snr_db > 20
    assert diagnosis.float_parity is not None
    assert diagnosis.float_parity.proven
    assert "when it was exported" in str(diagnosis).splitlines()[0]
