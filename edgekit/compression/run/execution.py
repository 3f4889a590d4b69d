"""What is done to the model, piece by piece, asked of the child process; what lies there as done is not done again."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from edgekit.compression.compression import LoggedEpoch, Version
from edgekit.compression.recipes.pieces import Cut, Train, as_table, constraint_table, stage_name
from edgekit.compression.recipes.recipe import CompressionRecipe
from edgekit.compression.run.gauged_cut import GaugedCut
from edgekit.compression.run.run_folder import RunFolder
from edgekit.compression.samples.splitting import Split
from edgekit.compression.worth.measuring import Measuring
from edgekit.data import CalibrationSet
from edgekit.errors import OutputError
from edgekit.processes.work_folder import FULL
from edgekit.processes.worker import Worker
from edgekit.progress import Progress, Step
from edgekit.sources import Source


@dataclass(frozen=True, slots=True, kw_only=True)
class Doing:
    """What every piece needs."""

    trainer: Worker
    original: Source
    """The model before the first piece."""
    teacher: Source
    place: RunFolder
    samples: Mapping[str, Any]
    """As the child process takes them: those that are trained on, and ``validation``."""
    seed: int
    events: Path | None
    """The folder of TensorBoard's log; None: there is none."""
    progress: Progress


def with_head_on(
    source: Source, recipe: CompressionRecipe, *, trainer: Worker, folder: Path, progress: Progress
) -> Source:
    """Return the model with the new head that the recipe asks for; the same where it asks for none."""
    if recipe.head is None:
        return source
    path = folder / "with-head.keras"
    trainer.request(
        "head",
        source=source.to_json(),
        output=str(path),
        head=as_table(recipe.head),
        seed=recipe.seed,
        progress=progress,
    )
    return dataclasses.replace(source, path=path, format="keras")


def training_samples(samples: CalibrationSet, parts: Split, *, folder: Path) -> dict[str, Any]:
    """Return samples as the child process takes them; their labels are written into ``folder``."""
    labels = None
    if samples.labels is not None:
        labels = folder / "labels.npy"
        with labels.open("wb") as stream:
            np.save(stream, np.array(samples.labels, np.int32))
    return {
        "files": [str(samples.files[spec.name]) for spec in samples.inputs],
        "labels": None if labels is None else str(labels),
        "places": parts.train.tolist(),
        "validation": parts.validation.tolist(),
    }


def made_by(piece: int, doing: Doing) -> Source:
    """Return the model that a piece left; the original where ``piece`` is -1."""
    if piece < 0:
        return doing.original
    return dataclasses.replace(doing.original, path=doing.place.model(piece), format="keras")


def do_stages(
    pieces: Sequence[Cut | Train],
    doing: Doing,
    measuring: Measuring,
    *,
    recipe: CompressionRecipe,
    costs: Mapping[str, int],
) -> tuple[list[Version], list[LoggedEpoch]]:
    """Do the pieces that are not done yet, and measure after each stage.

    Args:
        pieces: of the recipe, in order.
        doing: what they need.
        measuring: tells what each version is worth.
        recipe: whose stages they are.
        costs: the original's ``macs`` and ``parameters``.

    Raises:
        ConversionError: a goal cannot be reached, or training came to no good.
        UnsuitedDevice: a device tells nothing of the original.
        OutputError: what was done cannot be written.
    """
    versions = [_measured_first(pieces, doing, measuring, recipe=recipe, costs=costs)]
    log: list[LoggedEpoch] = []
    taught = {each.stage: each.distillation for each in pieces if isinstance(each, Train) and each.distillation}
    for number, piece in enumerate(pieces):
        told = doing.place.facts(number)
        if told is None:
            with _room_for(doing.place):
                told = _done(number, piece, doing, measuring)
                log += _logged(piece, told)
                doing.place.done(number, told, log)
        else:
            log += _logged(piece, told)
        costs = {key: told.get(key, costs[key]) for key in costs}
        if isinstance(piece, Train):
            measuring.notes += told.get("notes", ())
        elif piece.gauge is not None:
            measuring.notes.append(
                f"{piece.name}: int8 has x{told['reached']:.3f} of the original's {piece.gauge}, for x"
                f"{piece.share:.3g} or less; tried {told['tries']} cuts"
            )
        if number + 1 == len(pieces) or pieces[number + 1].stage != piece.stage:
            stage = recipe.stages[piece.stage]
            weights = told.get("weights") if stage.kind in {"prune", "cluster"} else None
            after = made_by(number, doing).to_json()
            name = stage_name(piece.stage, stage)
            version = measuring.measure(name, after, costs, before=versions[-1], weights=weights)
            teacher = taught[piece.stage].teacher if piece.stage in taught else None
            versions.append(dataclasses.replace(version, teacher=teacher))
    if taught:
        # One recipe has one teacher.
        names = ", ".join(each.name for each in versions if each.teacher is not None)
        measuring.notes.append(f"{names}: learned from {next(iter(taught.values())).taught_by}")
    return versions, log


