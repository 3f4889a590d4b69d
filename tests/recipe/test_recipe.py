from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from edgekit.errors import RecipeError
from edgekit.recipe import Recipe, feature_names, value_range_named


def test_a_recipe_survives_the_disk(tmp_path: Path) -> None:
    recipe = Recipe(
        precision="int16x8",
        samples=17,
        seed=3,
        value_range="mean=1,2,3;std=4",
        resize="pad",
        filter="nearest",
        colour="bgr",
    )
    recipe.save(tmp_path / "r.toml")
    assert Recipe.load(tmp_path / "r.toml") == recipe
    recipe = Recipe(features="sound=wave,label=word", sample_rate=16000, sound_length="fit")
    recipe.save(tmp_path / "r.toml")
    assert Recipe.load(tmp_path / "r.toml") == recipe


@pytest.mark.parametrize(
    ("choices", "sentence"),
    [
        ({"precison": "int8"}, "unknown recipe key 'precison'. Did you mean 'precision'?"),
        ({"precision": "int4"}, "unknown precision 'int4'"),
        ({"precision": 8}, "precision is 8, but must be of type str"),
        ({"io": "uint8"}, "unknown io 'uint8'. Did you mean 'int'? Valid: float, int"),
        ({"resize": "strech"}, "Did you mean 'stretch'"),
        ({"filter": "bilinaer"}, "Did you mean 'bilinear'"),
        ({"colour": "grb"}, "unknown colour 'grb'"),
        ({"value_range": "imagenet"}, "Did you mean 'imagenet-"),
        ({"value_range": "mean=1,2;std=1"}, "value range 'mean=1,2;std=1' is not understood"),
        ({"value_range": "mean=0;std=0"}, "is not understood"),
        ({"samples": 0}, "samples is 0, but at least 1 is needed"),
        ({"samples": True}, "samples is True, but must be of type int"),
        ({"seed": -1}, "seed is -1"),
        ({"features": "image"}, "features 'image' are not understood"),
        ({"features": "image=a,image=b"}, "are not understood"),
        ({"features": "image=,label=b"}, "are not understood"),
        ({"features": {"image": "a"}}, "must be of type str"),
        ({"sample_rate": 0}, "sample_rate is 0, but must be 1 or more"),
        ({"sample_rate": 16e3}, "sample_rate is 16000.0, but must be of type int"),
        ({"sound_length": "padd"}, "unknown sound_length 'padd'. Did you mean 'pad'? Valid: crop, pad, fit"),
    ],
)
def test_a_bad_choice_is_told(choices: dict[str, Any], sentence: str) -> None:
    with pytest.raises(RecipeError) as raised:
        Recipe.from_mapping(choices)
    assert sentence in raised.value.message


def test_a_bad_file_is_named(tmp_path: Path) -> None:
    path = tmp_path / "r.toml"
    with pytest.raises(RecipeError, match="r.toml does not exist"):
        Recipe.load(path)
    path.write_text("samples = ")
    with pytest.raises(RecipeError, match="r.toml is not TOML"):
        Recipe.load(path)
    path.write_text("sample = 3")
    with pytest.raises(RecipeError, match="r.toml: unknown recipe key 'sample'"):
        Recipe.load(path)


def test_a_range_of_ones_own() -> None:
    own = value_range_named("mean=127.5;std=127.5")
    assert (own.factor, own.mean, own.std) == (1.0, (127.5,), (127.5,))


def test_features_are_named_by_input() -> None:
    assert feature_names("image = image/encoded, label=a=b") == {"image": "image/encoded", "label": "a=b"}
