"""The child process that has TensorFlow: cuts, trains and exports Keras models. All that it knows is in files."""

from __future__ import annotations

import faulthandler
import os

# Read when TensorFlow is imported.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "1")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")

import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np

from edgekit.compression.channels.cutting import cut_model, surveyed
from edgekit.compression.recipes.fields import constructed
from edgekit.compression.recipes.recipe import Distillation, Head
from edgekit.compression.recipes.stages import STAGES, ClusterWeights, Prune, Training
from edgekit.compression.training.batches import TrainingSamples, pipeline
from edgekit.compression.training.constraints import counted, kernels_of
from edgekit.compression.training.heads import trained_alone, with_head
from edgekit.compression.training.loop import Diverged, Loop, TrainingTask, called
from edgekit.compression.training.outputs import meaning_of
from edgekit.compression.training.teaching import Teaching, require_fitting
from edgekit.errors import ConversionError, EdgekitError, SourceError
from edgekit.exporting.converter_messages import conversion_error
from edgekit.exporting.routes import ROUTES
from edgekit.files import write_bytes
from edgekit.processes.serving import serve
from edgekit.processes.stopping import Stopping
from edgekit.progress import Progress, Step
from edgekit.quantization.signature import with_signature
from edgekit.sources import LOADED, LoadedModel, Source
from edgekit.sources.custom_objects import import_custom_objects


class Trainer:
    """Holds the models that were loaded, between requests."""

    def __init__(self) -> None:
        self._loaded: dict[str, LoadedModel] = {}
        self._stopping = Stopping()

    def start(self, *, threads: int | None, progress: Progress) -> None:
        """Set the number of threads; with one, everything is computed in the same order each time."""
        progress(Step("starting TensorFlow"))
        import tensorflow as tf

        if threads is not None:
            tf.config.threading.set_intra_op_parallelism_threads(threads)
            tf.config.threading.set_inter_op_parallelism_threads(threads)
        if threads == 1:
            tf.keras.utils.set_random_seed(0)
            tf.config.experimental.enable_op_determinism()

    def load(self, *, source: dict[str, Any], progress: Progress) -> dict[str, Any]:
        """Load a model; return what the parent needs to know of it."""
        progress(Step("loading the model"))
        loaded = self._model(source)
        model = loaded.keras_model
        digest = hashlib.sha256(json.dumps(model.get_config(), sort_keys=True, default=str).encode())
        for values in model.get_weights():
            digest.update(np.ascontiguousarray(values).tobytes())
        if not model.trainable_variables:
            raise SourceError(
                f"model {source['path']} has no trainable weights",
                hint="nothing of it can be trained: set trainable = True on its layers and save it again",
            )
        return {
            "description": loaded.description.to_json(),
            "digest": digest.hexdigest(),
            "meaning": str(meaning_of(model)),
            **surveyed(model),
        }

    def head(self, *, source: dict[str, Any], output: str, head: dict[str, Any], seed: int, progress: Progress) -> None:
        """Write a model with a new head."""
        progress(Step("putting a new head on"))
        made = constructed(Head, head, where="head")
        _save(with_head(self._model(source, fresh=True).keras_model, made, seed=seed), output)

    def check(
        self,
        *,
        source: dict[str, Any],
        teacher: dict[str, Any] | None,
        distillation: dict[str, Any] | None,
        cuts: list[dict[str, Any]],
        constraints: list[dict[str, Any]],
        trainable: list[list[str]],
        progress: Progress,
    ) -> list[str]:
        """Hold the recipe against the model before anything is trained; return sentences to tell."""
        progress(Step("holding the recipe against the model"))
        model = self._model(source).keras_model
        if teacher is not None and distillation is not None:
            taught = self._model(teacher).keras_model
            require_fitting(model, taught, name=teacher["path"])
            Teaching(model, taught, constructed(Distillation, distillation, where="distillation"), seed=0)
        for constraint in constraints:
            what = _constraint(constraint)
            if what is not None:
                kernels_of(model, what)
        for patterns in trainable:
            with trained_alone(model, patterns):
                pass
        return [note for each in cuts for note in cut_model(model, each, None)[1]["notes"]]

    def cut(
        self,
        *,
        source: dict[str, Any],
        output: str,
        settings: dict[str, Any],
        samples: dict[str, Any],
        progress: Progress,
    ) -> dict[str, Any]:
        """Take channels out of a model; write the smaller one."""
        progress(Step("choosing channels"))
        smaller, facts = cut_model(self._model(source).keras_model, settings, _samples(samples))
        _save(smaller, output)
        return facts

    def train(
        self,
        *,
        source: dict[str, Any],
        output: str,
        name: str,
        training: dict[str, Any],
        distillation: dict[str, Any] | None,
        teacher: dict[str, Any] | None,
        samples: dict[str, Any],
        validation: list[int],
        checkpoint: str,
        piece: int,
        seed: int,
        keep_zeros: bool,
        constraint: dict[str, Any] | None,
        trainable: list[str],
        events: str | None,
        progress: Progress,
    ) -> dict[str, Any]:
        """Train a model; write it with its new weights, and return what was logged, and counted of them."""
        import dataclasses

        model = self._model(source, fresh=True).keras_model
        given = _samples(samples)
        task = TrainingTask(
            name=name,
            training=Training.from_mapping(training, where="training"),
            meaning=meaning_of(model),
            samples=given,
            validation=dataclasses.replace(given, places=np.array(validation, np.intp)),
            distillation=_distillation(distillation),
            teacher=None if teacher is None else self._model(teacher).keras_model,
            checkpoint=Path(checkpoint),
            piece=piece,
            seed=seed,
            keep_zeros=keep_zeros,
            constraint=_constraint(constraint),
            events=None if events is None else Path(events),
        )
        try:
            with trained_alone(model, trainable):
                loop = Loop(model, task, stopping=self._stopping, progress=progress)
                with self._stopping.heard():
                    history = loop.run()
        except Diverged as error:
            good = Path(checkpoint).with_name("last-good.keras")
            _save(model, str(good))
            raise ConversionError(
                error.message, hint=f"lower learning_rate and start again; the last good model is {good}"
            ) from error
        _save(model, output)
        logged = [dataclasses.asdict(each) for each in history]
        return {"history": logged, "weights": counted(model), "notes": loop.notes}

    def export(self, *, source: dict[str, Any], output: str, progress: Progress) -> str:
        """Write a float .tflite by the first route that works; return the route's name."""
        progress(Step("exporting to measure"))
        loaded = self._model(source)
        described = loaded.description
        failure: EdgekitError | None = None
        for name, route in ROUTES.items():
            try:
                content = route(loaded)
            # The converter raises its own errors, and tracing a model raises anything.
            except Exception as error:  # noqa: BLE001
                found = conversion_error(str(error), layers=described.layers, model=source["path"])
                failure = failure or found
            else:
                # The samples come by the inputs' names, which a graph alone does not keep.
                inputs, outputs = ([spec.name for spec in specs] for specs in (described.inputs, described.outputs))
                Path(output).write_bytes(with_signature(content, inputs=inputs, outputs=outputs))
                return name
        raise failure or ConversionError("there is no route of export")

    def predict(self, *, source: dict[str, Any], samples: dict[str, Any], output: str, progress: Progress) -> None:
        """Write the model's own first output on samples, to prove an export by."""
        import tensorflow as tf

        progress(Step("running the model for reference"))
        model, given = self._model(source).keras_model, _samples(samples)
        ask = tf.function(lambda *inputs: called(model, inputs, training=False))
        found = [
            [each.numpy() for each in ask(*inputs)]
            for _, inputs, _ in pipeline(given, given.places, batch_size=32, whole=False)
        ]
        np.savez(output, *[np.concatenate(column) for column in zip(*found, strict=True)])

    def _model(self, source: dict[str, Any], *, fresh: bool = False) -> LoadedModel:
        """Return a loaded model; ``fresh``: one that may be changed, as others hold on to what they got."""
        import keras

        path = source["path"]
        if fresh or path not in self._loaded:
            given = Source.from_json(source)
            loaded = _loaded(given)
            # A smaller model is built of the same classes, from a configuration that only names them.
            keras.saving.get_custom_objects().update(import_custom_objects(given.custom_objects))
            if fresh:
                return loaded
            self._loaded[path] = loaded
        return self._loaded[path]


