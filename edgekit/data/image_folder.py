"""A folder of images, flat or with one folder for each class."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from edgekit.data.faults import UnreadableImage, folder_faults
from edgekit.data.pictures import PictureSize, picture_size
from edgekit.data.supply import Sample, Skipped, shuffled
from edgekit.errors import CalibrationError
from edgekit.recipe import Recipe, Resize
from edgekit.tensors import TensorSpec

SUFFIXES = (".jpg", ".jpeg", ".png", ".bmp", ".gif", ".webp", ".tif", ".tiff")
"""What an image file's name ends with, in capitals or not. Other files are not looked at."""


@dataclass(frozen=True, slots=True)
class ImageFolder:
    """The images of a folder, found but not read yet."""

    folder: Path
    names: tuple[str, ...]
    """Relative to the folder, sorted, with ``/``."""
    classes: tuple[str, ...]
    """Names of the class folders as Keras sorts them; empty for a flat folder."""
    spec: TensorSpec
    size: PictureSize
    recipe: Recipe
    images: bool = True

    @property
    def available(self) -> int:
        """How many files look like images."""
        return len(self.names)

    def draw(self, count: int | None) -> Iterator[Sample | Skipped]:
        """Read images in seeded order until ``count`` are good; see :class:`edgekit.data.supply.Supply`."""
        position, reasons = 0, list[str]()
        for name in shuffled(self.names, seed=self.recipe.seed):
            if position == count:
                return
            try:
                sample = self._read(name, position=position)
            except UnreadableImage as fault:
                reasons.append(f"{_printable(name)} {fault}")
                yield Skipped(reasons[-1])
                continue
            position += 1
            yield sample
        if position == 0:
            more = f", and {len(reasons) - 3} more like these" if len(reasons) > 3 else ""
            raise CalibrationError(
                f"calibration folder {self.folder} holds no readable image: {'; '.join(reasons[:3])}{more}",
                hint="look at one of the files in an image viewer, or give another folder",
            )

    def _read(self, name: str, *, position: int) -> Sample:
        # Loaded on use: it brings Pillow, which array files do not need.
        from edgekit.data.image_decoding import decode

        path = self.folder / name
        # Opening a pipe would wait for ever.
        if not path.is_file():
            raise UnreadableImage("is not a file, or a link to one that is gone")
        try:
            content = path.read_bytes()
        except OSError as error:
            raise UnreadableImage(f"cannot be read: {error.strerror}") from error
        size = self.size
        pixels = decode(
            content, height=size.height, width=size.width, channels=size.channels, resize=Resize(self.recipe.resize)
        )
        return Sample(
            name=_printable(name),
            position=position,
            sample_id=hashlib.sha256(content).hexdigest(),
            values={self.spec.name: pixels if len(self.spec.shape) == 4 else pixels[..., 0]},
            label=self.classes.index(name.split("/", 1)[0]) if self.classes else None,
        )


def open_folder(folder: Path, *, inputs: Sequence[TensorSpec], recipe: Recipe) -> ImageFolder:
    """Return the images of ``folder``, for a model with one image input.

    Raises:
        CalibrationError: the model takes no image, or the folder is empty, holds no image, or is not laid out as
            images only or one folder of images for each class.
    """
    if len(inputs) > 1:
        taken = ", ".join(spec.name for spec in inputs)
        raise CalibrationError(
            f"calibration folder {folder} gives one image for each sample, but the model has {len(inputs)} inputs: "
            f"{taken}",
            hint="give an .npz file with one array for each input, under these names",
        )
    size = picture_size(inputs[0])
    with folder_faults(folder):
        names, classes = _layout(folder)
    return ImageFolder(folder, names, classes, inputs[0], size, recipe)


def _layout(folder: Path) -> tuple[tuple[str, ...], tuple[str, ...]]:
    images, folders, others = _listing(folder)
    members = {name: _listing(folder / name) for name in folders}
    filled = [name for name in folders if members[name][0]]
    if images and filled:
        raise CalibrationError(
            f"calibration folder {folder} holds {len(images)} images beside folders of images ({filled[0]}, ...)",
            hint="either put all images into the folder, or all of them into one folder for each class",
        )
    if images:
        return tuple(images), ()
    for name, (_, nested, _) in members.items():
        if nested:
            raise CalibrationError(
                f"calibration folder {folder} is too deep: {name} holds the folder {nested[0]}, and only one level "
                "of class folders is read",
                hint=f"give the folder right above the class folders, such as {folder / name}",
            )
    if not filled:
        found = len(others) + sum(len(rest) for _, _, rest in members.values())
        what = f"{found} files, but none of them is an image" if found else "nothing"
        raise CalibrationError(
            f"calibration folder {folder} holds {what}", hint=f"images are known by their names: {', '.join(SUFFIXES)}"
        )
    return tuple(sorted(f"{name}/{image}" for name in filled for image in members[name][0])), tuple(folders)


def _listing(folder: Path) -> tuple[list[str], list[str], list[str]]:
    """Return the names of images, folders and other files, each sorted; hidden ones are left out."""
    images, folders, others = list[str](), list[str](), list[str]()
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.name.startswith("."):
                continue
            is_image = entry.name.lower().endswith(SUFFIXES)
            (folders if entry.is_dir() else images if is_image else others).append(entry.name)
    return sorted(images), sorted(folders), sorted(others)


def _printable(name: str) -> str:
    # File names that are not UTF-8 hold surrogates, which cannot be printed or saved as JSON.
    return os.fsencode(name).decode(errors="replace")
