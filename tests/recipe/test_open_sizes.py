from __future__ import annotations

import pytest

from edgekit.errors import EdgekitError, RecipeError, SourceError
from edgekit.recipe.open_sizes import fixed_shapes, input_shapes
from edgekit.tensors import TensorSpec

PHOTO = TensorSpec("photo", (None, None, None, 3), "float32")
ROWS = TensorSpec("rows", (None, None, 40), "float32")
FIXED = TensorSpec("x", (None, 4), "float32")


@pytest.mark.parametrize(
    ("text", "shapes"),
    [
        ("1,224,224,3", {"": (1, 224, 224, 3)}),
        ("photo=1, 96, 64, 3", {"photo": (1, 96, 64, 3)}),
        ("photo=1,96,64,3;rows=1,10,40", {"photo": (1, 96, 64, 3), "rows": (1, 10, 40)}),
        ("a=b=1,2", {"a=b": (1, 2)}),
        ("1", {"": (1,)}),
    ],
)
def test_how_shapes_are_written(text: str, shapes: dict[str, tuple[int, ...]]) -> None:
    assert input_shapes(text) == shapes


@pytest.mark.parametrize(
    "text",
    ["", "224x224x3", "1,224,", "=1,2", "photo=", "photo=1,a", "1,2;1,3", "photo=1,2;photo=1,3", "1.0,2", "photo"],
)
def test_what_is_no_shape(text: str) -> None:
    with pytest.raises(RecipeError, match="is not understood") as raised:
        input_shapes(text)
    assert "NAME=1,224,224,3" in (raised.value.hint or "")


@pytest.mark.parametrize(
    ("text", "sentence", "hint"),
    [
        ("photo=1,0,224,3", "input_shape of input 'photo' has a size of 0, but sizes are 1 or more", "the device"),
        ("1,-224,224,3", "input_shape has a size of -224, but sizes are 1 or more", "the device"),
        ("4,224,224,3", "input_shape has a batch of 4, but an artifact takes one sample", "with 1: 1,224,224,3"),
        ("photo=4,8,8,3", "input_shape of input 'photo' has a batch of 4", "begin it with 1: photo=1,8,8,3"),
    ],
)
def test_sizes_that_cannot_be(text: str, sentence: str, hint: str) -> None:
    with pytest.raises(RecipeError) as raised:
        input_shapes(text)
    assert raised.value.message.startswith(sentence)
    assert hint in (raised.value.hint or "")


def test_open_sizes_are_filled_and_the_batch_is_one() -> None:
    assert fixed_shapes([PHOTO], "1,96,64,3", model="m") == [(1, 96, 64, 3)]
    assert fixed_shapes([PHOTO, FIXED], "photo=1,96,64,3", model="m") == [(1, 96, 64, 3), (1, 4)]
    assert fixed_shapes([FIXED], None, model="m") == [(1, 4)]
    assert fixed_shapes([FIXED], "1,4", model="m") == [(1, 4)]


@pytest.mark.parametrize(
    ("inputs", "text", "error", "sentence", "hint"),
    [
        (
            [PHOTO],
            None,
            SourceError,
            "model m: input 'photo' has no fixed size, but (None, None, None, 3)",
            "such as --input-shape photo=1,224,224,3",
        ),
        (
            [PHOTO, ROWS],
            "photo=1,8,8,3",
            SourceError,
            "model m: input 'rows' has no fixed size, but (None, None, 40)",
            "such as --input-shape rows=1,16,40",
        ),
        (
            [PHOTO],
            "1,224,3",
            RecipeError,
            "input_shape 1,224,3 has 3 dimensions, but input 'photo' of model m has 4: (None, None, None, 3)",
            "--input-shape photo=1,224,224,3",
        ),
        (
            [PHOTO],
            "photos=1,8,8,3",
            RecipeError,
            "input_shape: model m: unknown input 'photos'. Did you mean 'photo'? Valid: photo",
            None,
        ),
        (
            [PHOTO],
            "1,224,224,1",
            RecipeError,
            "input_shape makes dimension 3 of input 'photo' 1, but model m has it fixed at 3",
            "such as --input-shape photo=1,224,224,3",
        ),
        (
            [PHOTO, ROWS],
            "1,8,8,3",
            RecipeError,
            "input_shape 1,8,8,3 names no input, but model m has 2: photo, rows",
            "say which: photo=1,8,8,3",
        ),
    ],
)
def test_what_does_not_fit_the_model(
    inputs: list[TensorSpec], text: str | None, error: type[EdgekitError], sentence: str, hint: str | None
) -> None:
    with pytest.raises(error) as raised:
        fixed_shapes(inputs, text, model="m")
    assert raised.value.message == sentence
    assert raised.value.hint == hint or (hint or "") in (raised.value.hint or "")
