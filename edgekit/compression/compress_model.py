"""The whole way from a Keras model to a smaller one."""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Unpack

from edgekit.compression.compression import Compression, LoggedEpoch, Version
from edgekit.compression.gauging import GaugedCut
from edgekit.compression.handing_over import (
    HandOver,
    hand_over_of,
    made_artifact,
    notes_on,
    placed,
    require_enough,
    require_read_twice,
)
from edgekit.compression.labelled import require_learnable
from edgekit.compression.measuring import Measuring
from edgekit.compression.parts import part_of
from edgekit.compression.pieces import Cut, Train, as_table, constraint_table, pieces_of, stage_name
from edgekit.compression.ready import recipe_named
from edgekit.compression.recipe import CompressionRecipe, Head
from edgekit.compression.run_folder import RunFolder, log_as_csv
from edgekit.compression.splitting import Split, split
from edgekit.compression.starting import keras_source, output_of, require_free, require_known_places
from edgekit.conversion.package_versions import installed_version
from edgekit.data import ALL_SAMPLES, CalibrationSet, collect
from edgekit.errors import ConversionError, OutputError, RecipeError
from edgekit.files import encode_json, named_output, write_together
from edgekit.processes.work_folder import FULL, work_folder
from edgekit.processes.worker import Worker, WorkerDied
from edgekit.progress import Progress, silent
from edgekit.recipe import PreprocessingChoices
from edgekit.sources import Description, Source

_CALIBRATED_ON = 200
_PACKAGES = ("edgekit", "tensorflow", "keras")
_SAVING_S = 30.0
"""Seconds that the child process has to write a checkpoint where this one is to end."""


def compress(
    model: Any,
    recipe: CompressionRecipe | str | Path,
    *,
    data: Any,
    output: str | Path | None = None,
    test: Any = None,
    resume: bool = False,
    devices: Sequence[str] = (),
    threads: int | None = None,
    tensorboard: str | Path | None = None,
    custom_objects: Sequence[str] = (),
    trust: bool = False,
    progress: Progress = silent,
    **choices: Unpack[PreprocessingChoices],
) -> Compression:
    """Make a Keras model smaller or faster, stage by stage, and tell what each stage bought.

    What is done lies in the folder ``OUTPUT.run`` until the end: a run that was cut off, however that was, goes on
    with ``resume`` to the same result.

    Args:
        model: a Keras model in memory, or the path of a ``.keras`` or ``.h5``. It is not changed.
        recipe: the stages: a recipe, the path of one in TOML, or the name of a ready one: ``smaller``, ``faster``,
            ``smallest``.
        data: samples to train on, as for :func:`edgekit.convert`'s ``calibration``, with labels where the recipe
            learns from them; all of them are taken.
        output: the ``.keras`` to write; None: ``NAME.compressed.keras`` in the current folder. ``OUTPUT.json`` and
            ``OUTPUT.csv`` beside it tell what was done. Where the recipe ends in ``quantize-finetune``, the artifact
            is written with it: ``NAME.int8.tflite``, its sidecar and golden pack.
        test: samples for testing that the model was never trained on; None: a share of ``data`` is held out, which
            the model that was given may have seen.
        resume: whether to go on with a run that was cut off.
        devices: addresses to measure every version on as well: latency, or instructions where it is emulated.
        threads: for training; with 1, a run that is cut off and resumed gives the same bits. None: as TensorFlow does.
        tensorboard: a folder for TensorBoard's log, a run in it for each stage that trains; None: there is none.
        custom_objects: as for ``convert``.
        trust: as for ``convert``.
        progress: told each step.
        choices: how samples are preprocessed, over the recipe's ``[data]``: ``value_range="unit"``, ...

    Raises:
        SourceError, CalibrationError, RecipeError, OutputError, UsageError: what was given is wrong.
        ConversionError: the goal cannot be reached, or training came to no good. What was done stays in the folder.
        MissingExtra: TensorFlow is not installed.
    """
    chosen = recipe if isinstance(recipe, CompressionRecipe) else recipe_named(recipe)
    chosen = chosen.with_reading(choices)
    require_known_places(chosen, devices)
    events = None if tensorboard is None else named_output(tensorboard, may_be_made=True).absolute()
    with work_folder() as folder:
        source = keras_source(model, folder=folder, custom_objects=custom_objects, trust=trust)
        taught_by = chosen.distillation.teacher if chosen.distillation is not None else "original"
        teacher = source
        if taught_by != "original":
            teacher = keras_source(Path(taught_by), folder=folder, custom_objects=custom_objects, trust=trust)
        path = output_of(model, output, read={"the model": model, "the data": data, "the data for testing": test})
        ending = hand_over_of(chosen, path)
        if ending is not None:
            require_read_twice(data)
            require_free(ending.path, read={"the model": model, "the data": data, "the data for testing": test})
        with closing(RunFolder(path)) as place:
            try:
                with Worker("edgekit.compression.trainer", folder=folder, grace_s=_SAVING_S) as trainer:
                    trainer.request("start", threads=threads, progress=progress)
                    run = _Run(trainer, source, teacher, chosen, ending, place, folder, events, progress)
                    return run.whole(path, data=data, test=test, resume=resume, devices=devices)
            except WorkerDied as death:
                saved = f"what was done lies in {place.path}; go on with --resume" if place.holds_work else None
                raise ConversionError(
                    f"training ended: {death.message}", hint=death.hint or saved, log=death.log
                ) from death
            except BaseException as end:
                # Only now, when the child has ended, is it known what it has saved.
                if not isinstance(end, Exception):
                    end.add_note(place.told())
                raise


