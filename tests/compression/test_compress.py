"""The whole way: a smaller model that knows what the first one knew, a table, and runs that are cut off."""

from __future__ import annotations

import dataclasses
import importlib.metadata
import json
import os
import re
import signal
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import h5py
import numpy as np
import pytest

import edgekit
import edgekit.compression.compress_model as whole
from edgekit import Compression, CompressionRecipe
from edgekit.artifact import read_sidecar
from edgekit.compression import SplitShares, Version
from edgekit.errors import ConversionError, OutputError, UsageError
from edgekit.files import sha256_of

_RECIPE = """
[training]
batch_size = 32
learning_rate = 5e-3
augment = ["contrast"]

[distillation]
weight = 0.5
features = ["global_average_pooling2d"]

[[stage]]
kind = "channel-prune"
macs = 0.5
importance = "taylor"
steps = 2
epochs = 1

[[stage]]
kind = "finetune"
epochs = 4
"""


@pytest.fixture(scope="module")
def recipe(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("recipe") / "half.toml"
    path.write_text(_RECIPE)
    return path


@pytest.fixture(scope="module")
def half(digits: Path, recipe: Path, tmp_path_factory: pytest.TempPathFactory) -> Compression:
    """The digits' network at half its cost, uninterrupted, with one thread."""
    return edgekit.compress(
        digits / "digits.keras",
        recipe,
        data=digits / "train.npz",
        test=digits / "test.npz",
        output=tmp_path_factory.mktemp("half") / "half.keras",
        threads=1,
    )


def weights_of(model: Path) -> dict[str, np.ndarray]:
    """The weights in a .keras file, by their place in it."""
    found: dict[str, np.ndarray] = {}
    with zipfile.ZipFile(model) as archive, archive.open("model.weights.h5") as stream, h5py.File(stream) as weights:
        weights.visititems(lambda name, each: found.update({name: each[()]} if isinstance(each, h5py.Dataset) else {}))
    return found


def test_half_the_cost_is_left_and_most_of_the_accuracy(half: Compression) -> None:
    assert half.final.macs <= half.original.macs / 2
    first, last = half.original.file("int8"), half.final.file("int8")
    assert first is not None
    assert last is not None
    assert last.macs <= 0.5 * first.macs
    assert last.size_bytes < 0.9 * first.size_bytes
    assert last.accuracy is not None
    assert last.accuracy.reference.value > 0.9
    # Untrained, right after the cuts, it is near chance: what is left was learned.
    assert last.accuracy.accuracy.value > 0.8


def test_the_table_tells_every_version(half: Compression) -> None:
    assert [version.name for version in half.versions] == ["original", "1 channel-prune", "2 finetune"]
    assert [each.precision for each in half.original.files] == ["float32", "float16", "int8"]
    assert [each.precision for each in half.final.files] == ["float32", "int8"]
    assert half.versions[1].bought is not None
    assert half.versions[1].bought.startswith("1 channel-prune: in int8: size x0.")
    assert "size, zipped size, MACs unchanged" in str(half.final.bought)
    assert [version.teacher for version in half.versions] == [None, "original", "original"]
    assert "1 channel-prune, 2 finetune: learned from the original" in half.notes
    assert half.split == "1260 samples to train on, 140 to validate, 397 given apart to test"


def test_what_was_done_lies_beside_the_model(half: Compression) -> None:
    document = json.loads(half.path.with_name("half.keras.json").read_text())
    assert document["schema"] == "edgekit.compression/1"
    assert [version["teacher"] for version in document["versions"]] == [None, "original", "original"]
    assert CompressionRecipe.from_mapping(document["recipe"]).stages[0].kind == "channel-prune"
    log = half.path.with_name("half.keras.csv").read_text().splitlines()
    assert log[0] == "stage,epoch,loss,validation_loss,validation_accuracy,learning_rate,seconds"
    assert len(log) == 1 + 6 == 1 + len(half.history)
    assert sorted(each.name for each in half.path.parent.iterdir()) == [
        "half.keras",
        "half.keras.csv",
        "half.keras.json",
    ]


def test_the_result_is_a_plain_keras_model(half: Compression) -> None:
    with zipfile.ZipFile(half.path) as archive:
        config = json.loads(archive.read("config.json"))
    assert {layer["module"] for layer in config["config"]["layers"]} == {"keras.layers"}


def command(digits: Path, recipe: Path, output: Path, *more: str) -> list[str]:
    given = ["--recipe", str(recipe), "--data", str(digits / "train.npz"), "--test", str(digits / "test.npz")]
    model = [str(digits / "digits.keras"), "-o", str(output), "--threads", "1"]
    return [sys.executable, "-m", "edgekit", "compress", *model, *given, *more]


def ended(process: str) -> bool:
    """Whether a process is gone, or waits for nothing but to be asked how it ended."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] in {"Z", "X"}
    except FileNotFoundError:
        return True


@pytest.mark.slow
def test_a_run_that_is_killed_goes_on_to_the_same_bits(
    half: Compression, digits: Path, recipe: Path, tmp_path: Path
) -> None:
    output = tmp_path / "half.keras"
    folder = tmp_path / "half.keras.run"
    with subprocess.Popen(command(digits, recipe, output), stderr=subprocess.DEVNULL) as process:
        # In the midst of the last stage: four pieces are done, and an epoch of the fifth.
        while not ((folder / "piece-3.json").exists() and (folder / "checkpoint.npz").exists()):
            assert process.poll() is None
            time.sleep(0.02)
        os.kill(process.pid, signal.SIGKILL)
    assert not output.exists()
    subprocess.run(command(digits, recipe, output, "--resume", "--quiet"), stdout=subprocess.DEVNULL, check=True)
    whole, resumed = weights_of(half.path), weights_of(output)
    assert whole.keys() == resumed.keys()
    assert all(np.array_equal(whole[name], resumed[name]) for name in whole)
    assert not folder.exists()


@pytest.mark.slow
def test_ctrl_c_saves_and_stops(digits: Path, tmp_path: Path) -> None:
    long = tmp_path / "long.toml"
    long.write_text('[[stage]]\nkind = "finetune"\nepochs = 500\n')
    output = tmp_path / "long.keras"
    with subprocess.Popen(
        ["env", "--default-signal=INT", *command(digits, long, output)], stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stderr is not None
        for line in process.stderr:
            if "epoch 2 of 500" in line:
                break
        process.send_signal(signal.SIGINT)
        told = process.stderr.read()
        assert process.wait() == 130
    assert "Traceback" not in told
    assert "edgekit: interrupted (SIGINT); what was done is saved; go on with --resume\n" in told
    assert "left behind" not in told
    # Written in the midst of an epoch, as no epoch ends in a batch other than its last.
    with np.load(tmp_path / "long.keras.run" / "checkpoint.npz") as archive:
        position = json.loads(str(archive["position"]))
    assert position["epoch"] >= 1
    assert not output.exists()


def test_ctrl_c_twice_stops_at_once(digits: Path, recipe: Path, tmp_path: Path) -> None:
    with subprocess.Popen(
        ["env", "--default-signal=INT", *command(digits, recipe, tmp_path / "o.keras")],
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stderr is not None
        for line in process.stderr:
            if "starting TensorFlow" in line:
                break
        (child,) = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
        # One that cannot hear that it is to save and end: it has half a minute for that.
        os.kill(int(child), signal.SIGSTOP)
        process.send_signal(signal.SIGINT)
        time.sleep(1)
        assert process.poll() is None
        process.send_signal(signal.SIGINT)
        told = process.stderr.read()
        assert process.wait(20) == 130
    while not ended(child):
        time.sleep(0.05)
    assert told.splitlines()[-1] == "edgekit: interrupted (SIGINT); nothing was trained yet"
    assert list(tmp_path.iterdir()) == []


@pytest.mark.usefixtures("one_trainer")
def test_a_new_head_learns_other_classes_on_layers_that_stay(digits: Path, tmp_path: Path) -> None:
    with np.load(digits / "few.npz") as archive:
        data = {"digit": archive["digit"], "labels": archive["labels"] % 2}
    recipe = CompressionRecipe.from_mapping(
        {
            "head": {"classes": 2},
            "stage": [{"kind": "finetune", "trainable": ["head"], "epochs": 12, "learning_rate": 0.05}],
        }
    )
    result = edgekit.compress(digits / "digits.keras", recipe, data=data, output=tmp_path / "o.keras")
    assert [version.name for version in result.versions] == ["with a new head", "1 finetune"]
    accuracy = result.final.files[0].accuracy
    assert accuracy is not None
    assert accuracy.accuracy.value > max(0.75, accuracy.reference.value)
    before, after = weights_of(digits / "digits.keras"), weights_of(tmp_path / "o.keras")
    changed = {name.split("/")[1] for name in after if not np.array_equal(after[name], before.get(name))}
    # The file calls layers by their kinds.
    assert changed == {"dense"}


@pytest.mark.usefixtures("one_trainer")
def test_a_loss_that_is_no_number_stops_with_the_last_good_model(digits: Path, tmp_path: Path) -> None:
    recipe = CompressionRecipe.from_mapping(
        {"stage": [{"kind": "finetune", "learning_rate": 1e30, "optimizer": "sgd", "schedule": "constant"}]}
    )
    output = tmp_path / "o.keras"
    with pytest.raises(ConversionError, match=r"1 finetune: .* in epoch 1, batch \d+") as caught:
        edgekit.compress(digits / "digits.keras", recipe, data=digits / "few.npz", output=output)
    good = tmp_path / "o.keras.run" / "last-good.keras"
    assert str(good) in str(caught.value.hint)
    assert all(np.isfinite(values).all() for values in weights_of(good).values())
    with pytest.raises(OutputError, match="an unfinished run lies in"):
        edgekit.compress(digits / "digits.keras", recipe, data=digits / "few.npz", output=output)


def test_there_must_be_something_to_go_on_with(digits: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Told before TensorFlow is started."""
    monkeypatch.setattr("edgekit.compression.compress_model.Worker", None)
    with pytest.raises(UsageError, match="there is no unfinished run in"):
        edgekit.compress(
            digits / "digits.keras", "faster", data=digits / "few.npz", output=tmp_path / "o.keras", resume=True
        )


@pytest.mark.usefixtures("one_trainer")
@pytest.mark.parametrize(("stage", "opened"), [("collect", False), ("Measuring", True)])
def test_an_interrupt_says_that_nothing_is_lost_before_training(
    digits: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, stage: str, opened: bool
) -> None:
    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(whole, stage, interrupted)
    recipe = dataclasses.replace(edgekit.recipe_named("faster"), split=SplitShares(validation=0.001, test=0.0))
    told: list[str] = []
    with pytest.raises(KeyboardInterrupt) as caught:
        edgekit.compress(
            digits / "digits.keras",
            recipe,
            data=digits / "few.npz",
            output=tmp_path / "o.keras",
            progress=lambda step: told.append(step.stage),
        )
    # What training would have nothing to be judged by is told before it as well.
    warned = [each.removeprefix("warning: no samples were held out for ") for each in told if "warning: " in each]
    assert [each.split()[0].strip(",:") for each in warned] == ["testing", "validation"] * opened
    assert getattr(caught.value, "__notes__", []) == ["nothing was trained yet"]
    assert (tmp_path / "o.keras.run" / "run.json").exists() == opened


@pytest.mark.usefixtures("one_trainer")
def test_a_run_starts_where_no_package_is_called_tensorflow(
    digits: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = importlib.metadata.Distribution.from_name

    def without(name: str) -> importlib.metadata.Distribution:
        if name in {"tensorflow", "edgekit"}:
            raise importlib.metadata.PackageNotFoundError(name)
        return found(name)

    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    # As with a tensorflow-cpu, from a checkout.
    monkeypatch.setattr(importlib.metadata.Distribution, "from_name", without)
    monkeypatch.setattr(whole, "Measuring", interrupted)
    with pytest.raises(KeyboardInterrupt):
        edgekit.compress(digits / "digits.keras", "faster", data=digits / "few.npz", output=tmp_path / "o.keras")
    identity = json.loads((tmp_path / "o.keras.run" / "run.json").read_text())
    assert list(identity["versions of packages"]) == ["edgekit", "tensorflow", "keras"]
    assert identity["versions of packages"]["tensorflow"] is None


@pytest.mark.slow
@pytest.mark.usefixtures("one_trainer")
def test_zeros_and_shared_values_buy_what_is_counted(digits: Path, tmp_path: Path) -> None:
    recipe = CompressionRecipe.from_mapping(
        {
            "training": {"learning_rate": 3e-3, "epochs": 3},
            "stage": [
                {"kind": "prune", "sparsity": 0.75, "spared": ["class"]},
                {"kind": "cluster", "clusters": 8, "epochs": 1},
                {"kind": "quantize-finetune", "epochs": 2},
            ],
        }
    )
    result = edgekit.compress(
        digits / "digits.keras",
        recipe,
        data=digits / "train.npz",
        test=digits / "test.npz",
        output=tmp_path / "o.keras",
    )
    _, pruned, clustered, artifact = result.versions
    assert pruned.weights is not None
    assert clustered.weights is not None
    for name, counted in pruned.weights.items():
        share = counted["zeros"] / counted["weights"]
        assert share == pytest.approx(0.0 if name == "class" else 0.75, abs=0.01)
    # Sparsity outlives the clusters, whose number is that of values beside zero.
    assert all(each["values"] <= 9 for each in clustered.weights.values())
    assert all(clustered.weights[name]["zeros"] >= each["zeros"] for name, each in pruned.weights.items())
    first, last = result.original.file("int8"), pruned.file("int8")
    assert first is not None
    assert last is not None
    assert last.zipped_bytes < 0.8 * first.zipped_bytes
    assert "1 prune (72% sparsity): in int8: zipped size x0." in str(pruned.bought)
    assert "size, MACs unchanged" in str(pruned.bought)
    assert last.accuracy is not None
    assert last.accuracy.accuracy.value > 0.8
    _require_the_artifact(result, artifact, clustered)


def _require_the_artifact(result: Compression, version: Version, before: Version) -> None:
    """The last stage's file lies beside the model, is the last row, and can be made again."""
    path = result.path.with_name("o.int8.tflite")
    assert result.artifact == path
    assert sorted(each.name for each in path.parent.iterdir()) == [
        "o.int8.tflite",
        "o.int8.tflite.golden.npz",
        "o.int8.tflite.json",
        "o.keras",
        "o.keras.csv",
        "o.keras.json",
    ]
    sidecar = read_sidecar(path.with_name(f"{path.name}.json"))
    assert Path(sidecar.origin.path) == result.path
    assert sidecar.origin.sha256 == sha256_of(result.path)
    assert sidecar.sha256 == sha256_of(path)
    made = sidecar.recipe
    assert (made.finetune, made.epochs, made.keep) == (True, 2, ("sparsity", "clusters"))
    # What it was validated on is left out of what it was calibrated and trained on: 140 of 1400 photos.
    assert len(set(made.left_out)) == 140
    (row,) = version.files
    own = before.file("int8")
    assert own is not None
    assert (version.name, row.precision, row.size_bytes) == ("3 quantize-finetune", "int8", path.stat().st_size)
    assert row.accuracy is not None
    assert own.accuracy is not None
    assert row.accuracy.accuracy.value >= own.accuracy.accuracy.value - 0.02
    # What is lost against the model that was given, and not against the compressed one.
    recorded, first = sidecar.accuracy, result.original.files[0].accuracy
    assert recorded is not None
    assert first is not None
    assert (recorded.file, recorded.reference_file) == ("o.int8.tflite", "original, float32")
    assert (recorded.counts, recorded.accuracy.correct) == (row.accuracy.counts, row.accuracy.accuracy.correct)
    assert recorded.reference_sha256 == first.sha256
    (judged,) = (each for each in edgekit.check(path, profile="rpi4").checks if each.limit == "accuracy_drop")
    assert f"{row.accuracy.accuracy.correct} of 397 samples right" in judged.sentence
    assert str(version.bought).startswith("3 quantize-finetune: in int8: ")
    assert any("3 quantize-finetune: int8 fine-tun" in note for note in result.notes)


@pytest.mark.slow
@pytest.mark.usefixtures("one_trainer")
def test_a_cut_keeps_to_a_share_of_the_predicted_latency(digits: Path, tmp_path: Path) -> None:
    recipe = CompressionRecipe.from_mapping(
        {"stage": [{"kind": "channel-prune", "latency": 0.7, "profile": "rpi4", "epochs": 0}]}
    )
    result = edgekit.compress(digits / "digits.keras", recipe, data=digits / "few.npz", output=tmp_path / "o.keras")
    told = next(note for note in result.notes if "predicted latency on rpi4" in note)
    found = re.search(
        r"int8 has x(0\.\d+) of the original's predicted latency on rpi4, for x0.7 or less; tried (\d)",
        told,
    )
    assert found is not None
    accuracy = result.final.files[0].accuracy
    assert accuracy is not None
    assert accuracy.samples.endswith("few.npz, those held out")
    assert any("may have been trained on them" in note for note in accuracy.notes)
    assert 0.5 < float(found[1]) <= 0.7
    assert int(found[2]) <= 6
    # Not all of an inference is multiplication, so of that less is left.
    assert 0.2 < result.final.macs / result.original.macs < float(found[1])
