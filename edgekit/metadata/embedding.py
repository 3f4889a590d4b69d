"""Puts metadata into a .tflite file, whose own bytes stay as they are.

Offsets in a FlatBuffer lead forward and are relative: a new head in front of the old bytes can list the old parts and
one more. So no constant is copied, reordered or moved off the 16 bytes that it is aligned to, as it would be by
unpacking the file and packing it again, and a large file costs no more than its copy. Only what lies behind the
FlatBuffer is found at places that count from the start of the file, as the quantizer keeps the constants of all but
small networks: these places all move by the length of the head. Associated files lie behind the model as a zip archive
with nothing compressed, which is what Android's MetadataExtractor reads.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping

import flatbuffers
from flatbuffers.number_types import UOffsetTFlags
from flatbuffers.table import Table

from edgekit.metadata import layout

_ALIGNMENT = 16
_MOST_BYTES = 2**31 - 1
# What archives hold for "no time": the first that they can.
_NO_TIME = (1980, 1, 1, 0, 0, 0)
_READABLE = 0o644 << 16
_POINTER_BYTES = 4
_FAR_BYTES = 8


class CannotEmbed(ValueError):
    """Why a file cannot take metadata, as the second half of a sentence."""


def embed(model: bytes, metadata: bytes, *, files: Mapping[str, bytes]) -> bytes:
    """Return the .tflite file with metadata, in place of what it may have, and with associated files behind it.

    Args:
        model: a readable .tflite file.
        metadata: from :func:`edgekit.metadata.writing.encode`.
        files: name to content.

    Raises:
        CannotEmbed: the file is too large for offsets of 32 bits, or places constants where it has no bytes.
    """
    content = _with_entry(_without_archive(model), metadata)
    if not files:
        return content
    stream = io.BytesIO()
    stream.write(content)
    # Where a stream has been written to, places in the archive count from its start.
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_STORED) as archive:
        for name, data in files.items():
            member = zipfile.ZipInfo(name, _NO_TIME)
            member.external_attr = _READABLE
            # Else it would tell the system that it was written on.
            member.create_system = 3
            archive.writestr(member, data)
    return stream.getvalue()


def _without_archive(model: bytes) -> bytes:
    stream = io.BytesIO(model)
    try:
        with zipfile.ZipFile(stream) as archive:
            return model[: min((member.header_offset for member in archive.infolist()), default=len(model))]
    except zipfile.BadZipFile:
        return model


def _with_entry(model: bytes, metadata: bytes) -> bytes:
    old = model + bytes(-len(model) % _ALIGNMENT)
    root = _root(old)
    if root.Offset(4 + 2 * len(layout.MODEL)) != 0:
        raise CannotEmbed("follows a later version of the schema")
    buffers = _pointers(root, layout.MODEL["buffers"])
    far = _far_places(root, end=len(model))
    entries = [
        entry for entry in _pointers(root, layout.MODEL["metadata"]) if _name(old, entry) != layout.ENTRY.encode()
    ]
    room = len(metadata) + _POINTER_BYTES * (len(buffers) + len(entries)) + 1024
    if len(old) + room > _MOST_BYTES:
        raise CannotEmbed("is too large to hold anything more")
    builder = flatbuffers.Builder(0)
    # The old file is what was "built" so far: a part at byte p is found len(old) - p bytes before the end.
    builder.Bytes = bytearray(room) + old
    builder.head = UOffsetTFlags.py_type(room)

    builder.StartVector(1, len(metadata), _ALIGNMENT)
    builder.head = UOffsetTFlags.py_type(builder.head - len(metadata))
    builder.Bytes[builder.head : builder.head + len(metadata)] = metadata
    data = builder.EndVector()
    builder.StartObject(len(layout.BUFFER))
    builder.PrependUOffsetTRelativeSlot(layout.BUFFER["data"], data, 0)
    buffer = builder.EndObject()
    name = builder.CreateString(layout.ENTRY)
    builder.StartObject(len(layout.MODEL_ENTRY))
    builder.PrependUOffsetTRelativeSlot(layout.MODEL_ENTRY["name"], name, 0)
    builder.PrependUint32Slot(layout.MODEL_ENTRY["buffer"], len(buffers), 0)
    entry = builder.EndObject()

    def listed(positions: list[int], new: int) -> int:
        builder.StartVector(_POINTER_BYTES, len(positions) + 1, _POINTER_BYTES)
        builder.PrependUOffsetTRelative(new)
        for position in reversed(positions):
            builder.PrependUOffsetTRelative(len(old) - position)
        return int(builder.EndVector())

    lists = {"buffers": listed(buffers, buffer), "metadata": listed(entries, entry)}
    builder.StartObject(len(layout.MODEL))
    builder.PrependUint32Slot(layout.MODEL["version"], _version(root), 0)
    for field, slot in layout.MODEL.items():
        if field == "version":
            continue
        place = _place(root, field)
        part = lists.get(field, 0 if place is None else len(old) - place)
        builder.PrependUOffsetTRelativeSlot(slot, part, 0)
    model_table = builder.EndObject()
    builder.Finish(model_table, file_identifier=old[4:8])
    start = len(builder.Bytes) - len(old)
    for place in far:
        number = slice(start + place, start + place + _FAR_BYTES)
        moved = int.from_bytes(builder.Bytes[number], "little") + start - int(builder.head)
        builder.Bytes[number] = moved.to_bytes(_FAR_BYTES, "little")
    return bytes(builder.Output())


def _root(content: bytes) -> Table:
    return Table(content, int.from_bytes(content[:4], "little"))


def _offset(table: Table, slot: int) -> int:
    """Return where a field lies from the start of its table; 0 where it is left out."""
    return int(table.Offset(4 + 2 * slot))


def _place(root: Table, field: str) -> int | None:
    offset = _offset(root, layout.MODEL[field])
    return int(root.Indirect(root.Pos + offset)) if offset else None


def _version(root: Table) -> int:
    offset = _offset(root, layout.MODEL["version"])
    return int.from_bytes(root.Bytes[root.Pos + offset : root.Pos + offset + 4], "little") if offset else 0


def _pointers(table: Table, slot: int) -> list[int]:
    """Return where the tables of a vector lie."""
    offset = _offset(table, slot)
    if not offset:
        return []
    start, count = int(table.Vector(offset)), int(table.VectorLen(offset))
    return [int(table.Indirect(start + _POINTER_BYTES * index)) for index in range(count)]


def _far_places(root: Table, *, end: int) -> frozenset[int]:
    """Return where the fields lie that count from the start of the file.

    Raises:
        CannotEmbed: one leads to bytes that are not before ``end``.
    """
    content = root.Bytes
    candidates = [
        (position, layout.BUFFER["offset"], layout.BUFFER["size"])
        for position in _pointers(root, layout.MODEL["buffers"])
    ]
    for subgraph in _pointers(root, layout.MODEL["subgraphs"]):
        candidates += [
            (
                position,
                layout.OPERATOR["large_custom_options_offset"],
                layout.OPERATOR["large_custom_options_size"],
            )
            for position in _pointers(Table(content, subgraph), layout.SUBGRAPH_OF_MODEL["operators"])
        ]
    places = set()
    for position, where, how_much in candidates:
        table = Table(content, position)
        start, size = _far_number(table, where), _far_number(table, how_much)
        # 0 and 1 stand for "not used".
        if start > 1:
            if start + size > end:
                raise CannotEmbed(f"places {size} bytes at byte {start}, but ends at byte {end}")
            places.add(position + _offset(table, where))
    return frozenset(places)


def _far_number(table: Table, slot: int) -> int:
    offset = _offset(table, slot)
    place = table.Pos + offset
    return int.from_bytes(table.Bytes[place : place + _FAR_BYTES], "little") if offset else 0


def _name(content: bytes, position: int) -> bytes:
    table = Table(content, position)
    offset = _offset(table, layout.MODEL_ENTRY["name"])
    return bytes(table.String(position + offset)) if offset else b""
