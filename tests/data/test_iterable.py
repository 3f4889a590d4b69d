from __future__ import annotations

import itertools
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from edgekit.data import ALL_SAMPLES, collect
from edgekit.data.supply import array_id
from edgekit.errors import CalibrationError
from edgekit.progress import Step
from edgekit.recipe import Recipe
from edgekit.tensors import TensorSpec

Refused = Callable[..., CalibrationError]
PLAIN = Recipe()
SOUND = TensorSpec("sound", (None, 6), "float32")
META = TensorSpec("meta", (None, 2), "int32")


def sound(number: int) -> np.ndarray:
    return np.full(6, number, np.float32)


@pytest.mark.parametrize(
    "form",
    [
        lambda array: array,
        lambda array: array[None],
        lambda array: array.tolist(),
        lambda array: (array,),
        lambda array: [array[None]],
        lambda array: {"sound": array[None]},
        lambda array: {"any": array},
    ],
    ids=["array", "batch of one", "numbers", "tuple", "representative dataset", "dictionary", "other name"],
)
def test_forms_of_a_sample(form: Callable[[np.ndarray], Any], spool: Path):
    found = collect([form(sound(number)) for number in range(5)], inputs=[SOUND], recipe=PLAIN, folder=spool)
    assert np.load(found.files["sound"]).tolist() == [[number] * 6 for number in range(5)]
    assert found.path == "<iterable>"
    assert found.labels is None


def test_several_inputs_as_tuples_and_dictionaries(spool: Path):
    pairs = [(sound(1), np.array([1, 2])), {"meta": np.array([[3, 4]]), "sound": sound(2)}]
    found = list(collect(pairs, inputs=[SOUND, META], recipe=PLAIN, folder=spool))
    assert [sample["meta"].tolist() for sample in found] == [[[1, 2]], [[3, 4]]]
    assert [float(sample["sound"][0, 0]) for sample in found] == [1, 2]


def test_an_iterable_that_never_ends(spool: Path):
    taken: list[int] = []

    def endless() -> Iterator[np.ndarray]:
        for number in itertools.count():
            taken.append(number)
            yield sound(number)

    found = collect(endless(), inputs=[SOUND], recipe=Recipe(samples=30), folder=spool)
    assert len(found) == 30
    assert taken == list(range(30))
    assert found.sample_ids[29] == array_id([sound(29)])


def test_a_generator_that_reuses_its_array(spool: Path):
    def reusing() -> Iterator[np.ndarray]:
        array = np.zeros(6, np.float32)
        for number in range(3):
            array[:] = number
            yield array

    found = collect(reusing(), inputs=[SOUND], recipe=PLAIN, folder=spool, limit=ALL_SAMPLES)
    assert np.load(found.files["sound"])[:, 0].tolist() == [0, 1, 2]


