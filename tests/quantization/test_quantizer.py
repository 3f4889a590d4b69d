"""Ranges and 4-bit weights on the whole way: choices in, files and sidecars out."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from edgekit import Recipe, Step, convert, inspect
from edgekit.errors import RecipeError
from edgekit.inspection.decoding import read_graph
from edgekit.recipe import DEFAULT_RANGE_STATISTIC, RANGE_STATISTICS

RESNET = Path("mlperf_tiny", "ic_resnet8_float32.tflite")
Photos = list[NDArray[np.float32]]


def test_the_sidecar_tells_statistic_and_ranges(shared_data: Path, photos: Photos, tmp_path: Path) -> None:
    artifact = convert(
        shared_data / RESNET, tmp_path / "m.tflite", calibration=photos[:20], io="int", ranges="percentile-99.9"
    ).artifact
    sidecar = json.loads(artifact.sidecar_path.read_text())
    assert sidecar["recipe"]["ranges"] == "percentile-99.9"
    assert artifact.provenance.ranges is not None
    assert sidecar["ranges"] == {name: list(ends) for name, ends in artifact.provenance.ranges.items()}
    assert len(sidecar["ranges"]) == 17
    used = {
        tensor.name: tensor.quantization
        for tensor in read_graph(artifact.path.read_bytes(), name="m").subgraphs[0].tensors
        if tensor.quantized and not tensor.constant
    }
    # Softmax has a fixed range of its own; pooling and flattening keep what they are given.
    kept = used.keys() - {"Identity", "model/flatten/Reshape", "model/average_pooling2d/AvgPool"}
    assert len(kept) == 14
    for name in kept:
        low, high = sidecar["ranges"][name]
        assert used[name] is not None
        assert used[name].scales[0] == pytest.approx((max(high, 0) - min(low, 0)) / 255, rel=1e-6)


def test_no_ranges_where_nothing_was_calibrated(shared_data: Path, photos: Photos, tmp_path: Path) -> None:
    conversion = convert(
        shared_data / RESNET, tmp_path, precision=("float32", "float16", "dynamic_int8"), calibration=photos[:4]
    )
    for artifact in conversion.artifacts:
        assert artifact.provenance.ranges is None
        assert json.loads(artifact.sidecar_path.read_text())["ranges"] is None


def test_the_samples_are_run_once_for_all_precisions(shared_data: Path, photos: Photos, tmp_path: Path) -> None:
    steps: list[Step] = []
    convert(
        shared_data / RESNET, tmp_path, precision=("int8", "int16x8"), calibration=photos[:5], progress=steps.append
    )
    assert [step.done for step in steps if step.stage == "calibrating"] == [0, 1, 2, 3, 4, 5]


def test_the_default_statistic_is_the_recipes(shared_data: Path, photos: Photos, tmp_path: Path) -> None:
    given = convert(
        shared_data / RESNET, tmp_path / "a.tflite", calibration=photos[:8], ranges=DEFAULT_RANGE_STATISTIC
    ).artifact
    default = convert(shared_data / RESNET, tmp_path / "b.tflite", calibration=photos[:8]).artifact
    others = next(name for name in RANGE_STATISTICS if name != DEFAULT_RANGE_STATISTIC)
    other = convert(shared_data / RESNET, tmp_path / "c.tflite", calibration=photos[:8], ranges=others).artifact
    assert given.sha256 == default.sha256 != other.sha256


@pytest.mark.parametrize("name", ["mse", "percentile-99.99"])
def test_a_folder_of_samples_in_any_order_gives_the_same_file(
    shared_data: Path, photos: Photos, tmp_path: Path, name: str
) -> None:
    """Names decide the order of a folder: the brightest photo comes first, last, or anywhere."""
    bright = sorted(photos[:24], key=np.mean)
    orders = [bright, bright[::-1], [bright[index] for index in np.random.default_rng(1).permutation(24)]]
    hashes, seen = set(), []
    for number, order in enumerate(orders):
        folder = tmp_path / str(number)
        folder.mkdir()
        for index, photo in enumerate(order):
            Image.fromarray(photo.astype(np.uint8)).save(folder / f"{index:02}.png")
        artifact = convert(
            shared_data / RESNET, tmp_path / f"{number}.tflite", calibration=folder, ranges=name, value_range="raw"
        ).artifact
        hashes.add(artifact.sha256)
        seen.append(artifact.provenance.ranges)
    assert len(hashes) == 1
    assert seen[0] == seen[1] == seen[2]


@pytest.mark.parametrize(
    ("choices", "sentence"),
    [
        ({"ranges": "min-max"}, "unknown range statistic 'min-max'. Did you mean 'minmax'? Valid: mse, minmax, perc"),
        ({"ranges": 99.9}, "ranges is 99.9, but must be of type str"),
        ({"weight_block": 48}, "weight_block is 48, but must be one of 32, 64, 128, 256"),
        ({"weight_block": 32}, "weight_block 32 is about 4-bit weights, which int8 does not have"),
    ],
)
def test_bad_choices(shared_data: Path, photos: Photos, tmp_path: Path, choices: dict[str, Any], sentence: str) -> None:
    with pytest.raises(RecipeError) as raised:
        convert(shared_data / RESNET, tmp_path, calibration=photos[:2], **choices)
    assert sentence in raised.value.message
    assert list(tmp_path.iterdir()) == []


def test_a_block_is_kept_where_it_is_about_something(shared_data: Path, photos: Photos, tmp_path: Path) -> None:
    conversion = convert(
        shared_data / RESNET,
        tmp_path,
        precision=("int8", "int4_weights"),
        calibration=photos[:4],
        recipe=Recipe(weight_block=64),
    )
    assert [artifact.provenance.recipe.weight_block for artifact in conversion.artifacts] == [None, 64]


def test_the_command_line_takes_the_same_names(shared_data: Path, photos: Photos, tmp_path: Path) -> None:
    np.save(tmp_path / "s.npy", np.stack(photos[:8]))
    command = [
        sys.executable,
        "-m",
        "edgekit",
        "convert",
        str(shared_data / RESNET),
        "--calibration",
        "s.npy",
        "--json",
    ]
    done = subprocess.run([*command, "--ranges", "minmax"], capture_output=True, text=True, check=False, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    (artifact,) = json.loads(done.stdout)["artifacts"]
    assert artifact["recipe"]["ranges"] == "minmax"
    # A photo of full contrast: pixels from 0 or a little more to 255.
    assert artifact["ranges"]["input_1"] == [float(np.stack(photos[:8]).min()), float(np.stack(photos[:8]).max())]
    refused = subprocess.run(
        [*command, "--ranges", "entropy"], capture_output=True, text=True, check=False, cwd=tmp_path
    )
    assert refused.returncode == 2
    assert f"unknown range statistic 'entropy'. Valid: {', '.join(RANGE_STATISTICS)}" in refused.stderr


def test_four_bits_make_the_smallest_file(shared_data: Path, photos: Photos, tmp_path: Path) -> None:
    conversion = convert(
        shared_data / RESNET, tmp_path, precision=("dynamic_int8", "int4_weights"), calibration=photos[:60]
    )
    eight, four = conversion.artifacts
    facts = inspect(four.path)
    assert facts.precision == "int4_weights"
    assert {row.precision for row in facts.census if row.macs} == {"int4_weights"}
    assert four.size_bytes < 0.6 * eight.size_bytes
    assert four.provenance.fidelity is not None
    assert 4 < four.provenance.fidelity.snr_db < 15
    assert [note for note in conversion.notes if note.startswith("int4_weights")] == [
        "int4_weights rounds weights to one of 16 values and costs accuracy: how much, only labelled samples tell "
        "(--evaluate PATH)"
    ]
    # Seen: 6.7 to 7.5 dB and 89 to 92 % of photos as the float model has them; with 8 bits 26 dB and 99 %.
    assert eight.provenance.fidelity is not None
    assert eight.provenance.fidelity.snr_db > four.provenance.fidelity.snr_db + 10
    assert four.provenance.fidelity.top1_agreement is not None
    assert four.provenance.fidelity.top1_agreement < 1


@pytest.mark.slow
def test_four_bits_come_with_the_accuracy_that_they_cost(photo_model: Path, photo_float: Path, tmp_path: Path) -> None:
    conversion = convert(
        photo_float,
        tmp_path,
        precision=("dynamic_int8", "int4_weights"),
        calibration=photo_model / "train",
        evaluate=photo_model / "test",
        value_range="unit",
    )
    eight, four = (artifact.provenance.accuracy for artifact in conversion.artifacts)
    assert eight is not None
    assert four is not None
    # Seen: 0.2 points gained with 8 bits, 41.1 lost with 4 (15.1 and 14.1 by two larger networks).
    assert abs(eight.drop_points) < 1.5
    assert four.drop_points > eight.drop_points + 1
    low, high = four.interval_points
    told = f"here {four.drop_points:.1f} points (95 % interval {low:.1f} to {high:.1f})"
    assert [note for note in conversion.notes if note.startswith("int4_weights")] == [
        f"int4_weights rounds weights to one of 16 values and costs accuracy: {told}"
    ]


def test_the_command_line_shows_what_four_bits_cost(shared_data: Path, photos: Photos, tmp_path: Path) -> None:
    """SNR and agreement in the table, and what would tell the accuracy; a block is refused where there is none."""
    np.save(tmp_path / "s.npy", np.stack(photos[:8]))
    command = [sys.executable, "-m", "edgekit", "convert", str(shared_data / RESNET), "--calibration", "s.npy", "-q"]

    def run(*options: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run([*command, *options], capture_output=True, text=True, check=False, cwd=tmp_path)

    done = run("--precision", "int4_weights", "--weight-block", "32")
    assert done.returncode == 0, done.stderr
    assert " dB" in done.stdout
    assert "--evaluate PATH" in done.stdout.replace("\n", " ")
    assert (
        json.loads((tmp_path / "ic_resnet8_float32.int4_weights.tflite.json").read_text())["recipe"]["weight_block"]
        == 32
    )
    for precision, block, sentence in (
        ("int4_weights", "48", "weight_block is 48, but must be one of 32, 64, 128, 256"),
        ("int4_weights", "many", "Invalid value for '--weight-block': 'many' is not a valid integer"),
        ("int8", "32", "weight_block 32 is about 4-bit weights, which int8 does not have"),
    ):
        refused = run("--precision", precision, "--weight-block", block)
        assert refused.returncode == 2
        assert sentence in refused.stderr
