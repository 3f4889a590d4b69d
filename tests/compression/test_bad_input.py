"""What is given wrong is said before anything is trained, and nothing is left or overwritten."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import edgekit
from edgekit import CompressionRecipe
from edgekit.errors import (
    CalibrationError,
    ConversionError,
    EdgekitError,
    OutputError,
    ProfileError,
    RecipeError,
    SourceError,
    UsageError,
)

pytestmark = pytest.mark.usefixtures("one_trainer")

_HALF: dict[str, Any] = {"kind": "channel-prune", "macs": 0.5}
_TUNE: dict[str, Any] = {"kind": "finetune", "epochs": 1}
_PIXELS = np.random.default_rng(0).random((40, 8, 8, 1), np.float32)
_LABELS = np.arange(40) % 10
Refused = Callable[..., EdgekitError]


@pytest.fixture
def refused(digits: Path, tmp_path: Path) -> Refused:
    """Compress the digits' network with something that is wrong; return the error. Nothing may be left."""

    def compress(
        *stages: dict[str, Any], data: Any = None, model: Any = None, output: str = "o.keras", **more: Any
    ) -> EdgekitError:
        given = {"digit": _PIXELS, "labels": _LABELS} if data is None else data
        recipe = CompressionRecipe.from_mapping({"stage": list(stages or [_TUNE]), **more.pop("tables", {})})
        before = {each: each.read_bytes() for each in tmp_path.rglob("*") if each.is_file()}
        with pytest.raises(EdgekitError) as caught:
            edgekit.compress(model or digits / "digits.keras", recipe, data=given, output=tmp_path / output, **more)
        assert {each: each.read_bytes() for each in tmp_path.rglob("*") if each.is_file()} == before
        return caught.value

    return compress


def test_labels_outside_of_the_models_classes(refused: Refused) -> None:
    error = refused(data={"digit": _PIXELS, "labels": _LABELS + 1})
    assert type(error) is CalibrationError
    assert "go from 1 to 10, but the model has scores for 10 classes, from 0" in error.message


def test_one_class_only(refused: Refused) -> None:
    error = refused(data={"digit": _PIXELS, "labels": _LABELS * 0})
    assert type(error) is CalibrationError
    assert "are all of one class" in error.message


def test_no_labels_and_no_teacher(refused: Refused) -> None:
    error = refused(data=_PIXELS)
    assert type(error) is CalibrationError
    assert "have no labels, and the recipe learns from them" in error.message
    assert "[distillation]" in str(error.hint)


def test_images_for_a_model_that_takes_none(refused: Refused, shared_data: Path) -> None:
    error = refused(
        data=shared_data / "sign_language_digits",
        model=shared_data / "mlperf_tiny" / "ad_autoencoder.h5",
        tables={"distillation": {}},
    )
    assert type(error) is CalibrationError
    assert error.exit_code == 2


def test_a_pattern_that_matches_no_layer_lists_them(refused: Refused) -> None:
    error = refused({**_HALF, "spared": ["convolution*"]})
    assert type(error) is RecipeError
    assert "pattern 'convolution*' matches no layer whose channels could go" in error.message
    assert error.hint == "these are: conv2d, conv2d_1, conv2d_2"


def test_a_recipe_that_changes_nothing(refused: Refused) -> None:
    error = refused({"kind": "finetune", "epochs": 0})
    assert type(error) is RecipeError
    assert error.message == "the recipe changes nothing: no stage of it trains"


def test_a_pattern_of_sparsity_that_matches_no_layer_lists_them(refused: Refused) -> None:
    error = refused({"kind": "prune", "sparsity": 0.5, "layers": ["dense*"]})
    assert type(error) is RecipeError
    assert "pattern 'dense*' matches no layer with a kernel" in error.message
    assert error.hint == "these are: conv2d, conv2d_1, conv2d_2, class"


def test_a_goal_that_cannot_be_reached_says_how_far_it_goes(refused: Refused) -> None:
    error = refused({**_HALF, "macs": 0.001})
    assert type(error) is ConversionError
    assert "a share of 0.001 cannot be reached: with the fewest channels in each of 2 groups of layers" in error.message


def test_a_teacher_with_other_outputs(refused: Refused, shared_data: Path) -> None:
    teacher = str(shared_data / "mlperf_tiny" / "ic_resnet8.h5")
    error = refused({"kind": "distill", "epochs": 1}, tables={"distillation": {"teacher": teacher}})
    assert type(error) is RecipeError
    assert "has inputs of the shapes 32x32x3, and the model of 8x8x1" in error.message


