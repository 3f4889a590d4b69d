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


def test_an_empty_name(resnet: Path) -> None:
    with pytest.raises(UsageError, match="the name is empty"):
        gather(resnet, name=" ")
