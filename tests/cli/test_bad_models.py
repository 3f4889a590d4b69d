"""Model files that cannot be converted: the sentence, the exit code, and that nothing is left."""

from __future__ import annotations

import os
import shutil
import zipfile
from pathlib import Path

import pytest

AGAIN = "copy or save the file again"
READABLE = "edgekit reads Keras 3 .keras, Keras .h5, SavedModel folders, float .tflite"


@pytest.mark.parametrize("verb", ["convert", "deploy", "inspect", "check", "benchmark"])
def test_a_missing_file(edgekit, verb: str) -> None:
    options = {"check": ["--profile", "rpi4"], "deploy": ["--profile", "rpi4", "-o", "out"]}.get(verb, [])
    ended = edgekit.refuse(verb, "gone.tflite", *options)
    assert ended.sentence in {"gone.tflite does not exist", "model gone.tflite does not exist"}
    assert ended.hint in {"check the path", "give the path of a .tflite file"}


def test_an_empty_file(edgekit) -> None:
    (edgekit.folder / "m.keras").touch()
    ended = edgekit.refuse("convert", "m.keras")
    assert (ended.sentence, ended.hint) == ("model m.keras is empty (0 bytes)", AGAIN)
    assert edgekit.refuse("inspect", "m.keras").sentence == "m.keras is empty"


def test_a_truncated_keras_archive(edgekit, zoo: Path) -> None:
    (edgekit.folder / "m.keras").write_bytes((zoo / "ic_resnet8.keras").read_bytes()[:5000])
    ended = edgekit.refuse("convert", "m.keras")
    assert ended.sentence == "model m.keras is damaged: it starts like a .keras archive, but is cut off or broken"
    assert ended.hint == AGAIN


