"""The choices of one conversion, and what goes wrong in it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from ai_edge_litert.interpreter import Interpreter

from edgekit import Recipe, Step, convert, inspect
from edgekit.errors import CalibrationError, ConversionError, OutputError, RecipeError, SourceError, UnsupportedOperator

RESNET = Path("mlperf_tiny", "ic_resnet8_float32.tflite")

pytestmark = pytest.mark.usefixtures("kept_workers")


def noise(count: int = 12) -> Iterator[np.ndarray]:
    generator = np.random.default_rng(5)
    for _ in range(count):
        yield (generator.random((32, 32, 3), np.float32) * 255).astype(np.float32)


def test_a_float_tflite_needs_no_tensorflow(shared_data: Path, tmp_path: Path) -> None:
    conversion = convert(shared_data / RESNET, tmp_path, precision=("float32", "int8"), calibration=noise())
    float32, int8 = conversion.artifacts
    assert float32.path.read_bytes()[:8] == (shared_data / RESNET).read_bytes()[:8]
    assert inspect(int8.path).precision == "int8"
    assert int8.provenance.origin.format == "tflite"
    assert int8.provenance.parity is None
    assert "tensorflow" not in int8.provenance.versions


def test_the_order_of_the_samples_changes_no_byte(shared_data: Path, tmp_path: Path) -> None:
    samples = list(noise())
    for name, given in (("a", samples), ("b", samples[::-1])):
        convert(shared_data / RESNET, tmp_path / f"{name}.tflite", calibration=given)
    assert (tmp_path / "a.tflite").read_bytes() == (tmp_path / "b.tflite").read_bytes()


def test_other_samples_change_the_file(shared_data: Path, tmp_path: Path) -> None:
    for name, scale in (("a", 1.0), ("b", 0.5)):
        convert(shared_data / RESNET, tmp_path / f"{name}.tflite", calibration=[each * scale for each in noise()])
    assert (tmp_path / "a.tflite").read_bytes() != (tmp_path / "b.tflite").read_bytes()


def test_float_and_integer_boundaries_are_the_same_model(shared_data: Path, tmp_path: Path) -> None:
    outputs = {}
    for io in ("float", "int"):
        artifact = convert(shared_data / RESNET, tmp_path / f"{io}.tflite", calibration=noise(), io=io).artifact
        interpreter = Interpreter(model_path=str(artifact.path))
        interpreter.allocate_tensors()
        entry, result = interpreter.get_input_details()[0], interpreter.get_output_details()[0]
        values = next(noise())[None]
        if io == "int":
            scale, zero_point = entry["quantization"]
            assert (entry["dtype"], result["dtype"]) == (np.int8, np.int8)
            assert artifact.inputs[0].scale == pytest.approx(scale)
            values = np.clip(np.round(values / scale) + zero_point, -128, 127).astype(np.int8)
        interpreter.set_tensor(entry["index"], values)
        interpreter.invoke()
        outputs[io] = interpreter.get_tensor(result["index"])
        if io == "int":
            scale, zero_point = result["quantization"]
            outputs[io] = (outputs[io].astype(np.float32) - zero_point) * scale
    assert np.abs(outputs["int"] - outputs["float"]).max() < 1e-6


def test_the_defaults_follow_from_what_was_given(shared_data: Path, tmp_path: Path) -> None:
    without = convert(shared_data / RESNET, tmp_path)
    assert without.artifact.path.name == "ic_resnet8_float32.dynamic_int8.tflite"
    assert without.reason.startswith("dynamic_int8: the default without calibration samples")
    assert "no samples were given" in without.notes[0]
    fidelity = without.artifact.provenance.fidelity
    assert fidelity is not None
    assert fidelity.synthetic
    with_samples = convert(shared_data / RESNET, tmp_path, calibration=noise())
    assert with_samples.artifact.precision == "int8"


def test_the_sidecar_tells_how_the_file_was_made(shared_data: Path, tmp_path: Path) -> None:
    artifact = convert(shared_data / RESNET, tmp_path / "m.tflite", calibration=noise(), seed=4, samples=7).artifact
    sidecar = json.loads((tmp_path / "m.tflite.json").read_text())
    assert sidecar == json.loads(json.dumps(artifact.to_document()))
    assert sidecar["sha256"] == artifact.sha256 == inspect(artifact.path).sha256
    made_by = {"precision": "int8", "io": "float", "samples": 7, "seed": 4, "resize": "stretch"}
    assert sidecar["recipe"].items() >= made_by.items()
    assert sidecar["samples"]["count"] == len(sidecar["samples"]["sample_ids"]) == 7
    assert sidecar["origin"]["sha256"] == inspect(shared_data / RESNET).sha256
    assert sidecar["versions"].keys() == {"python", "edgekit", "ai-edge-quantizer", "ai-edge-litert", "numpy"}


def test_progress_is_told_in_order(shared_data: Path, tmp_path: Path) -> None:
    steps: list[Step] = []
    convert(shared_data / RESNET, tmp_path, calibration=noise(), progress=steps.append)
    stages = list(dict.fromkeys(step.stage for step in steps))
    last = ["calibrating", "quantizing to int8", "comparing with the float model", "making the golden pack"]
    assert stages[-4:] == last
    calibrating = [(step.done, step.total) for step in steps if step.stage == "calibrating"]
    assert calibrating == [(done, 12) for done in range(13)]


@pytest.mark.parametrize(
    ("arguments", "error", "sentence"),
    [
        ({"precision": "int8"}, CalibrationError, "int8 needs representative samples"),
        ({"precision": "int4"}, RecipeError, "unknown precision 'int4'"),
        ({"precision": "float16", "io": "int"}, RecipeError, "which float16 does not have"),
        ({"sample": 3}, RecipeError, "unknown recipe key 'sample'. Did you mean 'samples'?"),
        ({"recipe": Recipe(), "samples": 0}, RecipeError, "samples is 0"),
    ],
)
def test_bad_choices(
    shared_data: Path, tmp_path: Path, arguments: dict[str, Any], error: type[Exception], sentence: str
) -> None:
    with pytest.raises(error, match=sentence):
        convert(shared_data / RESNET, tmp_path, **arguments)
    assert list(tmp_path.iterdir()) == []


def test_the_model_is_never_overwritten(shared_data: Path, tmp_path: Path) -> None:
    model = tmp_path / "m.tflite"
    model.write_bytes((shared_data / RESNET).read_bytes())
    with pytest.raises(OutputError, match="is the model itself"):
        convert(model, model)


def test_an_operator_without_builtin_is_named_with_its_layer(zoo: Path, zoo_importable: None, tmp_path: Path) -> None:
    with pytest.raises(UnsupportedOperator, match=r"tf\.Erfinv \(layer 'my_erfinv'\) has no builtin") as raised:
        convert(zoo / "erfinv.keras", tmp_path, custom_objects=["zoo:InverseErf"])
    assert raised.value.operators == ("tf.Erfinv",)
    assert raised.value.layers == ("my_erfinv",)
    assert list(tmp_path.iterdir()) == []


def test_a_model_of_chance_fails_its_parity(zoo: Path, zoo_importable: None, tmp_path: Path) -> None:
    with pytest.raises(ConversionError, match="is not the model: its outputs are off by"):
        convert(zoo / "chance.keras", tmp_path, custom_objects=["zoo:Chance"], precision="float32")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["two", "keyed", "lstm", "embedding", "nested", "scaled", "plain_saved", "two_saved"])
def test_models_of_many_shapes(zoo: Path, tmp_path: Path, name: str) -> None:
    path = zoo / name if name.endswith("_saved") else zoo / f"{name}.keras"
    artifact = convert(path, tmp_path).artifact
    parity = artifact.provenance.parity
    assert parity is not None
    assert parity.relative_error < 1e-5
    assert artifact.provenance.route == "frozen_graph"
    if name == "two":
        assert [(spec.name, spec.shape) for spec in artifact.inputs] == [("right", (1, 2, 3)), ("left", (1, 4))]
        assert [(spec.name, spec.shape) for spec in artifact.outputs] == [("output_0", (1, 2)), ("output_1", (1, 5))]
    if name == "keyed":
        assert [(spec.name, spec.shape) for spec in artifact.outputs] == [("a", (1, 3)), ("b", (1, 2))]


def test_two_inputs_are_calibrated_by_name(zoo: Path, tmp_path: Path) -> None:
    generator = np.random.default_rng(0)
    np.savez(
        tmp_path / "s.npz",
        left=generator.random((20, 4), np.float32),
        right=generator.random((20, 2, 3), np.float32) * 50,
    )
    artifact = convert(zoo / "two.keras", tmp_path, calibration=tmp_path / "s.npz", io="int").artifact
    scales = {spec.name: spec.scale for spec in artifact.inputs}
    assert scales["left"] == pytest.approx(1 / 255, rel=0.1)
    assert scales["right"] == pytest.approx(50 / 255, rel=0.1)


def test_scaling_in_front_makes_raw_the_default_for_photos(zoo: Path, shared_data: Path, tmp_path: Path) -> None:
    photos = shared_data / "sign_language_digits"
    artifact = convert(zoo / "scaled.keras", tmp_path, calibration=photos, samples=10, io="int").artifact
    assert artifact.inputs[0].scale == pytest.approx(1.0, rel=0.1)
    with pytest.raises(CalibrationError, match="unit"):
        convert(shared_data / RESNET, tmp_path, calibration=photos, samples=10)


_IN_MEMORY = """
import os, sys
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
os.environ["CUDA_VISIBLE_DEVICES"] = "-1"
import keras, numpy as np, edgekit

