"""``infer`` against the interpreter in this process."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from ai_edge_litert.interpreter import Interpreter

from edgekit.agent.job import PROTOCOL
from edgekit.data import collect
from edgekit.devices import Completed, LocalDevice
from edgekit.errors import AgentMismatch, CalibrationError, InferenceError, UsageError
from edgekit.inspection import inspect
from edgekit.recipe import Recipe
from edgekit.runner import infer


@dataclass
class Spooled:
    files: dict[str, Path]
    count: int

    def __len__(self) -> int:
        return self.count


def spool(folder: Path, **arrays: np.ndarray) -> Spooled:
    for name, values in arrays.items():
        np.save(folder / f"{name}.npy", values)
    return Spooled({name: folder / f"{name}.npy" for name in arrays}, len(next(iter(arrays.values()))))


def direct(model: Path, samples: np.ndarray) -> np.ndarray:
    """Stored outputs of stored inputs [count, ...], sample by sample in a fresh interpreter."""
    outputs = []
    for sample in samples:
        interpreter = Interpreter(model_path=str(model), num_threads=1)
        interpreter.allocate_tensors()
        interpreter.set_tensor(interpreter.get_input_details()[0]["index"], sample[None])
        interpreter.invoke()
        outputs.append(interpreter.get_tensor(interpreter.get_output_details()[0]["index"])[0])
    return np.stack(outputs)


def test_a_float_file(tmp_path: Path, shared_data: Path) -> None:
    model = shared_data / "mlperf_tiny" / "ic_resnet8_float32.tflite"
    images = np.random.default_rng(0).uniform(0, 255, (7, 32, 32, 3)).astype(np.float32)
    outputs = infer(model, spool(tmp_path, images=images))
    assert list(outputs) == [inspect(model).outputs[0].name]
    values = next(iter(outputs.values()))
    assert (values.dtype, values.shape) == (np.float32, (7, 10))
    np.testing.assert_array_equal(values, direct(model, images))
    np.testing.assert_allclose(values.sum(axis=1), 1, atol=1e-5)


def test_an_int8_file_takes_and_gives_real_numbers(tmp_path: Path, shared_data: Path) -> None:
    model = shared_data / "mlperf_tiny" / "ic_resnet8_int8.tflite"
    images = np.random.default_rng(0).integers(0, 256, (5, 32, 32, 3))
    values = next(iter(infer(model, spool(tmp_path, images=images.astype(np.float32))).values()))
    # This file's input has scale 1 and zero point -128, its output 1/256 and -128.
    stored = direct(model, (images - 128).astype(np.int8))
    np.testing.assert_array_equal(values, ((stored.astype(np.float32) + 128) / 256))


def test_samples_of_the_inputs_dtype_are_taken_as_stored(tmp_path: Path, shared_data: Path) -> None:
    model = shared_data / "coral" / "mobilenet_v1_0.25_128_quant.tflite"
    images = np.random.default_rng(0).integers(0, 256, (3, 128, 128, 3), dtype=np.uint8)
    values = next(iter(infer(model, spool(tmp_path, images=images)).values()))
    np.testing.assert_array_equal(values, direct(model, images).astype(np.float32) / 256)


def test_integers_that_are_not_quantized_stay_integers(tmp_path: Path, shared_data: Path) -> None:
    model = shared_data / "coral" / "deeplabv3_mnv2_dm05_pascal_quant.tflite"
    images = np.random.default_rng(0).integers(0, 256, (2, 513, 513, 3), dtype=np.uint8)
    values = infer(model, spool(tmp_path, images=images))["ArgMax"]
    assert (values.dtype, values.shape) == (np.int64, (2, 513, 513))
    np.testing.assert_array_equal(values, direct(model, images))


def test_a_recurrent_file_forgets_between_samples(tmp_path: Path, shared_data: Path) -> None:
    model = shared_data / "coral" / "keras_lstm_mnist_ptq.tflite"
    images = np.random.default_rng(0).integers(0, 256, (4, 28, 28), dtype=np.uint8)
    values = next(iter(infer(model, spool(tmp_path, images=images)).values()))
    np.testing.assert_array_equal(values, direct(model, images).astype(np.float32) / 256)


def test_several_inputs_are_matched_by_name(tmp_path: Path, writer: Any) -> None:
    first = writer.tensor("first", "float32", [1, 2], io="i")
    second = writer.tensor("second", "int32", [1, 3], io="i")
    writer.operator("ABS", [first], [writer.tensor("a", "float32", [1, 2], io="o")])
    writer.operator("NEG", [second], [writer.tensor("b", "int32", [1, 3], io="o")])
    model = writer.write(tmp_path / "two.tflite")
    one, two = np.array([[-1.5, 2], [3, -4]], np.float32), np.array([[1, 2, 3], [4, 5, 6]])
    outputs = infer(model, spool(tmp_path, second=two, first=one))
    assert list(outputs) == ["a", "b"]
    np.testing.assert_array_equal(outputs["a"], np.abs(one))
    np.testing.assert_array_equal(outputs["b"], -two)
    with pytest.raises(CalibrationError, match=r"unknown input 'secnd'. Did you mean 'second'\?"):
        infer(model, spool(tmp_path, secnd=two, first=one))
    with pytest.raises(CalibrationError, match="there are no samples for input 'second'"):
        infer(model, spool(tmp_path, first=one))


def test_inputs_without_a_batch_dimension_and_open_ones(tmp_path: Path, writer: Any) -> None:
    bare = writer.tensor("bare", "float32", [3], io="i")
    wide = writer.tensor("wide", "float32", [1, 1, 2], signature=[-1, -1, 2], io="i")
    writer.operator("ABS", [bare], [writer.tensor("a", "float32", [3], io="o")])
    writer.operator("ABS", [wide], [writer.tensor("b", "float32", [1, 1, 2], signature=[-1, -1, 2], io="o")])
    model = writer.write(tmp_path / "open.tflite")
    rng = np.random.default_rng(0)
    one, two = (rng.normal(size=shape).astype(np.float32) for shape in ((4, 3), (4, 5, 2)))
    outputs = infer(model, spool(tmp_path, bare=one, wide=two))
    np.testing.assert_array_equal(outputs["a"], np.abs(one))
    np.testing.assert_array_equal(outputs["b"], np.abs(two))


def test_a_calibration_set_will_do(tmp_path: Path, shared_data: Path) -> None:
    model = shared_data / "mlperf_tiny" / "ic_resnet8_float32.tflite"
    recipe = Recipe(samples=6, value_range="raw")
    samples = collect(
        shared_data / "sign_language_digits", inputs=inspect(model).inputs, recipe=recipe, folder=tmp_path
    )
    values = next(iter(infer(model, samples).values()))
    stored = np.stack([next(iter(sample.values()))[0] for sample in samples])
    np.testing.assert_array_equal(values, direct(model, stored))


def test_the_outputs_may_change_their_shape_between_runs_but_not_between_samples(tmp_path: Path, writer: Any) -> None:
    shape = writer.tensor("shape", "int32", [1], io="i")
    value = writer.tensor("value", "float32", [], data=np.array(2.5, np.float32))
    writer.operator("FILL", [shape, value], [writer.tensor("out", "float32", [1], signature=[-1], io="o")])
    model = writer.write(tmp_path / "fill.tflite")
    outputs = infer(model, spool(tmp_path, shape=np.array([[3], [3]], np.int32)))
    np.testing.assert_array_equal(outputs["out"], np.full((2, 3), 2.5))
    with pytest.raises(InferenceError, match="output 0 changes its shape from sample to sample"):
        infer(model, spool(tmp_path, shape=np.array([[3], [4]], np.int32)))


def test_samples_that_do_not_fit(tmp_path: Path, shared_data: Path) -> None:
    model = shared_data / "mlperf_tiny" / "ic_resnet8_float32.tflite"
    small = np.zeros((2, 31, 32, 3), np.float32)
    with pytest.raises(CalibrationError, match=r"have shape \[31, 32, 3\], but it takes .*float32\[1x32x32x3\]"):
        infer(model, spool(tmp_path, images=small))
    with pytest.raises(CalibrationError, match=r"shape \[2, 31, 32, 3\], but there should be 3 of them"):
        infer(model, Spooled({"images": tmp_path / "images.npy"}, 3))
    (tmp_path / "images.npy").write_bytes(b"nonsense")
    with pytest.raises(CalibrationError, match=r"images\.npy cannot be read"):
        infer(model, Spooled({"images": tmp_path / "images.npy"}, 2))


def test_samples_of_the_wrong_kind_are_told_by_the_agent(tmp_path: Path, writer: Any) -> None:
    index = writer.tensor("index", "int32", [1, 2], io="i")
    writer.operator("NEG", [index], [writer.tensor("out", "int32", [1, 2], io="o")])
    model = writer.write(tmp_path / "index.tflite")
    with pytest.raises(InferenceError, match="input 'index' takes int32, and the samples are float32"):
        infer(model, spool(tmp_path, index=np.zeros((1, 2), np.float32)))


def test_an_agent_that_answers_something_else(tmp_path: Path, shared_data: Path) -> None:
    model = shared_data / "mlperf_tiny" / "ic_resnet8_float32.tflite"
    samples = spool(tmp_path, images=np.zeros((1, 32, 32, 3), np.float32))

    class Liar(LocalDevice):
        def execute(self, argv: Sequence[str], *, timeout: float) -> Completed:
            answer = f"""echo '{{"protocol": {PROTOCOL}, "stage": "done"}}' > result.json"""
            return super().execute(["sh", "-c", answer], timeout=timeout)

    with closing(Liar()) as device, pytest.raises(AgentMismatch, match="answer from local is malformed"):
        infer(model, samples, device=device)


def test_bad_arguments(tmp_path: Path, shared_data: Path) -> None:
    model = shared_data / "mlperf_tiny" / "ic_resnet8_float32.tflite"
    samples = spool(tmp_path, images=np.zeros((1, 32, 32, 3), np.float32))
    with pytest.raises(UsageError, match="threads is 0"):
        infer(model, samples, threads=0)
    with pytest.raises(UsageError, match="timeout is -1"):
        infer(model, samples, timeout=-1)


def test_a_file_that_hangs_on_a_sample(tmp_path: Path, endless: Path) -> None:
    with pytest.raises(InferenceError, match="did not finish its first inference on local within 1 s"):
        infer(endless, spool(tmp_path, samples=np.ones((1,), np.float32)), first_timeout=1)
