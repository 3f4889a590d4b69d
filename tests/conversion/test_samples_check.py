"""Samples that are held against a model: alone, and before a conversion calibrates on them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import edgekit
from edgekit import Screening, Severity
from edgekit.conversion.judgement import require_sound
from edgekit.errors import CalibrationError
from edgekit.screening import SampleFinding

pytestmark = pytest.mark.usefixtures("kept_workers")


@pytest.fixture(scope="module")
def photos(photo_model: Path) -> Path:
    return photo_model / "train"


def _names(screening: Screening, severity: Severity) -> list[str]:
    return [finding.name for finding in screening.of(severity)]


def _pixels(folder: Path, size: int, count: int = 60) -> np.ndarray:
    files = sorted(folder.glob("*/*.JPG"))
    images = (Image.open(file).convert("RGB").resize((size, size)) for file in files[:: len(files) // count][:count])
    return np.stack([np.asarray(image) for image in images])


def test_the_wrong_range_stops_a_conversion_unless_it_may_go_on(
    photo_model: Path, photos: Path, tmp_path: Path
) -> None:
    model = photo_model / "photos.keras"
    with pytest.raises(CalibrationError) as caught:
        edgekit.convert(model, tmp_path, calibration=photos, samples=40, value_range="raw")
    assert "value range: `unit` fits, `raw` is 255 times too large: 'batch_normalization'" in caught.value.message
    assert "--range unit" in (caught.value.hint or "")
    assert "--no-samples-check" in (caught.value.hint or "")
    assert list(tmp_path.iterdir()) == []
    conversion = edgekit.convert(
        model, tmp_path, calibration=photos, samples=40, value_range="raw", samples_check=False
    )
    assert "the calibration samples were not checked (--no-samples-check)" in conversion.notes
    assert conversion.screening is None
    sidecar = json.loads(conversion.artifact.sidecar_path.read_text())
    assert sidecar["samples"]["findings"] is None
    assert len(sidecar["samples"]["sample_ids"]) == 40


def test_a_finding_that_stops_is_told_once() -> None:
    """The log is shown before the message: it has what that leaves out."""
    findings = [
        SampleFinding(name, severity, f"{name} is off", (), f"mend {name}")
        for name, severity in (("range", Severity.ERROR), ("noise", Severity.ERROR), ("order", Severity.WARNING))
    ]
    for kept, log in ((findings, "error: noise: noise is off; next: mend noise\n"), (findings[:1], None)):
        with pytest.raises(CalibrationError, match="to calibrate on: range: range is off") as caught:
            require_sound(Screening("photos", 9, "", tuple(kept), ()))
        assert (caught.value.hint or "").startswith("mend range; ")
        assert caught.value.log == (log and f"{log}warning: order: order is off; next: mend order")


def test_warnings_come_with_the_conversion_and_its_sidecar(photo_model: Path, photos: Path, tmp_path: Path) -> None:
    conversion = edgekit.convert(
        photo_model / "photos.keras", tmp_path, calibration=photos, evaluate=photos, samples=12, value_range="unit"
    )
    assert conversion.screening is not None
    assert _names(conversion.screening, Severity.WARNING) == ["too few samples", "leakage"]
    assert conversion.screening.errors == ()
    sidecar = json.loads(conversion.artifact.sidecar_path.read_text())
    assert [finding["name"] for finding in sidecar["samples"]["findings"]] == ["too few samples", "leakage"]
    assert sidecar["samples"]["findings"][1]["samples"] == list(range(12))
    assert [each["name"] for each in sidecar["samples"]["unjudged"]] == ["order"]
    assert "warning: too few samples: " in str(conversion)


def test_clean_photos_have_nothing_against_them(photo_model: Path, photos: Path) -> None:
    screening = edgekit.samples(photos, model=photo_model / "photos.keras", value_range="unit")
    assert screening.findings == ()
    assert screening.count == len(set(screening.sample_ids)) == 200
    assert "4/" in "".join(screening.names)


def test_without_a_model_the_range_is_not_judged(photos: Path) -> None:
    screening = edgekit.samples(photos, samples=40, value_range=None)
    assert screening.findings == ()
    reasons = {each.name: each.because for each in screening.unjudged}
    assert reasons["value range"] == reasons["channel order"] == "no model was given"


@pytest.mark.parametrize(
    ("name", "size", "right", "wrong", "told"),
    [
        ("ic_resnet8.h5", 32, "raw", "unit", "`raw` fits, `unit` is 255 times too small: "),
        # It was trained on photos of more contrast: by these, -1..1 is as good.
        ("vww_mobilenet.h5", 96, "unit", "raw", "`signed` and `unit` fit, `raw` is "),
    ],
)
def test_networks_for_other_photos(
    shared_data: Path, photos: Path, name: str, size: int, right: str, wrong: str, told: str
) -> None:
    """Photos of hands for a network that has seen other things: the range is right all the same."""
    model, pixels = shared_data / "mlperf_tiny" / name, _pixels(photos, size)
    assert edgekit.samples(pixels, model=model, value_range=right).findings == ()
    (finding,) = edgekit.samples(pixels, model=model, value_range=wrong).errors
    assert finding.name == "value range"
    assert finding.sentence.startswith(told)


def test_grey_and_dark_photos_are_in_their_range_too(shared_data: Path, photos: Path) -> None:
    model, pixels = shared_data / "mlperf_tiny" / "ic_resnet8.h5", _pixels(photos, 32)
    grey = np.repeat(pixels.mean(axis=3, keepdims=True), 3, axis=3).astype(np.uint8)
    for changed in (grey, (pixels * 0.5).astype(np.uint8)):
        assert edgekit.samples(changed, model=model, value_range="raw").findings == ()


def test_a_model_that_scales_by_itself(photos: Path) -> None:
    """In memory, so that its layers are asked in this process; trained on what its Rescaling makes of 0..255."""
    keras = pytest.importorskip("keras")
    pixels = _pixels(photos, 48).astype(np.float32)
    image = keras.Input((48, 48, 3))
    scaled = keras.layers.Rescaling(1 / 127.5, -1)(image)
    x = keras.layers.BatchNormalization(momentum=0.5)(keras.layers.Conv2D(8, 3, use_bias=False)(scaled))
    model = keras.Model(image, keras.layers.Dense(10)(keras.layers.GlobalAveragePooling2D()(x)))
    for _ in range(20):
        model(pixels, training=True)
    before = model(pixels[:2]).numpy()
    assert edgekit.samples(pixels.astype(np.uint8), model=model).findings == ()
    (finding,) = edgekit.samples(pixels.astype(np.uint8), model=model, value_range="unit").errors
    assert "`raw` fits, `unit` is 255 times too small" in finding.sentence
    # Looking into the layers leaves the model as it was.
    assert np.array_equal(model(pixels[:2]).numpy(), before)
    assert all("call" not in vars(layer) for layer in model.layers)


def test_tables_are_judged_by_their_normalization(tmp_path: Path) -> None:
    keras = pytest.importorskip("keras")
    table = np.random.default_rng(0).normal([5, 100, -3], [1, 20, 0.1], (300, 3)).astype(np.float32)
    layer = keras.layers.Normalization()
    layer.adapt(table)
    row = keras.Input((3,), name="row")
    model = keras.Model(row, keras.layers.Dense(2)(layer(row)))
    screening = edgekit.samples(table, model=model)
    assert screening.findings == ()
    unjudged = {each.name: each.because for each in screening.unjudged}
    assert unjudged["noise"] == unjudged["near duplicates"] == "no input is known to take pictures"
    (finding,) = edgekit.samples(table / 1000, model=model).findings
    assert (finding.name, finding.severity) == ("value range", Severity.WARNING)


def test_nan_is_an_error_of_its_own_beside_the_layers() -> None:
    keras = pytest.importorskip("keras")
    table = np.random.default_rng(0).normal(0, 1, (40, 30)).astype(np.float32)
    layer = keras.layers.Normalization()
    layer.adapt(table + 5)
    row = keras.Input((30,))
    table[7, 2] = np.nan
    screening = edgekit.samples(table, model=keras.Model(row, layer(row)), samples=40)
    assert [finding.name for finding in screening.findings] == ["not finite"]
    assert "value range" in {each.name for each in screening.unjudged}


@pytest.mark.parametrize("kind", ["tflite", "untrained", "trained on one value"])
def test_what_cannot_be_judged_is_told(shared_data: Path, photos: Path, kind: str) -> None:
    model: Any = shared_data / "mlperf_tiny" / "ic_resnet8_float32.tflite"
    because = "a .tflite does not say what its normalization layers were trained on"
    if kind != "tflite":
        keras = pytest.importorskip("keras")
        image = keras.Input((32, 32, 3))
        layer = keras.layers.BatchNormalization()
        model = keras.Model(image, layer(image))
        if kind == "trained on one value":
            layer.moving_mean.assign([7.0, 7.0, 7.0])
            layer.moving_variance.assign([0.0, 0.0, 0.0])
        because = "the model has no BatchNormalization or Normalization layer that was trained"
    screening = edgekit.samples(_pixels(photos, 32), model=model, value_range="unit")
    assert screening.findings == ()
    assert {each.because for each in screening.unjudged if each.name == "value range"} == {because}
