"""Python objects as samples: functions by import path, and tf.data datasets."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from edgekit.data import ALL_SAMPLES, collect
from edgekit.data.supply import array_id
from edgekit.errors import CalibrationError
from edgekit.recipe import Recipe
from edgekit.tensors import TensorSpec

Refused = Callable[..., CalibrationError]
PLAIN = Recipe()
SOUND = TensorSpec("sound", (None, 6), "float32")
META = TensorSpec("meta", (None, 2), "int32")
CODE = """
import numpy as np

def sound(number):
    return np.full(6, number, np.float32)

def endless():
    number = 0
    while True:
        yield sound(number), number % 3
        number += 1

def failing():
    yield sound(0)
    yield sound(1)
    raise OSError("camera unplugged")

def shrinking():
    yield sound(0)
    yield sound(1)
    yield np.zeros(5)

def array():
    return np.stack([sound(number) for number in range(20)])

def nothing():
    return None

def path():
    return "photos"

def needs(folder):
    return [folder]

labelled = {"sound": array(), "labels": np.arange(20) // 10}
number = 3
"""


@pytest.fixture
def my_data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The name of a module in the current folder; a new one each time, because Python keeps what it imported."""
    name = f"my_data_{abs(hash(tmp_path))}"
    (tmp_path / f"{name}.py").write_text(CODE)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.path", ["/nowhere"])
    return name


def test_a_function_in_the_current_folder(my_data: str, spool: Path):
    found = collect(f"{my_data}:endless", inputs=[SOUND], recipe=Recipe(samples=30), folder=spool)
    assert np.load(found.files["sound"])[:, 0].tolist() == list(range(30))
    assert found.labels == tuple(number % 3 for number in range(30))
    assert found.sample_ids[29] == array_id([np.full(6, 29, np.float32)])
    assert found.path == f"{my_data}:endless"


def test_a_function_that_returns_arrays_and_arrays_themselves(my_data: str, tmp_path: Path):
    found = collect(f"{my_data}:array", inputs=[SOUND], recipe=Recipe(samples=5), folder=tmp_path / "a")
    assert len(set(np.load(found.files["sound"])[:, 0].tolist())) == 5
    found = collect(f"{my_data}:labelled", inputs=[SOUND], recipe=Recipe(samples=6), folder=tmp_path / "b")
    assert sorted(found.labels or ()) == [0, 0, 0, 1, 1, 1]


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        (":failing", "MODULE:failing failed at sample 2 (counting from 0): OSError: camera unplugged"),
        (
            ":shrinking",
            "input 'sound' takes 6 for each sample, but sample 2 (counting from 0) of MODULE:shrinking gives 5",
        ),
        (
            ":needs",
            "samples 'MODULE:needs' cannot be called: TypeError: needs() missing 1 required positional argument",
        ),
        (":nothing", "MODULE:nothing gives type NoneType, which cannot be iterated"),
        (":path", "MODULE:path gives type str, which cannot be iterated"),
        (":number", "MODULE:number gives type int, which cannot be iterated"),
        (":gone", "samples 'MODULE:gone': MODULE has no gone"),
        ("_gone:samples", "samples 'MODULE_gone:samples': importing MODULE_gone failed: No module named 'MODULE_gone'"),
    ],
)
def test_functions_that_cannot_be_used(name: str, sentence: str, my_data: str, refused: Refused):
    error = refused(f"{my_data}{name}", inputs=[SOUND], recipe=PLAIN)
    assert error.message.startswith(sentence.replace("MODULE", my_data))


def test_a_path_with_a_colon_is_a_path(
    photos: Path, image_input: TensorSpec, monkeypatch: pytest.MonkeyPatch, spool: Path
):
    photos.rename(photos.parent / "photos:old")
    monkeypatch.chdir(photos.parent)
    assert len(collect("photos:old", inputs=[image_input], recipe=Recipe(value_range="unit"), folder=spool)) == 10


@pytest.fixture(scope="module")
def tf() -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import tensorflow
    return tensorflow


ROWS = np.arange(60, dtype=np.float32).reshape(10, 6)
CLASSES = np.arange(10) % 4


