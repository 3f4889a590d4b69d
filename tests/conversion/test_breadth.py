"""The odd ones of the conversion matrix, to every precision; `scripts/bench matrix` has them all."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from edgekit import Artifact, EdgekitError, convert, inspect

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("kept_workers")]

ALL = ("float32", "float16", "dynamic_int8", "int8", "int16x8", "int8x4", "int4_weights")
INT8_DB = {
    "unet": 38,
    "keywords": 32,
    "stacked_recurrent": 36,
    "vision_transformer": 29,
    "two_and_two": 28,
    "dynamic_size": 25,
    "text": 26,
    "shared_layers": 22,
    "subclassed_file": 32,
}
"""What int8 keeps at least: about 6 dB under what was seen, as training is not the same on every machine."""
CUSTOM = {"vision_transformer": "matrix_layers:Patches", "subclassed_file": "matrix_layers:Classifier"}


@pytest.fixture(scope="session")
def models(made_once, shared_data: Path) -> Path:
    return made_once("matrix", "matrix_making.py", shared_data / "sign_language_digits", *INT8_DB, "subclassed_memory")


@pytest.fixture(autouse=True)
def importable(monkeypatch: pytest.MonkeyPatch) -> None:
    """Child processes can import the custom classes."""
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[1]))


@pytest.mark.parametrize("name", INT8_DB)
def test_to_every_precision(name: str, models: Path, tmp_path: Path) -> None:
    conversion = convert(
        models / f"{name}.keras",
        tmp_path,
        precision=ALL,
        calibration=models / f"{name}.npz",
        custom_objects=[CUSTOM[name]] if name in CUSTOM else [],
        input_shape="photo=1,48,48,3" if name == "dynamic_size" else None,
    )
    by_precision = {artifact.precision: artifact for artifact in conversion.artifacts}
    assert tuple(by_precision) == ALL
    for artifact in conversion.artifacts:
        assert inspect(artifact).runs_on_cpu
        assert all(None not in spec.shape for spec in artifact.inputs)
        parity = artifact.provenance.parity
        assert parity is not None
        assert parity.relative_error < 1e-5
    assert snr_db(by_precision["float16"]) > 45
    assert snr_db(by_precision["dynamic_int8"]) > INT8_DB[name] - 1
    assert snr_db(by_precision["int8"]) > INT8_DB[name]
    assert snr_db(by_precision["int16x8"]) > INT8_DB[name] - 1


def snr_db(artifact: Artifact) -> float:
    fidelity = artifact.provenance.fidelity
    assert fidelity is not None
    return fidelity.snr_db


def test_sizes_that_were_given_are_in_the_file_and_its_recipe(models: Path, tmp_path: Path) -> None:
    artifact = convert(models / "dynamic_size.keras", tmp_path, input_shape="1,40,56,3").artifact
    assert inspect(artifact).inputs[0].shape == (1, 40, 56, 3)
    sidecar = json.loads(artifact.sidecar_path.read_text())
    assert sidecar["recipe"]["input_shape"] == "1,40,56,3"
    assert sidecar["inputs"][0]["name"] == "photo"


@pytest.mark.parametrize(
    ("shape", "sentence", "hint"),
    [
        (None, "input 'photo' has no fixed size, but (None, None, None, 3)", "--input-shape photo=1,224,224,3"),
        ("1,48,48", "has 3 dimensions, but input 'photo'", "--input-shape photo=1,224,224,3"),
        ("image=1,48,48,3", "unknown input 'image'", None),
        ("1,48,48,1", "makes dimension 3 of input 'photo' 1, but", "fit (None, None, None, 3)"),
    ],
)
def test_sizes_that_do_not_fit(
    shape: str | None, sentence: str, hint: str | None, models: Path, tmp_path: Path
) -> None:
    with pytest.raises(EdgekitError) as raised:
        convert(models / "dynamic_size.keras", tmp_path, input_shape=shape)
    assert raised.value.exit_code == 2
    assert sentence in raised.value.message
    assert (hint or "") in (raised.value.hint or "")
    assert not list(tmp_path.iterdir())


_SUBCLASSED = """
import sys
import keras, numpy as np, edgekit
from matrix_models import CASES

folder, target = sys.argv[1:]
photos = np.load(f"{folder}/subclassed_memory.npz")["photo"]

def tell(model, **choices):
    try:
        artifact = edgekit.convert(model, target, **choices).artifact
        print(artifact.precision, artifact.inputs[0].name, artifact.inputs[0].shape, artifact.provenance.parity.proven)
    except edgekit.EdgekitError as error:
        print(type(error).__name__, error.message)

model = CASES["subclassed_memory"].build()
tell(model)
model(photos[:2])
model.load_weights(f"{folder}/subclassed_memory.weights.h5")
conversion = edgekit.convert(model, target, precision=["float32", "int8"], calibration=photos)
print([artifact.provenance.parity.relative_error < 1e-5 for artifact in conversion.artifacts])
print(conversion.artifacts[1].provenance.fidelity.snr_db > 32)
tell(CASES["subclassed_memory"].build(), input_shape="1,40,56,3")
tell(CASES["subclassed_memory"].build(), input_shape="1,40")

class Pair(keras.Model):
    def __init__(self):
        super().__init__()
        self.dense = keras.layers.Dense(3)
    def call(self, left, right):
        return {"sum": self.dense(left) + right, "left": self.dense(left)}

tell(Pair(), input_shape="left=1,4;right=1,3")
tell(Pair(), input_shape="left=1,4;right=1,5")
"""


def test_subclassed_models_in_memory(models: Path, tmp_path: Path) -> None:
    told = subprocess.run(
        [sys.executable, "-c", _SUBCLASSED, str(models), str(tmp_path)],
        capture_output=True, text=True, check=False, env={**os.environ, "PYTHONWARNINGS": "ignore"},
    )  # fmt: skip
    assert told.returncode == 0, told.stderr
    lines = told.stdout.splitlines()
    assert lines[:4] == [
        "SourceError model <memory> does not know its inputs: it was never built, or is a subclassed model",
        "[True, True]",
        "True",
        "dynamic_int8 x (1, 40, 56, 3) True",
    ]
    assert lines[4].startswith("SourceError model <memory> cannot be called on x (1, 40): ")
    assert lines[5] == "dynamic_int8 left (1, 4) True"
    assert lines[6].startswith("SourceError model <memory> cannot be called on left (1, 4), right (1, 5): ")
