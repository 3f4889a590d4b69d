"""The bytes of one WAV file to numbers. Import it on use: it loads scipy.

scipy reads what the standard library's ``wave`` does not: floats, and the extensible format that most 24-bit files
are in.
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.io import wavfile

from edgekit.data.faults import Unreadable, sound_faults


@dataclass(frozen=True, slots=True)
class Sound:
    """One sound as it is stored."""

    rate: int
    """Values per second, of each channel."""
    stored: NDArray[Any]
    """[values, channels]; 24 bits are the upper ones of 32."""


def decode(content: bytes) -> Sound:
    """Return a WAV file's content: PCM of 8 to 64 bits or floats, any number of channels.

    Raises:
        Unreadable: it is damaged, cut off, empty, compressed, or no WAV file.
    """
    if not content:
        raise Unreadable("is empty (0 bytes)")
    with sound_faults():
        rate, stored = wavfile.read(io.BytesIO(content))
        if stored.size == 0:
            raise Unreadable("holds no sound (0 values)")
        return Sound(int(rate), stored.reshape(len(stored), -1))


def scaled(stored: NDArray[Any]) -> NDArray[np.float32]:
    """Return stored values as float32: integers divided by their range, so -1..1; floats as they stand."""
    if stored.dtype.kind == "f":
        return stored.astype(np.float32)
    if stored.dtype == np.uint8:
        return (stored.astype(np.float32) - np.float32(128)) / np.float32(128)
    # In float64, because float32 has 24 bits only.
    return (stored / -float(np.iinfo(stored.dtype).min)).astype(np.float32)
