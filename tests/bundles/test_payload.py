"""What a bundle carries, and what it refuses."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

import edgekit
from edgekit.bundles.payload import gather
from edgekit.errors import BudgetExceeded, ConversionError, UsageError


def test_everything_is_listed_with_its_hash(resnet: Path, pictures: Path) -> None:
    payload = gather(resnet, name="Ten things", samples=pictures, value_range="raw")
    assert set(payload.files) == {
        "manifest.json",
        "model.tflite",
        "model.tflite.json",
        "model.tflite.golden.npz",
        "samples/01.png",
        "samples/02.png",
        "samples/03.png",
    }
    manifest = json.loads(payload.files["manifest.json"])
    assert set(manifest["files"]) == set(payload.files) - {"manifest.json"}
    assert manifest["model"]["sha256"] == edgekit.inspect(resnet).sha256
    assert manifest["inputs"][0]["picture"]["width"] == 32


def test_pictures_are_resized_as_the_sidecar_tells(shared_data: Path, tmp_path: Path) -> None:
    made = edgekit.convert(
        shared_data / "mlperf_tiny" / "ic_resnet8_float32.tflite",
        tmp_path / "m.tflite",
        precision="float16",
        calibration=shared_data / "sign_language_digits",
        value_range="unit",
        filter="nearest",
        resize="pad",
        colour="bgr",
        samples=4,
        samples_check=False,
    )
    for value_range, factor in ((None, 1 / 255), ("raw", 1)):
        payload = gather(made.artifact.path, value_range=value_range)
        assert payload.notes == ()
        (tensor,) = json.loads(payload.files["manifest.json"])["inputs"]
        assert (tensor["picture"]["filter"], tensor["picture"]["resize"]) == ("nearest", "pad")
        assert tensor["picture"]["colour"] == "bgr"
        assert tensor["picture"]["factor"] == pytest.approx(factor)


def test_without_sidecar_what_is_unknown_is_said(shared_data: Path, tmp_path: Path) -> None:
    alone = tmp_path / "alone.tflite"
    shutil.copy(shared_data / "mlperf_tiny" / "ic_resnet8_int8.tflite", alone)
    payload = gather(alone)
    assert [note.partition(",")[0] for note in payload.notes] == [
        "there is no sidecar alone.tflite.json",
        "there is no golden pack alone.tflite.golden.npz",
        "what a picture's 0..255 becomes is not known",
    ]


def test_a_sidecar_of_another_model(resnet: Path, shared_data: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.tflite"
    shutil.copy(shared_data / "mlperf_tiny" / "ic_resnet8_int8.tflite", other)
    shutil.copy(f"{resnet}.json", tmp_path / "other.tflite.json")
    with pytest.raises(UsageError, match=r"other\.tflite\.json (belongs to another file|is not of)"):
        gather(other, value_range="raw")


def test_a_golden_pack_of_another_model(resnet: Path, shared_data: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.tflite"
    shutil.copy(shared_data / "mlperf_tiny" / "ic_resnet8_int8.tflite", other)
    shutil.copy(f"{resnet}.golden.npz", tmp_path / "other.tflite.golden.npz")
    with pytest.raises(UsageError, match=r"other\.tflite\.golden\.npz belongs to another file"):
        gather(other)


def test_an_edge_tpu_file_is_refused(shared_data: Path) -> None:
    with pytest.raises(ConversionError, match="would not run in a bundle: it .*Edge TPU"):
        gather(shared_data / "coral" / "mobilenet_v1_0.25_128_quant_edgetpu.tflite")


@pytest.mark.parametrize(
    ("operator", "what"), [("FlexAccumulateNV2", "Flex"), ("an-op-of-our-own!", "an-op-of-our-own!")]
)
def test_what_a_plain_runtime_lacks_is_refused(shared_data: Path, tmp_path: Path, operator: str, what: str) -> None:
    content = (shared_data / "coral" / "mobilenet_v1_0.25_128_quant_edgetpu.tflite").read_bytes()
    other = tmp_path / "other.tflite"
    other.write_bytes(content.replace(b"edgetpu-custom-op", operator.encode()))
    with pytest.raises(ConversionError, match=f"would not run in a bundle: it .*{what}"):
        gather(other)


def test_the_budget_is_checked_first(shared_data: Path, tmp_path: Path) -> None:
    with pytest.raises(BudgetExceeded, match="does not keep the budget of stm32h747"):
        gather(shared_data / "mlperf_tiny" / "ic_resnet8_int8.tflite", profile="stm32h747")


def test_samples_that_are_no_pictures(resnet: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="are no folder"):
        gather(resnet, samples=tmp_path / "none")
    with pytest.raises(UsageError, match="hold no picture"):
        gather(resnet, samples=tmp_path)
    (tmp_path / "text.jpg").write_text("not a picture")
    with pytest.raises(UsageError, match=r"text\.jpg is no picture"):
        gather(resnet, samples=tmp_path)


def test_samples_that_are_left_out_are_told(resnet: Path, pictures: Path, tmp_path: Path) -> None:
    for number in range(14):
        shutil.copy(pictures / "0.png", tmp_path / f"{number:02d}.png")
    payload = gather(resnet, samples=tmp_path)
    assert payload.notes == ("of 14 samples the first 12 go along, by their names",)
    assert sum(path.startswith("samples/") for path in payload.files) == 12


def test_an_empty_name(resnet: Path) -> None:
    with pytest.raises(UsageError, match="the name is empty"):
        gather(resnet, name=" ")
