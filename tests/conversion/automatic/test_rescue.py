"""Networks that plain int8 breaks, each for another reason, are brought back with few operators outside of int8."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import edgekit
from edgekit import Conversion, Inspection

BROKEN = ["silu", "concatenation", "wide_channel", "tiny_softmax", "wide_final_layer", "outlier"]
pytestmark = pytest.mark.slow


def rescue(broken: Any, target: Path, **wishes: Any) -> Conversion:
    return edgekit.convert(
        broken.float_file,
        target,
        precision="auto",
        calibration=broken.calibration,
        evaluate=broken.evaluation,
        **wishes,
    )


def share_outside_int8(facts: Inspection) -> float:
    computing = [op.precision for op in facts.ops if op.precision != "boundary"]
    return sum(precision != "int8" for precision in computing) / len(computing)


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_network_is_rescued(broken_models: dict[str, Any], tmp_path: Path, name: str) -> None:
    broken = broken_models[name]
    conversion = rescue(broken, tmp_path / "auto.tflite")
    assert any("chosen by 418 labelled samples" in note for note in conversion.notes)
    artifact = conversion.artifact
    ladder = artifact.provenance.ladder
    assert ladder is not None
    plain, kept = ladder.rungs[0], ladder.kept
    assert plain.what == "int8, ranges minmax"
    assert not plain.reached
    assert plain.drop_points > 5 or plain.snr_db < 15
    assert kept is not None
    assert kept.reached
    assert ladder.rungs[-1].kept or not ladder.rungs[-1].reached

    chosen = "the file was chosen by these samples: the interval does not hold for others"
    assert artifact.provenance.accuracy is not None
    assert chosen in artifact.provenance.accuracy.notes
    assert chosen in json.loads(artifact.sidecar_path.read_text())["accuracy"]["notes"]

    # What the ladder says is what the file does, asked by another way.
    before, after = (edgekit.evaluate(file, broken.evaluation) for file in (broken.float_file, artifact.path))
    assert 100 * (before.value - after.value) == pytest.approx(kept.drop_points)
    assert 100 * (before.value - after.value) <= 1 + 1e-9
    facts = edgekit.inspect(artifact.path)
    assert share_outside_int8(facts) <= 0.25
    assert share_outside_int8(facts) == kept.outside_int8 / kept.operators
    assert facts.size_bytes == kept.size_bytes <= 1.3 * plain.size_bytes


@pytest.mark.parametrize("name", ["sound", "per_tensor_weights"])
def test_what_int8_does_not_break_stays_int8(broken_models: dict[str, Any], tmp_path: Path, name: str) -> None:
    artifact = rescue(broken_models[name], tmp_path / "auto.tflite").artifact
    ladder = artifact.provenance.ladder
    assert ladder is not None
    assert [(rung.what, rung.outside_int8, rung.kept) for rung in ladder.rungs] == [("int8, ranges minmax", 0, True)]
    assert ladder.files_made == 1
    # Nothing was chosen: there was one file.
    assert artifact.provenance.accuracy is not None
    assert not any("chosen by these samples" in note for note in artifact.provenance.accuracy.notes)
    assert edgekit.inspect(artifact.path).precision == "int8"


def test_the_same_file_every_time_and_from_its_recipe(broken_models: dict[str, Any], tmp_path: Path) -> None:
    broken = broken_models["concatenation"]
    first, second = (rescue(broken, tmp_path / f"{name}.tflite").artifact for name in "ab")
    assert first.sha256 == second.sha256
    assert first.provenance.ladder == second.provenance.ladder
    sidecar = json.loads(first.sidecar_path.read_text())
    assert [rung["kept"] for rung in sidecar["ladder"]["rungs"]].count(True) == 1
    assert sidecar["recipe"]["float_operators"] == list(first.provenance.recipe.float_operators)

    recipe = tmp_path / "recipe.toml"
    first.provenance.recipe.save(recipe)
    again = edgekit.convert(
        broken.float_file,
        tmp_path / "again.tflite",
        calibration=broken.calibration,
        recipe=edgekit.Recipe.load(recipe),
    ).artifact
    assert again.sha256 == first.sha256
    assert again.provenance.ladder is None


def test_half_the_size_at_95_percent_of_the_accuracy(broken_models: dict[str, Any], tmp_path: Path) -> None:
    broken = broken_models["tiny_softmax"]
    artifact = rescue(broken, tmp_path / "auto.tflite", prefer="size", max_drop=4).artifact
    accuracy = artifact.provenance.accuracy
    ladder = artifact.provenance.ladder
    assert accuracy is not None
    assert ladder is not None
    assert artifact.size_bytes <= broken.float_file.stat().st_size / 2
    assert accuracy.accuracy.value >= 0.95 * accuracy.reference.value
    # Smaller files were tried, and are not good enough.
    smaller = [rung for rung in ladder.rungs if rung.size_bytes < artifact.size_bytes]
    assert smaller
    assert not any(rung.reached for rung in smaller)


def test_nothing_is_good_enough(broken_models: dict[str, Any], tmp_path: Path) -> None:
    broken = broken_models["silu"]
    with pytest.raises(edgekit.EdgekitError) as caught:
        edgekit.convert(
            broken.float_file,
            tmp_path / "auto.tflite",
            precision="auto",
            calibration=broken.calibration,
            min_snr=300,
            require=["full-int8"],
        )
    assert type(caught.value).__name__ == "BudgetExceeded"
    assert caught.value.exit_code == 1
    assert "no file reaches at least 300 dB" in caught.value.message
    assert "the best of" in caught.value.message
    # The model itself is close enough, and not what was required.
    assert "is float32 (" in caught.value.message
    assert "float32 (" in caught.value.log
    assert "not full-int8" in caught.value.log
    assert "1. int8, ranges minmax" in caught.value.log
    assert list(tmp_path.iterdir()) == []
