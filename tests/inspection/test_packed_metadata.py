"""Metadata is read where there is some, whoever wrote it, and never stands in the way of the facts."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

import edgekit
from edgekit.inspection.packed_metadata import read_metadata
from edgekit.metadata import ContentKind, Metadata, Normalization, TensorMetadata
from edgekit.metadata.embedding import embed
from edgekit.metadata.writing import encode

_WRITTEN = Metadata(
    "a name",
    "a description",
    (
        TensorMetadata(
            "photo", "what it is", ContentKind.IMAGE_GRAYSCALE, Normalization((1.0,), (2.0,)), (-0.5,), (127.0,)
        ),
        TensorMetadata("other"),
    ),
    (TensorMetadata("scores", labels=("zero", "one"), label_file="labels.txt"),),
    min_parser_version="1.0.0",
    files=("labels.txt",),
)


@pytest.fixture(scope="module")
def plain(shared_data: Path) -> bytes:
    return (shared_data / "mlperf_tiny" / "kws_dscnn_int8.tflite").read_bytes()


@pytest.fixture(scope="module")
def documented(plain: bytes) -> bytes:
    return embed(plain, encode(_WRITTEN, sizes={"photo": (8, 9)}), files={"labels.txt": b"zero\none\n"})


def test_what_was_written_is_read(documented: bytes) -> None:
    assert read_metadata(documented) == (_WRITTEN, ())


def test_a_file_without(plain: bytes) -> None:
    assert read_metadata(plain) == (None, ())


def test_labels_that_are_not_packed(plain: bytes) -> None:
    metadata, faults = read_metadata(embed(plain, encode(_WRITTEN, sizes={}), files={}))
    assert metadata is not None
    assert (metadata.files, metadata.outputs[0].label_file, metadata.outputs[0].labels) == ((), "labels.txt", ())
    assert faults == ()


def test_any_bytes_give_facts_or_a_sentence(documented: bytes, tmp_path: Path) -> None:
    generator = np.random.default_rng(7)
    seen: Counter[str] = Counter()
    for _ in range(400):
        content = bytearray(documented)
        for _ in range(3):
            # Where the metadata lies, and where the archive does.
            at = generator.choice([generator.integers(8, 900), len(content) - generator.integers(1, 300)])
            content[at] = generator.integers(256)
        metadata, faults = read_metadata(bytes(content))
        json.dumps(None if metadata is None else metadata.to_document(), allow_nan=False)
        seen["read" if metadata else "not read"] += 1
        seen["told"] += bool(faults)
    assert min(seen.values()) > 30


@pytest.mark.parametrize(
    ("damage", "sentence"),
    [
        (b"M999", "its metadata is cut short or damaged: it is marked b'M999', not b'M001'"),
        (None, "its metadata is cut short or damaged: its mean is not a number"),
    ],
)
def test_a_fault_is_a_note(plain: bytes, tmp_path: Path, damage: bytes | None, sentence: str) -> None:
    written = encode(
        Metadata("", "", (TensorMetadata("x", normalization=Normalization((float("nan"),), (1.0,))),)), sizes={}
    )
    path = tmp_path / "a.tflite"
    path.write_bytes(embed(plain, written if damage is None else written.replace(b"M001", damage), files={}))
    facts = edgekit.inspect(path)
    assert facts.metadata is None
    assert sentence in facts.notes
    assert facts.macs == 2656768


def test_a_small_archive_that_unpacks_to_much_is_not_unpacked(plain: bytes) -> None:
    import io
    import zipfile

    stream = io.BytesIO()
    stream.write(embed(plain, encode(_WRITTEN, sizes={}), files={}))
    with zipfile.ZipFile(stream, "a", zipfile.ZIP_DEFLATED) as archive:
        for number in range(4):
            archive.writestr(f"{number}.txt", b"\n" * (1 << 24))
    metadata, _ = read_metadata(stream.getvalue())
    assert metadata is not None
    assert metadata.files == ("0.txt", "1.txt", "2.txt", "3.txt")


def test_metadata_that_others_wrote(shared_data: Path) -> None:
    facts = edgekit.inspect(shared_data / "coral" / "mobilenet_v1_0.25_128_quant_edgetpu.tflite")
    assert facts.metadata is not None
    assert facts.metadata.name == "ImageClassifier"
    (taken,), (given,) = facts.metadata.inputs, facts.metadata.outputs
    assert (taken.name, taken.content) == ("image", ContentKind.IMAGE_RGB)
    assert taken.normalization == Normalization((127.5,), (127.5,))
    assert (given.label_file, len(given.labels), given.labels[0]) == ("imagenet_labels.txt", 1001, "background")
