"""Metadata as the bytes of a FlatBuffer: the same bytes every time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import flatbuffers

from edgekit.metadata import layout
from edgekit.metadata.values import ContentKind, Metadata, Normalization, TensorMetadata

_COLOURS = {ContentKind.IMAGE_RGB: layout.RGB, ContentKind.IMAGE_GRAYSCALE: layout.GRAYSCALE, ContentKind.IMAGE: 0}
_POINTER_BYTES = 4


def encode(metadata: Metadata, *, sizes: Mapping[str, tuple[int, int]]) -> bytes:
    """Return the FlatBuffer.

    Args:
        metadata: labels are not in it, only the name of their file.
        sizes: name of an input that takes images to their height and width in pixels.
    """
    builder = flatbuffers.Builder(1024)
    subgraph = _table(
        builder,
        layout.SUBGRAPH,
        input_tensor_metadata=_pointers(builder, [_tensor(builder, item, sizes) for item in metadata.inputs]),
        output_tensor_metadata=_pointers(builder, [_tensor(builder, item, sizes) for item in metadata.outputs]),
    )
    root = _table(
        builder,
        layout.MODEL_METADATA,
        name=_text(builder, metadata.name),
        description=_text(builder, metadata.description),
        subgraph_metadata=_pointers(builder, [subgraph]),
        min_parser_version=_text(builder, metadata.min_parser_version or layout.PARSER_VERSION),
    )
    builder.Finish(root, file_identifier=layout.IDENTIFIER)
    return bytes(builder.Output())


def _tensor(builder: flatbuffers.Builder, item: TensorMetadata, sizes: Mapping[str, tuple[int, int]]) -> int:
    units = [] if item.normalization is None else [_normalization(builder, item.normalization)]
    files = [] if item.label_file is None else [_labels(builder, item.label_file)]
    stats = 0
    if item.minimum:
        stats = _table(builder, layout.STATS, max=_floats(builder, item.maximum), min=_floats(builder, item.minimum))
    return _table(
        builder,
        layout.TENSOR,
        name=_text(builder, item.name),
        description=_text(builder, item.description),
        content=_content(builder, item, sizes),
        process_units=_pointers(builder, units),
        stats=stats,
        associated_files=_pointers(builder, files),
    )


def _content(builder: flatbuffers.Builder, item: TensorMetadata, sizes: Mapping[str, tuple[int, int]]) -> int:
    if item.content not in _COLOURS:
        properties = _table(builder, {})
        return _table(builder, layout.CONTENT, {"properties_type": layout.FEATURE_PROPERTIES}, properties=properties)
    size = 0
    if item.name in sizes:
        height, width = sizes[item.name]
        builder.StartObject(len(layout.IMAGE_SIZE))
        builder.PrependUint32Slot(layout.IMAGE_SIZE["height"], height, 0)
        builder.PrependUint32Slot(layout.IMAGE_SIZE["width"], width, 0)
        size = builder.EndObject()
    properties = _table(builder, layout.IMAGE, {"color_space": _COLOURS[item.content]}, default_size=size)
    return _table(builder, layout.CONTENT, {"properties_type": layout.IMAGE_PROPERTIES}, properties=properties)


def _normalization(builder: flatbuffers.Builder, normalization: Normalization) -> int:
    options = _table(
        builder,
        layout.NORMALIZATION,
        mean=_floats(builder, normalization.mean),
        std=_floats(builder, normalization.std),
    )
    return _table(builder, layout.UNIT, {"options_type": layout.NORMALIZATION_OPTIONS}, options=options)


def _labels(builder: flatbuffers.Builder, name: str) -> int:
    return _table(
        builder,
        layout.ASSOCIATED_FILE,
        {"type": layout.AXIS_LABELS},
        name=_text(builder, name),
        description=_text(builder, "The names of the classes, one line each, in the order of the scores."),
    )


def _table(
    builder: flatbuffers.Builder, slots: Mapping[str, int], small: Mapping[str, int] | None = None, **parts: int
) -> int:
    """Write a table; ``small`` are its numbers of one byte, ``parts`` what was written before it (0: nothing)."""
    builder.StartObject(len(slots))
    for name, part in parts.items():
        builder.PrependUOffsetTRelativeSlot(slots[name], part, 0)
    for name, number in (small or {}).items():
        builder.PrependUint8Slot(slots[name], number, 0)
    return int(builder.EndObject())


def _text(builder: flatbuffers.Builder, text: str) -> int:
    # File names that are not UTF-8 hold surrogates, which no string of the format can.
    return int(builder.CreateString(text.encode(errors="replace"))) if text else 0


def _floats(builder: flatbuffers.Builder, values: Sequence[float]) -> int:
    builder.StartVector(4, len(values), 4)
    for value in reversed(values):
        builder.PrependFloat32(value)
    return int(builder.EndVector())


def _pointers(builder: flatbuffers.Builder, parts: Sequence[int]) -> int:
    if not parts:
        return 0
    builder.StartVector(_POINTER_BYTES, len(parts), _POINTER_BYTES)
    for part in reversed(parts):
        builder.PrependUOffsetTRelative(part)
    return int(builder.EndVector())
