"""Weights stored without their zeros: which, how small the file gets, and that it answers as the plain one."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import edgekit
from edgekit.errors import ConversionError, RecipeError
from edgekit.probing.writing import NetworkWriter
from edgekit.quantization.sparse_weights import with_sparse_weights
from edgekit.twin.writing import with_constants

_CONV_2D = 3


def _pruned(content: bytes) -> tuple[bytes, int]:
    """Make three quarters of the weights of 1x1 convolutions zero, but of the first half of them; tell how many."""
    from ai_edge_litert.tools import flatbuffer_utils

    model = flatbuffer_utils.read_model_from_bytearray(bytearray(content))
    random = np.random.default_rng(0)
    constants: dict[int, np.ndarray] = {}
    for operator in model.subgraphs[0].operators:
        tensor = model.subgraphs[0].tensors[operator.inputs[min(1, len(operator.inputs) - 1)]]
        if model.operatorCodes[operator.opcodeIndex].builtinCode == _CONV_2D and list(tensor.shape[1:3]) == [1, 1]:
            values = np.frombuffer(bytes(model.buffers[tensor.buffer].data), np.float32).reshape(tensor.shape).copy()
            values[random.random(values.shape) < (0.75 if constants else 0.5)] = 0
            constants[int(operator.inputs[1])] = values
    return with_constants(content, constants), len(constants)


def _only_pointwise(content: bytes) -> tuple[int, list[np.ndarray]]:
    """The tensor of the weights that all 1x1 convolutions have, and these."""
    from ai_edge_litert.tools import flatbuffer_utils

    graph = flatbuffer_utils.read_model_from_bytearray(bytearray(content))
    (number,) = {
        int(each.inputs[1]) for each in graph.subgraphs[0].operators
        if list(graph.subgraphs[0].tensors[each.inputs[1]].shape[1:3]) == [1, 1]
    }  # fmt: skip
    tensor = graph.subgraphs[0].tensors[number]
    values = np.frombuffer(bytes(graph.buffers[tensor.buffer].data), np.float32)
    return number, [values.reshape(tensor.shape).copy()]


@pytest.fixture(scope="module")
def pruned(shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A pruned MobileNet."""
    content, count = _pruned((shared_data / "mlperf_tiny" / "vww_mobilenet_float32.tflite").read_bytes())
    assert count == 13
    path = tmp_path_factory.mktemp("pruned") / "pruned.tflite"
    path.write_bytes(content)
    return path


def test_a_file_without_zeros_answers_as_the_plain_one(pruned: Path, tmp_path: Path) -> None:
    samples = np.random.default_rng(1).random((4, 96, 96, 3), np.float32)
    made = edgekit.convert(
        pruned,
        tmp_path / "s.tflite",
        precision="float32",
        calibration=samples,
        samples_check=False,
        sparse_weights=True,
    )
    facts = edgekit.inspect(made.artifact.path)
    kinds = [row for row in facts.census if row.name == "DENSIFY"]
    assert [row.count for row in kinds] == [12]
    assert facts.size_bytes < 0.45 * pruned.stat().st_size
    fidelity = made.artifact.provenance.fidelity
    assert fidelity is not None
    assert fidelity.samples == 4
    assert fidelity.snr_db > 100
    assert any("12 convolutions with sparse weights" in note for note in made.notes)
    assert made.artifact.provenance.recipe.sparse_weights
    # What is stored sparse already stays so.
    content = made.artifact.path.read_bytes()
    assert with_sparse_weights(content) == (content, 0)


def test_weights_that_several_convolutions_share_serve_all_of_them(tmp_path: Path) -> None:
    writer = NetworkWriter(quantized=False, shape=(1, 16, 16, 3))
    writer.convolution(16, window=3)
    for _ in range(4):
        writer.convolution(16)
    content, count = _pruned(writer.written())
    # The writer keeps a constant once: all four have the same weights, of which half are zero, so let more be.
    assert count == 1
    number, (kernel,) = _only_pointwise(content)
    kernel[np.random.default_rng(1).random(kernel.shape) < 0.6] = 0
    (tmp_path / "plain.tflite").write_bytes(with_constants(content, {number: kernel}))
    samples = np.random.default_rng(1).random((3, 16, 16, 3), np.float32)
    made = edgekit.convert(
        tmp_path / "plain.tflite",
        tmp_path / "s.tflite",
        precision="float32",
        calibration=samples,
        samples_check=False,
        sparse_weights=True,
    )
    fidelity = made.artifact.provenance.fidelity
    assert fidelity is not None
    assert fidelity.snr_db > 100
    facts = edgekit.inspect(made.artifact.path)
    assert [row.count for row in facts.census if row.name == "DENSIFY"] == [1]


def test_what_has_nothing_to_leave_out_is_refused(shared_data: Path, tmp_path: Path) -> None:
    model = shared_data / "mlperf_tiny" / "ic_resnet8_float32.tflite"
    with pytest.raises(ConversionError, match="no 1x1 convolution has 67% zeros or more among its weights"):
        edgekit.convert(model, tmp_path, precision="float32", sparse_weights=True)
    with pytest.raises(RecipeError, match="sparse_weights is for float32, which float16 is not"):
        edgekit.convert(model, tmp_path, precision="float16", sparse_weights=True)
    assert list(tmp_path.iterdir()) == []
