"""A folder of images, flat or with one folder for each class."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from edgekit.data.class_folders import ClassFolders, class_folders, require_one_input
from edgekit.data.item_supply import Item, ItemSupply
from edgekit.data.pictures.picture_inputs import PictureReader, picture_size
from edgekit.data.reading_ahead import reading_threads
from edgekit.data.supply import Medium
from edgekit.recipe import Recipe
from edgekit.tensors import TensorSpec

SUFFIXES = (".jpg", ".jpeg", ".png", ".bmp", ".gif", ".webp", ".tif", ".tiff")
"""What an image file's name ends with, in capitals or not. Other files are not looked at."""
HINT = f"images are known by their names: {', '.join(SUFFIXES)}; sounds must be .wav files"
"""The next step where a folder holds none."""


@dataclass(frozen=True, slots=True)
class _Images:
    """Image files; see :class:`edgekit.data.item_supply.Items`."""

    files: ClassFolders
    spec: TensorSpec
    reader: PictureReader

    def __len__(self) -> int:
        return len(self.files.names)

    @property
    def media(self) -> Mapping[str, Medium]:
        return {self.spec.name: self.reader.medium(self.spec)}

    def name(self, index: int) -> str:
        return self.files.names[index]

    def read(self, index: int) -> Item:
        content = self.files.read(index)
        pixels = self.reader.read(content, self.spec)
        return Item(hashlib.sha256(content).hexdigest(), {self.spec.name: pixels})


@contextmanager
def open_images(path: Path, *, inputs: Sequence[TensorSpec], recipe: Recipe) -> Iterator[ItemSupply]:
    """Open the images of a folder, for a model with one image input.

    Raises:
        CalibrationError: the model takes no image, or the folder is empty, holds no image, or is not laid out as
            images only or one folder of images for each class.
    """
    require_one_input(inputs, folder=path, noun="image")
    picture_size(inputs[0])
    files = class_folders(path, suffixes=SUFFIXES, noun="image", hint=HINT)
    yield ItemSupply(
        items=_Images(files, inputs[0], PictureReader(recipe)),
        where=f"sample folder {path}",
        noun="image",
        labels=files.labels,
        seed=recipe.seed,
        classes=files.classes,
        threads=reading_threads(),
    )