def _loaded(source: Source) -> LoadedModel:
    try:
        return LOADED[source.format].load(source)
    except SourceError as error:
        # Sizes given beside a model close it in another one, whose channels cannot be followed.
        if error.hint is not None and "--input-shape" in error.hint:
            error.hint = "build the model with fixed sizes, as in keras.Input((224, 224, 3)), and save it again"
        raise


def _samples(document: dict[str, Any]) -> TrainingSamples:
    return TrainingSamples(
        files=tuple(Path(each) for each in document["files"]),
        labels=None if document["labels"] is None else np.load(document["labels"]),
        places=np.array(document["places"], np.intp),
    )


def _distillation(document: dict[str, Any] | None) -> Distillation | None:
    return None if document is None else constructed(Distillation, document, where="distillation")


def _constraint(document: dict[str, Any] | None) -> Prune | ClusterWeights | None:
    if document is None:
        return None
    given = dict(document)
    kind = STAGES[given.pop("kind")]
    what = constructed(kind, given, where="stage")
    return what if isinstance(what, Prune | ClusterWeights) else None


def _save(model: Any, output: str) -> None:
    # Beside the log, in the folder that goes with this process; Keras cannot write a whole file or none.
    beside = Path(os.environ.get("TMPDIR", "."), f"saving-{os.getpid()}.keras")
    model.save(beside)
    try:
        write_bytes(Path(output), beside.read_bytes())
    finally:
        beside.unlink(missing_ok=True)


if __name__ == "__main__":
    faulthandler.enable()
    trainer = Trainer()
    verbs = ("start", "load", "head", "check", "cut", "train", "export", "predict")
    serve({verb: getattr(trainer, verb) for verb in verbs})
