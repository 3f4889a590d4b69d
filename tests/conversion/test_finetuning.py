"""Fine-tuning of the artifact's own graph, end to end, and what it refuses."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from edgekit import Artifact, EdgekitError, Step, convert, inspect, reproduce
from edgekit.conversion.finetuning import _judged, _require_weights, _Samples
from edgekit.errors import CalibrationError, ConversionError, OutputError, RecipeError, SourceError, UsageError
from edgekit.fidelity import Fidelity

_EPOCHS = 3


@dataclass(frozen=True)
class Resumed:
    """A fine-tuning that was killed, and what came of going on with it."""

    artifact: Artifact
    left: tuple[str, ...]
    """What the one that was killed left behind."""
    steps: tuple[Step, ...]
    """What the second one told."""


@pytest.fixture(scope="module")
def resumed(photo_float: Path, photo_model: Path, tmp_path_factory: pytest.TempPathFactory) -> Resumed:
    """The photo network with 4-bit weights, after few epochs on 48 photos with labels; killed in the second."""
    folder = tmp_path_factory.mktemp("tuned")
    output, checkpoint = folder / "tuned.tflite", folder / "tuning.npz"
    command = [
        *(sys.executable, "-m", "edgekit", "convert", photo_float, "-o", output, "--precision", "int8x4"),
        *("--calibration", photo_model / "train", "--range", "unit", "--samples", "60"),
        *("--finetune", "--epochs", str(_EPOCHS), "--checkpoint", checkpoint),
    ]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        assert any(f"epoch 2 of {_EPOCHS}" in line for line in process.stderr)
        process.kill()
    left, steps = tuple(each.name for each in folder.iterdir()), list[Step]()
    conversion = convert(
        photo_float,
        output,
        precision="int8x4",
        calibration=photo_model / "train",
        value_range="unit",
        samples=60,
        finetune=True,
        epochs=_EPOCHS,
        checkpoint=checkpoint,
        progress=steps.append,
    )
    return Resumed(conversion.artifact, left, tuple(steps))


@pytest.fixture(scope="module")
def tuned(resumed: Resumed) -> Artifact:
    return resumed.artifact


@pytest.mark.slow
def test_it_is_better_than_post_training(tuned: Artifact) -> None:
    record = tuned.provenance.finetuning
    assert record is not None
    assert (record.epochs, record.trained_on, record.held_out, record.labels) == (_EPOCHS, 48, 12, True)
    assert record.kept
    assert record.after.snr_db > record.before.snr_db + 1
    assert record.losses[-1] < 0.85 * record.losses[0]
    assert record.twin_error < 1e-5
    fidelity = tuned.provenance.fidelity
    assert fidelity is not None
    # The artifact's own fidelity is that on samples which it did not learn from.
    assert (fidelity.samples, fidelity.snr_db) == (12, record.after.snr_db)
    assert inspect(tuned).precision == "int8x4"
    document = json.loads(tuned.sidecar_path.read_text())
    assert document["finetuning"]["kept"] is True
    if record.gained is not None and record.lost is not None:
        shares = [round(12 * (each.top1_agreement or 0)) for each in (record.before, record.after)]
        rights = [each.correct or 0 for each in (record.before, record.after)]
        one, other = rights if rights[0] != rights[1] else shares
        assert record.gained - record.lost == other - one
    else:
        assert record.before.merit[:2] == record.after.merit[:2]
    assert (document["recipe"]["finetune"], document["recipe"]["epochs"]) == (True, _EPOCHS)
    assert "tensorflow" in document["versions"]


@pytest.mark.slow
def test_it_is_made_again_to_the_byte(tuned: Artifact) -> None:
    # By one that nobody kills.
    again = reproduce(tuned.sidecar_path)
    assert again.rebuilt_sha256 == tuned.sha256


@pytest.mark.slow
def test_one_that_is_killed_is_gone_on_with(resumed: Resumed) -> None:
    assert resumed.left == ("tuning.npz",)
    told = " ".join(step.stage for step in resumed.steps)
    assert f"epoch {_EPOCHS} of {_EPOCHS}" in told
    assert f"epoch 1 of {_EPOCHS}" not in told
    assert not resumed.artifact.path.with_name("tuning.npz").exists()


@pytest.mark.parametrize(
    ("choices", "kind", "sentence"),
    [
        ({"checkpoint": "c.npz"}, UsageError, "a checkpoint is one of fine-tuning, which is not asked for"),
        (
            {"finetune": True, "checkpoint": __file__},
            UsageError,
            "test_finetuning.py is no checkpoint of a training",
        ),
        ({"finetune": True, "checkpoint": "gone/c.npz"}, OutputError, "the folder does not exist"),
        ({"finetune": True, "checkpoint": "{result}"}, OutputError, "is where the artifact of ic_resnet8_float32.int8"),
        ({"finetune": True, "checkpoint": "{result}.json"}, OutputError, "is where the sidecar of ic_resnet8_float32"),
        ({"finetune": True, "checkpoint": "{result}.golden.npz"}, OutputError, "is where the golden pack of"),
        ({"epochs": 0, "finetune": True}, RecipeError, "epochs is 0, but must be 1 or more"),
        ({"epochs": 3}, RecipeError, "epochs is about fine-tuning, which is not asked for"),
        ({"keep": ["sparsity"]}, RecipeError, "keep is about fine-tuning, which is not asked for"),
        (
            {"finetune": True, "keep": ["sparse"]},
            RecipeError,
            "unknown keep 'sparse'. Did you mean 'sparsity'? Valid: sparsity, clusters",
        ),
        ({"finetune": "yes"}, RecipeError, "finetune is 'yes', but must be true or false"),
        (
            {"finetune": True, "precision": "dynamic_int8"},
            RecipeError,
            "fine-tuning is for int8 or int8x4, which dynamic_int8 is not",
        ),
        (
            {"finetune": True, "precision": "auto"},
            RecipeError,
            "precision auto tries many files, and fine-tunes none of them",
        ),
        ({"finetune": True, "precision": "int8", "calibration": None}, CalibrationError, "int8 needs representative"),
        (
            {"finetune": True, "samples": 9},
            CalibrationError,
            "fine-tuning needs at least 10 samples, and 9 were given: one of 5 is held out to judge on",
        ),
    ],
)
def test_what_is_refused(
    choices: dict[str, Any], kind: type[EdgekitError], sentence: str, shared_data: Path, tmp_path: Path
) -> None:
    noise = np.random.default_rng(0).random((12, 32, 32, 3), np.float32) * 255
    given = {"precision": "int8", "calibration": noise, "samples_check": False, **choices}
    if "checkpoint" in choices:
        given["checkpoint"] = choices["checkpoint"].format(result=tmp_path / "ic_resnet8_float32.int8.tflite")
    with pytest.raises(kind) as raised:
        convert(shared_data / "mlperf_tiny" / "ic_resnet8_float32.tflite", tmp_path, **given)
    assert sentence in raised.value.message
    assert not list(tmp_path.iterdir())


def test_a_quantized_source(shared_data: Path, tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="quantized"):
        convert(
            shared_data / "mlperf_tiny" / "ic_resnet8_int8.tflite",
            tmp_path,
            precision="int8",
            calibration=np.zeros((12, 32, 32, 3), np.float32),
            finetune=True,
        )


def test_labels_that_are_not_the_model_s(
    photo_float: Path, photo_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Told before anything is quantized."""
    monkeypatch.setattr("edgekit.conversion.completing.quantized", None)
    folder = tmp_path / "photos"
    for name in ("0", "1", "2"):
        (folder / name).mkdir(parents=True)
        for file in sorted((photo_model / "train" / name).glob("*.JPG"))[:8]:
            (folder / name / file.name).symlink_to(file)
    with pytest.raises(CalibrationError) as raised:
        convert(
            photo_float, tmp_path / "out.tflite", precision="int8", calibration=folder, value_range="unit",
            finetune=True, samples_check=False,
        )  # fmt: skip
    assert "3 class folders, but the float model has scores for 10 classes" in raised.value.message


def test_a_model_without_anything_to_train() -> None:
    with pytest.raises(ConversionError) as raised:
        _require_weights({"trained": 0, "unknown": ["WHILE (operator 1) is not known"]})
    assert raised.value.message == (
        "the model cannot be fine-tuned: WHILE (operator 1) is not known, and everything else waits for it"
    )


def test_samples_gained_and_lost_are_those_of_what_decided() -> None:
    seen = [Fidelity(20.0, 1.0, 0.0, share, 4, synthetic=False) for share in (0.75, 0.5)]
    chosen = [(0, 1, 2, 3), (0, 1, 2, 0), (0, 1, 0, 0)]

    def judged(*labels: int) -> tuple[list[int | None], tuple[int, int] | None]:
        samples = _Samples((), (4, 3, 2, 1), (), (9, *reversed(labels)) if labels else None)
        figures, exchanged = _judged(seen, chosen, samples)
        return [each.correct for each in figures], exchanged

    assert judged(1, 1, 0, 0) == ([2, 3], (1, 0))
    # As many are right, so the float file's classes decide.
    assert judged(0, 1, 3, 3) == ([2, 2], (0, 1))
    assert judged() == ([None, None], (0, 1))
    seen[1] = seen[0]
    assert judged() == ([None, None], None)
