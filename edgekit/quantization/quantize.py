"""From a float .tflite to the other precisions, by ai-edge-quantizer."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ai_edge_quantizer import algorithm_manager, qtyping, quantizer

from edgekit.errors import ConversionError
from edgekit.quantization.execution import no_memory_warning
from edgekit.quantization.scopes import WEIGHTED, block_scope, float_scope, operators_scope
from edgekit.recipe import Arithmetic, Precision

_ALL = ".*"
_WIDE, _BYTE = 16, 8
_OPERATORS = qtyping.TFLOperationName
_ALGORITHMS = algorithm_manager.AlgorithmName
_SHORT = (_OPERATORS.FULLY_CONNECTED, _OPERATORS.CONV_2D)
"""Operators that take integer activations with weights of less than a byte; all others have bytes."""


def quantizer_recipe(
    path: Path,
    *,
    precision: Precision,
    integer_io: bool = False,
    weight_block: int | None = None,
    int16: Sequence[str] = (),
    floating: Sequence[str] = (),
) -> qtyping.ModelQuantizationRecipe:
    """Return ai-edge-quantizer's recipe that brings the .tflite at ``path`` to a precision that is not float32.

    Args:
        path: a float .tflite.
        precision: what it becomes. A static one leaves loops and branches in float, with integer weights.
        integer_io: whether inputs and outputs are the integers of the precision.
        weight_block: how many weights in a row share a scale, where they divide; None: a whole row.
        int16: tensors whose writers get int16 activations in a static recipe. ai-edge-quantizer puts a QUANTIZE where
            two neighbours differ, and none between two that are alike.
        floating: tensors whose writers stay in float in a static recipe, behind a DEQUANTIZE.

    Raises:
        RecipeError: a tensor that no operator writes.
    """
    model = quantizer.recipe_manager.RecipeManager()
    match precision.arithmetic:
        case Arithmetic.CAST:
            model.add_quantization_config(
                _ALL, _OPERATORS.ALL_SUPPORTED, _cast_to(precision.weight_bits), _ALGORITHMS.FLOAT_CASTING
            )
        case Arithmetic.DYNAMIC:
            model.add_dynamic_config(_ALL, _OPERATORS.ALL_SUPPORTED, precision.weight_bits)
            _add_blocks(model, path, bits=precision.weight_bits, block=weight_block)
        case Arithmetic.STATIC:
            bits = max(precision.weight_bits, _BYTE)
            model.add_static_config(_ALL, _OPERATORS.ALL_SUPPORTED, precision.activation_bits, bits)
            if precision.weight_bits < _BYTE:
                for operator in _SHORT:
                    model.add_static_config(_ALL, operator, precision.activation_bits, precision.weight_bits)
            _set_boundary(model, _ALL, precision, integer_io=integer_io)
            for names, width in ((int16, _WIDE), (floating, None)):
                scope = operators_scope(path, names)
                if scope is not None:
                    _set_apart(model, scope, width, weight_bits=precision.weight_bits)
                    # A name of the graph's boundary is that of the operator beside it.
                    _set_boundary(model, scope, precision, integer_io=integer_io)
            _leave_float(model, path, bits=bits)
        case Arithmetic.FLOAT:
            raise ConversionError("float32 is the float model as it is: there is nothing to quantize")
    return model.get_quantization_recipe()


def quantize(path: Path, *, recipe: qtyping.ModelQuantizationRecipe, calibration: dict[str, Any] | None) -> bytes:
    """Return the quantized file. Static recipes need ``calibration``, see ``calibration_result``.

    Raises:
        ConversionError: ai-edge-quantizer refuses the model.
    """
    try:
        worker = quantizer.Quantizer(str(path), recipe)
        with no_memory_warning():
            result = worker.quantize(calibration, enable_progress_report=False)
    # It raises ValueError, RuntimeError, KeyError and IndexError for graphs that it does not expect.
    except Exception as error:
        raise ConversionError(f"ai-edge-quantizer refuses the model: {error}") from error
    if result.quantized_model is None:
        raise ConversionError("ai-edge-quantizer gave no model")
    return bytes(result.quantized_model)


def _add_blocks(model: Any, path: Path, *, bits: int, block: int | None) -> None:
    scope = None if block is None else block_scope(path, block=block)
    if scope is not None:
        granularity = qtyping.QuantGranularity(f"BLOCKWISE_{block}")
        for operator in (_OPERATORS.FULLY_CONNECTED, _OPERATORS.EMBEDDING_LOOKUP):
            model.add_dynamic_config(scope, operator, bits, granularity)


def _set_apart(model: Any, scope: str, bits: int | None, *, weight_bits: int) -> None:
    if bits is None:
        model.add_quantization_config(scope, _OPERATORS.ALL_SUPPORTED, None, _ALGORITHMS.NO_QUANTIZE)
    else:
        model.add_static_config(scope, _OPERATORS.ALL_SUPPORTED, bits, weight_bits)


def _set_boundary(model: Any, scope: str, precision: Precision, *, integer_io: bool) -> None:
    for boundary in (_OPERATORS.INPUT, _OPERATORS.OUTPUT):
        if integer_io:
            model.add_static_config(scope, boundary, precision.activation_bits, precision.weight_bits)
        else:
            model.add_quantization_config(scope, boundary, None, _ALGORITHMS.NO_QUANTIZE)


def _leave_float(model: Any, path: Path, *, bits: int) -> None:
    scope = float_scope(path)
    if scope is not None:
        model.add_quantization_config(scope, _OPERATORS.ALL_SUPPORTED, None, _ALGORITHMS.NO_QUANTIZE)
        for operator in WEIGHTED:
            model.add_dynamic_config(scope, operator, bits)


def _cast_to(bits: int) -> qtyping.OpQuantizationConfig:
    return qtyping.OpQuantizationConfig(
        weight_tensor_config=qtyping.TensorQuantizationConfig(num_bits=bits, dtype=qtyping.TensorDataType.FLOAT),
        compute_precision=qtyping.ComputePrecision.FLOAT,
        explicit_dequantize=True,
    )
