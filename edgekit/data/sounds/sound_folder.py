"""A folder of WAV files, flat or with one folder for each class."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from edgekit.data.class_folders import ClassFolders, class_folders, require_one_input
from edgekit.data.item_supply import Item, ItemSupply, printable
from edgekit.data.sounds.sound_inputs import sound, sound_medium, sound_size
from edgekit.data.supply import Medium
from edgekit.errors import CalibrationError
from edgekit.recipe import Recipe
from edgekit.tensors import TensorSpec

SUFFIXES = (".wav", ".wave")
"""What a sound file's name ends with, in capitals or not. Other files are not looked at."""


class _Sounds:
    """Sound files; see :class:`edgekit.data.item_supply.Items`. The first one that is read sets the rate."""

    def __init__(self, files: ClassFolders, spec: TensorSpec, recipe: Recipe) -> None:
        self.media: Mapping[str, Medium] = {}
        self._files, self._spec, self._recipe = files, spec, recipe
        self._first: tuple[str, int] | None = None

    def __len__(self) -> int:
        return len(self._files.names)

    def name(self, index: int) -> str:
        return self._files.names[index]

    def read(self, index: int) -> Item:
        name = printable(self.name(index))
        content = self._files.read(index)
        values, rate = sound(content, self._spec, recipe=self._recipe, name=name)
        if self._first is None:
            self._first = name, rate
            self.media = {self._spec.name: sound_medium(self._spec, recipe=self._recipe, rate=rate)}
        if rate != self._first[1]:
            raise CalibrationError(
                f"{name} has {rate} values per second, but {self._first[0]} has {self._first[1]}",
                hint="the model was trained on one rate: edgekit does not resample, ffmpeg -ar RATE does",
            )
        return Item(hashlib.sha256(content).hexdigest(), {self._spec.name: values})


@contextmanager
def open_sounds(path: Path, *, inputs: Sequence[TensorSpec], recipe: Recipe) -> Iterator[ItemSupply]:
    """Open the WAV files of a folder, for a model with one input of sounds.

    Raises:
        CalibrationError: the model takes no sound, or the folder is not laid out as sounds only or one folder of
            sounds for each class.
    """
    require_one_input(inputs, folder=path, noun="sound")
    if recipe.value_range is not None or recipe.colour is not None:
        raise CalibrationError(
            f"a value range and a colour order are for images, and sample folder {path} holds sounds",
            hint="leave out --range and --colour: sounds become -1..1",
        )
    sound_size(inputs[0], recipe=recipe)
    hint = f"sounds are known by their names: {', '.join(SUFFIXES)}"
    files = class_folders(path, suffixes=SUFFIXES, noun="sound", hint=hint)
    yield ItemSupply(
        items=_Sounds(files, inputs[0], recipe),
        where=f"sample folder {path}",
        noun="sound",
        labels=files.labels,
        seed=recipe.seed,
        classes=files.classes,
    )