def test_a_truncated_h5(edgekit, shared_data: Path) -> None:
    content = (shared_data / "mlperf_tiny" / "ic_resnet8.h5").read_bytes()
    (edgekit.folder / "m.h5").write_bytes(content[: len(content) // 2])
    ended = edgekit.refuse("convert", "m.h5")
    assert ended.sentence.startswith("model m.h5 is damaged: it starts as HDF5, but is cut off or broken (")
    assert ended.hint == AGAIN


@pytest.mark.parametrize("verb", ["convert", "inspect", "benchmark"])
def test_a_truncated_tflite(edgekit, resnet: Path, verb: str) -> None:
    (edgekit.folder / "m.tflite").write_bytes(resnet.read_bytes()[:50_000])
    ended = edgekit.refuse(verb, "m.tflite")
    assert ended.sentence == "m.tflite is cut short or damaged: parts of it lie outside of it"
    assert ended.hint.startswith("copy or download the file again")


def test_a_zip_that_is_no_model(edgekit) -> None:
    with zipfile.ZipFile(edgekit.folder / "m.keras", "w") as archive:
        archive.writestr("cat.jpg", "x")
    ended = edgekit.refuse("convert", "m.keras")
    assert ended.sentence == "model m.keras is a zip archive, but holds no Keras model (no config.json)"
    assert ended.hint == READABLE


def test_weights_only(edgekit, zoo: Path) -> None:
    ended = edgekit.refuse("convert", zoo / "tiny.weights.h5")
    assert ended.sentence.endswith("holds weights or other data only: there is no model_config in it")
    assert ended.hint == "save the whole model: model.save('name.keras')"


def test_a_folder_of_photos(edgekit, photos: Path) -> None:
    ended = edgekit.refuse("convert", photos)
    assert ended.sentence == f"folder {photos} is no SavedModel: it has no saved_model.pb"
    assert ended.hint == READABLE


def test_a_pipe_is_not_waited_for(edgekit) -> None:
    os.mkfifo(edgekit.folder / "m.tflite")
    for verb in ("convert", "inspect", "benchmark"):
        assert edgekit.refuse(verb, "m.tflite").sentence.endswith("m.tflite is not a regular file")


def test_a_link_to_nowhere(edgekit) -> None:
    (edgekit.folder / "m.keras").symlink_to("gone.keras")
    assert edgekit.refuse("convert", "m.keras").sentence == "model m.keras does not exist"


def test_a_quantized_tflite(edgekit, shared_data: Path) -> None:
    path = shared_data / "mlperf_tiny" / "ic_resnet8_int8.tflite"
    ended = edgekit.refuse("convert", path)
    assert ended.sentence == f"{path} is quantized already (int8)"
    assert ended.hint.startswith("give the float model that it was made from")


def test_a_file_for_an_edge_tpu(edgekit, shared_data: Path) -> None:
    path = shared_data / "coral" / "mobilenet_v1_0.25_128_quant_edgetpu.tflite"
    assert "Edge TPU" in edgekit.refuse("convert", path).sentence
    assert "is compiled for an Edge TPU" in edgekit.refuse("benchmark", path, code=1).sentence


def test_a_model_that_the_runtime_refuses(edgekit, shared_data: Path) -> None:
    path = shared_data / "coral" / "model_invoking_error.tflite"
    ended = edgekit.refuse("benchmark", path, "--runs", "1", code=1)
    assert f"the runtime on local refuses {path}: " in ended.sentence


def test_a_lambda_layer_needs_trust(edgekit, zoo: Path) -> None:
    shutil.copy(zoo / "lambda.keras", edgekit.folder / "m.keras")
    ended = edgekit.refuse("convert", "m.keras")
    assert ended.sentence == "model m.keras holds code that loading it would run: Lambda layer 'doubled'"
    assert ended.hint.startswith("if you trust where the file comes from, add --trust")
    done = edgekit("convert", "m.keras", "--trust", "--json")
    assert [artifact["path"] for artifact in done.document["artifacts"]] == ["m.dynamic_int8.tflite"]


def test_an_unregistered_layer_needs_its_class(edgekit, zoo: Path, zoo_importable: None) -> None:
    shutil.copy(zoo / "custom.keras", edgekit.folder / "m.keras")
    ended = edgekit.refuse("convert", "m.keras")
    assert ended.sentence == "model m.keras uses Scale, which is no layer of Keras and was not given"
    assert ended.hint == "say where it is defined: --custom-objects my_module:Scale"
    # The sentence says it all: Keras' own words are not needed.
    assert "Exception encountered" not in ended.stderr
    done = edgekit("convert", "m.keras", "--custom-objects", "zoo:Scale", "--json")
    assert [artifact["path"] for artifact in done.document["artifacts"]] == ["m.dynamic_int8.tflite"]


def test_code_that_will_not_end_is_ended(edgekit, zoo: Path) -> None:
    (edgekit.folder / "stubborn.py").write_text(
        "import signal\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\nimport time\nimport keras\n"
        "class Scale(keras.layers.Layer):\n    def call(self, x):\n        return x * 2.0\n"
    )
    done = edgekit("convert", zoo / "custom.h5", "--custom-objects", "stubborn:Scale")
    assert "custom.dynamic_int8.tflite" in done.stdout


def test_an_operator_without_builtin_is_named_with_its_layer(edgekit, zoo: Path, zoo_importable: None) -> None:
    ended = edgekit.refuse(
        "convert", zoo / "erfinv.keras", "--custom-objects", "zoo:InverseErf", "--json", code=1
    )  # fmt: skip
    assert ended.sentence == (
        f"model {zoo / 'erfinv.keras'} cannot become a file of builtin operators: "
        "tf.Erfinv (layer 'my_erfinv') has no builtin"
    )
    assert "replace the layer" in ended.hint
    assert ended.document["error"] == "UnsupportedOperator"
    assert ended.document["operators"] == ["tf.Erfinv"]
    # The converter's own words are shown, and where they are many the middle is left out.
    assert (
        "'tf.Erfinv' op is neither a custom op nor a flex op" in ended.stderr.split("lines of the log are left out")[0]
    )


def test_a_model_that_kills_the_process_is_an_error(edgekit, zoo: Path, zoo_importable: None) -> None:
    ended = edgekit.refuse("convert", zoo / "dies.keras", "--custom-objects", "zoo:Dies", code=1)
    path = zoo / "dies.keras"
    assert ended.sentence == f"TensorFlow died while loading model {path}: it was killed by SIGABRT"
    assert ended.hint.startswith("the log tells which operation it was at")
    # It does tell: the innermost frame is the layer's.
    assert "zoo.py" in ended.stderr.split("Fatal Python error: Aborted")[1].split("File")[1]
