"""A sidecar is read as it was written, and an edit is found by name."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from edgekit import Artifact
from edgekit.artifact import PictureHandling, read_sidecar, recorded_pictures
from edgekit.artifact.seals import SEALS, sealed
from edgekit.errors import UsageError

Edit = Callable[[Callable[[dict[str, Any]], object]], Path]


@pytest.fixture
def edit(int8_artifact: Artifact, tmp_path: Path) -> Edit:
    """Return a function that writes the sidecar anew after a change."""

    def write(change: Callable[[dict[str, Any]], object]) -> Path:
        document = json.loads(int8_artifact.sidecar_path.read_text())
        change(document)
        path = tmp_path / "m.tflite.json"
        path.write_text(json.dumps(document))
        return path

    return write


def test_it_is_read_as_it_was_written(int8_artifact: Artifact) -> None:
    sidecar = read_sidecar(int8_artifact.sidecar_path)
    assert sidecar.file == int8_artifact.path
    assert (sidecar.sha256, sidecar.canonical_sha256) == (int8_artifact.sha256, int8_artifact.canonical_sha256)
    assert sidecar.origin == int8_artifact.provenance.origin
    assert sidecar.recipe == int8_artifact.provenance.recipe
    samples, used = sidecar.samples, int8_artifact.provenance.samples
    assert (samples.path, samples.sample_ids, samples.skipped) == (used.path, used.sample_ids, used.skipped)
    assert samples.preprocessing == used.preprocessing
    assert sidecar.golden_pack == int8_artifact.golden_pack
    assert sidecar.versions == int8_artifact.provenance.versions
    assert sum(row["count"] for row in sidecar.document["census"]) == 18
    assert sidecar.document["islands"] == []
    assert sidecar.document["recipe"]["seed"] == 0


def test_how_it_is_laid_out_does_not_matter(int8_artifact: Artifact, edit: Edit) -> None:
    document = json.loads(int8_artifact.sidecar_path.read_text())
    turned = edit(lambda content: [content.update({name: content.pop(name)}) for name in reversed(list(document))])
    assert read_sidecar(turned).recipe == int8_artifact.provenance.recipe


def test_a_sidecar_from_before_samples_were_checked_is_read(int8_artifact: Artifact, tmp_path: Path) -> None:
    """The schema had the same number then."""
    document = json.loads(int8_artifact.sidecar_path.read_text())
    del document[SEALS], document["samples"]["findings"], document["samples"]["unjudged"], document["pictures"]
    path = tmp_path / "m.tflite.json"
    path.write_text(json.dumps(sealed(document)))
    sidecar = read_sidecar(path)
    assert sidecar.samples is not None
    assert (sidecar.samples.findings, sidecar.samples.unjudged, sidecar.pictures) == (None, (), {})
    assert sidecar.golden_pack == int8_artifact.golden_pack


def test_a_sidecar_from_before_filters_had_names_is_read(int8_artifact: Artifact, tmp_path: Path) -> None:
    document = json.loads(int8_artifact.sidecar_path.read_text())
    del document[SEALS]
    document["pictures"] = {"image": {"value_range": "unit", "resize": "crop", "colour": "rgb"}}
    document["samples"]["preprocessing"] = "images brought to 32x32 (crop, bilinear), values 'unit' (0..1), RGB"
    path = tmp_path / "m.tflite.json"
    path.write_text(json.dumps(sealed(document)))
    sidecar = read_sidecar(path)
    assert sidecar.pictures["image"].filter == "antialias"
    assert sidecar.recipe.used_filter == "antialias"
    # The same was done to them as is done now, and "edgekit reproduce" must not say otherwise.
    assert sidecar.samples is not None
    assert sidecar.samples.preprocessing.startswith("images brought to 32x32 (crop, antialias)")


def test_what_becomes_of_pictures_is_told_of_the_very_file_alone(int8_artifact: Artifact, tmp_path: Path) -> None:
    document = json.loads(int8_artifact.sidecar_path.read_text())
    del document[SEALS]
    document["pictures"] = {"image": {"value_range": "unit", "resize": "crop", "filter": "nearest", "colour": "rgb"}}
    file = tmp_path / "m.tflite"
    assert recorded_pictures(file, sha256=int8_artifact.sha256) is None
    (tmp_path / "m.tflite.json").write_text(json.dumps(sealed(document)))
    assert recorded_pictures(file, sha256=int8_artifact.sha256) == PictureHandling("unit", "crop", "nearest", "rgb")
    assert recorded_pictures(file, sha256="0" * 64) is None
    (tmp_path / "m.tflite.json").write_text("{}")
    assert recorded_pictures(file, sha256=int8_artifact.sha256) is None


@pytest.mark.parametrize(
    ("change", "fields"),
    [
        (lambda d: d["recipe"].update(seed=7), "'recipe.seed' is"),
        (lambda d: d["recipe"].update(samples=3, io="int"), "'recipe.io', 'recipe.samples' are"),
        (lambda d: d["samples"]["sample_ids"].reverse(), "'samples.sample_ids' is"),
        (lambda d: d["origin"].pop("sha256"), "'origin.sha256' is"),
        (lambda d: d.update(origin=None), "'origin' is"),
        (lambda d: d["versions"].update(numpy="1.0"), "'versions' is"),
        (lambda d: d["fidelity"].update(snr_db=99.0), "'fidelity' is"),
        (lambda d: d["census"][0].update(precision="float32"), "'census' is"),
        (lambda d: d["ranges"].popitem(), "'ranges' is"),
        (lambda d: d["golden_pack"].update(samples=9), "'golden_pack.samples' is"),
        (lambda d: d.update(sha256="0" * 64), "'sha256' is"),
        (lambda d: d.pop("route"), "'route' is"),
        (lambda d: d.update(note="mine"), "'note' is"),
        (lambda d: d.pop("seals"), "'seals' is"),
        (lambda d: d["seals"].pop("seals"), "'seals' is"),
        (lambda d: (d["seals"].pop("route"), d.pop("route")), "'seals' is"),
    ],
)
def test_an_edit_is_found_by_the_name_of_the_field(edit: Edit, change: Any, fields: str) -> None:
    path = edit(change)
    with pytest.raises(UsageError) as caught:
        read_sidecar(path)
    assert caught.value.message == f"sidecar {path} was edited: {fields} not what edgekit wrote"
    assert caught.value.hint


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "is no sidecar: it is empty"),
        (b"[" * 100_000, "is no sidecar: it is not JSON"),
        (b"[]", "is no sidecar: it holds no object"),
        (b"{}", "is no sidecar that this edgekit reads: its schema is None, not 'edgekit.artifact/2'"),
        (b'{"schema": "edgekit.artifact/1"}', "its schema is 'edgekit.artifact/1', not 'edgekit.artifact/2'"),
        (b"\x1c\x00\x00\x00TFL3", "is a .tflite file, not its sidecar"),
        (b"\xff\xfe", "is no sidecar: it is not JSON"),
    ],
)
def test_what_is_no_sidecar(tmp_path: Path, content: bytes, sentence: str) -> None:
    path = tmp_path / "m.tflite.json"
    path.write_bytes(content)
    with pytest.raises(UsageError) as caught:
        read_sidecar(path)
    assert sentence in caught.value.message
    assert str(path) in caught.value.message


def test_a_sidecar_that_is_not_there_or_is_a_folder(tmp_path: Path) -> None:
    for path, sentence in ((tmp_path / "gone.json", "does not exist"), (tmp_path, "cannot be read: Is a directory")):
        with pytest.raises(UsageError, match=sentence):
            read_sidecar(path)


def test_file_and_sidecar_may_be_renamed_together(int8_artifact: Artifact, tmp_path: Path) -> None:
    shutil.copy(int8_artifact.sidecar_path, tmp_path / "other.tflite.json")
    assert read_sidecar(tmp_path / "other.tflite.json").file == tmp_path / "other.tflite"
