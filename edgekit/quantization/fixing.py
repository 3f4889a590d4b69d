"""Gives a .tflite with open sizes the sizes that its inputs will have: the file is written anew, and proven."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from ai_edge_litert.interpreter import Interpreter, OpResolverType
from ai_edge_litert.tools import flatbuffer_utils
from numpy.typing import NDArray

from edgekit.errors import ConversionError
from edgekit.quantization.execution import deadline, no_memory_warning

_HINT = "export the model again with a fixed input shape"


def fix_sizes(path: Path, *, shapes: Sequence[Sequence[int]]) -> None:
    """Write the file at ``path`` anew, with these shapes for its inputs and what follows from them for all tensors.

    The runtime says what follows: the file is resized as an application would do it, and run on noise. The new file
    must give the very same answers.

    Raises:
        ConversionError: the graph does not work at these sizes, or answers otherwise.
    """
    content = path.read_bytes()
    noise: list[NDArray[Any]] = []
    before = _answers(content, shapes, noise=noise)
    model = flatbuffer_utils.read_model_from_bytearray(bytearray(content))
    for tensor, sizes in zip(model.subgraphs[0].tensors, before.sizes, strict=False):
        if model.buffers[tensor.buffer].data is None and not tensor.isVariable:
            tensor.shape = np.asarray(sizes, np.int32)
        tensor.shapeSignature = None
    fixed = bytes(flatbuffer_utils.convert_object_to_bytearray(model))
    after = _answers(fixed, shapes, noise=noise)
    same = all(map(np.array_equal, before.outputs, after.outputs))
    if not same or len(before.outputs) != len(after.outputs):
        raise ConversionError(f"{path.name} answers otherwise once its sizes are fixed", hint=_HINT)
    path.write_bytes(fixed)


@dataclass(frozen=True, slots=True)
class _Answers:
    """What a file gives at certain sizes."""

    outputs: list[NDArray[Any]]
    sizes: list[list[int]]
    """Of each tensor of the main graph."""


def _answers(content: bytes, shapes: Sequence[Sequence[int]], *, noise: list[NDArray[Any]]) -> _Answers:
    """Run a file on ``noise``, which is made where there is none."""
    try:
        with no_memory_warning():
            # A delegate would keep the sizes inside of it for itself.
            interpreter = Interpreter(
                model_content=content,
                num_threads=1,
                experimental_preserve_all_tensors=True,
                experimental_op_resolver_type=OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES,
            )
        for detail, shape in zip(interpreter.get_input_details(), shapes, strict=True):
            interpreter.resize_tensor_input(detail["index"], list(shape))
        interpreter.allocate_tensors()
        details = interpreter.get_input_details()
        if not noise:
            generator = np.random.default_rng(0)
            noise += [generator.random(detail["shape"]).astype(detail["dtype"]) for detail in details]
        for detail, values in zip(details, noise, strict=True):
            interpreter.set_tensor(detail["index"], values)
        with deadline():
            interpreter.invoke()
        outputs = [interpreter.get_tensor(detail["index"]) for detail in interpreter.get_output_details()]
        sizes = [detail["shape"].tolist() for detail in interpreter.get_tensor_details()]
    except (RuntimeError, ValueError) as error:
        told = ", ".join(str(list(shape)) for shape in shapes)
        raise ConversionError(f"the model does not run with inputs of {told}: {error}", hint=_HINT) from error
    return _Answers(outputs, sizes)
