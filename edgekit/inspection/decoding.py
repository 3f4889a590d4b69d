"""A .tflite file's bytes into a checked :class:`Graph`. Any bytes at all give a graph or a SourceError."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edgekit.errors import SourceError
from edgekit.inspection.flatbuffer import Content, Fault, Reader, damage_errors
from edgekit.inspection.graph import BITS, Graph, Operator, Quantization, Signature, Subgraph, Tensor
from edgekit.inspection.schema import names_of, schema

SCHEMA_VERSION = 3
MAX_RANK = 32
_UNSIZED = frozenset({"string", "resource", "variant"})

_Buffer = NDArray[np.uint8] | None
_Code = tuple[str, bool, int]


def read_graph(content: bytes, *, name: str) -> Graph:
    """Return the graph in ``content``, the bytes of a .tflite file that ``name`` stands for in errors.

    Raises:
        SourceError: the bytes contradict themselves, or are of another version of the schema.
    """
    reader = Reader(len(content))
    with damage_errors(name):
        model = reader.table(schema().Model.GetRootAs(Content(content)))
        version = int(model.Version())
    if version != SCHEMA_VERSION:
        raise SourceError(
            f"{name} follows version {version} of the TFLite schema; edgekit and the runtime read version "
            f"{SCHEMA_VERSION}",
            hint="convert the model again with a current converter",
        )
    with damage_errors(name):
        return _graph(reader, model)


def _graph(reader: Reader, model: Any) -> Graph:
    buffers = [_buffer(reader, item) for item in reader.tables(model, "Buffers")]
    codes = [_code(reader, item) for item in reader.tables(model, "OperatorCodes")]
    external = {int(item.Id()): item for item in reader.tables(model, "ExternalBuffers")}
    subgraphs = []
    for index, item in enumerate(reader.tables(model, "Subgraphs")):
        tensors = tuple(
            _tensor(reader, tensor, number, buffers=buffers, external=external)
            for number, tensor in enumerate(reader.tables(item, "Tensors"))
        )
        subgraphs.append(_subgraph(reader, item, index, tensors=tensors, codes=codes))
    if not subgraphs:
        raise Fault("it holds no graph")
    signatures = tuple(_signature(reader, item, subgraphs) for item in reader.tables(model, "SignatureDefs"))
    return Graph(int(model.Version()), reader.text(model.Description()), tuple(subgraphs), signatures)


def _buffer(reader: Reader, item: Any) -> _Buffer:
    if not item.DataIsNone():
        return reader.numbers(item, "Data")
    # 0 and 1 stand for "not used".
    return reader.behind(item, item.Offset(), item.Size()) if item.Offset() > 1 else None


def _code(reader: Reader, item: Any) -> _Code:
    # Numbers above 127 did not fit the first field, which old files use alone.
    number = max(int(item.BuiltinCode()), int(item.DeprecatedBuiltinCode()))
    name = names_of("BuiltinOperator").get(number)
    if name is None:
        raise Fault(f"it uses operator number {number}, which the schema does not have")
    if name != "CUSTOM":
        return name, False, int(item.Version())
    custom = reader.text(item.CustomCode())
    if not custom:
        raise Fault("it uses a custom operator without a name")
    return custom, True, int(item.Version())


def _tensor(
    reader: Reader, item: Any, index: int, *, buffers: Sequence[_Buffer], external: Mapping[int, Any]
) -> Tensor:
    dtype = names_of("TensorType").get(int(item.Type()))
    if dtype is None:
        raise Fault(f"tensor {index} has an unknown type")
    buffer = int(item.Buffer())
    # Number 0 says "no buffer", and is valid in files that have no buffers at all.
    if buffer and buffer >= len(buffers):
        raise Fault(f"tensor {index} uses buffer {buffer} of {len(buffers)}")
    elsewhere = external.get(int(item.ExternalBuffer()))
    tensor = Tensor(
        index=index,
        name=reader.text(item.Name()),
        shape=_sizes(reader, item, "Shape", index),
        signature=_sizes(reader, item, "ShapeSignature", index),
        dtype=dtype.lower(),
        buffer=buffer,
        data=buffers[buffer] if buffer else None,
        external=None if elsewhere is None else (elsewhere.Group(), elsewhere.Offset(), elsewhere.Length()),
        variable=bool(item.IsVariable()),
        quantization=_quantization(reader, item.Quantization(), index),
        sparsity=_sparsity(reader, item.Sparsity()),
    )
    _check_size(tensor)
    return tensor


def _sizes(reader: Reader, item: Any, field: str, index: int) -> tuple[int, ...]:
    sizes = reader.numbers(item, field)
    if sizes.size > MAX_RANK or (sizes < -1).any():
        raise Fault(f"tensor {index} has an impossible shape")
    return tuple(int(size) for size in sizes)


def _check_size(tensor: Tensor) -> None:
    needed, stored = tensor.size_bytes, tensor.stored_bytes
    if (tensor.count or 0) * BITS.get(tensor.dtype, 8) >= 2**63:
        raise Fault(f"tensor {tensor.index} is larger than any memory")
    # The size of sparse tensors and of strings follows from their content.
    loose = tensor.data is None or tensor.sparsity is not None or tensor.dtype in _UNSIZED
    if not loose and needed is not None and stored < needed:
        raise Fault(f"constant tensor {tensor.index} holds {stored} bytes where its shape needs {needed}")


def _quantization(reader: Reader, item: Any, index: int) -> Quantization | None:
    if item is None:
        return None
    reader.table(item)
    scales, zero_points = reader.numbers(item, "Scale"), reader.numbers(item, "ZeroPoint")
    if not np.isfinite(scales).all():
        raise Fault(f"tensor {index} has a scale that is not a number")
    kind = int(item.DetailsType())
    if not kind and not scales.size:
        return None
    return Quantization(
        scales=scales.astype(np.float32, copy=False),
        zero_points=zero_points.astype(np.int64, copy=False),
        axis=int(item.QuantizedDimension()),
        details=reader.union(names_of("QuantizationDetails").get(kind), item.Details()) if kind else None,
    )


def _sparsity(reader: Reader, item: Any) -> Mapping[str, Any] | None:
    if item is None:
        return None
    # One entry per dimension and per dimension of a block; the generated code would trust any length.
    if reader.table(item).DimMetadataLength() > 2 * MAX_RANK:
        raise Fault("a sparse tensor has too many dimensions")
    return reader.fields(schema().SparsityParametersT.InitFromObj(item))


def _subgraph(
    reader: Reader, item: Any, index: int, *, tensors: tuple[Tensor, ...], codes: Sequence[_Code]
) -> Subgraph:
    where = f"subgraph {index}"
    return Subgraph(
        index=index,
        tensors=tensors,
        inputs=_references(reader, item, "Inputs", where=where, limit=len(tensors), lowest=0),
        outputs=_references(reader, item, "Outputs", where=where, limit=len(tensors), lowest=0),
        operators=tuple(
            _operator(reader, operator, number, limit=len(tensors), codes=codes)
            for number, operator in enumerate(reader.tables(item, "Operators"))
        ),
    )


def _operator(reader: Reader, item: Any, index: int, *, limit: int, codes: Sequence[_Code]) -> Operator:
    where = f"operator {index}"
    number = int(item.OpcodeIndex())
    if number >= len(codes):
        raise Fault(f"{where} is number {number} of a list of {len(codes)} kinds")
    name, custom, version = codes[number]
    unions = (
        ("BuiltinOptions", int(item.BuiltinOptionsType()), item.BuiltinOptions()),
        ("BuiltinOptions2", int(item.BuiltinOptions2Type()), item.BuiltinOptions2()),
    )
    return Operator(
        index=index,
        name=name,
        custom=custom,
        version=version,
        inputs=_references(reader, item, "Inputs", where=where, limit=limit),
        outputs=_references(reader, item, "Outputs", where=where, limit=limit),
        intermediates=_references(reader, item, "Intermediates", where=where, limit=limit),
        mutating=tuple(bool(flag) for flag in reader.numbers(item, "MutatingVariableInputs")),
        options=tuple(reader.union(names_of(field).get(kind), part) for field, kind, part in unions if kind),
        custom_options=_custom_options(reader, item),
    )


def _custom_options(reader: Reader, item: Any) -> bytes:
    if item.LargeCustomOptionsOffset() > 1:
        return reader.behind(item, item.LargeCustomOptionsOffset(), item.LargeCustomOptionsSize()).tobytes()
    return reader.numbers(item, "CustomOptions").tobytes()


def _references(reader: Reader, item: Any, field: str, *, where: str, limit: int, lowest: int = -1) -> tuple[int, ...]:
    numbers = reader.numbers(item, field)
    if numbers.size and not (lowest <= numbers.min() and numbers.max() < limit):
        raise Fault(f"the {field.lower()} of {where} name a tensor that is not among its {limit}")
    return tuple(int(number) for number in numbers)


def _signature(reader: Reader, item: Any, subgraphs: Sequence[Subgraph]) -> Signature:
    key, number = reader.text(item.SignatureKey()), int(item.SubgraphIndex())
    if number >= len(subgraphs):
        raise Fault(f"the signature '{key}' is for subgraph {number} of {len(subgraphs)}")
    limit = len(subgraphs[number].tensors)
    return Signature(
        key=key,
        subgraph=number,
        inputs=_tensor_map(reader, item, "Inputs", limit),
        outputs=_tensor_map(reader, item, "Outputs", limit),
    )


def _tensor_map(reader: Reader, item: Any, field: str, limit: int) -> tuple[tuple[str, int], ...]:
    pairs = tuple((reader.text(entry.Name()), int(entry.TensorIndex())) for entry in reader.tables(item, field))
    if any(number >= limit for _, number in pairs):
        raise Fault(f"the {field.lower()} of a signature name a tensor that its subgraph does not have")
    return pairs
