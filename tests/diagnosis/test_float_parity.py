"""What is known of the float file's own parity, and when nothing is."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import edgekit
from edgekit.diagnosis.float_parity import float_parity


@pytest.fixture
def adopted(shared_data: Path, tmp_path: Path) -> edgekit.Artifact:
    """A float .tflite that was given as such, as an artifact."""
    source = shared_data / "mlperf_tiny" / "ic_resnet8_float32.tflite"
    return edgekit.convert(source, tmp_path / "resnet.tflite", precision="float32").artifact


def test_nothing_is_claimed_that_nobody_proved(adopted: edgekit.Artifact) -> None:
    parity, told = float_parity(adopted, sha256=adopted.sha256)
    assert (parity, told) == (None, "not known: it was a float .tflite already when it was converted")
    assert float_parity(adopted.path, sha256="0" * 64) == (
        None,
        "not known: the sidecar resnet.tflite.json is that of another file",
    )


def test_a_sidecar_that_was_edited_or_is_gone(adopted: edgekit.Artifact) -> None:
    document = json.loads(adopted.sidecar_path.read_text())
    document["parity"] = {"max_error": 0.0, "output_range": 1.0, "samples": 16, "synthetic": False}
    adopted.sidecar_path.write_text(json.dumps(document))
    parity, told = float_parity(adopted.path, sha256=adopted.sha256)
    assert parity is None
    assert "was edited: 'parity'" in told
    adopted.sidecar_path.unlink()
    parity, told = float_parity(adopted.path, sha256=adopted.sha256)
    assert parity is None
    assert "resnet.tflite has no sidecar" in told