class Tripled(keras.layers.Layer):
    def call(self, x):
        return x * 3.0

a, b = keras.Input((8,), name="z_first"), keras.Input((4,), name="a_second")
outputs = [keras.layers.Dense(2)(Tripled()(a)), *(keras.layers.Dense(1 + i)(b) for i in range(12))]
model = keras.Model([a, b], outputs, name="made_here")
endless = ({"z_first": np.ones(8, "f4") * i, "a_second": np.ones(4, "f4")} for i in range(10**9))
conversion = edgekit.convert(model, sys.argv[1], precision=["float32", "int8"], calibration=endless, samples=9)
artifact = conversion.artifact
print(artifact.path.name, artifact.provenance.origin.format, artifact.provenance.parity.proven)
print(len(artifact.provenance.samples.sample_ids), sorted(spec.name for spec in artifact.inputs))

import tf_keras
old = tf_keras.Sequential([tf_keras.Input((6,)), tf_keras.layers.Dense(3)])
print(edgekit.convert(old, sys.argv[1]).artifact.provenance.parity.proven)
try:
    edgekit.convert(keras.Sequential([keras.layers.Dense(3)]), sys.argv[1])
except edgekit.EdgekitError as error:
    print(type(error).__name__, error.message)
"""


def test_a_model_in_memory(tmp_path: Path) -> None:
    told = subprocess.run(
        [sys.executable, "-c", _IN_MEMORY, str(tmp_path)],
        capture_output=True, text=True, check=False, env={**os.environ, "PYTHONWARNINGS": "ignore"},
    )  # fmt: skip
    assert told.returncode == 0, told.stderr
    assert told.stdout.splitlines() == [
        "made_here.float32.tflite memory True",
        "9 ['a_second', 'z_first']",
        "True",
        "SourceError model <memory> does not know its inputs: it was never built, or is a subclassed model",
    ]


def test_a_recipe_without_a_precision_leaves_the_default(shared_data: Path, tmp_path: Path) -> None:
    conversion = convert(shared_data / RESNET, tmp_path, recipe=Recipe(seed=1))
    assert conversion.artifact.precision == "dynamic_int8"
    assert "the default" in conversion.reason
    asked = convert(shared_data / RESNET, tmp_path, recipe=Recipe(precision="float16"))
    assert asked.artifact.precision == "float16"


def test_float32_of_a_tflite_is_the_file_itself(shared_data: Path, tmp_path: Path) -> None:
    conversion = convert(shared_data / RESNET, tmp_path, precision="float32")
    assert conversion.artifact.path.read_bytes() == (shared_data / RESNET).read_bytes()
    # Nothing was compared, so nothing is said of noise.
    assert conversion.notes == ()


def test_outputs_that_are_not_finite_are_told_and_end_in_no_crash(zoo: Path, tmp_path: Path) -> None:
    artifact = convert(zoo / "log.keras", tmp_path, precision=("float32", "dynamic_int8")).artifacts[1]
    document = json.loads(artifact.sidecar_path.read_text())
    assert document["parity"]["relative_error"] < 1e-4
    assert document["fidelity"]["snr_db"] is None or document["fidelity"]["snr_db"] > 0


def test_a_sample_that_the_model_fails_on_is_named(zoo: Path, tmp_path: Path) -> None:
    with pytest.raises(CalibrationError, match=r"embedding\.keras fails on sample 3"):
        convert(
            zoo / "embedding.keras", tmp_path, calibration=[np.full(6, 5 if i != 3 else 99, np.int32) for i in range(8)]
        )
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("model", [None, 42, "a\0b"])
def test_what_is_neither_a_path_nor_a_model(model: Any, tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="is neither a path nor a Keras model"):
        convert(model, tmp_path)


def test_a_quantized_source_is_refused(shared_data: Path, tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="is quantized already"):
        convert(shared_data / "mlperf_tiny" / "vww_mobilenet_int8.tflite", tmp_path)
