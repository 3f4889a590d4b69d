"""Models go to tf-keras and come back as what they were; tfmot works on them in between."""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import edgekit
from edgekit.bridge import crossing

_HERE = Path(__file__).resolve().parent
_CASES = ("unet", "two_and_two", "nested", "shared_layers", "keywords", "attention", "stacked_recurrent", "text")
_OWN = ("sequential", "made_of_everything", "of_tf_keras")
_FAMILIES = ("MobileNet", "MobileNetV3Small")


def told_by(script: str, *arguments: str) -> dict[str, Any]:
    told = subprocess.run(
        [sys.executable, "-W", "ignore", str(_HERE / script), *arguments], capture_output=True, text=True, check=False
    )
    assert told.returncode == 0, told.stderr[-3000:]
    found: dict[str, Any] = json.loads(told.stdout.splitlines()[-1])
    return found


@pytest.fixture(scope="module")
def crossed() -> dict[str, Any]:
    return told_by("crossings.py", *_CASES, *_OWN, *_FAMILIES)


@pytest.fixture(scope="module")
def tfmot() -> dict[str, Any]:
    return told_by("with_tfmot.py")


@pytest.mark.slow
@pytest.mark.parametrize("name", [*_CASES, *_OWN, *_FAMILIES])
def test_there_and_back(crossed: dict[str, Any], name: str) -> None:
    found = crossed[name]
    assert max(found["there"], found["back"]) <= 1e-5
    own, other = ("tf_keras", "keras") if name == "of_tf_keras" else ("keras", "tf_keras")
    assert found["libraries"] == [own, other, own]
    assert found["kinds"] == ["Sequential" if name == "sequential" else "Functional"] * 3
    # What a Normalization has learned is weights, and a part of its configuration behind the bridge.
    learned = 7 if name == "made_of_everything" else 0
    assert found["parameters"] == [found["parameters"][0]] + [found["parameters"][0] - learned] * 2
    assert len(set(found["trained"])) == 1
    assert found["trained"][0] > 0


@pytest.mark.slow
def test_refused(crossed: dict[str, Any]) -> None:
    told = crossed["refusals"]
    sentences = {name: sentence for name, (_, sentence, _) in told.items()}
    assert sentences["custom"].startswith("layer 'mine' (Doubled) is a custom layer")
    assert sentences["lambda"].startswith("layer 'code' (Lambda) holds code")
    assert sentences["subclassed"].startswith("model 'subclassed' is of the class Classifier")
    assert sentences["unbuilt"].startswith("model 'early' was never built")
    assert "(keras.ops' Erf) has no counterpart in tf-keras" in sentences["operation"]
    assert sentences["activation"].startswith("layer 'odd' (Dense): unknown activation 'sparsemax'.")
    assert sentences["key"] == "layer 'small' (Resizing) has antialias=True, which tf-keras does not know"
    assert sentences["path"] == "to_tf_keras takes a model of Keras 3 in memory, and 'model.keras' is a path"
    assert told["other library"][2] == "it is of the other Keras: use edgekit.from_tf_keras"
    assert sentences["hard_sigmoid"].startswith("layer 'hard' (Dense): unknown activation 'hard_sigmoid'.")
    assert told["samples"][0] == "CalibrationError"
    assert sentences["unequal"].startswith("the model in tf-keras is not the one in Keras 3: on 4 samples")
    assert {kind for kind, _, _ in told.values()} == {"ConversionError", "SourceError", "CalibrationError"}


@pytest.mark.slow
def test_pruning_comes_back(tfmot: dict[str, Any]) -> None:
    # The sum of Keras 3 is a layer: tfmot knows no other sums.
    assert "Add" in tfmot["kinds"]
    assert tfmot["sparse"] == pytest.approx(dict.fromkeys(("first", "second", "last"), 0.75), abs=0.01)
    assert tfmot["sparse right"] > 0.3
    kind, sentence, hint = tfmot["wrapped"]
    assert (kind, sentence) == (
        "ConversionError",
        "layer 'prune_low_magnitude_first' (PruneLowMagnitude) is of tfmot, and no layer of tf-keras",
    )
    assert "strip_pruning" in hint


@pytest.mark.slow
def test_clustering_comes_back(tfmot: dict[str, Any]) -> None:
    assert max(tfmot["clustered"].values()) <= 8
    both = tfmot["sparse and clustered"]
    assert max(both["distinct"].values()) <= 8
    assert min(both["zeros"].values()) >= 0.74


@pytest.mark.slow
def test_fake_quantization_runs_and_its_weights_come_back(tfmot: dict[str, Any]) -> None:
    assert tfmot["quantized"][1] == "layer 'quantize_layer' (QuantizeLayer) is of tfmot, and no layer of tf-keras"
    assert tfmot["moved"] > 0
    # The rounding is gone, and nothing else.
    assert tfmot["returned right"] == pytest.approx(tfmot["quantized right"], abs=0.05)
    assert tfmot["quantized right"] > 0.5


class _GoesOn(Exception):
    """What is needed was found."""


@pytest.mark.parametrize(("missing", "needed"), [("tf_keras", True), ("tensorflow_model_optimization", False)])
def test_what_is_needed_is_tf_keras_alone(monkeypatch: pytest.MonkeyPatch, missing: str, needed: bool) -> None:
    def goes_on() -> None:
        raise _GoesOn

    found = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name, *_: None if name == missing else found(name))
    monkeypatch.setattr(crossing, "import_tensorflow", goes_on)
    with pytest.raises(edgekit.EdgekitError if needed else _GoesOn) as raised:
        edgekit.to_tf_keras(None, samples=None)
    if needed:
        assert isinstance(raised.value, edgekit.EdgekitError)
        assert raised.value.exit_code == 3
        assert raised.value.hint == 'pip install "edgekit[tfmot]"'
