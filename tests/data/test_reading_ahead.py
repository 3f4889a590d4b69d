"""Items that several threads read: all as one thread would have it, in order, and no more than are wanted."""

from __future__ import annotations

import itertools
import shutil
import threading
import warnings
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image

from edgekit.data.item_supply import ItemSupply
from edgekit.data.pictures.image_folder import open_images
from edgekit.data.reading_ahead import read_in_order
from edgekit.data.supply import Skipped
from edgekit.recipe import Recipe
from edgekit.tensors import TensorSpec


def drawn(supply: ItemSupply, count: int | None) -> list[tuple]:
    return [
        (each.sentence,)
        if isinstance(each, Skipped)
        else (each.name, each.position, each.sample_id, each.label, each.values["image"].tobytes())
        for each in supply.draw(count)
    ]


@pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")
def test_photos_are_those_of_one_thread_in_its_order(
    digits: Path, tmp_path: Path, image_input: TensorSpec, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "photos"
    for number in range(4):
        shutil.copytree(digits / str(number), folder / str(number), ignore=lambda _, names: sorted(names)[12:])
    for number, file in enumerate(sorted(folder.glob("*/*.JPG"))[::7]):
        file.write_bytes(b"" if number % 2 else file.read_bytes()[:900])
    Image.new("RGB", (120, 120)).save(folder / "0" / "bomb.png")
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 12_000)
    filters = list(warnings.filters)
    with open_images(folder, inputs=[image_input], recipe=Recipe()) as supply:
        alone = drawn(replace(supply, threads=1), None)
        notes = supply.media["image"].note
    for count, threads in ((None, 2), (None, 5), (20, 3)):
        with open_images(folder, inputs=[image_input], recipe=Recipe()) as supply:
            together = drawn(replace(supply, threads=threads), count)
        assert together == (alone if count is None else alone[: len(together)])
        assert count is None or together[-1][1] == count - 1
        assert supply.media["image"].note == notes or count
    assert [each for each in alone if len(each) == 1 and "bomb" in each[0]]
    assert sum(len(each) == 1 for each in alone) == 8
    assert warnings.filters == filters


@pytest.mark.parametrize("threads", [1, 3])
def test_none_is_read_in_vain_and_what_goes_wrong_comes_in_its_turn(threads: int) -> None:
    read, good = list[int](), list[int]()

    def square(number: int) -> int:
        read.append(number)
        if number % 3 == 2:
            raise ValueError(number)
        return number * number

    seen = []
    for number, reading in read_in_order(square, itertools.count(), threads=threads, wanted=lambda: 10 - len(good)):
        if len(good) == 10:
            break
        try:
            seen.append(reading())
            good.append(number)
        except ValueError as error:
            seen.append(error.args[0])
    wanted = [number if number % 3 == 2 else number * number for number in range(14)]
    assert seen == wanted
    assert sorted(read) == list(range(14))


def test_who_goes_away_leaves_no_thread_behind() -> None:
    before = threading.active_count()
    readings = read_in_order(lambda number: number, range(100), threads=3, wanted=lambda: None)
    assert next(readings)[1]() == 0
    readings.close()
    assert threading.active_count() == before
