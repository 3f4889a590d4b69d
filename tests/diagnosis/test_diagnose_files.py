"""The way through: what is proven first, what the figures are, and what goes wrong."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import edgekit
from edgekit import Diagnosis, Recipe, Step
from edgekit.errors import CalibrationError, InferenceError, SourceError

Told = Callable[[str], Diagnosis]


def test_the_figures_of_the_outputs_are_those_of_the_stock_runtime(
    files: dict[str, Any], unseen: np.ndarray, told: Told, tmp_path: Path
) -> None:
    """Tensors are made visible inside; the outputs must not notice."""
    samples = edgekit.collect(
        unseen, inputs=edgekit.inspect(files["sound"][0]).inputs, recipe=Recipe(), folder=tmp_path
    )
    wanted, got = (next(iter(edgekit.infer(file, samples).values())) for file in files["sound"])
    order = np.load(next(iter(samples.files.values())))
    assert len(order) == len(unseen)
    first = edgekit.diagnose(*files["sound"], samples=unseen, limit=len(unseen))
    noise = np.square(wanted.astype(float) - got).sum()
    assert first.output_snr_db == pytest.approx(10 * np.log10(np.square(wanted.astype(float)).sum() / noise), abs=1e-3)
    assert first.fidelity.snr_db == pytest.approx(first.output_snr_db, abs=1e-3)
    assert first.samples == len(unseen)


def test_every_tensor_is_told_in_execution_order(told: Told) -> None:
    diagnosis = told("sound")
    assert [row.operator for row in diagnosis.tensors] == sorted(row.operator for row in diagnosis.tensors)
    assert (diagnosis.operators, diagnosis.operators_matched) == (15, 15)
    assert len(diagnosis.tensors) == 17
    assert diagnosis.weights_cosine > 0.999
    first, second = diagnosis.tensors[:2]
    assert (first.name, second.name) == ("QUANTIZE", "CONV_2D")
    assert (first.precision, second.precision) == ("boundary", "int8")
    assert first.tensor == "photo_quantized"
    assert first.float_tensor == "photo"
    # Nothing went wrong before the first layer, so all that is wrong behind it is its own.
    assert second.own_snr_db == pytest.approx(second.snr_db, abs=0.5)
    for row in diagnosis.tensors[1:15]:
        assert row.range_used is not None
        assert row.bulk_seen is not None
        assert row.range_used[0] - 1e-3 <= row.bulk_seen[0] <= row.bulk_seen[1] <= row.range_used[1] + 1e-3
        assert row.own_snr_db is not None
        assert row.own_snr_db > row.snr_db - 1


def test_operators_that_only_move_values_add_nothing(told: Told) -> None:
    rows = [row for row in told("tiny_softmax").tensors if row.name in {"RESHAPE", "DEQUANTIZE"}]
    assert len(rows) >= 4
    assert all(row.own_snr_db == float("inf") and row.output_snr_db is None for row in rows)


def test_the_wide_channel_hides_from_its_own_tensor(told: Told) -> None:
    """The reason why the outputs are asked: by its own figure the tensor that ruins everything is one of the best."""
    diagnosis = told("wide_channel")
    assert diagnosis.start is not None
    guilty, victim = diagnosis.tensors[diagnosis.start : diagnosis.start + 2]
    assert guilty.snr_db > 25
    assert victim.snr_db < 5
    assert guilty.output_snr_db is not None
    assert guilty.output_snr_db < 5
    assert victim.output_snr_db is not None
    assert victim.output_snr_db > 15


def test_the_document_is_json(told: Told) -> None:
    document = json.loads(json.dumps(told("wide_channel").to_document(), allow_nan=False))
    assert document["schema"] == "edgekit.diagnosis/1"
    assert document["healthy"] is False
    assert document["tensors"][document["start"]]["operator"] in document["findings"][0]["operators"]
    assert [row["own_snr_db"] for row in document["tensors"] if row["name"] == "DEQUANTIZE"] == [None]
    assert document["findings"][0].keys() == {
        "cause", "operators", "sentence", "repair", "alone_snr_db", "repaired_snr_db",
    }  # fmt: skip


def test_it_prints_well(told: Told) -> None:
    healthy, broken = str(told("sound")), str(told("wide_channel"))
    assert healthy.endswith("samples, healthy")
    assert "wide channel: operator 6, CONV_2D," in broken
    assert "Try: scale the channel down" in broken


def test_files_of_tensorflows_own_quantizer(shared_data: Path) -> None:
    """Integers in and out, other names for both: inputs and outputs pair by their order."""
    folder = shared_data / "mlperf_tiny"
    diagnosis = edgekit.diagnose(
        folder / "ic_resnet8_float32.tflite",
        folder / "ic_resnet8_int8.tflite",
        samples=shared_data / "sign_language_digits",
        recipe=Recipe(value_range="raw"),
        limit=20,
    )
    assert (diagnosis.operators, diagnosis.operators_matched, diagnosis.samples) == (16, 16, 20)
    assert (diagnosis.tensors[0].operator, diagnosis.tensors[0].name) == (-1, "INPUT")
    assert diagnosis.tensors[0].own_snr_db is not None
    assert diagnosis.fidelity.snr_db > 15


def test_progress_is_told(files: dict[str, Any], unseen: np.ndarray) -> None:
    steps: list[Step] = []
    edgekit.diagnose(*files["wide_channel"], samples=unseen, limit=5, progress=steps.append)
    stages = list(dict.fromkeys(step.stage for step in steps))
    assert stages == [
        "reading samples", "comparing tensor by tensor", "asking what each operator costs", "looking for the causes",
        "trying what a repair can bring",
    ]  # fmt: skip
    assert {step.total for step in steps if step.stage == "comparing tensor by tensor"} == {5}


def test_samples_that_all_look_alike_are_told(files: dict[str, Any]) -> None:
    diagnosis = edgekit.diagnose(*files["sound"], samples=np.full((3, 48, 48, 3), 0.5, np.float32))
    assert any("the same outputs for every sample" in note for note in diagnosis.notes)


def test_what_is_no_pair_is_refused(files: dict[str, Any], unseen: np.ndarray, shared_data: Path) -> None:
    def refused(first: Path, second: Path) -> SourceError:
        with pytest.raises(SourceError) as caught:
            edgekit.diagnose(first, second, samples=unseen)
        assert caught.value.hint
        return caught.value

    float_file, quantized = files["sound"]
    assert f"{quantized} should be the float file, but is int8" in refused(quantized, float_file).message
    assert "should be the quantized file, but computes in float32" in refused(float_file, float_file).message
    assert "the weights are not" in refused(files["wide_channel"][0], files["concatenation"][1]).message
    told = refused(files["tiny_softmax"][0], quantized).message
    assert told.endswith("of the 15 operators of the first, 1 are found in the second")
    resnet = shared_data / "mlperf_tiny" / "ic_resnet8_float32.tflite"
    assert (
        "the inputs of the first are photo[1x48x48x3], those of the second input_1"
        in refused(resnet, quantized).message
    )
    with pytest.raises(SourceError, match="for an Edge TPU"):
        edgekit.diagnose(
            float_file, shared_data / "coral" / "mobilenet_v1_0.25_128_quant_edgetpu.tflite", samples=unseen
        )


def test_bad_samples_are_refused(files: dict[str, Any], tmp_path: Path) -> None:
    with pytest.raises(CalibrationError, match="takes 48x48x3"):
        edgekit.diagnose(*files["sound"], samples=np.zeros((3, 32, 32, 3), np.float32))
    with pytest.raises(CalibrationError, match="does not exist"):
        edgekit.diagnose(*files["sound"], samples=tmp_path / "none.npy")


def test_a_float_file_that_gives_nan_is_to_be_mended_first(files: dict[str, Any], unseen: np.ndarray) -> None:
    samples = unseen[:3].copy()
    samples[1] = 3e38
    with pytest.raises(SourceError, match=r"itself computes NaN or infinite values on sample \d"):
        edgekit.diagnose(*files["sound"], samples=samples)


def test_a_file_that_the_runtime_refuses(
    files: dict[str, Any], unseen: np.ndarray, tmp_path: Path, shared_data: Path
) -> None:
    """The graph reads well, but its first convolution strides by nothing."""
    from ai_edge_litert.tools import flatbuffer_utils

    model = flatbuffer_utils.read_model(str(files["sound"][1]))
    model.subgraphs[0].operators[1].builtinOptions.strideH = 0
    broken = tmp_path / "broken.tflite"
    flatbuffer_utils.write_model(model, str(broken))
    with pytest.raises(InferenceError) as caught:
        edgekit.diagnose(files["sound"][0], broken, samples=unseen)
    assert "the quantized file" in caught.value.message or "did not end well" in caught.value.message
