"""The loop: what it goes back to, goes on from and holds weights to, on a network that trains in no time."""

from __future__ import annotations

import resource
from collections.abc import Callable
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import edgekit
from edgekit.compression.recipes.stages import Prune, Training
from edgekit.compression.training.batches import TrainingSamples
from edgekit.compression.training.checkpoint import EpochRecord
from edgekit.compression.training.events import Events
from edgekit.compression.training.loop import Loop, TrainingTask
from edgekit.compression.training.outputs import Meaning
from edgekit.data.records.tfrecord import open_shard
from edgekit.progress import silent

_BATCHES = 3
_LABELS = np.arange(64 * _BATCHES, dtype=np.int32) % 3
_WRONG = (_LABELS + 1) % 3
"""The better a network learns the others, the worse it is by these: its best epoch is never the last."""


def _network(width: int = 16) -> Any:
    keras = pytest.importorskip("keras")
    keras.utils.set_random_seed(1)
    given = keras.Input((8,))
    hidden = keras.layers.Dense(width, activation="relu", name="hidden")(given)
    return keras.Model(given, keras.layers.Dense(3, activation="softmax", name="class")(hidden))


@pytest.fixture
def task(tmp_path: Path) -> Callable[..., TrainingTask]:
    """Makes a task of training on half of the samples, judged on the other half by labels that are wrong."""
    random = np.random.default_rng(0)
    values = np.eye(3, 8)[_LABELS] + random.normal(0, 0.5, (len(_LABELS), 8))
    np.save(tmp_path / "x.npy", values.astype(np.float32))
    train, validation = np.split(np.arange(len(_LABELS)), 2)
    files = (tmp_path / "x.npy",)

    def make(
        *,
        piece: int = 0,
        constraint: Prune | None = None,
        keep_zeros: bool = False,
        events: Path | None = None,
        **training: Any,
    ) -> Any:
        return TrainingTask(
            name="1 finetune",
            training=Training(learning_rate=0.02, schedule="constant", **training),
            meaning=Meaning.PROBABILITIES,
            samples=TrainingSamples(files, _LABELS, train),
            validation=TrainingSamples(files, _WRONG, validation),
            distillation=None,
            teacher=None,
            checkpoint=tmp_path / "checkpoint.npz",
            piece=piece,
            seed=piece,
            keep_zeros=keep_zeros,
            constraint=constraint,
            events=events,
        )

    return make


def _train(model: Any, task: TrainingTask, *, batches: int | None = None) -> list[EpochRecord]:
    """Train a model, to the end or for some batches."""
    counted = count(1)
    return Loop(model, task, stopping=lambda: next(counted) == batches, progress=silent).run()


def _validation_loss(model: Any, task: TrainingTask) -> float:
    samples = task.validation
    scores = model.predict(np.load(samples.files[0])[samples.places], verbose=0)
    return float(-np.log(scores[np.arange(len(samples)), _WRONG[samples.places]]).mean())


def _kernel(model: Any, layer: str) -> Any:
    return model.get_layer(layer).kernel


def _half_zero(model: Any, layer: str) -> np.ndarray:
    """Set every other weight of a layer to zero; return which."""
    kernel = _kernel(model, layer)
    zeros = np.indices(kernel.shape).sum(axis=0) % 2 == 0
    kernel.assign(np.where(zeros, 0, kernel.numpy()))
    return zeros


def test_the_best_weights_outlive_a_cut_in_mid_epoch(task: Callable[..., TrainingTask], tmp_path: Path) -> None:
    given = task(epochs=8, early_stopping=2)
    whole, resumed = _network(), _network()
    history = _train(whole, given)
    losses = [each.validation_loss or 0 for each in history]
    assert losses == sorted(losses)
    assert len(losses) == 3
    assert _validation_loss(whole, given) == pytest.approx(losses[0], rel=1e-3)
    (tmp_path / "checkpoint.npz").unlink()
    with pytest.raises(SystemExit):
        _train(resumed, given, batches=_BATCHES + 1)
    resumed = _network()
    assert len(_train(resumed, given)) == 3
    for own, other in zip(whole.get_weights(), resumed.get_weights(), strict=True):
        np.testing.assert_allclose(own, other, rtol=1e-3, atol=1e-5)


def test_weights_of_before_the_sparsity_rose_are_not_the_best(task: Callable[..., TrainingTask]) -> None:
    given = task(epochs=8, early_stopping=1, constraint=Prune(sparsity=0.75, end=0.5))
    model = _network()
    history = _train(model, given)
    # It is sparse from the fifth epoch on: none before counts, and none before ends it.
    judged = [each.validation_loss for each in history[4:] if each.validation_loss is not None]
    assert len(judged) >= 2
    assert min(judged) > 1.2 * (history[0].validation_loss or 0)
    assert [np.mean(_kernel(model, name).numpy() == 0) for name in ("hidden", "class")] == [0.75, 0.75]
    assert _validation_loss(model, given) == pytest.approx(min(judged), rel=1e-3)


