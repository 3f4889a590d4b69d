"""A network for photos: calibrated on a folder of them, judged on others that it has never seen."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import edgekit
from edgekit import CalibrationSet, Conversion, Recipe
from edgekit.data import ALL_SAMPLES


@pytest.fixture(scope="module")
def conversion(photo_conversion: Conversion) -> Conversion:
    return photo_conversion


@pytest.fixture(scope="module")
def unseen(conversion: Conversion, photo_model: Path, tmp_path_factory: pytest.TempPathFactory) -> CalibrationSet:
    return edgekit.collect(
        photo_model / "test",
        inputs=conversion.artifact.inputs,
        recipe=Recipe(value_range="unit"),
        folder=tmp_path_factory.mktemp("unseen"),
        limit=ALL_SAMPLES,
    )


def test_the_float_file_is_as_accurate_as_keras_to_the_photo(
    conversion: Conversion, unseen: CalibrationSet, photo_model: Path
) -> None:
    reached = json.loads((photo_model / "accuracy.json").read_text())
    accuracy = edgekit.evaluate(conversion.artifacts[0], unseen)
    assert (accuracy.correct, accuracy.total) == (reached["correct"], reached["total"])
    assert accuracy.value > 0.8


@pytest.mark.parametrize("index", [1, 2], ids=["dynamic_int8", "int8"])
def test_quantized_it_loses_at_most_two_points(conversion: Conversion, unseen: CalibrationSet, index: int) -> None:
    before = edgekit.evaluate(conversion.artifacts[0], unseen)
    after = edgekit.evaluate(conversion.artifacts[index], unseen)
    assert before.value - after.value < 0.02
    fidelity = conversion.artifacts[index].provenance.fidelity
    assert fidelity is not None
    assert fidelity.snr_db > 25
    assert fidelity.top1_agreement is not None
    assert fidelity.top1_agreement > 0.93


def test_the_provenance_names_every_sample(conversion: Conversion) -> None:
    samples = conversion.artifact.provenance.samples
    assert samples is not None
    assert len(set(samples.sample_ids)) == len(samples.sample_ids) == 200
    assert samples.skipped == ()
    assert "48x48" in samples.preprocessing
    assert "'unit'" in samples.preprocessing


def test_the_wrong_range_shows_in_the_accuracy(conversion: Conversion, photo_model: Path, tmp_path: Path) -> None:
    """What the explicit range protects from: the same photos at 0..255."""
    raw = edgekit.collect(
        photo_model / "test",
        inputs=conversion.artifact.inputs,
        recipe=Recipe(value_range="raw"),
        folder=tmp_path,
        limit=100,
    )
    assert edgekit.evaluate(conversion.artifacts[0], raw).value < 0.5
