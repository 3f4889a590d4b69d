"""Sizes that a model cannot be called on: one sentence, without the library's colours, and a step that helps."""

from __future__ import annotations

from typing import Any

import pytest

from edgekit.errors import SourceError
from edgekit.sources.settling import settled


def _refused(model: Any, input_shape: str) -> SourceError:
    with pytest.raises(SourceError) as caught:
        settled(model, name="m.keras", input_shape=input_shape)
    assert "\x1b" not in f"{caught.value.message}{caught.value.log}"
    return caught.value


def _pooling(keras: Any) -> Any:
    x = image = keras.Input((None, None, 3), name="photo")
    for _ in range(3):
        x = keras.layers.MaxPooling2D()(x)
    return keras.Model(image, keras.layers.GlobalAveragePooling2D()(x))


def test_a_size_of_which_pooling_leaves_nothing() -> None:
    error = _refused(_pooling(pytest.importorskip("keras")), "1,4,4,3")
    assert error.message.startswith(
        "model m.keras cannot be called on photo (1, 4, 4, 3): Computed output size would be zero or negative"
    )
    assert "\n" not in error.message
    # The log is shown whatever --quiet says, and would tell the same again.
    assert error.log is None
    assert error.hint == "its layers leave nothing of so small an input: give a larger size with --input-shape"


def test_a_size_that_the_weights_do_not_fit() -> None:
    keras = pytest.importorskip("keras")
    image = keras.Input((None, 3))
    dense = keras.layers.Dense(2)
    dense.build((None, 12))
    model = keras.Model(image, dense(keras.layers.Reshape((12,))(image)))
    error = _refused(model, "1,5,3")
    assert error.log is None
    assert error.hint == "give a size that its layers take with --input-shape, such as the one that it was trained on"


def test_a_model_of_its_own_class_is_asked_for_its_arguments() -> None:
    keras = pytest.importorskip("keras")

    class Own(keras.Model):
        def call(self, left):
            raise ValueError("first line\nsecond line")

    error = _refused(Own(), "left=1,4")
    assert error.message == "model m.keras cannot be called on left (1, 4): first line"
    assert error.hint == "give each argument of its call() a shape that it takes: --input-shape NAME=1,224,224,3"
    assert error.log == "first line\nsecond line"
