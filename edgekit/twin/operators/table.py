"""Every kind of operator that can be computed, and what of it can be trained. To add one, add it to its family."""

from __future__ import annotations

from edgekit.twin.operators.activations import ACTIVATIONS
from edgekit.twin.operators.call import Call, Function, Value
from edgekit.twin.operators.convolutions import CONVOLUTIONS
from edgekit.twin.operators.dense import DENSE
from edgekit.twin.operators.elementwise import ELEMENTWISE
from edgekit.twin.operators.pooling import POOLING
from edgekit.twin.operators.recurrent import RECURRENT
from edgekit.twin.operators.reductions import REDUCTIONS
from edgekit.twin.operators.shapes import SHAPES


def _as_stored(call: Call) -> Value:
    """QUANTIZE and DEQUANTIZE: values are real on both sides; how they are rounded is told by the tensors."""
    import tensorflow as tf

    return tf.cast(call.values[0], tf.float32)


KINDS: dict[str, Function] = {
    **CONVOLUTIONS,
    **DENSE,
    **ELEMENTWISE,
    **ACTIVATIONS,
    **SHAPES,
    **POOLING,
    **REDUCTIONS,
    **RECURRENT,
    "QUANTIZE": _as_stored,
    "DEQUANTIZE": _as_stored,
}
TRAINED: dict[str, tuple[int, ...]] = {
    "CONV_2D": (1, 2),
    "DEPTHWISE_CONV_2D": (1, 2),
    "TRANSPOSE_CONV": (1, 3),
    "FULLY_CONNECTED": (1, 2),
    "BATCH_MATMUL": (0, 1),
    "EMBEDDING_LOOKUP": (1,),
    "GATHER": (0,),
    "PRELU": (1,),
    "ADD": (0, 1),
    "SUB": (0, 1),
    "MUL": (0, 1),
    "UNIDIRECTIONAL_SEQUENCE_LSTM": (*range(1, 9), *range(12, 16)),
}
"""The places of inputs that are trained where they are constants: of ADD, SUB and MUL those with more than one value,
since a single number is most likely part of a formula."""
BIASES: dict[str, tuple[int, int, int]] = {
    "CONV_2D": (2, 0, 1),
    "DEPTHWISE_CONV_2D": (2, 0, 1),
    "TRANSPOSE_CONV": (3, 2, 1),
    "FULLY_CONNECTED": (2, 0, 1),
}
"""The places of a bias, and of the input and the weights whose steps give the steps of the bias."""
