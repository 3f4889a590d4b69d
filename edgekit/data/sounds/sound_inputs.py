"""Which inputs of a model take sounds, and how one is brought to an input's length and channels."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from edgekit.data.matching import require_kind, shape_text
from edgekit.data.supply import Medium
from edgekit.errors import CalibrationError
from edgekit.recipe import Recipe, SoundLength
from edgekit.tensors import TensorSpec

_LAYOUT = "values, or values x 1 or 2 channels"
_TOLD = {
    SoundLength.CROP: "longer ones cropped to {}",
    SoundLength.PAD: "shorter ones padded with silence to {}",
    SoundLength.FIT: "cropped or padded with silence to {}",
}


@dataclass(frozen=True, slots=True)
class SoundSize:
    """What an input wants of a sound."""

    length: int | None
    """In values; None where any length will do."""
    channels: int


def sound_size(spec: TensorSpec, *, recipe: Recipe) -> SoundSize:
    """Return the size of sound that a model's only input takes.

    Raises:
        CalibrationError: it takes no sounds, or sounds of any length where the recipe would crop or pad.
    """
    sizes = spec.shape[1:]
    text = f"input '{spec.name}' takes {shape_text(sizes)} for each sample"
    if len(sizes) not in {1, 2} or (len(sizes) == 2 and sizes[1] not in {1, 2}):
        raise CalibrationError(
            f"{text}, which is no sound; a sound is {_LAYOUT}",
            hint="give arrays of what the model takes, such as spectrograms, in an .npz or .npy file",
        )
    require_kind(np.dtype(np.float32), spec, where="a WAV file")
    if sizes[0] is None and recipe.sound_length is not None:
        raise CalibrationError(
            f"{text}, so there is no length to {recipe.sound_length} sounds to", hint="leave out the sound length"
        )
    return SoundSize(sizes[0], sizes[1] or 1 if len(sizes) == 2 else 1)


def sound(content: bytes, spec: TensorSpec, *, recipe: Recipe, name: str) -> tuple[NDArray[np.float32], int]:
    """Return a WAV file's content as the values that ``spec`` takes, in -1..1, and its values per second.

    Several channels are averaged for an input of one. Nothing is resampled.

    Raises:
        Unreadable: the file is damaged.
        CalibrationError: its rate, its length or its channels are not what is expected. ``name`` is the file's.
    """
    # Loaded on use: it brings scipy, which array files do not need.
    from edgekit.data.sounds.sound_decoding import decode, scaled

    size, decoded = sound_size(spec, recipe=recipe), decode(content)
    if recipe.sample_rate not in {None, decoded.rate}:
        raise CalibrationError(
            f"{name} has {decoded.rate} values per second, but sample_rate is {recipe.sample_rate}",
            hint=f"edgekit does not resample: ffmpeg -i IN.wav -ar {recipe.sample_rate} OUT.wav does",
        )
    length, channels = decoded.stored.shape
    wanted = length if size.length is None else size.length
    if not _may_become(length, wanted, choice=recipe.sound_length):
        raise CalibrationError(
            f"input '{spec.name}' takes {wanted} values for each sample, but {name} has {length} "
            f"({length / decoded.rate:.3f} s at {decoded.rate} Hz)",
            hint="choose a sound_length: crop cuts the end of longer sounds off, pad adds silence to the end of "
            "shorter ones, fit does either",
        )
    # Cropped first, so that a long recording is not scaled as a whole.
    values = scaled(decoded.stored[:wanted])
    if channels != size.channels:
        if size.channels != 1:
            raise CalibrationError(
                f"input '{spec.name}' takes {size.channels} channels, but {name} has {channels}",
                hint=f"give sounds of {size.channels} channels",
            )
        values = values.mean(axis=1, keepdims=True)
    values = np.pad(values, ((0, wanted - len(values)), (0, 0)))
    return values if len(spec.shape) == 3 else values[:, 0], decoded.rate


def sound_medium(spec: TensorSpec, *, recipe: Recipe, rate: int) -> Medium:
    """Return the record of what :func:`sound` does with sounds of ``rate`` values per second."""
    size = sound_size(spec, recipe=recipe)
    text = f"sounds at {rate} Hz, -1..1"
    if size.channels == 1:
        text += ", several channels averaged"
    if recipe.sound_length is not None:
        text += f", {_TOLD[SoundLength(recipe.sound_length)].format(size.length)}"
    return Medium(text)


def _may_become(length: int, wanted: int, *, choice: str | None) -> bool:
    if length == wanted or choice == SoundLength.FIT:
        return True
    return choice == (SoundLength.CROP if length > wanted else SoundLength.PAD)
