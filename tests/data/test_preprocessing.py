from __future__ import annotations

import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from edgekit.artifact import PictureHandling
from edgekit.data import collect
from edgekit.data.preprocessing import Scaling, scale
from edgekit.errors import CalibrationError, RecipeError
from edgekit.recipe import VALUE_RANGES, Colour, Recipe, value_range_named
from edgekit.tensors import TensorSpec

Refused = Callable[..., CalibrationError]
RAMP = np.random.default_rng(0).integers(0, 256, (40, 16, 16, 3), dtype=np.uint8)


@pytest.mark.slow
@pytest.mark.parametrize(("name", "mode"), [("imagenet-torch", "torch"), ("imagenet-caffe", "caffe"), ("signed", "tf")])
def test_imagenet_ranges_are_those_of_keras(name: str, mode: str):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from keras.applications.imagenet_utils import preprocess_input

        expected = preprocess_input(RAMP.copy(), mode=mode, data_format="channels_last")
    value_range = VALUE_RANGES[name]
    got = np.stack([scale(image, Scaling(value_range, value_range.colour)) for image in RAMP])
    assert got.dtype == np.float32
    np.testing.assert_allclose(got, expected, rtol=0, atol=1e-5)


@pytest.mark.parametrize(
    ("name", "low", "high"),
    [("raw", 0, 255), ("unit", 0, 1), ("signed", -1, 1), ("mean=127.5;std=51", -2.5, 2.5)],
)
def test_ranges_end_where_their_summaries_say(name: str, low: float, high: float):
    ends = scale(np.array([[[0, 0, 0], [255, 255, 255]]], np.uint8), Scaling(value_range_named(name), Colour.RGB))
    np.testing.assert_allclose(ends, [[[low] * 3, [high] * 3]], atol=1e-6)


def test_bgr_turns_the_channels_round_before_a_range_per_channel():
    pixel = np.array([[[30, 20, 10]]], np.uint8)
    scaling = Scaling(value_range_named("mean=10,20,30;std=1,2,3"), Colour.BGR)
    assert scale(pixel, scaling).tolist() == [[[0, 0, 0]]]


@pytest.mark.parametrize("text", ["mean=nan;std=1", "mean=1;std=inf", "mean=1,2;std=1", "mean=1;std=0", "mean=1"])
def test_a_range_that_is_not_three_finite_numbers_is_refused(text: str):
    with pytest.raises(RecipeError, match="not understood"):
        Recipe(value_range=text)


@pytest.mark.parametrize("source", ["folder", "uint8 arrays"])
def test_bytes_for_a_float_input_need_a_range(source: str, photos: Path, refused: Refused):
    samples = photos if source == "folder" else np.zeros((3, 32, 32, 3), np.uint8)
    error = refused(samples, recipe=Recipe())
    assert error.message.startswith("input 'image' takes float32, the samples are stored as 0..255, and the model has")
    for choice in VALUE_RANGES.values():
        assert f"{choice.name}: {choice.summary}" in error.message
    assert error.hint is not None
    assert error.hint.startswith("--range NAME")


def test_a_model_that_scales_by_itself_takes_raw(photos: Path, image_input: TensorSpec, tmp_path: Path):
    found = collect(photos, inputs=[image_input], recipe=Recipe(), folder=tmp_path / "own", own_scaling="rescaling")
    asked = collect(photos, inputs=[image_input], recipe=Recipe(value_range="raw"), folder=tmp_path / "asked")
    values = np.load(found.files["image"])
    assert values.max() > 200
    assert (values == np.round(values)).all()
    assert np.array_equal(values, np.load(asked.files["image"]))
    assert found.preprocessing.value_range == "raw"
    assert str(found.preprocessing) == (
        "images brought to 32x32 (stretch, antialias), values 'raw' (0..255, as stored), RGB; "
        "the model scales them itself in 'rescaling'"
    )


def test_float_arrays_are_taken_as_they_stand_unless_a_range_is_named(image_input: TensorSpec, tmp_path: Path):
    arrays = np.full((2, 32, 32, 3), 51.0, np.float64)
    plain = collect(arrays, inputs=[image_input], recipe=Recipe(), folder=tmp_path / "plain")
    scaled = collect(arrays, inputs=[image_input], recipe=Recipe(value_range="unit"), folder=tmp_path / "scaled")
    assert (np.load(plain.files["image"]) == 51).all()
    assert plain.preprocessing.value_range is None
    assert str(plain.preprocessing) == "arrays as they stand"
    np.testing.assert_allclose(np.load(scaled.files["image"]), 0.2, rtol=1e-6)
    assert scaled.preprocessing.value_range == "unit"


