"""Damages real .tflite files, each in a way that its seed alone decides.

    python tests/fuzz/mutations.py DATA SEED FILE.tflite

writes the file of one seed again, and tells what was done to it.
"""

from __future__ import annotations

import random
import struct
import sys
from array import array
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from ai_edge_litert import schema_py_generated as schema

_TELLING = (0, 1, 0x7F, 0xFF, 0x7FFF, 0xFFFF, 0x10000, 0x7FFFFFFF, 0x80000000, 0x80000001, 0xFFFFFFFE, 0xFFFFFFFF)


@dataclass(frozen=True, slots=True)
class Original:
    """A real file, and where damage tells: most of its bytes are weights, where nearly any value is as good."""

    name: str
    content: bytes
    structure: array[int]
    """Positions, multiples of 4, of what is not weights."""


def read_originals(data: Path) -> list[Original]:
    """Return all .tflite files below ``data``, in the order of their names."""
    contents = {str(path.relative_to(data)): path.read_bytes() for path in sorted(data.rglob("*.tflite"))}
    return [Original(name, content, array("L", _structure(content))) for name, content in contents.items()]


def _structure(content: bytes) -> Iterator[int]:
    model = schema.Model.GetRootAs(content)
    weights = []
    for index in range(model.BuffersLength()):
        table = model.Buffers(index)._tab
        field = table.Offset(4)
        if field:
            weights.append((table.Vector(field), table.Vector(field) + table.VectorLen(field)))
    position = 0
    for start, end in [*sorted(weights), (len(content), 0)]:
        yield from range(-(-position // 4) * 4, start - 3, 4)
        position = end


def mutated(seed: int, originals: Sequence[Original]) -> tuple[str, bytes]:
    """Return what was done, for people, and the damaged bytes."""
    chance = random.Random(seed)
    original = chance.choice(originals)
    content, told = bytearray(original.content), [original.name]
    for _ in range(chance.choice((1, 1, 1, 2, 4))):
        (damage,) = chance.choices([kind for kind, _ in _KINDS], [weight for _, weight in _KINDS])
        place = _place(chance, original, content)
        told.append(f"{damage.__name__.strip('_')} at {place}")
        damage(chance, content, place, chance.choice(originals).content)
    return ", ".join(told), bytes(content)


def _place(chance: random.Random, original: Original, content: bytearray) -> int:
    """Return a multiple of 4, mostly in the structure, with at least 4 bytes behind it while there are any."""
    if chance.random() < 0.85:
        place = chance.choice(original.structure)
        if place + 4 <= len(content):
            return place
    return chance.randrange(max(1, len(content) // 4)) * 4


def _flip_bits(chance: random.Random, content: bytearray, place: int, _: bytes) -> None:
    for _ in range(chance.choice((1, 1, 2, 8))):
        at = place + chance.randrange(4)
        if at < len(content):
            content[at] ^= 1 << chance.randrange(8)


def _splice(chance: random.Random, content: bytearray, place: int, donor: bytes) -> None:
    size = chance.choice((1, 4, 16, 64, 1024))
    start = chance.randrange(max(1, len(donor) - size))
    content[place : place + size] = donor[start : start + size]


def _truncate(chance: random.Random, content: bytearray, place: int, _: bytes) -> None:
    del content[chance.choice((place, len(content) - chance.randrange(64))) :]


def _duplicate(chance: random.Random, content: bytearray, place: int, _: bytes) -> None:
    size = chance.choice((1, 4, 32, 512, 8192))
    content[place:place] = content[place : place + size]


def _inflate(chance: random.Random, content: bytearray, place: int, _: bytes) -> None:
    if place + 4 <= len(content):
        (value,) = struct.unpack_from("<I", content, place)
        values = (*_TELLING, value + 1, value - 1, value * 2, value << 8, value << 16, len(content))
        struct.pack_into("<I", content, place, chance.choice(values) & 0xFFFFFFFF)


def _stretch(chance: random.Random, content: bytearray, place: int, _: bytes) -> None:
    """Change the length of the vector, string or table that the next offset behind ``place`` leads to."""
    for at in range(place, min(place + 4096, len(content) - 4), 4):
        (offset,) = struct.unpack_from("<I", content, at)
        target = at + offset
        if offset >= 4 and target + 4 <= len(content):
            (length,) = struct.unpack_from("<I", content, target)
            if length < len(content):
                lengths = (0, length + 1, max(1, length) - 1, length * 2 + 1, length * 1024 + 1, *_TELLING[6:])
                struct.pack_into("<I", content, target, chance.choice(lengths) & 0xFFFFFFFF)
                return


_Damage = Callable[[random.Random, bytearray, int, bytes], None]
_KINDS: tuple[tuple[_Damage, int], ...] = (
    (_flip_bits, 4),
    (_splice, 3),
    (_truncate, 1),
    (_duplicate, 1),
    (_inflate, 4),
    (_stretch, 3),
)


if __name__ == "__main__":
    description, damaged = mutated(int(sys.argv[2]), read_originals(Path(sys.argv[1])))
    Path(sys.argv[3]).write_bytes(damaged)
    sys.stdout.write(f"{description}\n")
