"""Where a new head goes: onto what the old one read, and never onto old scores."""

from __future__ import annotations

from typing import Any

import pytest

from edgekit.compression.recipes.recipe import Head
from edgekit.compression.training.heads import with_head
from edgekit.errors import ConversionError

HEAD = Head(classes=3, dropout=0.2)


@pytest.fixture(scope="module")
def keras() -> Any:
    return pytest.importorskip("keras")


@pytest.fixture
def photo(keras: Any) -> Any:
    return keras.Input((8, 8, 3))


@pytest.fixture
def features(keras: Any, photo: Any) -> Any:
    return keras.layers.Conv2D(5, 3, name="last")(photo)


def layers_of(model: Any) -> list[str]:
    return [layer.name for layer in model.layers][1:]


def test_a_layer_of_scores_gives_way_as_often_as_asked(keras: Any, photo: Any, features: Any) -> None:
    scores = keras.layers.Dense(4, activation="softmax")(keras.layers.GlobalAveragePooling2D(name="mean")(features))
    first = with_head(keras.Model(photo, scores), HEAD, seed=1)
    for model in (first, with_head(first, HEAD, seed=1)):
        assert layers_of(model) == ["last", "mean", "head_dropout", "head"]
        assert model.output_shape == (None, 3)


def test_a_convolution_that_gives_scores_gives_way(keras: Any, photo: Any, features: Any) -> None:
    scores = keras.layers.Softmax()(keras.layers.GlobalAveragePooling2D()(keras.layers.Conv2D(4, 1)(features)))
    assert layers_of(with_head(keras.Model(photo, scores), HEAD, seed=1)) == [
        "last",
        "head_pool",
        "head_dropout",
        "head",
    ]


@pytest.mark.parametrize("pooled", [True, False])
def test_features_stay(pooled: bool, keras: Any, photo: Any, features: Any) -> None:
    end = keras.layers.GlobalAveragePooling2D(name="head_pool")(features) if pooled else features
    assert layers_of(with_head(keras.Model(photo, end), HEAD, seed=1)) == ["last", "head_pool", "head_dropout", "head"]


def test_old_scores_are_no_features(keras: Any, photo: Any, features: Any) -> None:
    mean = keras.layers.GlobalAveragePooling2D()(features)
    inner = keras.Model(photo, keras.layers.Dense(4, activation="softmax")(mean), name="whole")
    outer = keras.Input((8, 8, 3))
    with pytest.raises(ConversionError, match="the model's last layer is the model 'whole', which ends in scores"):
        with_head(keras.Model(outer, inner(outer)), HEAD, seed=1)
    scaled = keras.layers.Softmax()(keras.layers.BatchNormalization(name="scaled")(mean))
    with pytest.raises(ConversionError, match=r"in front of it 'scaled' \(BatchNormalization\) is no layer of scores"):
        with_head(keras.Model(photo, scaled), HEAD, seed=1)