@pytest.mark.slow
@pytest.mark.parametrize("batch", [None, 1, 4])
@pytest.mark.parametrize(
    "form",
    [
        lambda x, y: x,
        lambda x, y: (x, y),
        lambda x, y: {"sound": x, "label": y},
        lambda x, y: ({"sound": x}, y),
        lambda x, y: ((x,), y),
        lambda x, y: (x, np.eye(4, dtype=np.float32)[y]),
        lambda x, y: (x, y[:, np.newaxis]),
    ],
    ids=["tensor", "tuple", "dict", "dict and label", "nested tuple", "one-hot", "column"],
)
def test_datasets(tf: Any, form: Callable[..., Any], batch: int | None, spool: Path, request: pytest.FixtureRequest):
    dataset = tf.data.Dataset.from_tensor_slices(form(ROWS, CLASSES))
    if batch is not None:
        dataset = dataset.batch(batch)
    found = collect(dataset, inputs=[SOUND], recipe=Recipe(samples=7), folder=spool)
    assert np.array_equal(np.load(found.files["sound"]), ROWS[:7])
    assert found.sample_ids == tuple(array_id([row]) for row in ROWS[:7])
    has_labels = "tensor" not in request.node.name
    assert found.labels == (tuple(CLASSES[:7].tolist()) if has_labels else None)
    every = collect(dataset, inputs=[SOUND], recipe=PLAIN, folder=spool.with_name("every"), limit=ALL_SAMPLES)
    assert len(every) == 10


@pytest.mark.slow
@pytest.mark.parametrize(
    "form", [lambda x, m: (x, m), lambda x, m: {"meta": m, "sound": x}, lambda x, m: ({"meta": m, "sound": x}, m[:, 0])]
)
def test_datasets_for_several_inputs(tf: Any, form: Callable[..., Any], spool: Path):
    meta = np.stack([CLASSES, CLASSES], axis=1).astype(np.int32)
    dataset = tf.data.Dataset.from_tensor_slices(form(ROWS, meta)).batch(3)
    found = collect(dataset, inputs=[SOUND, META], recipe=PLAIN, folder=spool)
    assert np.array_equal(np.load(found.files["sound"]), ROWS)
    assert np.array_equal(np.load(found.files["meta"]), meta)
    assert found.labels in {None, tuple(CLASSES.tolist())}


@pytest.mark.slow
def test_a_dataset_that_repeats_for_ever_and_one_with_more_features(tf: Any, tmp_path: Path):
    dataset = tf.data.Dataset.from_tensor_slices({"audio": ROWS, "id": CLASSES, "word": CLASSES}).repeat().batch(8)
    recipe = Recipe(samples=25, features="sound=audio,label=word")
    found = collect(dataset, inputs=[SOUND], recipe=recipe, folder=tmp_path / "a")
    assert np.array_equal(np.load(found.files["sound"]), np.tile(ROWS, (3, 1))[:25])
    assert found.labels == tuple(np.tile(CLASSES, 3)[:25].tolist())


@pytest.mark.slow
def test_datasets_that_cannot_be_used(tf: Any, refused: Refused):
    slices = tf.data.Dataset.from_tensor_slices

    def message(dataset: Any, **options: Any) -> str:
        return refused(dataset, **{"inputs": [SOUND], "recipe": PLAIN, **options}).message

    failing = slices(ROWS).map(lambda x: tf.debugging.check_numerics(tf.where(x > 40, np.nan, x), "camera"))
    told = message(failing.batch(2))
    assert told.startswith("the dataset failed at sample 6 (counting from 0): InvalidArgumentError")
    assert "camera" in told
    assert "\n" not in told
    assert "but sample 0 (counting from 0) of the dataset gives 5" in message(slices(ROWS[:, :5]).batch(2))
    assert "but sample 0 (counting from 0) of the dataset gives 1x2x3" in message(slices(ROWS.reshape(10, 1, 2, 3)))
    assert "the dataset gives no samples" in message(slices(ROWS).take(0))
    half = slices((ROWS, np.float32([1, 0, 6.5, *[1] * 7])))
    assert "the label of sample 2 (counting from 0) of the dataset is 6.5" in message(half.batch(4))
    assert "the label of sample 0 (counting from 0) of the dataset is float32[6]" in message(slices((ROWS, ROWS)))
    ragged = tf.data.Dataset.from_tensors((ROWS, CLASSES[:3]))
    assert "the batch from sample 0 (counting from 0) of the dataset has parts of different lengths: 3, 10" in message(
        ragged
    )
    text = slices([["a"] * 6])
    assert "holds text" in message(text) or "Python objects" in message(text)
    assert "unknown input 'wave'" in message(slices({"wave": ROWS, "id": CLASSES}))
    named = message(slices((ROWS, CLASSES)), recipe=Recipe(features="sound=wave"))
    assert named == "features 'sound=wave' are given, but sample 0 (counting from 0) of the dataset has no names"
    sparse = tf.data.Dataset.from_tensors(tf.ragged.constant([[1.0], [2.0, 3.0]]))
    assert "holds Python objects for input 'sound'" in message(sparse)
