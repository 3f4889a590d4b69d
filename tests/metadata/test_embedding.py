"""Metadata goes into a file whose own bytes stay as they are."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import numpy as np
import pytest
from ai_edge_litert import schema_py_generated as schema
from ai_edge_litert.tools import flatbuffer_utils
from ai_edge_quantizer import qtyping, quantizer

import edgekit
from edgekit.inspection import canonical_sha256
from edgekit.metadata import ContentKind, Metadata, Normalization, TensorMetadata
from edgekit.metadata.embedding import CannotEmbed, embed
from edgekit.metadata.writing import encode
from edgekit.recipe import Recipe

_METADATA = Metadata(
    "a name",
    "a description",
    (TensorMetadata("in", "", ContentKind.IMAGE_RGB, Normalization((127.5,), (127.5,)), (-1.0,), (1.0,)),),
    (TensorMetadata("out", labels=("zero", "one"), label_file="labels.txt"),),
)
_FILES = [
    "mlperf_tiny/ic_resnet8_int8.tflite",
    "mlperf_tiny/kws_dscnn_float32.tflite",
    "coral/mobilenet_v1_0.25_128_quant_edgetpu.tflite",
    "coral/keras_lstm_mnist_ptq.tflite",
]


def packed() -> bytes:
    return encode(_METADATA, sizes={"in": (32, 32)})


def find(shared_data: Path, name: str) -> bytes:
    (path,) = shared_data.rglob(Path(name).name)
    return path.read_bytes()


@pytest.mark.parametrize("name", _FILES)
def test_the_model_stays_as_it_is(shared_data: Path, name: str) -> None:
    before = find(shared_data, name)
    after = embed(before, packed(), files={"labels.txt": b"zero\none\n"})
    assert canonical_sha256(after) == canonical_sha256(before)
    # The old bytes (some have an archive at the end) are there, as far from a boundary of 16 bytes as they were.
    start = before[: len(before) // 2]
    assert after.find(start) % 16 == 0
    with zipfile.ZipFile(io.BytesIO(after)) as archive:
        assert archive.namelist() == ["labels.txt"]
    old, new = (flatbuffer_utils.read_model_from_bytearray(bytearray(content)) for content in (before, after))
    names = [entry.name for entry in old.metadata or [] if entry.name != b"TFLITE_METADATA"]
    assert [entry.name for entry in new.metadata] == [*names, b"TFLITE_METADATA"]
    assert len(new.buffers) == len(old.buffers) + 1
    assert bytes(new.buffers[-1].data) == packed()


def test_it_runs_as_before(shared_data: Path, tmp_path: Path) -> None:
    before = find(shared_data, "mlperf_tiny/vww_mobilenet_int8.tflite")
    samples = edgekit.collect(
        np.random.default_rng(0).random((3, 96, 96, 3), np.float32),
        inputs=edgekit.inspect(shared_data / "mlperf_tiny" / "vww_mobilenet_float32.tflite").inputs,
        recipe=Recipe(),
        folder=tmp_path / "samples",
    )
    outputs = []
    for name, content in {"before": before, "after": embed(before, packed(), files={"labels.txt": b"a\n"})}.items():
        path = tmp_path / f"{name}.tflite"
        path.write_bytes(content)
        outputs.append(list(edgekit.infer(path, samples).values()))
    assert all(np.array_equal(old, new) for old, new in zip(*outputs, strict=True))
    assert np.unique(outputs[0][0]).size > 1


def test_old_metadata_is_replaced(shared_data: Path) -> None:
    before = find(shared_data, _FILES[0])
    once = embed(before, packed(), files={"labels.txt": b"old\n"})
    twice = embed(once, encode(Metadata("another", ""), sizes={}), files={})
    model = flatbuffer_utils.read_model_from_bytearray(bytearray(twice))
    assert [entry.name for entry in model.metadata].count(b"TFLITE_METADATA") == 1
    assert canonical_sha256(twice) == canonical_sha256(before)


def test_the_archive_tells_nothing_of_when_and_where(shared_data: Path) -> None:
    before = find(shared_data, _FILES[0])
    files = {"labels.txt": "null\neins\nfünf\n".encode(), "readme.txt": b""}
    after = embed(before, packed(), files=files)
    assert after == embed(before, packed(), files=files)
    with zipfile.ZipFile(io.BytesIO(after)) as archive:
        assert archive.testzip() is None
        assert {name: archive.read(name) for name in archive.namelist()} == files
        for member in archive.infolist():
            # Android's MetadataExtractor reads what is stored; it does not inflate.
            assert member.compress_type == zipfile.ZIP_STORED
            assert member.date_time == (1980, 1, 1, 0, 0, 0)
            assert member.create_system == 3


@pytest.fixture(scope="module")
def far(shared_data: Path) -> bytes:
    """A network with its large constants behind the FlatBuffer, where the quantizer puts more than 256 KiB of them."""
    maker = quantizer.Quantizer(str(shared_data / "mlperf_tiny" / "vww_mobilenet_float32.tflite"))
    maker.update_quantization_recipe(
        ".*",
        qtyping.TFLOperationName.ALL_SUPPORTED,
        qtyping.OpQuantizationConfig(
            weight_tensor_config=qtyping.TensorQuantizationConfig(16, dtype=qtyping.TensorDataType.FLOAT),
            compute_precision=qtyping.ComputePrecision.FLOAT,
        ),
        quantizer.AlgorithmName.FLOAT_CASTING,
    )
    content = bytes(maker.quantize().quantized_model)
    assert sum(start > 1 for start in starts(content)) > 10
    return content


def starts(content: bytes) -> list[int]:
    model = schema.Model.GetRootAs(content)
    return [model.Buffers(number).Offset() for number in range(model.BuffersLength())]


def test_constants_behind_the_model_are_found_where_they_come_to_lie(far: bytes, tmp_path: Path) -> None:
    once = embed(far, packed(), files={"labels.txt": b"zero\none\n"})
    assert canonical_sha256(once) == canonical_sha256(far)
    (moved,) = {new - old for new, old in zip(starts(once)[:-1], starts(far), strict=True) if old > 1}
    assert moved > 0
    assert moved % 16 == 0
    assert {new for new, old in zip(starts(once)[:-1], starts(far), strict=True) if old <= 1} <= {0, 1}
    twice = embed(once, packed(), files={"labels.txt": b"null\neins\n"})
    assert canonical_sha256(twice) == canonical_sha256(far)
    files = {"far": far, "once": once, "twice": twice}
    samples = {"input_1": np.random.default_rng(0).random((3, 96, 96, 3), np.float32)}
    outputs = []
    for name, content in files.items():
        path = tmp_path / f"{name}.tflite"
        path.write_bytes(content)
        ready = edgekit.collect(
            samples, inputs=edgekit.inspect(path).inputs, recipe=Recipe(), folder=tmp_path / f"{name} samples"
        )
        outputs.append(next(iter(edgekit.infer(path, ready).values())))
    assert np.unique(outputs[0]).size > 2
    assert np.array_equal(outputs[0], outputs[1])
    assert np.array_equal(outputs[0], outputs[2])
    seen = edgekit.inspect(tmp_path / "twice.tflite").metadata
    assert seen is not None
    assert seen.outputs[0].labels == ("null", "eins")


def test_a_conversion_documents_such_a_file(shared_data: Path, tmp_path: Path) -> None:
    conversion = edgekit.convert(
        shared_data / "mlperf_tiny" / "vww_mobilenet_float32.tflite",
        tmp_path / "far.tflite",
        precision="float16",
        labels=["nobody", "person"],
    )
    assert max(starts(conversion.artifact.path.read_bytes())) > 1
    assert not [note for note in conversion.notes if "metadata" in note]
    metadata = edgekit.inspect(conversion.artifact).metadata
    assert metadata is not None
    assert metadata.outputs[0].labels == ("nobody", "person")


def test_options_of_an_operator_behind_the_model(shared_data: Path) -> None:
    def options(content: bytes) -> bytes:
        operator = schema.Model.GetRootAs(content).Subgraphs(0).Operators(2)
        start = operator.LargeCustomOptionsOffset()
        return content[start : start + operator.LargeCustomOptionsSize()]

    model = flatbuffer_utils.read_model_from_bytearray(bytearray(find(shared_data, _FILES[0])))
    operator = model.subgraphs[0].operators[2]
    operator.largeCustomOptionsOffset, operator.largeCustomOptionsSize = 2, 4
    size = len(flatbuffer_utils.convert_object_to_bytearray(model))
    operator.largeCustomOptionsOffset = size
    content = bytes(flatbuffer_utils.convert_object_to_bytearray(model)) + b"four"
    assert options(content) == b"four"
    assert options(embed(content, packed(), files={"labels.txt": b"zero\none\n"})) == b"four"


def test_constants_that_are_not_there(far: bytes) -> None:
    with pytest.raises(CannotEmbed, match=r"places \d+ bytes at byte \d+, but ends at byte"):
        embed(far[:-64], packed(), files={})


def test_fields_of_a_later_schema_are_not_lost_in_silence(shared_data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from edgekit.metadata import layout

    # To a schema that ends before the signatures, the file is of a later one.
    signed = embed(find(shared_data, _FILES[0]), packed(), files={})
    assert schema.Model.GetRootAs(signed).MetadataLength()
    monkeypatch.setattr(layout, "MODEL", {name: layout.MODEL[name] for name in list(layout.MODEL)[:6]})
    with pytest.raises(CannotEmbed, match="later version of the schema"):
        embed(signed, packed(), files={})
