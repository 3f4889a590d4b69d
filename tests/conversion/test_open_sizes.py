"""A float .tflite that leaves sizes open gets those that are given, as Keras models do."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from ai_edge_litert.tools import flatbuffer_utils

import edgekit
from edgekit.errors import ConversionError, EdgekitError
from edgekit.inspection import differences
from edgekit.quantization.fixing import fix_sizes


@pytest.fixture
def original(shared_data: Path) -> Path:
    return shared_data / "mlperf_tiny" / "ic_resnet8_float32.tflite"


@pytest.fixture
def opened(original: Path, tmp_path: Path) -> Path:
    """ResNet-8 as a converter leaves it whose model has an open height and width: every size is 1, and marked."""
    model = flatbuffer_utils.read_model_from_bytearray(bytearray(original.read_bytes()))
    for tensor in model.subgraphs[0].tensors:
        if model.buffers[tensor.buffer].data is None and len(tensor.shape) == 4:
            tensor.shapeSignature = np.array([1, -1, -1, tensor.shape[3]], np.int32)
            tensor.shape = np.array([1, 1, 1, tensor.shape[3]], np.int32)
    path = tmp_path / "open.tflite"
    path.write_bytes(flatbuffer_utils.convert_object_to_bytearray(model))
    return path


def test_it_becomes_the_file_with_fixed_sizes(opened: Path, original: Path, tmp_path: Path) -> None:
    assert edgekit.inspect(opened).inputs[0].shape == (1, None, None, 3)
    made = edgekit.convert(
        opened,
        tmp_path / "made",
        precision=("float32", "int8"),
        input_shape="1,32,32,3",
        calibration=np.random.default_rng(0).random((8, 32, 32, 3), np.float32) * 255,
        samples_check=False,
    )
    wanted = edgekit.inspect(original)
    found = edgekit.inspect(made.artifacts[0])
    assert found.inputs[0].shape == (1, 32, 32, 3)
    assert differences(original, found.path) == ()
    assert found.macs == wanted.macs
    assert edgekit.inspect(made.artifacts[1]).macs == wanted.macs
    assert made.artifacts[0].provenance.route.endswith("its open sizes were fixed")
    assert made.artifacts[1].provenance.recipe.input_shape == "1,32,32,3"


@pytest.mark.parametrize(
    ("shape", "sentence", "hint"),
    [
        (None, "has no fixed size, but (1, None, None, 3)", "--input-shape"),
        ("1,32,32,1", "makes dimension 3 of input", "give sizes that fit"),
    ],
)
def test_sizes_that_will_not_do(opened: Path, tmp_path: Path, shape: str | None, sentence: str, hint: str) -> None:
    with pytest.raises(EdgekitError) as caught:
        edgekit.convert(opened, tmp_path / "made", precision="float32", input_shape=shape)
    assert sentence in caught.value.message
    assert hint in (caught.value.hint or "")
    assert not (tmp_path / "made").exists()


def test_a_graph_that_does_not_run_at_a_size_is_told(opened: Path) -> None:
    before = opened.read_bytes()
    with pytest.raises(ConversionError, match=r"the model does not run with inputs of \[1, 32, 32\]"):
        fix_sizes(opened, shapes=[(1, 32, 32)])
    assert opened.read_bytes() == before