def test_the_file_of_a_recipe_that_does_not_fit_is_named(digits: Path, tmp_path: Path) -> None:
    recipe = tmp_path / "r.toml"
    recipe.write_text('[[stage]]\nkind = "finetune"\ntrainable = ["dense*"]\n')
    with pytest.raises(RecipeError, match=r"compression recipe .*r\.toml: pattern 'dense\*' matches no layer"):
        edgekit.compress(digits / "digits.keras", recipe, data=_PIXELS, output=tmp_path / "o.keras")


def test_features_of_layers_that_are_not_there(refused: Refused) -> None:
    error = refused(tables={"distillation": {"features": ["conv2d_9"]}})
    assert type(error) is RecipeError
    assert "unknown layer 'conv2d_9'. Did you mean 'conv2d" in error.message


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"devices": ["nope"]}, "unknown device 'nope'"),
        ({"stages": [{**_HALF, "macs": None, "instructions": 0.5, "device": "emulate:rpi4"}]}, "unknown device"),
    ],
)
def test_a_device_that_there_cannot_be(refused: Refused, given: dict[str, Any], told: str) -> None:
    error = refused(*given.pop("stages", []), **given)
    assert type(error) is UsageError
    assert told in error.message


def test_a_profile_that_is_not_there(refused: Refused) -> None:
    error = refused({"kind": "channel-prune", "latency": 0.5, "profile": "rpi44"})
    assert type(error) is ProfileError
    assert "rpi4" in error.message


@pytest.mark.parametrize("devices", [[], ["local"]])
def test_instructions_that_no_device_counts(refused: Refused, devices: list[str]) -> None:
    error = refused({"kind": "channel-prune", "instructions": 0.5}, devices=devices)
    assert type(error) is RecipeError
    assert error.message == "channel-prune has instructions, but no device that counts them"
    assert "--device" in str(error.hint)


def test_samples_that_can_be_read_once_and_are_asked_for_twice(refused: Refused) -> None:
    error = refused(_TUNE, {"kind": "quantize-finetune"}, data=iter([_PIXELS[0]]))
    assert type(error) is CalibrationError
    assert "which can be read once, and quantize-finetune reads them once more" in error.message


def test_too_few_samples_for_the_artifact(refused: Refused) -> None:
    few = {"digit": _PIXELS[:12], "labels": _LABELS[:12] % 2}
    error = refused(_TUNE, {"kind": "quantize-finetune"}, data=few, tables={"split": {"test": 0.4}})
    assert type(error) is CalibrationError
    assert "quantize-finetune needs at least 10 samples" in error.message


def test_a_pattern_of_what_is_trained_that_matches_no_layer_lists_them(refused: Refused) -> None:
    error = refused({**_TUNE, "trainable": ["dense*"]})
    assert type(error) is RecipeError
    assert error.message == "pattern 'dense*' matches no layer with weights"
    assert str(error.hint).endswith("batch_normalization_3, class")


def test_another_format_than_keras(refused: Refused, shared_data: Path) -> None:
    error = refused(model=shared_data / "mlperf_tiny" / "ic_resnet8_float32.tflite")
    assert type(error) is SourceError
    assert "only Keras models can be compressed" in error.message


@pytest.mark.parametrize(
    ("output", "told"),
    [
        ("o.tflite", "is not called .keras"),
        ("gone/o.keras", "the folder does not exist"),
    ],
)
def test_places_that_cannot_be_written_to(refused: Refused, output: str, told: str) -> None:
    error = refused(output=output)
    assert type(error) is OutputError
    assert told in error.message


def test_the_model_is_never_overwritten(digits: Path) -> None:
    with pytest.raises(OutputError, match="is the model itself"):
        edgekit.compress(digits / "digits.keras", "faster", data=_PIXELS, output=digits / "digits.keras")


def test_a_model_that_leaves_sizes_open_gets_advice_that_can_be_taken(refused: Refused, digits: Path) -> None:
    error = refused(model=digits / "open.keras")
    assert type(error) is SourceError
    assert "has no fixed size, but (None, None, None, 1)" in error.message
    assert str(error.hint).startswith("build the model with fixed sizes")


def test_a_model_without_trainable_weights(refused: Refused, digits: Path) -> None:
    error = refused(model=digits / "frozen.keras")
    assert type(error) is SourceError
    assert "has no trainable weights" in error.message
