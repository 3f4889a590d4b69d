"""The whole way from a Keras model to a smaller one."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Unpack

from edgekit.compression.compression import Compression
from edgekit.compression.recipes.pieces import Cut, Train, as_table, constraint_table, pieces_of
from edgekit.compression.recipes.ready import recipe_named, told_of
from edgekit.compression.recipes.recipe import ORIGINAL, CompressionRecipe
from edgekit.compression.run.arguments import (
    keras_source,
    output_of,
    require_free,
    require_known_places,
    require_new_log,
    thread_warnings,
)
from edgekit.compression.run.execution import Doing, do_stages, made_by, training_samples, with_head_on
from edgekit.compression.run.handing_over import (
    HandOver,
    hand_over_of,
    made_artifact,
    notes_on,
    placed,
    require_enough,
    require_read_twice,
)
from edgekit.compression.run.run_folder import RunFolder, log_as_csv
from edgekit.compression.samples.labels import require_learnable
from edgekit.compression.samples.parts import part_of
from edgekit.compression.samples.splitting import Split, split
from edgekit.compression.worth.measuring import Measuring
from edgekit.conversion.package_versions import installed_version
from edgekit.data import ALL_SAMPLES, CalibrationSet, collect
from edgekit.errors import ConversionError, RecipeError
from edgekit.files import encode_json, named_output, write_together
from edgekit.processes.work_folder import work_folder
from edgekit.processes.worker import SAVING_S, Worker, WorkerDied
from edgekit.progress import Progress, Step, silent
from edgekit.recipe import PreprocessingChoices
from edgekit.resources import usable_cores
from edgekit.sources import Description, Source

_CALIBRATED_ON = 200
_PACKAGES = ("edgekit", "tensorflow", "keras")
_HELD_OUT = "held out of the data: the model that was given may have been trained on them"


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
        devices: addresses to measure every version on as well: latency, or instructions where it is emulated. A cut
            that is held to instructions, and names no device, is held to the emulated one of these.
        threads: for training; with 1, a run that is cut off and resumed gives the same bits. None: as TensorFlow does.
        tensorboard: a folder for TensorBoard's log, a run in it for each stage that trains, which is no other's yet;
            None: there is none. Where it cannot be written any more, training goes on without it.
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
    with told_of(recipe):
        chosen = chosen.counted_on(devices)
    require_known_places(chosen, devices)
    events = None if tensorboard is None else named_output(tensorboard, may_be_made=True).absolute()
    with work_folder() as folder:
        source = keras_source(model, folder=folder, custom_objects=custom_objects, trust=trust)
        taught_by = chosen.distillation.teacher if chosen.distillation is not None else ORIGINAL
        teacher = source
        if taught_by != ORIGINAL:
            teacher = keras_source(Path(taught_by), folder=folder, custom_objects=custom_objects, trust=trust)
        path = output_of(model, output, read={"the model": model, "the data": data, "the data for testing": test})
        ending = hand_over_of(chosen, path)
        if ending is not None:
            require_read_twice(data)
            require_free(ending.path, read={"the model": model, "the data": data, "the data for testing": test})
        with closing(RunFolder(path)) as place:
            place.require_free(resume=resume)
            try:
                with Worker("edgekit.compression.trainer", folder=folder, grace_s=SAVING_S) as trainer:
                    for warning in thread_warnings(threads, cores=usable_cores()):
                        progress(Step(f"warning: {warning}"))
                    trainer.request("start", threads=threads, progress=progress)
                    first = with_head_on(source, chosen, trainer=trainer, folder=folder, progress=progress)
                    taught = first if teacher == source else teacher
                    run = _Run(
                        trainer=trainer,
                        source=first,
                        teacher=taught,
                        recipe=chosen,
                        ending=ending,
                        place=place,
                        folder=folder,
                        events=events,
                        progress=progress,
                    )
                    return run.whole(path, given=recipe, data=data, test=test, resume=resume, devices=devices)
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


@dataclass(frozen=True, slots=True, kw_only=True)
class _Run:
    """What one compression is made with; none of it changes."""

    trainer: Worker
    source: Source
    teacher: Source
    recipe: CompressionRecipe
    ending: HandOver | None
    place: RunFolder
    folder: Path
    events: Path | None
    progress: Progress

    def whole(
        self,
        path: Path,
        *,
        given: CompressionRecipe | str | Path,
        data: Any,
        test: Any,
        resume: bool,
        devices: Sequence[str],
    ) -> Compression:
        """Do all that there is to do; ``given`` is the recipe as it was given."""
        facts = self.trainer.request("load", source=self.source.to_json(), progress=self.progress)
        pieces = pieces_of(self.recipe, costs=facts)
        if not pieces:
            raise RecipeError("the recipe changes nothing: no stage of it trains", hint="give a stage epochs above 0")
        if self.events is not None and not resume:
            require_new_log(self.events, [each.name for each in pieces if isinstance(each, Train)])
        with told_of(given):
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
        held_out = tested or self._held_out(samples, parts)
        if held_out is None:
            notes.append(self._warned("no samples were held out for testing, so there is no accuracy to tell"))
        elif tested is None:
            notes.append(f"the samples for testing are {_HELD_OUT}; give others with --test")
        if not len(parts.validation) and self.recipe.split.validation:
            notes.append(self._warned(f"no samples were held out for validation: {parts}"))
        measuring = Measuring(
            self.trainer,
            self.folder,
            part_of(samples, parts.train[:: max(1, len(parts.train) // _CALIBRATED_ON)].tolist(), self.folder / "few"),
            held_out,
            scored=facts["meaning"] != "values",
            devices=devices,
            progress=self.progress,
        )
        doing = Doing(
            trainer=self.trainer,
            original=self.source,
            teacher=self.teacher,
            place=self.place,
            samples=training_samples(samples, parts, folder=self.folder),
            seed=self.recipe.seed,
            events=self.events,
            progress=self.progress,
        )
        costs = {"macs": facts["macs"], "parameters": facts["parameters"]}
        versions, log = do_stages(pieces, doing, measuring, recipe=self.recipe, costs=costs)
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
                checkpoint=self.place.finetuning,
                progress=self.progress,
            )
            source, last = made_by(len(pieces) - 1, doing).to_json(), versions[-1]
            versions.append(measuring.measure_artifact(self.ending.name, made.artifact, source, before=last))
            notes += notes_on(made, self.ending, samples=samples)
            artifact = placed(made.artifact, self.ending, accuracy=versions[-1].files[0].accuracy)
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

    def _warned(self, note: str) -> str:
        """Say at once what will be a note in the end: what comes now takes long."""
        self.progress(Step(f"warning: {note}"))
        return note

    def _held_out(self, samples: CalibrationSet, parts: Split) -> CalibrationSet | None:
        """Return the samples that are not trained on, but tested on; None where there are none."""
        if not len(parts.test):
            return None
        part = part_of(samples, parts.test.tolist(), self.folder / "test")
        return replace(part, path=f"{samples.path}, those held out", notes=(*samples.notes, _HELD_OUT))

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
