"""What each operator really computes in, and one word for a whole file."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from edgekit.inspection.graph import Operator, Subgraph, Tensor

BOUNDARY = "boundary"
"""QUANTIZE and DEQUANTIZE: they change how values are stored, and compute nothing."""
CONTROL = "control"
"""IF, WHILE and the like: their subgraphs compute."""
UNKNOWN = "unknown"
"""A custom operator: its code is not in the file."""
MIXED = "mixed"

EDGE_TPU = "edgetpu-custom-op"
"""Name of the custom operator that the Edge TPU compiler makes of everything that it compiles."""
FLEX = "Flex"
"""How the names of TensorFlow operators begin that were not converted."""

BOUNDARIES = frozenset({"QUANTIZE", "DEQUANTIZE", "DENSIFY"})
"""Operators that change how values are stored, and compute nothing."""
_CONTROLS = frozenset(
    {"IF", "WHILE", "CALL", "CALL_ONCE", "VAR_HANDLE", "HASHTABLE", "STABLEHLO_CASE", "STABLEHLO_COMPOSITE"}
    | {"STABLEHLO_WHILE"}
)
_SHAPES = frozenset({"SHAPE", "RANK"})
_SHORT_WEIGHTS = {"int2": "int2_weights", "int4": "int4_weights", "uint4": "int4_weights"}
_BYTE_WEIGHTS = frozenset({"int8", "uint8"})
_SILENT = frozenset({BOUNDARY, CONTROL, "bool", "string", "resource", "variant"}) | frozenset(
    f"{sign}int{bits}" for sign in ("", "u") for bits in (32, 64)
)


def op_precision(operator: Operator, subgraph: Subgraph, *, origins: Mapping[int, Tensor]) -> str:
    """Return what ``operator`` computes in, from the types of its tensors.

    * ``int8``, ``uint8``: activations (and weights, where there are any) of that type.
    * ``int16x8``: int16 activations with int8 weights; ``int16``: without weights, or with int16 ones.
    * ``dynamic_int8``: float activations that meet int8 weights directly, so that the kernel quantizes the
      activations while it runs. Weights that a DEQUANTIZE unpacks first are computed with in float32.
    * ``int8x4``: int8 activations with 4-bit weights.
    * ``int4_weights``, ``int2_weights``: weights of so few bits, with other activations.
    * ``float32`` and other float types; ``int32``, ``bool``, ... for operators on indices, shapes and masks.
    * ``boundary``, ``control``, ``unknown``: see the constants of this module.

    Args:
        operator: one of ``subgraph``.
        subgraph: where it stands.
        origins: from ``constant_origins(subgraph)``.
    """
    if operator.name in BOUNDARIES:
        return BOUNDARY
    if operator.name in _CONTROLS:
        return CONTROL
    # A Flex operator is TensorFlow's own kernel, and an Edge TPU has integers only: both compute in the types of
    # their tensors.
    if operator.custom and not (operator.name.startswith(FLEX) or operator.name == EDGE_TPU):
        return UNKNOWN
    inputs = [subgraph.tensors[index] for index in operator.inputs if index >= 0]
    outputs = [subgraph.tensors[index] for index in operator.outputs if index >= 0]
    given = [tensor for tensor in inputs if tensor.index not in origins]
    carrier = _carrier(outputs if operator.name in _SHAPES else [*given, *outputs, *inputs])
    if carrier is None:
        return UNKNOWN
    weights = {tensor.dtype for tensor in inputs if tensor.constant and tensor.quantized}
    for dtype, word in _SHORT_WEIGHTS.items():
        if dtype in weights:
            return "int8x4" if (word, carrier.dtype) == ("int4_weights", "int8") else word
    if carrier.floating:
        return "dynamic_int8" if weights & _BYTE_WEIGHTS else carrier.dtype
    return "int16x8" if carrier.dtype == "int16" and "int8" in weights else carrier.dtype


def has_float_activations(operator: Operator, subgraph: Subgraph, *, origins: Mapping[int, Tensor]) -> bool:
    """Return whether what ``operator`` is given and gives while running are floating point numbers.

    Never for QUANTIZE, DEQUANTIZE and control flow, which compute nothing. Arguments as for :func:`op_precision`.
    """
    if operator.name in BOUNDARIES | _CONTROLS:
        return False
    indices = [index for index in (*operator.inputs, *operator.outputs) if index >= 0 and index not in origins]
    return any(subgraph.tensors[index].floating for index in indices)


def _carrier(tensors: Iterable[Tensor]) -> Tensor | None:
    """Return the tensor whose type is computed in: the first one that stands for real numbers, else the first."""
    found = list(tensors)
    for tensor in found:
        if tensor.floating or tensor.quantized:
            return tensor
    return found[0] if found else None


def indifferent(precision: str) -> bool:
    """Return whether an operator of this precision computes nothing, or on indices, shapes and masks only."""
    return precision in _SILENT


def file_precision(precisions: Iterable[str], *, float_storage: Mapping[str, int]) -> str:
    """Return one word for a file.

    Operators that compute nothing (``boundary``, ``control``) or that compute on indices, shapes and masks do not
    count. The others say:

    * all ``int8``, or all ``uint8``: that word;
    * ``int16x8`` and ``int16`` only: ``int16x8``;
    * ``dynamic_int8``, beside ``float32`` at most: ``dynamic_int8``;
    * ``int4_weights``, beside ``float32`` at most: ``int4_weights``;
    * ``int8x4``, beside ``int8`` at most: ``int8x4``;
    * all ``float32``: ``float32``, or ``float16`` where most bytes of the weights are stored as float16;
    * anything else is ``mixed``: int8 with float operators in between, weights stored as int8 but unpacked before
      use, a custom operator, a file that computes nothing.

    Args:
        precisions: of all operators, from ``op_precision``.
        float_storage: type to bytes, of the constants that operators in float32 use as float32 values.
    """
    kinds = set(precisions) - _SILENT
    if kinds == {"float32"}:
        return _float_word(float_storage)
    if kinds and kinds <= {"int16x8", "int16"}:
        return "int16x8"
    for word, beside in (
        ("int4_weights", {"float32"}),
        ("int8x4", {"int8"}),
        ("dynamic_int8", {"float32"}),
        ("int8", set()),
        ("uint8", set()),
        ("float16", set()),
    ):
        if word in kinds and kinds <= {word} | beside:
            return word
    return MIXED


def _float_word(storage: Mapping[str, int]) -> str:
    most = max(storage, key=lambda dtype: storage[dtype], default="float32")
    return most if most in {"float32", "float16"} else MIXED
