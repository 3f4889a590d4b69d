"""From a float .tflite to the other precisions, by ai-edge-quantizer."""

from __future__ import annotations

from pathlib import Path

from ai_edge_quantizer import algorithm_manager, qtyping, quantizer

from edgekit.conversion.quantization.ranges import Ranges
from edgekit.errors import ConversionError
from edgekit.precision import Arithmetic, Precision

_ALL = ".*"
_OPERATORS = qtyping.TFLOperationName
_ALGORITHMS = algorithm_manager.AlgorithmName


def quantizer_recipe(precision: Precision, *, integer_io: bool) -> qtyping.ModelQuantizationRecipe:
    """Return ai-edge-quantizer's recipe for a precision that is not float32."""
    model = quantizer.recipe_manager.RecipeManager()
    match precision.arithmetic:
        case Arithmetic.CAST:
            model.add_quantization_config(
                _ALL, _OPERATORS.ALL_SUPPORTED, _cast_to(precision.weight_bits), _ALGORITHMS.FLOAT_CASTING
            )
        case Arithmetic.DYNAMIC:
            model.add_dynamic_config(_ALL, _OPERATORS.ALL_SUPPORTED, precision.weight_bits)
        case Arithmetic.STATIC:
            model.add_static_config(_ALL, _OPERATORS.ALL_SUPPORTED, precision.activation_bits, precision.weight_bits)
            if not integer_io:
                for boundary in (_OPERATORS.INPUT, _OPERATORS.OUTPUT):
                    model.add_quantization_config(_ALL, boundary, None, _ALGORITHMS.NO_QUANTIZE)
        case Arithmetic.FLOAT:
            raise ConversionError("float32 is the float model as it is: there is nothing to quantize")
    return model.get_quantization_recipe()


def quantize(path: Path, *, recipe: qtyping.ModelQuantizationRecipe, ranges: Ranges | None) -> bytes:
    """Return the quantized file. ``ranges`` are needed by static recipes.

    Raises:
        ConversionError: ai-edge-quantizer refuses the model.
    """
    try:
        worker = quantizer.Quantizer(str(path), recipe)
        result = worker.quantize(ranges, enable_progress_report=False)
    # It raises ValueError, RuntimeError, KeyError and IndexError for graphs that it does not expect.
    except Exception as error:
        raise ConversionError(f"ai-edge-quantizer refuses the model: {error}") from error
    if result.quantized_model is None:
        raise ConversionError("ai-edge-quantizer gave no model")
    return bytes(result.quantized_model)


def _cast_to(bits: int) -> qtyping.OpQuantizationConfig:
    return qtyping.OpQuantizationConfig(
        weight_tensor_config=qtyping.TensorQuantizationConfig(num_bits=bits, dtype=qtyping.TensorDataType.FLOAT),
        compute_precision=qtyping.ComputePrecision.FLOAT,
        explicit_dequantize=True,
    )