def _measured_first(
    pieces: Sequence[Cut | Train],
    doing: Doing,
    measuring: Measuring,
    *,
    recipe: CompressionRecipe,
    costs: Mapping[str, int],
) -> Version:
    """Measure the model before the first piece. Where that fails and nothing was done yet, no run is left behind."""
    try:
        for number, piece in enumerate(pieces):
            if isinstance(piece, Cut) and piece.gauge is not None and doing.place.facts(number) is None:
                # Before all else, which takes long: it may be that nothing can be read there.
                measuring.gauged(piece.gauge, doing.original.path, doing.original)
        first = "original" if recipe.head is None else "with a new head"
        return measuring.measure(first, doing.original.to_json(), costs, before=None)
    except Exception:
        if not doing.place.holds_work:
            doing.place.remove()
        raise


@contextmanager
def _room_for(place: RunFolder) -> Iterator[None]:
    """Say how to go on where what is done cannot be written. Raises OutputError."""
    go_on = "go on with --resume; the last checkpoint is whole"
    try:
        yield
    except OutputError as error:
        # Its own hint is another output, where nothing of this run lies.
        raise OutputError(error.message, hint=f"see to that, or free some space, and {go_on}") from error
    except OSError as error:
        if error.errno not in FULL:
            raise
        raise OutputError(
            f"cannot write a checkpoint into {place.path}: the disk is full", hint=f"free some space and {go_on}"
        ) from error


def _done(number: int, piece: Cut | Train, doing: Doing, measuring: Measuring) -> dict[str, Any]:
    """Do one piece; return what is told of it."""
    return _trained(number, piece, doing) if isinstance(piece, Train) else _cut(number, piece, doing, measuring)


def _shared(number: int, doing: Doing) -> dict[str, Any]:
    given = {name: doing.samples[name] for name in ("files", "labels", "places")}
    source = made_by(number - 1, doing).to_json()
    return {"source": source, "output": str(doing.place.model(number)), "samples": given, "progress": doing.progress}


def _trained(number: int, piece: Train, doing: Doing) -> dict[str, Any]:
    if piece.distillation is not None:
        doing.progress(Step(f"{piece.name}: learning from {piece.distillation.taught_by}"))
    told: dict[str, Any] = doing.trainer.request(
        "train",
        **_shared(number, doing),
        name=piece.name,
        training=as_table(piece.training),
        distillation=None if piece.distillation is None else as_table(piece.distillation),
        teacher=None if piece.distillation is None else doing.teacher.to_json(),
        validation=doing.samples["validation"],
        checkpoint=str(doing.place.checkpoint),
        piece=number,
        seed=100 * doing.seed + number,
        keep_zeros=piece.keep_zeros,
        constraint=constraint_table(piece),
        trainable=list(piece.trainable),
        events=None if doing.events is None else str(doing.events / piece.name),
    )
    return told


def _cut(number: int, piece: Cut, doing: Doing, measuring: Measuring) -> dict[str, Any]:
    def cut(settings: Mapping[str, Any]) -> dict[str, Any]:
        facts: dict[str, Any] = doing.trainer.request("cut", **_shared(number, doing), settings=dict(settings))
        return facts

    gauge = piece.gauge
    if gauge is None:
        return cut(piece.settings)
    source, made = made_by(number - 1, doing), made_by(number, doing)
    macs = doing.trainer.request("load", source=source.to_json(), progress=doing.progress)["macs"]
    return GaugedCut(
        gauge,
        lambda share: cut({**piece.settings, "allowed": share * macs}),
        lambda: measuring.gauged(gauge, made.path, made),
        whole=measuring.gauged(gauge, doing.original.path, doing.original),
        before=measuring.gauged(gauge, source.path, source),
    ).to(piece.share)


def _logged(piece: Cut | Train, facts: Mapping[str, Any]) -> list[LoggedEpoch]:
    return [LoggedEpoch(piece.name, **each) for each in facts.get("history", ())]
