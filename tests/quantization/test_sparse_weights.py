"""Weights stored without their zeros: which, how small the file gets, and that it answers as the plain one."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import edgekit
from edgekit.errors import ConversionError, RecipeError
from edgekit.quantization.sparse_weights import with_sparse_weights
from edgekit.twin.writing import with_constants

_CONV_2D = 3


@pytest.fixture(scope="module")
def pruned(shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A MobileNet whose 1x1 convolutions are three quarters zeros, but for the first, which is half zeros."""
    from ai_edge_litert.tools import flatbuffer_utils

    content = (shared_data / "mlperf_tiny" / "vww_mobilenet_float32.tflite").read_bytes()
    model = flatbuffer_utils.read_model_from_bytearray(bytearray(content))
    random = np.random.default_rng(0)
    constants: dict[int, np.ndarray] = {}
    for operator in model.subgraphs[0].operators:
        tensor = model.subgraphs[0].tensors[operator.inputs[min(1, len(operator.inputs) - 1)]]
        if model.operatorCodes[operator.opcodeIndex].builtinCode == _CONV_2D and list(tensor.shape[1:3]) == [1, 1]:
            values = np.frombuffer(bytes(model.buffers[tensor.buffer].data), np.float32).reshape(tensor.shape).copy()
            values[random.random(values.shape) < (0.75 if constants else 0.5)] = 0
            constants[int(operator.inputs[1])] = values
    assert len(constants) == 13
    path = tmp_path_factory.mktemp("pruned") / "pruned.tflite"
    path.write_bytes(with_constants(content, constants))
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


def test_what_has_nothing_to_leave_out_is_refused(shared_data: Path, tmp_path: Path) -> None:
    model = shared_data / "mlperf_tiny" / "ic_resnet8_float32.tflite"
    with pytest.raises(ConversionError, match="no 1x1 convolution has 67% zeros or more among its weights"):
        edgekit.convert(model, tmp_path, precision="float32", sparse_weights=True)
    with pytest.raises(RecipeError, match="sparse_weights is for float32, which float16 is not"):
        edgekit.convert(model, tmp_path, precision="float16", sparse_weights=True)
    assert list(tmp_path.iterdir()) == []
