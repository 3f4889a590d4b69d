"""Operators that get a rule of their own in ai-edge-quantizer's recipe, named as it names them: by their outputs."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from ai_edge_quantizer import qtyping
from ai_edge_quantizer.utils import tfl_flatbuffer_utils

from edgekit.errors import RecipeError, unknown_name

_TOLD = 12
"""How many names a sentence lists at most."""


def float_scope(path: Path) -> str | None:
    """Return the pattern of the operators that static quantization must leave in float; None where there are none.

    Two kinds. Inside loops and branches nobody sees what tensors hold: a loop leaves its last round only, a branch that
    is not taken nothing at all. And where one of several outputs is read by nobody, ai-edge-quantizer leaves that one
    in float beside integer ones, which the runtime refuses.
    """
    model = tfl_flatbuffer_utils.read_model(path)
    seen = set(seen_subgraphs(model))
    return _pattern(
        tfl_flatbuffer_utils.get_op_scope(operator, graph.tensors)
        for number, graph in enumerate(model.subgraphs)
        for operator in _spared(graph, seen=number in seen)
    )


def block_scope(path: Path, *, block: int) -> str | None:
    """Return the pattern of all operators whose weights divide into blocks; None where there are none.

    The weights of a dense layer [outputs, inputs] and the rows of an embedding [rows, values] divide along their second
    dimension. Others have no blocks in the format.
    """
    model = tfl_flatbuffer_utils.read_model(path)
    return _pattern(
        tfl_flatbuffer_utils.get_op_scope(operator, graph.tensors)
        for graph in model.subgraphs
        for operator in graph.operators
        if _divides(operator, graph, model=model, block=block)
    )


def operators_scope(path: Path, names: Sequence[str]) -> str | None:
    """Return the pattern of the operators that write the tensors called ``names``; None where there are none.

    Raises:
        RecipeError: no operator of the first subgraph writes a tensor of that name.
    """
    model = tfl_flatbuffer_utils.read_model(path)
    graph = model.subgraphs[0]
    writers = {
        tfl_flatbuffer_utils.get_tensor_name(graph.tensors[index]): operator
        for operator in graph.operators
        for index in _numbers(operator.outputs)
    }
    for name in names:
        if name not in writers:
            raise RecipeError(
                unknown_name("operator", name, list(writers)[:_TOLD]) + ("..." if len(writers) > _TOLD else "")
            )
    return _pattern(tfl_flatbuffer_utils.get_op_scope(writers[name], graph.tensors) for name in names)


def seen_subgraphs(model: Any) -> Iterator[int]:
    """Yield the numbers of the subgraphs that run once per sample: those of signatures, and parts of composites."""
    pending = [signature.subgraphIndex for signature in model.signatureDefs]
    while pending:
        number = pending.pop()
        yield number
        for operator in model.subgraphs[number].operators:
            pending += tfl_flatbuffer_utils.get_op_side_effect_subgraphs(operator)


def read_tensors(graph: Any) -> set[int]:
    """Return the indices of the tensors of a subgraph that an operator or the caller reads."""
    lists = (graph.outputs, *(operator.inputs for operator in graph.operators))
    return {index for indices in lists for index in _numbers(indices)}


def _numbers(indices: Any) -> list[int]:
    # An operator without inputs or outputs has no list of them.
    return [] if indices is None else [int(index) for index in indices]


def _spared(graph: Any, *, seen: bool) -> Iterator[Any]:
    if not seen:
        yield from graph.operators
        yield from tfl_flatbuffer_utils.get_subgraph_input_output_operators(graph)
        return
    read = read_tensors(graph)
    for operator in graph.operators:
        outputs = _numbers(operator.outputs)
        if len(outputs) > 1 and not read.issuperset(outputs):
            yield operator


def _divides(operator: Any, graph: Any, *, model: Any, block: int) -> bool:
    code = model.operatorCodes[operator.opcodeIndex].builtinCode
    name = tfl_flatbuffer_utils.TFL_OP_CODE_TO_NAME.get(code)
    if name not in tfl_flatbuffer_utils.TFL_OP_TO_BLOCKWISE_WEIGHT_QUANTIZED_DIM:
        return False
    weights = graph.tensors[operator.inputs[1]]
    constant = model.buffers[weights.buffer].data is not None
    return constant and len(weights.shape) == 2 and weights.shape[1] % block == 0


def _pattern(scopes: Iterable[str]) -> str | None:
    escaped = [re.escape(scope) for scope in scopes]
    return f"^(?:{'|'.join(escaped)})$" if escaped else None


WEIGHTED = (
    qtyping.TFLOperationName.FULLY_CONNECTED,
    qtyping.TFLOperationName.CONV_2D,
    qtyping.TFLOperationName.DEPTHWISE_CONV_2D,
    qtyping.TFLOperationName.CONV_2D_TRANSPOSE,
    qtyping.TFLOperationName.BATCH_MATMUL,
    qtyping.TFLOperationName.EMBEDDING_LOOKUP,
)
"""Operators that can have integer weights under float activations."""
