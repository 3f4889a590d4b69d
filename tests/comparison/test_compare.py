"""Two real files side by side."""

from __future__ import annotations

import json
import math
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import edgekit
from edgekit import ArtifactComparison, Recipe
from edgekit.errors import CalibrationError, RecipeError, SourceError, UsageError
from edgekit.metadata import Metadata
from edgekit.metadata.embedding import embed
from edgekit.metadata.writing import encode


@pytest.fixture(scope="module")
def artifacts(shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Sequence[edgekit.Artifact]:
    """float16 and int8 of one network, with their sidecars."""
    return edgekit.convert(
        shared_data / "mlperf_tiny" / "ic_resnet8_float32.tflite",
        tmp_path_factory.mktemp("made"),
        precision=("float16", "int8"),
        calibration=shared_data / "sign_language_digits",
        samples=20,
        value_range="raw",
    ).artifacts


@pytest.fixture(scope="module")
def photos(shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Six photos of each of ten classes."""
    folder = tmp_path_factory.mktemp("photos")
    for number in range(10):
        (folder / str(number)).mkdir()
        for path in sorted((shared_data / "sign_language_digits" / str(number)).glob("*.JPG"))[:6]:
            (folder / str(number) / path.name).symlink_to(path)
    return folder


@pytest.fixture(scope="module")
def comparison(artifacts: Sequence[edgekit.Artifact], photos: Path) -> ArtifactComparison:
    return edgekit.compare(*artifacts, samples=photos)


def test_what_the_bytes_say(comparison: ArtifactComparison, artifacts: Sequence[edgekit.Artifact]) -> None:
    assert (comparison.same, comparison.identical) == (False, False)
    facts = {fact.name: fact for fact in comparison.facts}
    assert (facts["size_bytes"].a, facts["size_bytes"].b) == tuple(each.size_bytes for each in artifacts)
    assert (facts["precision"].a, facts["precision"].b) == ("float16", "int8")
    assert facts["macs"].a == facts["macs"].b == 12_501_632
    assert {fact.name for fact in comparison.facts if not fact.changed} == {"macs", "parameters", "inputs", "outputs"}
    changes = {(each.name, each.precision): (each.a, each.b) for each in comparison.operators}
    assert changes[("CONV_2D", "float32")] == (9, 0)
    assert changes[("CONV_2D", "int8")] == (0, 9)
    assert changes[("DEQUANTIZE", "boundary")] == (10, 1)
    assert comparison.operators[0].name == "DEQUANTIZE"


def test_what_the_sidecars_say(comparison: ArtifactComparison) -> None:
    assert {each.name: (each.a, each.b) for each in comparison.making} == {
        "precision": ("float16", "int8"),
        "recipe.precision": ("float16", "int8"),
    }
    assert comparison.unknown == ()


def test_what_both_answer(comparison: ArtifactComparison, artifacts: Sequence[edgekit.Artifact], photos: Path) -> None:
    assert comparison.samples is not None
    assert comparison.samples.startswith(f"60 of {photos} (images brought to 32x32 (stretch, antialias), values 'raw'")
    # The same as asked one by one, with the range that the sidecars know.
    asked = edgekit.compare_accuracy(*artifacts, samples=photos)
    assert comparison.accuracy == asked
    assert comparison.fidelity is not None
    assert comparison.fidelity.samples == 60
    assert 5 < comparison.fidelity.snr_db < 60
    assert comparison.fidelity.top1_agreement is not None
    assert comparison.fidelity.top1_agreement > 0.8


def test_the_document_is_json(comparison: ArtifactComparison) -> None:
    document = json.loads(json.dumps(comparison.to_document(), allow_nan=False))
    assert document["schema"] == "edgekit.comparison/1"
    assert document["accuracy"]["total"] == 60
    assert document["fidelity"]["identical"] is False


def test_metadata_alone_changes_nothing_that_is_computed(
    artifacts: Sequence[edgekit.Artifact], photos: Path, tmp_path: Path
) -> None:
    other = tmp_path / "other.tflite"
    other.write_bytes(embed(artifacts[1].path.read_bytes(), encode(Metadata("other", ""), sizes={}), files={}))
    seen = edgekit.compare(artifacts[1], other, samples=photos)
    assert (seen.same, seen.identical) == (True, False)
    assert {fact.name for fact in seen.changed} <= {"size_bytes", "zipped_bytes", "metadata"}
    assert "metadata" in {fact.name for fact in seen.changed}
    # The second file has no sidecar, so it is prepared for as the first one is.
    assert seen.fidelity is not None
    assert seen.fidelity.snr_db == math.inf
    assert seen.accuracy is not None
    assert (seen.accuracy.lost, seen.accuracy.gained) == (0, 0)
    assert seen.unknown == (f"how {other} was made is not known: there is no sidecar other.tflite.json",)


def test_a_file_and_its_copy(artifacts: Sequence[edgekit.Artifact], tmp_path: Path) -> None:
    copy = tmp_path / "copy.tflite"
    shutil.copyfile(artifacts[0].path, copy)
    seen = edgekit.compare(artifacts[0], copy)
    assert (seen.same, seen.identical, seen.changed, seen.operators) == (True, True, (), ())
    assert "no samples were given" in seen.unknown[-1]


def test_each_file_gets_its_own_preprocessing(
    artifacts: Sequence[edgekit.Artifact], shared_data: Path, photos: Path, tmp_path: Path
) -> None:
    # The same weights behind another range: what is seen is what the ranges make of the photos.
    other = edgekit.convert(
        shared_data / "mlperf_tiny" / "ic_resnet8_float32.tflite", tmp_path, precision="float16", value_range="unit"
    ).artifact
    seen = edgekit.compare(artifacts[0], other, samples=photos)
    assert seen.same
    assert seen.fidelity is not None
    assert seen.fidelity.snr_db < 20
    changed = {each.name: (each.a, each.b) for each in seen.making}
    assert changed["recipe.value_range"] == ("raw", "unit")
    alike = edgekit.compare(artifacts[0], other, samples=photos, recipe=Recipe(value_range="raw"))
    assert alike.fidelity is not None
    assert alike.fidelity.snr_db == math.inf


def test_seeds_do_not_pair_different_samples(
    artifacts: Sequence[edgekit.Artifact],
    comparison: ArtifactComparison,
    photos: Path,
    shared_data: Path,
    tmp_path: Path,
) -> None:
    def made(name: str, **choices: Any) -> edgekit.Artifact:
        return edgekit.convert(
            shared_data / "mlperf_tiny" / "ic_resnet8_float32.tflite",
            tmp_path / f"{name}.tflite",
            precision="float16",
            seed=9,
            **choices,
        ).artifact

    seen = edgekit.compare(made("alike", value_range="raw"), artifacts[1], samples=photos)
    assert seen.accuracy is not None
    assert comparison.accuracy is not None
    assert (seen.accuracy.counts, seen.accuracy.classes) == (comparison.accuracy.counts, comparison.accuracy.classes)
    assert seen.fidelity is not None
    assert comparison.fidelity is not None
    # Sums in another order differ in their last digits.
    assert seen.fidelity.snr_db == pytest.approx(comparison.fidelity.snr_db)
    assert (seen.fidelity.max_error, seen.fidelity.top1_agreement) == (
        comparison.fidelity.max_error,
        comparison.fidelity.top1_agreement,
    )
    # Here the samples must be gathered once for each file.
    other = made("unit", value_range="unit")
    apart = edgekit.compare(artifacts[0], other, samples=photos)
    order = edgekit.compare(other, artifacts[0], samples=photos)
    assert apart.accuracy is not None
    assert order.accuracy is not None
    alone = edgekit.evaluate(other, photos, recipe=Recipe(value_range="unit"))
    assert apart.accuracy.accuracy.correct == order.accuracy.reference.correct == alone.correct
    assert (apart.accuracy.lost, apart.accuracy.gained) == (order.accuracy.gained, order.accuracy.lost)


def test_arrays_that_are_scaled_are_not_scaled_once_more(shared_data: Path, photos: Path, tmp_path: Path) -> None:
    made = edgekit.convert(
        shared_data / "mlperf_tiny" / "ic_resnet8_float32.tflite",
        tmp_path,
        precision=("float16", "float32"),
        calibration=photos,
        samples=4,
        value_range="unit",
    ).artifacts
    values = np.random.default_rng(0).random((6, 32, 32, 3), np.float32)
    seen = edgekit.compare(*made, samples=values)
    asked = edgekit.compare(*made, samples=values, recipe=Recipe())
    assert seen.fidelity is not None
    assert asked.fidelity is not None
    assert seen.fidelity.max_error == asked.fidelity.max_error > 0


class _Shuffled:
    """Gives the same samples in another order each time."""

    def __init__(self) -> None:
        self.times = 0

    def __iter__(self) -> Iterator[Any]:
        self.times += 1
        values = np.random.default_rng(0).random((6, 32, 32, 3), np.float32)
        yield from np.roll(values, self.times, axis=0)


def test_samples_that_change_between_the_files(
    artifacts: Sequence[edgekit.Artifact], shared_data: Path, tmp_path: Path
) -> None:
    shuffled = _Shuffled()
    # Both take the same, so they are given one and the same set.
    assert edgekit.compare(*artifacts, samples=shuffled).fidelity is not None
    assert shuffled.times == 1
    different = edgekit.convert(
        shared_data / "mlperf_tiny" / "ic_resnet8_float32.tflite",
        tmp_path / "different.tflite",
        precision="float16",
        sound_length="fit",
    )
    with pytest.raises(CalibrationError, match="cannot be given the same samples: 6 for .* and 6 for"):
        edgekit.compare(artifacts[0], different.artifact, samples=shuffled)


def test_one_choice_lies_over_what_the_sidecars_say(
    artifacts: Sequence[edgekit.Artifact], comparison: ArtifactComparison, photos: Path
) -> None:
    seen = edgekit.compare(*artifacts, samples=photos, resize="crop")
    assert seen.samples is not None
    assert "(crop, antialias), values 'raw'" in seen.samples
    again = edgekit.compare(*artifacts, samples=photos, sample_rate=16_000)
    assert again.fidelity == comparison.fidelity
    with pytest.raises(RecipeError, match="unknown choice of preprocessing 'resiz'. Did you mean 'resize'"):
        edgekit.compare(*artifacts, samples=photos, resiz="crop")  # type: ignore[call-arg]


def test_files_that_have_nothing_in_common(artifacts: Sequence[edgekit.Artifact], shared_data: Path) -> None:
    other = shared_data / "mlperf_tiny" / "vww_mobilenet_float32.tflite"
    values = np.random.default_rng(0).random((4, 96, 96, 3), np.float32)
    with pytest.raises(CalibrationError, match="takes 32x32x3"):
        edgekit.compare(artifacts[1], other, samples=values)
    images = shared_data / "sign_language_digits" / "0"
    seen = edgekit.compare(artifacts[1], other, samples=images, recipe=Recipe(value_range="unit"))
    assert seen.fidelity is None
    assert "how far the outputs agree is not known" in seen.unknown[-2]
    assert seen.unknown[-1] == "accuracy is not known: the samples have no labels"


def test_a_sidecar_that_does_not_count(artifacts: Sequence[edgekit.Artifact], tmp_path: Path) -> None:
    edited = tmp_path / "edited.tflite"
    shutil.copyfile(artifacts[1].path, edited)
    document = json.loads(artifacts[1].sidecar_path.read_text())
    document["recipe"]["seed"] = 7
    edited.with_name("edited.tflite.json").write_text(json.dumps(document))
    foreign = tmp_path / "foreign.tflite"
    shutil.copyfile(artifacts[0].path, foreign)
    shutil.copyfile(artifacts[1].sidecar_path, foreign.with_name("foreign.tflite.json"))
    seen = edgekit.compare(edited, foreign)
    assert seen.making == ()
    assert "was edited: 'recipe.seed'" in seen.unknown[0]
    assert "is of another file" in seen.unknown[1]


def test_bad_files_and_outputs(artifacts: Sequence[edgekit.Artifact], photos: Path, tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="does not exist"):
        edgekit.compare(artifacts[0], tmp_path / "nowhere.tflite")
    with pytest.raises(UsageError, match="unknown output 'Identitx'. Did you mean 'Identity'"):
        edgekit.compare(*artifacts, samples=photos, output="Identitx")
    with pytest.raises(CalibrationError, match="does not exist"):
        edgekit.compare(*artifacts, samples=tmp_path / "nowhere")