def test_a_colour_order_alone_turns_float_arrays_round(image_input: TensorSpec, spool: Path):
    arrays = np.zeros((1, 32, 32, 3), np.float32)
    arrays[..., 0] = 0.5
    found = collect(arrays, inputs=[image_input], recipe=Recipe(colour="bgr"), folder=spool)
    assert np.load(found.files["image"])[0, 0, 0].tolist() == [0, 0, 0.5]
    assert found.preprocessing.colour == "bgr"


def test_an_integer_input_takes_raw_only(photos: Path, refused: Refused, spool: Path):
    spec = TensorSpec("image", (1, 32, 32, 3), "uint8", scale=1 / 255, zero_point=0)
    error = refused(photos, inputs=[spec], recipe=Recipe(value_range="signed"))
    assert error.message == "input 'image' takes uint8, so values cannot be scaled to 'signed' (-1..1)"
    found = collect(photos, inputs=[spec], recipe=Recipe(), folder=spool)
    values = np.load(found.files["image"])
    assert values.dtype == np.uint8
    assert values.shape == (10, 32, 32, 3)
    assert values.max() > 200


def test_photos_do_not_fit_into_int8(photos: Path, refused: Refused):
    error = refused(photos, inputs=[TensorSpec("image", (1, 32, 32, 3), "int8")], recipe=Recipe())
    assert "takes int8 (-128..127), but" in error.message


def test_one_channel_has_no_colours(photos: Path, refused: Refused):
    grey = TensorSpec("image", (None, 32, 32, 1), "float32")
    error = refused(photos, inputs=[grey], recipe=Recipe(value_range="imagenet-torch"))
    assert error.message == "value range 'imagenet-torch' is for three channels, but input 'image' takes one"
    error = refused(photos, inputs=[grey], recipe=Recipe(value_range="unit", colour="bgr"))
    assert error.hint == "leave out --colour"


def test_a_named_range_keeps_its_colour_order(photos: Path, refused: Refused):
    error = refused(photos, recipe=Recipe(value_range="imagenet-caffe", colour="rgb"))
    assert error.message == "value range 'imagenet-caffe' is defined for bgr channels, not for rgb"


def test_a_range_without_an_image_input_is_refused(refused: Refused):
    error = refused(np.zeros((3, 640), np.float32), inputs=[TensorSpec("sound", (None, 640), "float32")])
    assert error.message.endswith("no input of the model is one: sound takes 640")


def test_of_several_inputs_only_the_image_is_scaled(image_input: TensorSpec, spool: Path):
    meta = TensorSpec("meta", (None, 4), "float32")
    samples = {"meta": np.full((2, 4), 100, np.uint8), "image": np.full((2, 32, 32, 3), 255, np.uint8)}
    found = collect(samples, inputs=[image_input, meta], recipe=Recipe(value_range="unit"), folder=spool)
    assert np.load(found.files["meta"]).tolist() == [[100.0] * 4] * 2
    assert (np.load(found.files["image"]) == 1).all()
    assert str(found.preprocessing) == "image: values 'unit' (0..1), RGB; meta: arrays as they stand"


def test_what_a_sidecar_tells_of_pictures_counts_where_nothing_is_said(
    photos: Path, image_input: TensorSpec, tmp_path: Path
):
    known = PictureHandling("signed", "crop", "nearest", "rgb")
    found = collect(photos, inputs=[image_input], recipe=Recipe(), folder=tmp_path / "x", known=known)
    named = Recipe(value_range="signed", resize="crop", filter="nearest", colour="rgb")
    same = collect(photos, inputs=[image_input], recipe=named, folder=tmp_path / "y", known=None)
    assert found.sample_ids == same.sample_ids
    assert found.preprocessing == same.preprocessing
    told = "pictures are made as the sidecar of the model tells: 'signed', crop, nearest, rgb"
    assert (found.notes, same.notes) == ((told,), ())
    other = collect(photos, inputs=[image_input], recipe=Recipe(value_range="unit"), folder=tmp_path / "z", known=known)
    assert str(other.preprocessing) == "images brought to 32x32 (stretch, antialias), values 'unit' (0..1), RGB"
    # Numbers that are no stored bytes are taken as they stand.
    floats = np.full((2, 32, 32, 3), 0.5, np.float32)
    arrays = collect(floats, inputs=[image_input], recipe=Recipe(), folder=tmp_path / "w", known=known)
    assert np.load(next(iter(arrays.files.values()))).max() == 0.5
    assert arrays.notes == ()