@dataclass(slots=True)
class _Run:
    """One compression under way."""

    trainer: Worker
    source: Source
    teacher: Source
    recipe: CompressionRecipe
    ending: HandOver | None
    place: RunFolder
    folder: Path
    events: Path | None
    progress: Progress

    def whole(self, path: Path, *, data: Any, test: Any, resume: bool, devices: Sequence[str]) -> Compression:
        """Do all that there is to do."""
        if self.recipe.head is not None:
            self._put_head_on(self.recipe.head)
        facts = self.trainer.request("load", source=self.source.to_json(), progress=self.progress)
        pieces = pieces_of(self.recipe, costs=facts)
        if not pieces:
            raise RecipeError("the recipe changes nothing: no stage of it trains", hint="give a stage epochs above 0")
        notes = list(dict.fromkeys(self._checked(pieces)))
        description = Description.from_json(facts["description"])
        samples = self._gathered(data, description, "samples")
        tested = None if test is None else self._gathered(test, description, "tested")
        distils = all(each.distillation is not None for each in pieces if isinstance(each, Train))
        require_learnable(samples, description, meaning=facts["meaning"], distils=distils)
        parts = split(
            samples.sample_ids,
            samples.labels,
            self.recipe.split,
            seed=self.recipe.seed,
            apart=None if tested is None else tested.sample_ids,
        )
        if self.ending is not None:
            require_enough(parts)
        self.place.open(self._identity(facts, samples, tested), resume=resume)
        held_out = tested or (part_of(samples, parts.test.tolist(), self.folder / "test") if len(parts.test) else None)
        if held_out is None:
            notes.append("no samples were held out for testing, so there is no accuracy to tell")
        elif tested is None:
            notes.append(
                "the samples for testing are held out of the data: the model that was given may have been trained on "
                "them; give others with --test"
            )
        measuring = Measuring(
            self.trainer,
            self.folder,
            part_of(samples, parts.train[:: max(1, len(parts.train) // _CALIBRATED_ON)].tolist(), self.folder / "few"),
            held_out,
            scored=facts["meaning"] != "values",
            devices=devices,
            progress=self.progress,
        )
        versions, log = self._stages(facts, pieces, samples, parts, measuring)
        artifact: dict[Path, bytes] = {}
        if self.ending is not None:
            labelled = tested is not None and tested.labels is not None and facts["meaning"] != "values"
            made = made_artifact(
                self.ending,
                self.place.model(len(pieces) - 1),
                self.source,
                recipe=self.recipe,
                samples=samples,
                parts=parts,
                data=data,
                evaluate=test if labelled else None,
                folder=self.folder / "artifact",
                progress=self.progress,
            )
            source, last = self._after(len(pieces) - 1).to_json(), versions[-1]
            versions.append(measuring.measure_artifact(self.ending.name, made.artifact, source, before=last))
            notes += notes_on(made, self.ending, samples=samples)
            artifact = placed(made.artifact, self.ending)
        notes += [*samples.told(), *([] if tested is None else tested.told("test ")), *measuring.notes]
        result = Compression(
            path,
            self.recipe.to_mapping(),
            str(parts),
            tuple(versions),
            tuple(log),
            tuple(notes),
            None if self.ending is None else self.ending.path,
        )
        write_together(
            {
                path: self.place.model(len(pieces) - 1).read_bytes(),
                path.with_name(f"{path.name}.json"): encode_json(result.to_document()),
                path.with_name(f"{path.name}.csv"): log_as_csv(log),
                **artifact,
            }
        )
        self.place.remove()
        return result

    def _put_head_on(self, head: Head) -> None:
        path = self.folder / "with-head.keras"
        self.trainer.request(
            "head",
            source=self.source.to_json(),
            output=str(path),
            head=as_table(head),
            seed=self.recipe.seed,
            progress=self.progress,
        )
        taught_by_itself = self.teacher == self.source
        self.source = dataclasses.replace(self.source, path=path, format="keras")
        if taught_by_itself:
            self.teacher = self.source

    def _stages(
        self,
        facts: Mapping[str, Any],
        pieces: Sequence[Cut | Train],
        samples: CalibrationSet,
        parts: Split,
        measuring: Measuring,
    ) -> tuple[list[Version], list[LoggedEpoch]]:
        """Do the pieces that are not done yet, and measure after each stage."""
        costs = {"macs": facts["macs"], "parameters": facts["parameters"]}
        first = "original" if self.recipe.head is None else "with a new head"
        versions = [measuring.measure(first, self.source.to_json(), costs, before=None)]
        log: list[LoggedEpoch] = []
        for number, piece in enumerate(pieces):
            if isinstance(piece, Cut) and piece.gauge is not None and self.place.facts(number) is None:
                # Before anything is trained: it may be that nothing can be read there.
                measuring.gauged(piece.gauge, self.source.path, self.source)
        for number, piece in enumerate(pieces):
            told = self.place.facts(number)
            if told is None:
                told = self._piece(number, piece, samples, parts, measuring)
                log += _logged(piece, told)
                self.place.done(number, told, log)
            else:
                log += _logged(piece, told)
            measuring.notes += told.get("notes", ()) if isinstance(piece, Train) else ()
            costs = {key: told.get(key, costs[key]) for key in costs}
            if isinstance(piece, Cut) and piece.gauge is not None:
                measuring.notes.append(
                    f"{piece.name}: int8 has x{told['reached']:.3f} of the original's {piece.gauge}, for x"
                    f"{piece.share:.3g} or less; tried {told['tries']} cuts"
                )
            if number + 1 == len(pieces) or pieces[number + 1].stage != piece.stage:
                name = stage_name(piece.stage, self.recipe.stages[piece.stage])
                after = self._after(number).to_json()
                kind = self.recipe.stages[piece.stage].kind
                weights = told.get("weights") if kind in {"prune", "cluster"} else None
                versions.append(measuring.measure(name, after, costs, before=versions[-1], weights=weights))
        return versions, log

    def _piece(
        self, number: int, piece: Cut | Train, samples: CalibrationSet, parts: Split, measuring: Measuring
    ) -> dict[str, Any]:
        source = self.source if number == 0 else self._after(number - 1)
        labels = None
        if samples.labels is not None:
            labels = self.folder / "labels.npy"
            _write_labels(labels, samples.labels)
        given = {
            "files": [str(samples.files[spec.name]) for spec in samples.inputs],
            "labels": None if labels is None else str(labels),
            "places": parts.train.tolist(),
        }
        shared: dict[str, Any] = {"source": source.to_json(), "output": str(self.place.model(number)), "samples": given}
        try:
            if isinstance(piece, Cut):
                return self._cut(piece, source, shared, measuring)
            trained: dict[str, Any] = self.trainer.request(
                "train",
                **shared,
                name=piece.name,
                training=as_table(piece.training),
                distillation=None if piece.distillation is None else as_table(piece.distillation),
                teacher=None if piece.distillation is None else self.teacher.to_json(),
                validation=parts.validation.tolist(),
                checkpoint=str(self.place.checkpoint),
                piece=number,
                seed=100 * self.recipe.seed + number,
                keep_zeros=piece.keep_zeros,
                constraint=constraint_table(piece),
                trainable=list(piece.trainable),
                events=None if self.events is None else str(self.events / piece.name),
                progress=self.progress,
            )
        except OSError as error:
            if error.errno not in FULL:
                raise
            raise OutputError(
                f"cannot write a checkpoint into {self.place.path}: the disk is full",
                hint="free some space and go on with --resume; the last checkpoint is whole",
            ) from error
        return dict(trained)

    def _cut(self, piece: Cut, source: Source, shared: Mapping[str, Any], measuring: Measuring) -> dict[str, Any]:
        def cut(settings: Mapping[str, Any]) -> dict[str, Any]:
            facts: dict[str, Any] = self.trainer.request(
                "cut", **shared, settings=dict(settings), progress=self.progress
            )
            return facts

        gauge = piece.gauge
        if gauge is None:
            return cut(piece.settings)
        macs = self.trainer.request("load", source=source.to_json(), progress=self.progress)["macs"]
        return GaugedCut(
            gauge,
            lambda share: cut({**piece.settings, "allowed": share * macs}),
            lambda: measuring.gauged(gauge, Path(shared["output"]), self._after(0)),
            whole=measuring.gauged(gauge, self.source.path, self.source),
            before=measuring.gauged(gauge, source.path, source),
        ).to(piece.share)

    def _after(self, piece: int) -> Source:
        return dataclasses.replace(self.source, path=self.place.model(piece), format="keras")

    def _checked(self, pieces: Sequence[Cut | Train]) -> list[str]:
        """Hold the recipe against the model, before samples are read. Raises RecipeError, ConversionError."""
        last = {each.stage: each for each in pieces if isinstance(each, Cut)}
        distilled = next((each.distillation for each in pieces if isinstance(each, Train) and each.distillation), None)
        notes: list[str] = self.trainer.request(
            "check",
            source=self.source.to_json(),
            teacher=None if distilled is None else self.teacher.to_json(),
            distillation=None if distilled is None else as_table(distilled),
            cuts=[dict(each.settings) for each in last.values()],
            constraints=[constraint_table(each) for each in pieces if isinstance(each, Train) and each.constraint],
            trainable=[list(each.trainable) for each in pieces if isinstance(each, Train)],
            progress=self.progress,
        )
        return notes

    def _gathered(self, given: Any, description: Description, name: str) -> CalibrationSet:
        return collect(
            given,
            inputs=description.inputs,
            recipe=self.recipe.sample_recipe,
            folder=self.folder / name,
            own_scaling=description.own_scaling,
            limit=ALL_SAMPLES,
            progress=self.progress,
        )

    def _identity(
        self, facts: Mapping[str, Any], samples: CalibrationSet, tested: CalibrationSet | None
    ) -> dict[str, Any]:
        """Return what must be the same for a run to go on."""
        labels = hashlib.sha256(str(samples.labels).encode()).hexdigest()
        taught = self.trainer.request("load", source=self.teacher.to_json()) if self.teacher != self.source else None
        return {
            "schema": "edgekit.compression-run/1",
            "model": facts["digest"],
            "teacher": None if taught is None else taught["digest"],
            "recipe": self.recipe.to_mapping(),
            "samples": [samples.digest, labels],
            "samples for testing": None if tested is None else tested.digest,
            "versions of packages": {name: installed_version(name) for name in _PACKAGES},
        }


def _logged(piece: Cut | Train, facts: Mapping[str, Any]) -> list[LoggedEpoch]:
    return [LoggedEpoch(piece.name, **each) for each in facts.get("history", ())]


def _write_labels(path: Path, labels: Sequence[int]) -> None:
    import numpy as np

    with path.open("wb") as stream:
        np.save(stream, np.array(labels, np.int32))