def test_arrays_in_memory_are_chosen_from_like_files(tmp_path: Path):
    arrays = np.arange(300, dtype=np.float32).reshape(50, 6)
    np.save(tmp_path / "a.npy", arrays)
    recipe = Recipe(samples=7, seed=3)
    sets = [
        collect(samples, inputs=[SOUND], recipe=recipe, folder=tmp_path / str(number))
        for number, samples in enumerate([tmp_path / "a.npy", arrays, {"sound": arrays}, {"x": arrays.tolist()}])
    ]
    assert len({found.sample_ids for found in sets[:3]}) == 1
    assert len({found.digest for found in sets[:3]}) == 1
    assert all(np.array_equal(np.load(found.files["sound"]), np.load(sets[0].files["sound"])) for found in sets)
    labelled = collect({"x": arrays, "y": np.arange(50)}, inputs=[SOUND], recipe=recipe, folder=tmp_path / "labelled")
    assert labelled.labels == tuple(int(sample["sound"][0, 0]) // 6 for sample in labelled)


@pytest.mark.slow
def test_a_tensorflow_dataset(image_input: TensorSpec, spool: Path):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import tensorflow as tf
    pixels = np.random.default_rng(0).integers(0, 256, (6, 32, 32, 3), dtype=np.uint8)
    dataset = tf.data.Dataset.from_tensor_slices(pixels).batch(1)
    found = collect(dataset, inputs=[image_input], recipe=Recipe(value_range="unit"), folder=spool)
    np.testing.assert_allclose(np.load(found.files["image"]), pixels / 255, atol=1e-6)


@pytest.mark.parametrize(
    "label", [2, np.int64(2), np.array([2]), [0, 0, 1, 0], np.eye(4, dtype=np.float32)[2], np.eye(4)[None, 2]]
)
def test_forms_of_a_label(label: Any, spool: Path):
    found = collect([(sound(0), label), {"sound": sound(1), "y": label}], inputs=[SOUND], recipe=PLAIN, folder=spool)
    assert found.labels == (2, 2)


@pytest.mark.parametrize(
    ("label", "sentence"),
    [
        (1.5, "the label of sample 0 (counting from 0) of the iterable is 1.5, which is the number of no class"),
        (-1, "the label of sample 0 (counting from 0) of the iterable is -1, but classes count from 0"),
        ("cat", "is 'cat', which is the number of no class"),
        ([0, 1, 1], "is int64[3], which is the number of no class"),
        ([0.2, 0.8], "is float64[2], which is the number of no class"),
    ],
)
def test_labels_that_are_no_class(label: Any, sentence: str, refused: Refused):
    assert sentence in refused([(sound(0), label)], inputs=[SOUND], recipe=PLAIN).message


def test_progress_tells_every_sample(spool: Path):
    steps: list[Step] = []
    collect(iter([sound(1), sound(2)]), inputs=[SOUND], recipe=PLAIN, folder=spool, progress=steps.append)
    assert steps == [Step("reading samples", done=number, total=200) for number in (1, 2)]


def test_an_iterable_that_fails_in_the_middle(refused: Refused):
    def failing() -> Iterator[np.ndarray]:
        yield sound(0)
        yield sound(1)
        raise KeyError("camera 3")

    error = refused(failing(), inputs=[SOUND], recipe=PLAIN)
    assert error.message == "the iterable failed at sample 2 (counting from 0): KeyError: 'camera 3'"
    assert isinstance(error.__cause__, KeyError)


def test_an_interrupt_is_not_swallowed_and_leaves_nothing(spool: Path):
    def interrupted() -> Iterator[np.ndarray]:
        yield sound(0)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        collect(interrupted(), inputs=[SOUND], recipe=PLAIN, folder=spool)
    assert not spool.exists()


class Stubborn:
    def __array__(self, dtype: Any = None, copy: Any = None) -> np.ndarray:
        raise RuntimeError("on the GPU")


@pytest.mark.parametrize(
    ("samples", "sentence"),
    [
        ([], "the iterable gives no samples"),
        (iter(()), "the iterable gives no samples"),
        ([sound(0), np.zeros(5)], "sample 1 (counting from 0) of the iterable gives 5"),
        ([np.zeros((4, 6), np.float32)], "sample 0 (counting from 0) of the iterable gives 4x6"),
        (
            [(sound(0), 3, 1)],
            "sample 0 (counting from 0) of the iterable has 3 parts, but the model's inputs are: sound",
        ),
        ([{"sound": sound(0), "lable": 3}], "unknown input 'lable'. Valid: sound"),
        (iter(["abc"]), "takes float32, but sample 0 (counting from 0) of the iterable holds text (<U3)"),
        (["abc"], "sample file abc does not exist, or is no file"),
        ([None], "sample 0 (counting from 0) of the iterable holds Python objects"),
        ([[[1, 2], [3]]], "sample 0 (counting from 0) of the iterable cannot be made an array of numbers"),
        ([Stubborn()], "cannot be made an array of numbers: on the GPU"),
        ({"sound": [[1, 2], [3]]}, "the dictionary given as samples cannot be made an array of numbers"),
        ([sound(0), np.full(6, np.nan)], "sample 1 (counting from 0) of the iterable is float64[6]"),
        ([sound(0), sound(1) * np.nan], "sample 1 (counting from 0) of the iterable holds NaN for input 'sound'"),
        ([1, 2], "sample 0 (counting from 0) of the iterable gives one number"),
        (np.zeros((3, 5)), "the array given as samples gives 5"),
        (b"bytes", "samples are of type bytes, which cannot be iterated"),
        (None, "samples are of type NoneType, which cannot be iterated"),
    ],
)
def test_samples_that_cannot_be_used(samples: Any, sentence: str, refused: Refused):
    assert sentence in refused(samples, inputs=[SOUND], recipe=PLAIN).message


def test_samples_of_different_sizes_for_an_open_size(refused: Refused):
    sizes = [np.zeros((size, 5), np.float32) for size in (7, 7, 9)]
    error = refused(sizes, inputs=[TensorSpec("x", (None, None, 5), "float32")], recipe=PLAIN)
    assert error.message == (
        "sample 2 (counting from 0) of the iterable is float32[9x5] for input 'x', but those before are float32[7x5]"
    )


def test_a_function_must_be_called_first(refused: Refused):
    error = refused(lambda: iter([sound(0)]), inputs=[SOUND], recipe=PLAIN)
    assert error.hint == "call it first and give what it returns"


def test_one_array_in_memory_for_two_inputs(refused: Refused):
    error = refused(np.zeros((3, 6), np.float32), inputs=[SOUND, META], recipe=PLAIN)
    assert error.message == "the array given as samples is one array, but the model has 2 inputs: sound, meta"


@pytest.mark.parametrize(
    ("inputs", "sentence"),
    [
        ([TensorSpec("words", (None, 1), "string")], "input 'words' takes string, and samples can only be numbers"),
        ([TensorSpec("words", (None, 1), "complex64")], "input 'words' takes complex64"),
    ],
)
def test_inputs_that_are_no_numbers(inputs: list[TensorSpec], sentence: str, refused: Refused):
    assert sentence in refused([sound(0)], inputs=inputs, recipe=PLAIN).message


def test_a_model_without_inputs_and_a_number_below_zero(spool: Path, refused: Refused):
    with pytest.raises(CalibrationError, match="the model has no input"):
        collect([sound(0)], inputs=[], recipe=PLAIN, folder=spool)
    assert refused([sound(0)], inputs=[SOUND], recipe=PLAIN, limit=-1).message == "the number of samples is -1"
