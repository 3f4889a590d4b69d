"""How finely a quantized file tells its outputs apart: the smallest distance between two values of each."""

from __future__ import annotations

from edgekit.inspection.graph import Graph, Tensor


def output_steps(graph: Graph) -> tuple[float | None, ...]:
    """Return the step of each output of the main graph, in the numbers that the file gives.

    It is 1 where those are integers, and the scale where a DEQUANTIZE turned them into floats. None where an output
    knows no step, or several.
    """
    main = graph.subgraphs[0]
    written = {index: operator for operator in main.operators for index in operator.outputs if index >= 0}
    steps: list[float | None] = []
    for index in main.outputs:
        writer = written.get(index)
        if _scale(main.tensors[index]) is not None:
            steps.append(1.0)
        elif writer is not None and writer.name == "DEQUANTIZE" and writer.inputs:
            steps.append(_scale(main.tensors[writer.inputs[0]]))
        else:
            steps.append(None)
    return tuple(steps)


def _scale(tensor: Tensor) -> float | None:
    """Return the only scale of a tensor of integers."""
    quantization = tensor.quantization
    if tensor.floating or quantization is None or quantization.scales.size != 1:
        return None
    return float(quantization.scales[0]) or None
