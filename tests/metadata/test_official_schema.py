"""What conversions write, read by the schema's own accessors and by Python's zipfile."""

from __future__ import annotations

import zipfile
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from ai_edge_litert import schema_py_generated as schema

import edgekit
from edgekit.inspection import canonical_sha256
from edgekit.metadata.layout import ENTRY

_RESNET = "mlperf_tiny/ic_resnet8_float32.tflite"


def read(path: Path, official: ModuleType) -> Any:
    """The metadata in a file as an object of the official module."""
    model = schema.Model.GetRootAs(path.read_bytes())
    entries = {model.Metadata(index).Name().decode(): model.Metadata(index) for index in range(model.MetadataLength())}
    packed = model.Buffers(entries[ENTRY].Buffer()).DataAsNumpy().tobytes()
    assert official.ModelMetadata.ModelMetadataBufferHasIdentifier(packed, 0)
    return official.ModelMetadataT.InitFromObj(official.ModelMetadata.GetRootAs(packed))


@pytest.fixture(scope="module")
def conversion(shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> edgekit.Conversion:
    return edgekit.convert(
        shared_data / _RESNET,
        tmp_path_factory.mktemp("documented"),
        precision=("int8", "dynamic_int8"),
        calibration=shared_data / "sign_language_digits",
        samples=10,
        value_range="signed",
    )


def test_name_description_and_tensors(conversion: edgekit.Conversion, official: ModuleType) -> None:
    metadata = read(conversion.artifact.path, official)
    assert metadata.name == b"ic_resnet8_float32"
    assert metadata.description.startswith(b"ic_resnet8_float32 in int8 (int8 weights and activations, from samples)")
    assert b"made from ic_resnet8_float32.tflite by edgekit" in metadata.description
    assert metadata.minParserVersion == b"1.0.0"
    (subgraph,) = metadata.subgraphMetadata
    (taken,), (given,) = subgraph.inputTensorMetadata, subgraph.outputTensorMetadata
    artifact = conversion.artifact
    assert taken.name.decode() == artifact.inputs[0].name
    assert given.name.decode() == artifact.outputs[0].name
    image = taken.content.contentProperties
    assert taken.content.contentPropertiesType == official.ContentProperties.ImageProperties
    assert image.colorSpace == official.ColorSpaceType.RGB
    assert (image.defaultSize.width, image.defaultSize.height) == (32, 32)
    (unit,) = taken.processUnits
    assert unit.optionsType == official.ProcessUnitOptions.NormalizationOptions
    assert (unit.options.mean.tolist(), unit.options.std.tolist()) == ([127.5], [127.5])
    assert (taken.stats.min.tolist(), taken.stats.max.tolist()) == ([-1.0], [1.0])
    assert given.content.contentPropertiesType == official.ContentProperties.FeatureProperties


def test_labels_are_the_class_folders(conversion: edgekit.Conversion, official: ModuleType) -> None:
    for artifact in conversion.artifacts:
        (given,) = read(artifact.path, official).subgraphMetadata[0].outputTensorMetadata
        (file,) = given.associatedFiles
        assert file.type == official.AssociatedFileType.TENSOR_AXIS_LABELS
        with zipfile.ZipFile(artifact.path) as archive:
            assert archive.read(file.name.decode()) == b"0\n1\n2\n3\n4\n5\n6\n7\n8\n9\n"


@pytest.mark.parametrize(
    ("value_range", "colour", "mean", "std", "space"),
    [
        ("raw", None, [0.0], [1.0], "RGB"),
        ("unit", None, [0.0], [255.0], "RGB"),
        ("unit", "bgr", [0.0], [255.0], "UNKNOWN"),
        ("imagenet-torch", None, [123.675, 116.28, 103.53], [58.395, 57.12, 57.375], "RGB"),
        ("imagenet-caffe", None, [103.939, 116.779, 123.68], [1.0], "UNKNOWN"),
        ("mean=10,20,30;std=2", None, [10.0, 20.0, 30.0], [2.0], "RGB"),
    ],
)
def test_normalization_follows_from_the_range(
    shared_data: Path,
    official: ModuleType,
    tmp_path: Path,
    value_range: str,
    colour: str | None,
    mean: list[float],
    std: list[float],
    space: str,
) -> None:
    artifact = edgekit.convert(shared_data / _RESNET, tmp_path, value_range=value_range, colour=colour).artifact
    (taken,) = read(artifact.path, official).subgraphMetadata[0].inputTensorMetadata
    options = taken.processUnits[0].options
    assert options.mean.tolist() == pytest.approx(mean)
    assert options.std.tolist() == pytest.approx(std)
    assert taken.content.contentProperties.colorSpace == getattr(official.ColorSpaceType, space)
    assert artifact.provenance.pictures[artifact.inputs[0].name].value_range == value_range


def test_what_is_not_known_is_not_made_up(shared_data: Path, official: ModuleType, tmp_path: Path) -> None:
    artifact = edgekit.convert(shared_data / _RESNET, tmp_path).artifact
    subgraph = read(artifact.path, official).subgraphMetadata[0]
    assert subgraph.inputTensorMetadata[0].processUnits is None
    assert subgraph.inputTensorMetadata[0].stats is None
    assert subgraph.outputTensorMetadata[0].associatedFiles is None
    assert artifact.provenance.pictures == {}


def test_it_changes_no_hash_of_what_is_computed(
    conversion: edgekit.Conversion, shared_data: Path, tmp_path: Path
) -> None:
    other = edgekit.convert(
        shared_data / _RESNET,
        tmp_path / "other.tflite",
        precision="dynamic_int8",
        labels=[f"class {number}" for number in range(10)],
    ).artifact
    artifact = conversion.artifacts[1]
    assert artifact.sha256 != other.sha256
    assert artifact.canonical_sha256 == other.canonical_sha256 == canonical_sha256(other.path.read_bytes())
