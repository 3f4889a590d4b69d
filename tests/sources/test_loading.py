"""What sources say of themselves once loaded, and what a source that cannot be loaded says."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from edgekit.errors import SourceError
from edgekit.sources import EXPORTED, Description


@contextmanager
def _loader(cwd: Path | None = None) -> Iterator[Callable[..., dict[str, Any]]]:
    command = [sys.executable, "-P", str(Path(__file__).with_name("loading.py"))]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, cwd=cwd
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        requests, answers = process.stdin, process.stdout

        def ask(path: Path, *custom_objects: str, trust: bool = False) -> dict[str, Any]:
            requests.write(json.dumps([str(path), trust, custom_objects]) + "\n")
            requests.flush()
            result: dict[str, Any] = json.loads(answers.readline())
            return result

        yield ask
        requests.close()


_SHARED: list[Callable[..., dict[str, Any]]] = []


@pytest.fixture(scope="module", autouse=True)
def _shared() -> Iterator[None]:
    """Importing TensorFlow takes longer than loading: all plain files are loaded by one process."""
    with _loader() as ask:
        _SHARED.append(ask)
        yield
        _SHARED.clear()


def load(path: Path, *custom_objects: str, trust: bool = False, cwd: Path | None = None) -> dict[str, Any]:
    if not (custom_objects or trust or cwd):
        return _SHARED[0](path)
    # Code of the user's own changes what the process does with the next file.
    with _loader(cwd) as ask:
        return ask(path, *custom_objects, trust=trust)


def describe(path: Path) -> Description:
    return Description.from_json(load(path)["description"])


def test_a_keras_3_file(zoo: Path) -> None:
    told = describe(zoo / "two.keras")
    assert [(spec.name, spec.shape, spec.dtype) for spec in told.inputs] == [
        ("right", (1, 2, 3), "float32"),
        ("left", (1, 4), "float32"),
    ]
    assert [spec.shape for spec in told.outputs] == [(None, 2), (None, 5)]
    assert told.parameters == (10 * 2 + 2) + (4 * 5 + 5)
    assert told.own_scaling is None


@pytest.mark.parametrize(
    ("name", "shape", "parameters"),
    [
        ("ic_resnet8", (1, 32, 32, 3), 78_666),
        ("vww_mobilenet", (1, 96, 96, 3), 221_794),
        ("ad_autoencoder", (1, 640), 269_992),
        ("sww_dscnn1d", (1, 30, 1, 40), None),
    ],
)
def test_files_of_keras_2(shared_data: Path, name: str, shape: tuple[int, ...], parameters: int | None) -> None:
    told = describe(shared_data / "mlperf_tiny" / f"{name}.h5")
    assert told.inputs[0].shape == shape
    if parameters:
        assert told.parameters == parameters


def test_a_saved_model_of_plain_tensorflow(zoo: Path) -> None:
    report = load(zoo / "plain_saved")
    told = Description.from_json(report["description"])
    assert [(spec.name, spec.shape) for spec in told.inputs] == [("x", (1, 4))]
    assert [spec.name for spec in told.outputs] == ["y"]
    assert told.parameters == 12
    # Ones times the weights 0.0, 0.1, ... 1.1 in rows of three.
    assert report["outputs"][0][0] == pytest.approx([1.8, 2.2, 2.6])


def test_the_same_model_says_the_same_in_every_format(zoo: Path) -> None:
    reports = [load(zoo / name) for name in ("two.keras", "two_saved")]
    by_shape = [sorted(map(json.dumps, report["outputs"])) for report in reports]
    assert by_shape[0] == by_shape[1]


@pytest.mark.parametrize(
    ("name", "layer"), [("scaled.keras", "scale"), ("nested.keras", "scale"), ("tiny.keras", None)]
)
def test_scaling_in_front_is_seen(zoo: Path, name: str, layer: str | None) -> None:
    assert describe(zoo / name).own_scaling == layer


def _refused(path: Path, *nowhere: str) -> tuple[str, str]:
    """Load in the shared process: import paths that lead nowhere bring no code into it."""
    report = _SHARED[0](path, *nowhere)
    assert report.get("error") == "SourceError", report
    return report["message"], report["hint"]


@pytest.mark.parametrize("name", ["lambda.keras", "lambda.h5"])
def test_a_lambda_layer_is_refused_unless_trusted(zoo: Path, name: str) -> None:
    message, hint = _refused(zoo / name)
    assert message == f"model {zoo / name} holds code that loading it would run: Lambda layer 'doubled'"
    assert "--trust" in hint
    assert len(load(zoo / name, trust=True)["outputs"]) == 1


@pytest.mark.parametrize("name", ["custom.keras", "custom.h5"])
def test_an_unregistered_layer_is_named(zoo: Path, name: str) -> None:
    message, hint = _refused(zoo / name)
    assert "uses Scale, which is no layer of Keras" in message
    assert hint == "say where it is defined: --custom-objects my_module:Scale"


def test_a_custom_layer_is_found_by_import_path_from_the_current_folder(zoo: Path) -> None:
    assert "outputs" in load(zoo / "custom.keras", "zoo:Scale", cwd=Path(__file__).parent.parent)


@pytest.mark.parametrize(
    ("import_path", "sentence"),
    [
        ("Scale", "is not an import path"),
        ("no_such_module:Scale", "importing no_such_module failed"),
        ("json:Scale", "json has no Scale"),
    ],
)
def test_a_bad_import_path(zoo: Path, import_path: str, sentence: str) -> None:
    assert sentence in _refused(zoo / "custom.keras", import_path)[0]


def test_a_size_that_is_not_fixed(zoo: Path) -> None:
    message, hint = _refused(zoo / "free_size.keras")
    assert "input 'photo' has no fixed size, but (None, None, None, 3)" in message
    assert "keras.Input((224, 224, 3))" in hint


def test_weights_only(zoo: Path) -> None:
    message, hint = _refused(zoo / "tiny.weights.h5")
    assert "holds weights or other data only" in message
    assert "model.save('name.keras')" in hint


@pytest.mark.parametrize("name", ["ic_resnet8.h5", "vww_mobilenet.h5"])
@pytest.mark.parametrize("share", [0.2, 0.9])
def test_a_truncated_h5(shared_data: Path, tmp_path: Path, name: str, share: float) -> None:
    content = (shared_data / "mlperf_tiny" / name).read_bytes()
    path = tmp_path / name
    path.write_bytes(content[: int(len(content) * share)])
    message, hint = _refused(path)
    assert f"model {path} is damaged: it starts as HDF5, but is cut off or broken" in message
    assert hint == "copy or save the file again"


def test_a_changed_byte_in_a_keras_archive(zoo: Path, tmp_path: Path) -> None:
    content = bytearray((zoo / "ic_resnet8.keras").read_bytes())
    content[len(content) // 2] ^= 0xFF
    (tmp_path / "m.keras").write_bytes(content)
    message, _ = _refused(tmp_path / "m.keras")
    assert "does not match its checksum" in message or "is damaged" in message


def test_a_saved_model_without_its_variables(zoo: Path, tmp_path: Path) -> None:
    folder = tmp_path / "saved"
    folder.mkdir()
    (folder / "saved_model.pb").write_bytes((zoo / "two_saved" / "saved_model.pb").read_bytes())
    assert f"SavedModel {folder} cannot be loaded" in _refused(folder)[0]
    (folder / "saved_model.pb").write_bytes(b"garbage")
    assert f"SavedModel {folder} cannot be loaded" in _refused(folder)[0]


def test_a_float_tflite_describes_itself(shared_data: Path) -> None:
    told = EXPORTED["tflite"].describe(shared_data / "mlperf_tiny" / "ic_resnet8_float32.tflite")
    assert [spec.shape for spec in told.inputs] == [(1, 32, 32, 3)]
    assert [spec.shape for spec in told.outputs] == [(1, 10)]


def test_a_quantized_tflite_is_refused(shared_data: Path) -> None:
    with pytest.raises(SourceError, match="is quantized already") as raised:
        EXPORTED["tflite"].describe(shared_data / "mlperf_tiny" / "ic_resnet8_int8.tflite")
    assert "give the float model" in (raised.value.hint or "")


def test_an_edge_tpu_file_is_refused(shared_data: Path) -> None:
    with pytest.raises(SourceError, match="Edge TPU"):
        EXPORTED["tflite"].describe(shared_data / "coral" / "mobilenet_v1_0.25_128_quant_edgetpu.tflite")
