"""Which names of classes an artifact gets, and what is wrong with those that do not fit."""

from __future__ import annotations

from pathlib import Path

import pytest

import edgekit
from edgekit.errors import OutputError, UsageError
from edgekit.inspection import Inspection

_RESNET = "mlperf_tiny/ic_resnet8_float32.tflite"

pytestmark = pytest.mark.usefixtures("kept_workers")
_NAMES = [f"Zahl {number} (größer)" for number in range(10)]


@pytest.fixture
def names(tmp_path: Path) -> Path:
    path = tmp_path / "names.txt"
    path.write_text("\r\n".join(_NAMES), encoding="utf-8-sig", newline="")
    return path


def labels_in(facts: Inspection) -> tuple[str, ...]:
    assert facts.metadata is not None
    return facts.metadata.outputs[0].labels


def test_a_file_comes_before_the_folders(shared_data: Path, names: Path, tmp_path: Path) -> None:
    conversion = edgekit.convert(
        shared_data / _RESNET,
        tmp_path,
        precision=("float32", "int8"),
        calibration=shared_data / "sign_language_digits",
        samples=10,
        value_range="raw",
        filter="nearest",
        labels=names,
    )
    float32, int8 = (edgekit.inspect(artifact) for artifact in conversion.artifacts)
    assert labels_in(int8) == tuple(_NAMES)
    # The file that was given is promised byte for byte, so it is told that it has no labels.
    assert float32.metadata is None
    assert conversion.notes == ("float32 of a .tflite is that file, so no labels were put into it",)


def test_labels_of_the_source_are_kept(shared_data: Path, names: Path, tmp_path: Path) -> None:
    first = edgekit.convert(shared_data / _RESNET, tmp_path, precision="float16", labels=names).artifact
    # float16 is no source; a float file with metadata is made by hand.
    from edgekit.metadata import Metadata, TensorMetadata
    from edgekit.metadata.embedding import embed
    from edgekit.metadata.writing import encode

    text = "".join(f"{name}\n" for name in _NAMES).encode()
    own = Metadata("theirs", "", (), (TensorMetadata("scores", label_file="a.txt"),))
    source = tmp_path / "theirs.tflite"
    source.write_bytes(embed((shared_data / _RESNET).read_bytes(), encode(own, sizes={}), files={"a.txt": text}))
    second = edgekit.convert(source, tmp_path).artifact
    assert labels_in(edgekit.inspect(second)) == labels_in(edgekit.inspect(first)) == tuple(_NAMES)


def test_folders_that_do_not_fit_are_told_of(shared_data: Path, tmp_path: Path) -> None:
    photos = tmp_path / "photos"
    for number in range(3):
        (photos / str(number)).mkdir(parents=True)
        for path in sorted((shared_data / "sign_language_digits" / str(number)).glob("*.JPG"))[:3]:
            (photos / str(number) / path.name).symlink_to(path)
    conversion = edgekit.convert(shared_data / _RESNET, tmp_path, calibration=photos, value_range="raw")
    assert labels_in(edgekit.inspect(conversion.artifact)) == ()
    (note,) = [note for note in conversion.notes if "labels" in note]
    assert note.startswith("no labels were put into the metadata: the class folders of")
    assert "name 3 classes, but no single output has as many scores" in note


def test_blank_lines_at_the_end_are_no_names_and_shared_names_are_told(shared_data: Path, tmp_path: Path) -> None:
    path = tmp_path / "names.txt"
    path.write_text("\n".join([*_NAMES[:8], "crane", "crane"]) + "\n\n  \n", encoding="utf-8")
    made = edgekit.convert(shared_data / _RESNET, tmp_path, precision="float16", labels=path)
    assert labels_in(edgekit.inspect(made.artifact)) == (*_NAMES[:8], "crane", "crane")
    told = f"labels {path}: 'crane' is name 9 and 10: answers do not tell such classes apart"
    assert [note for note in made.notes if "crane" in note] == [told]


def test_a_folder_is_no_file_of_names(shared_data: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="it is a folder"):
        edgekit.convert(shared_data / _RESNET, tmp_path, labels=tmp_path)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (None, "there is no such file"),
        (b"", "there are none"),
        (b"\n \n", "there are none"),
        (b"\xff\xfe\x00", "it is not UTF-8 text"),
        (b"a\n\nb\n", "name 2 is empty"),
        (b"a\nb\n", "name 2 classes, but no single output has as many scores"),
    ],
)
def test_a_bad_file_changes_nothing(shared_data: Path, tmp_path: Path, content: bytes | None, sentence: str) -> None:
    path = tmp_path / "names.txt"
    if content is not None:
        path.write_bytes(content)
    before = sorted(tmp_path.iterdir())
    with pytest.raises(UsageError, match=sentence) as raised:
        edgekit.convert(shared_data / _RESNET, tmp_path, labels=path)
    assert str(path) in raised.value.message
    assert raised.value.hint
    assert sorted(tmp_path.iterdir()) == before


def test_the_file_of_labels_is_not_overwritten(shared_data: Path, names: Path) -> None:
    with pytest.raises(OutputError, match="is the file of labels itself"):
        edgekit.convert(shared_data / _RESNET, names, labels=names)


def test_names_of_several_lines_are_refused(shared_data: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="name 3 is of several lines"):
        edgekit.convert(shared_data / _RESNET, tmp_path, labels=["a", "b", "c\nd", *"efghijk"])