@pytest.mark.parametrize("layer", ["class", "hidden"])
def test_a_second_pruning_keeps_the_zeros_of_the_first(task: Callable[..., TrainingTask], layer: str) -> None:
    model = _network()
    zeros = _half_zero(model, "hidden")
    # For half of its steps it asks for no zeros at all, in which those that are there could grow.
    what = Prune(sparsity=0.5, begin=0.5, layers=(layer,))
    _train(model, task(epochs=4, keep_zeros=True, constraint=what))
    assert not _kernel(model, "hidden").numpy()[zeros].any()
    assert np.mean(_kernel(model, layer).numpy() == 0) == 0.5


@pytest.mark.parametrize("width", [16, 12])
def test_a_checkpoint_of_another_piece_is_not_gone_on_with(task: Callable[..., TrainingTask], width: int) -> None:
    # As it lies there where edgekit was killed when the first piece was noted as done.
    before = _train(_network(), task(epochs=2))
    history = _train(_network(width), task(piece=1, epochs=2))
    assert [each.epoch for each in history] == [1, 2]
    # Each piece has a seed of its own, and thereby other batches.
    assert {each.loss for each in history}.isdisjoint(each.loss for each in before)


def _logged(folder: Path) -> list[tuple[int, str, str, float]]:
    """Step, name, plugin and value of each figure in a folder's logs for TensorBoard, in order."""
    import tensorflow as tf
    from tensorflow.core.util.event_pb2 import Event

    files = sorted(folder.iterdir())
    # TensorBoard knows them by this.
    assert all(file.name.startswith("events.out.tfevents.") for file in files)
    shards = [open_shard(file, unpacked=folder.with_name("unpacked")) for file in files]
    return [
        (event.step, value.tag, value.metadata.plugin_data.plugin_name, float(tf.make_ndarray(value.tensor)))
        for event in (Event.FromString(shard.read(index)) for shard in shards for index in range(len(shard)))
        for value in event.summary.value
    ]


def test_tensorboard_gets_what_the_log_has_and_no_epoch_twice(
    task: Callable[..., TrainingTask], tmp_path: Path
) -> None:
    folder = tmp_path / "log" / "1 finetune"
    first = task(epochs=2, events=folder)
    history = _train(_network(), first)
    told = _logged(folder)
    assert [each[:3] for each in told] == [
        (epoch, name, "scalars")
        for epoch in (1, 2)
        for name in ("loss", "validation_loss", "validation_accuracy", "learning_rate")
    ]
    assert [each[3] for each in told if each[1] == "loss"] == pytest.approx([each.loss for each in history])
    # As after a kill when the checkpoint was there and the log was not yet: a part of the last epoch is missing.
    (file,) = folder.iterdir()
    shard = open_shard(file, unpacked=tmp_path / "unpacked")
    file.write_bytes(file.read_bytes()[: shard.starts[-1]])
    assert len(_train(_network(), task(epochs=3, events=folder))) == 3
    again = _logged(folder)
    assert again[:8] == told
    assert [each[0] for each in again[8:]] == [3] * 4


def test_a_full_disk_ends_the_log_for_tensorboard_and_not_the_training(tmp_path: Path) -> None:
    told: list[str] = []
    events = Events(tmp_path / "log", progress=lambda step: told.append(step.stage))
    history = [EpochRecord(epoch, 1.0, None, None, 0.1, 0.0) for epoch in (1, 2, 3)]
    events.write(history[:1])
    (file,) = (tmp_path / "log").iterdir()
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    # Files end there, as they do where the disk is full.
    resource.setrlimit(resource.RLIMIT_FSIZE, (file.stat().st_size + 10, limits[1]))
    try:
        events.write(history[:2])
        events.write(history)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert [f"warning: {note}" for note in events.notes] == told
    assert len(told) == 1
    assert (
        f"TensorBoard's log in {tmp_path / 'log'} ends before epoch 2, as it could not be written: File too large"
        in told[0]
    )


def test_packed_samples_are_what_tensorflow_reads(tmp_path: Path) -> None:
    import tensorflow as tf

    waves, labels = np.random.default_rng(0).normal(size=(20, 6)).astype(np.float32), np.arange(20) % 3
    packed = edgekit.pack_samples({"wave": waves, "labels": labels}, tmp_path / "shards", shard_bytes=500)
    assert len(packed.shards) > 1
    wanted = {"wave": tf.io.FixedLenFeature([6], tf.float32), "label": tf.io.FixedLenFeature([], tf.int64)}
    records = tf.data.TFRecordDataset([str(each) for each in packed.shards])
    found = {
        each["wave"].numpy().tobytes(): int(each["label"])
        for each in (tf.io.parse_single_example(record, wanted) for record in records)
    }
    assert found == {wave.tobytes(): label for wave, label in zip(waves, labels.tolist(), strict=True)}
