"""The TFLite metadata that a file carries, as far as it can be read: no computation depends on it."""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from types import SimpleNamespace

import numpy as np

from edgekit.errors import SourceError
from edgekit.inspection.flatbuffer import Content, Fault, Reader, damage_errors
from edgekit.inspection.schema import schema
from edgekit.metadata import ContentKind, Metadata, Normalization, TensorMetadata, layout

MOST_LABEL_BYTES = 1 << 22
"""How much is read of all files behind the model together: a small archive can unpack to any size."""
# What the zipfile module raises over archives that lie.
_ARCHIVE_FAULTS = (
    zipfile.BadZipFile,
    zlib.error,
    ArithmeticError,
    EOFError,
    LookupError,
    NotImplementedError,
    OSError,
    RuntimeError,
    ValueError,
)
_COLOURS = {layout.RGB: ContentKind.IMAGE_RGB, layout.GRAYSCALE: ContentKind.IMAGE_GRAYSCALE}
_LABELS = frozenset({layout.AXIS_LABELS, layout.VALUE_LABELS})


def read_metadata(content: bytes) -> tuple[Metadata | None, tuple[str, ...]]:
    """Return the metadata in a readable .tflite file, None where there is none, and what is wrong with it."""
    try:
        with damage_errors("its metadata"):
            packed = _packed(content)
            if packed is None:
                return None, ()
            if packed[4:8] != layout.IDENTIFIER:
                raise Fault(f"it is marked {packed[4:8]!r}, not {layout.IDENTIFIER!r}")
            archive, fault = _archive(content)
            return _metadata(packed, archive), () if fault is None else (fault,)
    except SourceError as error:
        return None, (error.message,)


def _packed(content: bytes) -> bytes | None:
    reader = Reader(len(content))
    model = reader.table(schema().Model.GetRootAs(Content(content)))
    for entry in reader.tables(model, "Metadata"):
        if reader.text(entry.Name()) == layout.ENTRY:
            if entry.Buffer() >= model.BuffersLength():
                raise Fault("it lies in a buffer that is not there")
            return reader.numbers(reader.table(model.Buffers(entry.Buffer())), "Data").tobytes()
    return None


def _archive(content: bytes) -> tuple[Mapping[str, str], str | None]:
    """Return the texts in the archive behind the model: name to content; and what is wrong with it."""
    stream = io.BytesIO(content)
    if not zipfile.is_zipfile(stream):
        return {}, None
    try:
        with zipfile.ZipFile(stream) as archive:
            texts, left = {}, MOST_LABEL_BYTES
            for member in archive.infolist():
                with archive.open(member) as file:
                    data = file.read(left)
                left -= len(data)
                texts[member.filename] = data.decode("utf-8", errors="replace")
            return texts, None
    except _ARCHIVE_FAULTS as error:
        return {}, f"the files packed behind the model cannot be read: {error}"


def _metadata(packed: bytes, archive: Mapping[str, str]) -> Metadata:
    reader = Reader(len(packed))
    root = _Part(reader, Content(packed), int.from_bytes(packed[:4], "little"), layout.MODEL_METADATA)
    subgraph = next(root.parts("subgraph_metadata", layout.SUBGRAPH), None)
    inputs, outputs = (
        () if subgraph is None else tuple(_tensor(part, archive) for part in subgraph.parts(field, layout.TENSOR))
        for field in ("input_tensor_metadata", "output_tensor_metadata")
    )
    return Metadata(
        name=root.text("name"),
        description=root.text("description"),
        inputs=inputs,
        outputs=outputs,
        version=root.text("version"),
        author=root.text("author"),
        license=root.text("license"),
        min_parser_version=root.text("min_parser_version"),
        files=tuple(archive),
    )


def _tensor(part: _Part, archive: Mapping[str, str]) -> TensorMetadata:
    normalization = None
    for unit in part.parts("process_units", layout.UNIT):
        options = unit.part("options", layout.NORMALIZATION)
        if unit.byte("options_type") == layout.NORMALIZATION_OPTIONS and options is not None:
            normalization = Normalization(options.floats("mean"), options.floats("std"))
    files = list(part.parts("associated_files", layout.ASSOCIATED_FILE))
    label_file = next((file.text("name") for file in files if file.byte("type") in _LABELS), None)
    stats = part.part("stats", layout.STATS)
    return TensorMetadata(
        name=part.text("name"),
        description=part.text("description"),
        content=_content(part.part("content", layout.CONTENT)),
        normalization=normalization,
        minimum=() if stats is None else stats.floats("min"),
        maximum=() if stats is None else stats.floats("max"),
        labels=tuple(archive.get(label_file or "", "").splitlines()),
        label_file=label_file,
    )


def _content(part: _Part | None) -> ContentKind:
    kind = 0 if part is None else part.byte("properties_type")
    image = part.part("properties", layout.IMAGE) if part is not None and kind == layout.IMAGE_PROPERTIES else None
    if image is not None:
        return _COLOURS.get(image.byte("color_space"), ContentKind.IMAGE)
    return ContentKind.FEATURE if kind in {0, layout.FEATURE_PROPERTIES} else ContentKind.OTHER


class _Part:
    """A table, read by the names of its fields; raises what ``damage_errors`` maps."""

    def __init__(self, reader: Reader, content: Content, position: int, slots: Mapping[str, int]) -> None:
        # Loaded on use, as all that is generated for FlatBuffers.
        from flatbuffers.table import Table

        self._reader, self._content, self._slots = reader, content, slots
        self._table = Table(content, position)
        reader.table(SimpleNamespace(_tab=self._table))

    def text(self, field: str) -> str:
        offset = self._offset(field)
        return self._reader.text(self._table.String(self._table.Pos + offset)) if offset else ""

    def byte(self, field: str) -> int:
        offset = self._offset(field)
        return int(self._content[self._table.Pos + offset]) if offset else 0

    def floats(self, field: str) -> tuple[float, ...]:
        offset = self._offset(field)
        if not offset:
            return ()
        start, count = self._table.Vector(offset), self._table.VectorLen(offset)
        values = np.frombuffer(self._content, "<f4", count=count, offset=start)
        owner = SimpleNamespace(ValuesAsNumpy=lambda: values)
        numbers = self._reader.numbers(owner, "Values")
        if not np.isfinite(numbers).all():
            raise Fault(f"its {field} is not a number")
        return tuple(float(value) for value in numbers)

    def part(self, field: str, slots: Mapping[str, int]) -> _Part | None:
        offset = self._offset(field)
        if not offset:
            return None
        return _Part(self._reader, self._content, self._table.Indirect(self._table.Pos + offset), slots)

    def parts(self, field: str, slots: Mapping[str, int]) -> Iterator[_Part]:
        offset = self._offset(field)
        if not offset:
            return
        start, count = self._table.Vector(offset), self._table.VectorLen(offset)
        for index in range(count):
            yield _Part(self._reader, self._content, self._table.Indirect(start + 4 * index), slots)

    def _offset(self, field: str) -> int:
        return int(self._table.Offset(4 + 2 * self._slots[field]))
