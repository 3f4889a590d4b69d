"""Every real file through inspect, and every way in which a file can be none."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from edgekit.errors import SourceError
from edgekit.files import encode_json
from edgekit.inspection import inspect

PUBLISHED = {
    "mlperf_tiny/ic_resnet8_float32.tflite": ("float32", 12_501_632),
    "mlperf_tiny/ic_resnet8_int8.tflite": ("int8", 12_501_632),
    "mlperf_tiny/vww_mobilenet_float32.tflite": ("float32", 7_489_664),
    "mlperf_tiny/vww_mobilenet_int8.tflite": ("int8", 7_489_664),
    # Its name says float32, its convolutions have int8 weights.
    "mlperf_tiny/kws_dscnn_float32.tflite": ("dynamic_int8", 2_656_768),
    "mlperf_tiny/kws_dscnn_int8.tflite": ("int8", 2_656_768),
    "coral/mobilenet_v1_0.25_128_quant.tflite": ("uint8", 13_570_304),
    "coral/mobilenet_v2_1.0_224_quant.tflite": ("uint8", 300_775_552),
    "coral/deeplabv3_mnv2_dm05_pascal_quant.tflite": ("uint8", 867_496_704),
    "coral/keras_lstm_mnist_ptq.tflite": ("int8", 113_120),
    "coral/mobilenet_v1_0.25_128_quant_edgetpu.tflite": ("uint8", 0),
    "coral/model_invoking_error.tflite": ("mixed", 0),
}


def test_the_table_names_every_real_file(shared_data: Path) -> None:
    assert {path.relative_to(shared_data).as_posix() for path in shared_data.rglob("*.tflite")} == set(PUBLISHED)


@pytest.mark.parametrize("name", PUBLISHED)
def test_precision_and_macs_of_real_files(shared_data: Path, name: str) -> None:
    path = shared_data / name
    facts = inspect(str(path))
    content = path.read_bytes()
    assert (facts.precision, facts.macs) == PUBLISHED[name]
    assert facts.path == path
    assert facts.size_bytes == len(content)
    assert facts.sha256 == hashlib.sha256(content).hexdigest()
    assert facts.schema_version == 3
    assert facts.macs == sum(row.macs for row in facts.census)
    assert len(facts.ops) == sum(row.count for row in facts.census)
    # Two operators of deeplabv3 share a constant of 8 bytes: it counts at both, and once for the file.
    shared = 8 if "deeplab" in name else 0
    assert facts.weight_bytes + shared == sum(row.weight_bytes for row in facts.census)
    assert 0 < facts.weight_bytes < facts.size_bytes or name.startswith("coral/mo")
    assert 0 < facts.arena.peak_live_bytes <= facts.arena.arena_bytes
    assert facts.arena.complete


def test_all_facts_of_one_file(shared_data: Path, tmp_path: Path) -> None:
    path = shared_data / "mlperf_tiny" / "ic_resnet8_int8.tflite"
    facts = inspect(path)
    assert [str(spec) for spec in facts.inputs] == ["input_1_int8: int8[1x32x32x3] (scale 1, zero -128)"]
    assert [str(spec) for spec in facts.outputs] == ["Identity_int8: int8[1x10] (scale 0.00390625, zero -128)"]
    assert facts.description == "MLIR Converted."
    assert (facts.parameters, facts.weight_bytes) == (77_708, 78_752)
    assert facts.arena.arena_bytes == 52_224
    assert [(row.name, row.count) for row in facts.census] == [
        ("CONV_2D", 9), ("FULLY_CONNECTED", 1), ("RESHAPE", 1), ("ADD", 3), ("AVERAGE_POOL_2D", 1), ("SOFTMAX", 1)
    ]  # fmt: skip
    assert (facts.ops[0].name, facts.ops[0].macs, facts.ops[0].weight_bytes) == ("CONV_2D", 442_368, 496)
    assert facts.ops[-1].output == "Identity_int8"
    assert facts.runs_on_cpu
    assert facts.notes == ()
    assert str(facts) == (
        f"{path} (int8, 96.2 KiB, {facts.zipped_bytes / 1024:.1f} KiB zipped, 16 operators, 12,501,632 MACs, "
        "arena 51.0 KiB)"
    )
    with zipfile.ZipFile(tmp_path / "m.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.write(path, "m")
        assert facts.zipped_bytes == archive.getinfo("m").compress_size


def test_the_document_is_json_with_the_schema_first(shared_data: Path) -> None:
    facts = inspect(shared_data / "mlperf_tiny" / "vww_mobilenet_int8.tflite")
    document = json.loads(encode_json(facts.to_document()))
    assert next(iter(document.items())) == ("schema", "edgekit.inspection/1")
    assert "ops" not in document
    assert (document["operators"], document["macs"], document["precision"]) == (31, 7_489_664, "int8")
    assert document["arena"]["arena_bytes"] == 82_944
    listed = json.loads(encode_json(facts.to_document(ops=True)))["ops"]
    assert [op["name"] for op in listed] == [op.name for op in facts.ops]
    assert sum(op["macs"] for op in listed) == 7_489_664


def test_an_edge_tpu_file_is_said_to_be_for_an_edge_tpu(shared_data: Path) -> None:
    facts = inspect(shared_data / "coral" / "mobilenet_v1_0.25_128_quant_edgetpu.tflite")
    assert facts.edgetpu_ops == 1
    assert facts.custom_ops == facts.flex_ops == ()
    assert not facts.runs_on_cpu
    assert facts.notes[0] == "is compiled for an Edge TPU: a CPU cannot run it"


def test_the_broken_file_is_told_as_the_runtime_tells_it(shared_data: Path) -> None:
    path = shared_data / "coral" / "model_invoking_error.tflite"
    facts = inspect(path)
    assert not facts.runs_on_cpu
    assert facts.custom_ops == ("fake-op-double",)
    assert facts.notes == (
        "needs the custom operator 'fake-op-double', which the TFLite runtime does not have: it runs only in a program "
        "that brings the code for it",
    )
    code = f"from ai_edge_litert.interpreter import Interpreter as I; I({str(path)!r}).allocate_tensors()"
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert "unresolved custom op: fake-op-double" in told.stderr


def test_names_come_from_the_signature_in_the_order_of_the_graph(build: Callable[..., bytes], tmp_path: Path) -> None:
    path = tmp_path / "two.tflite"
    path.write_bytes(
        build(
            [{"shape": [1, 4]}, {"shape": [1, 4]}, {"shape": [1, 4]}],
            [("SUB", [1, 0], [2])],
            inputs=[1, 0],
            outputs=[2],
            signature=({"first": 0, "second": 1}, {"difference": 2}),
        )
    )
    facts = inspect(path)
    assert [spec.name for spec in facts.inputs] == ["second", "first"]
    assert [spec.name for spec in facts.outputs] == ["difference"]
    assert facts.signatures == ("serving_default",)


def test_a_free_batch_is_one_and_another_free_dimension_is_open(build: Callable[..., bytes], tmp_path: Path) -> None:
    path = tmp_path / "free.tflite"
    free = {"shape": [1, 1, 8], "signature": [-1, -1, 8]}
    path.write_bytes(build([free, free], [("EXP", [0], [1])], inputs=[0], outputs=[1]))
    facts = inspect(path)
    assert facts.inputs[0].shape == facts.outputs[0].shape == (1, None, 8)
    assert not facts.arena.complete
    assert facts.notes == ("some sizes are only known while it runs: the memory figures are lower bounds",)


def test_flex_stock_and_other_custom_operators_are_told_apart(build: Callable[..., bytes], tmp_path: Path) -> None:
    path = tmp_path / "custom.tflite"
    tensors = [{"shape": [1, 4]} for _ in range(5)]
    names = ("FlexErf", "TFLite_Detection_PostProcess", "Mine", "FlexErf")
    ops = [(name, [number], [number + 1]) for number, name in enumerate(names)]
    path.write_bytes(build(tensors, ops, inputs=[0], outputs=[4]))
    facts = inspect(path)
    assert facts.flex_ops == ("FlexErf",)
    assert facts.custom_ops == ("TFLite_Detection_PostProcess", "Mine")
    assert not facts.runs_on_cpu
    assert [op.precision for op in facts.ops] == ["float32", "unknown", "unknown", "float32"]
    assert "(FlexErf)" in facts.notes[0]
    assert "'Mine'" in facts.notes[1]
    assert facts.notes[2] == "no single precision: 2 operators in float32, 2 operators in unknown"
    path.write_bytes(build(tensors[:2], [("TFLite_Detection_PostProcess", [0], [1])], inputs=[0], outputs=[1]))
    assert inspect(path).runs_on_cpu


def _keras_v3(path: Path, data: Path) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("config.json", "{}")


NONE_OF_OURS: dict[str, tuple[Callable[[Path, Path], Any], str]] = {
    "missing": (lambda path, data: None, "does not exist"),
    "folder": (lambda path, data: path.mkdir(), "is a folder, not a .tflite file"),
    "pipe": (lambda path, data: os.mkfifo(path), "is not a regular file"),
    "empty": (lambda path, data: path.write_bytes(b""), "is empty"),
    "short": (lambda path, data: path.write_bytes(b"\x1c\0\0\0T"), "it has only 5 bytes"),
    "keras": (_keras_v3, "it is a zip archive, as .keras files are"),
    "h5": (lambda path, data: shutil.copy(data / "mlperf_tiny" / "ic_resnet8.h5", path), "it is HDF5"),
    "json": (lambda path, data: path.write_text(' {"a": 1}\n' * 9), "it is JSON text"),
    "onnx": (
        lambda path, data: path.write_bytes(b"\x08\x07\x12\x07pytorch\x1a\x032.0" * 9),
        "it is a protobuf message",
    ),
    "web page": (lambda path, data: path.write_text("\n<!DOCTYPE html><html>Not found</html>"), "it is a web page"),
    "lfs": (lambda path, data: path.write_text("version https://git-lfs.github.com/spec/v1\n"), "a Git LFS pointer"),
    "other flatbuffer": (lambda path, data: path.write_bytes(b"\x1c\0\0\0ORTM" + bytes(99)), "another kind, 'ORTM'"),
    "text": (
        lambda path, data: path.write_text("# Our fleet.\n" + 'hosts = ["ssh://pi@garden", "ssh://pi@käfig"]\n' * 9),
        "it is a text, which begins with '# Our fleet.'",
    ),
    "anything": (lambda path, data: path.write_bytes(bytes(range(200, 256)) * 9), "it lacks the identifier TFL3"),
    "identifier only": (lambda path, data: path.write_bytes(b"\x1c\0\0\0TFL3"), "is cut short or damaged"),
}


@pytest.mark.parametrize("kind", NONE_OF_OURS)
def test_what_is_no_tflite_file_is_named(shared_data: Path, tmp_path: Path, kind: str) -> None:
    path = tmp_path / "model.tflite"
    make, sentence = NONE_OF_OURS[kind]
    make(path, shared_data)
    with pytest.raises(SourceError) as refused:
        inspect(path)
    assert refused.value.message.startswith(f"{path} ")
    assert sentence in refused.value.message
    assert refused.value.hint
    assert refused.value.exit_code == 2


def test_what_lies_beside_a_tflite_file_names_it(tmp_path: Path) -> None:
    for name in ("a.tflite.json", "a.tflite.golden.npz"):
        (tmp_path / name).write_bytes(b"PK\x03\x04" + bytes(99))
        with pytest.raises(SourceError, match=r"by its name it belongs to a\.tflite") as refused:
            inspect(tmp_path / name)
        assert refused.value.hint == f"give the .tflite file: {tmp_path / 'a.tflite'} is not there"
    # What the bytes say comes before the name.
    (tmp_path / "a.tflite.gz").write_bytes(b"\x1f\x8b" + bytes(99))
    (tmp_path / "a.tflite.old").write_bytes(bytes(99))
    with pytest.raises(SourceError, match="it lacks the identifier TFL3"):
        inspect(tmp_path / "a.tflite.old")
    (tmp_path / "a.tflite").touch()
    with pytest.raises(SourceError, match="it is compressed with gzip") as refused:
        inspect(tmp_path / "a.tflite.gz")
    assert refused.value.hint == "unpack it first"
    for name in ("a.tflite.json", "a.tflite.old"):
        with pytest.raises(SourceError, match=r"by its name it belongs to a\.tflite") as refused:
            inspect(tmp_path / name)
        assert refused.value.hint == f"give {tmp_path / 'a.tflite'}"


@pytest.mark.parametrize("name", ["nul\0byte.tflite", "x" * 300 + ".tflite"])
def test_a_path_that_no_file_can_have(tmp_path: Path, name: str) -> None:
    with pytest.raises(SourceError, match="cannot be read"):
        inspect(tmp_path / name)


def test_another_version_of_the_schema_is_named(resnet: bytes, rewrite: Callable[..., bytes], tmp_path: Path) -> None:
    path = tmp_path / "old.tflite"
    path.write_bytes(rewrite(resnet, lambda model: setattr(model, "version", 2)))
    with pytest.raises(SourceError, match="follows version 2 of the TFLite schema"):
        inspect(path)


def test_importing_the_room_is_cheap() -> None:
    code = (
        "import sys, edgekit.inspection; print([name for name in ('ai_edge_litert', 'flatbuffers', 'tensorflow', 'PIL')"
        " if name in sys.modules])"
    )
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "[]"


def test_inspecting_loads_no_tensorflow(shared_data: Path) -> None:
    path = shared_data / "mlperf_tiny" / "kws_dscnn_int8.tflite"
    code = (
        f"import sys; from edgekit.inspection import inspect; print(inspect({str(path)!r}).macs, "
        "[name for name in ('tensorflow', 'ai_edge_litert.interpreter', 'ai_edge_quantizer') if name in sys.modules])"
    )
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "2656768 []"
