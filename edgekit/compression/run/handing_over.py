"""The recipe's last stage, where it makes the artifact: by what ``edgekit convert --finetune`` does."""

from __future__ import annotations

import dataclasses
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from edgekit.accuracy import AccuracyComparison
from edgekit.artifact import Artifact, places_of
from edgekit.compression.recipes.pieces import stage_name
from edgekit.compression.recipes.recipe import CompressionRecipe
from edgekit.compression.recipes.stages import ClusterWeights, Prune, QuantizeFinetune
from edgekit.compression.samples.splitting import Split
from edgekit.conversion import FEWEST, Conversion, convert
from edgekit.data import CalibrationSet
from edgekit.errors import CalibrationError
from edgekit.files import encode_json
from edgekit.progress import Progress, Step
from edgekit.recipe import Recipe
from edgekit.sources import Source


@dataclass(frozen=True, slots=True)
class HandOver:
    """What is to be made of the compressed model."""

    name: str
    """Of the stage, in tables."""
    what: QuantizeFinetune
    keep: tuple[str, ...]
    """What fine-tuning leaves as it is."""
    model: Path
    """Where the model goes."""
    path: Path
    """Where the artifact goes, beside it."""


def hand_over_of(recipe: CompressionRecipe, output: Path) -> HandOver | None:
    """Return what a recipe's last stage makes of the model at ``output``; None: that model is all."""
    what = recipe.stages[-1].what
    if not isinstance(what, QuantizeFinetune):
        return None
    made = {Prune: "sparsity", ClusterWeights: "clusters"}
    left = tuple(dict.fromkeys(made[type(each.what)] for each in recipe.stages if type(each.what) in made))
    return HandOver(
        stage_name(len(recipe.stages) - 1, recipe.stages[-1]),
        what,
        left if what.keep is None else what.keep,
        output,
        output.with_name(f"{output.stem}.{what.precision}.tflite"),
    )


def require_read_twice(data: Any) -> None:
    """Raise CalibrationError for samples that end when they are read: the artifact is calibrated on them once more."""
    if isinstance(data, Iterator):
        raise CalibrationError(
            "the samples are an iterator, which can be read once, and quantize-finetune reads them once more",
            hint="give a path, arrays, a tf.data.Dataset, or module:function",
        )


def require_enough(parts: Split) -> None:
    """Raise CalibrationError where too few samples are trained on."""
    if len(parts.train) < FEWEST:
        raise CalibrationError(
            f"quantize-finetune needs at least {FEWEST} samples, and {len(parts.train)} are left to train on",
            hint="give more samples, or smaller shares in [split]",
        )


def made_artifact(
    ending: HandOver,
    model: Path,
    source: Source,
    *,
    recipe: CompressionRecipe,
    samples: CalibrationSet,
    parts: Split,
    data: Any,
    evaluate: Any,
    folder: Path,
    checkpoint: Path,
    progress: Progress,
) -> Conversion:
    """Convert the compressed model, fine-tuned on the samples that it was trained on; nothing leaves ``folder``.

    Args:
        ending: what to make.
        model: the compressed model, wherever it lies now.
        source: how a model of this kind is loaded.
        recipe: how samples are read.
        samples: all of them, as they were read.
        parts: which of them are trained on.
        data: the samples as they were given. They are read again, so that the sidecar tells of them what is true of
            them: how they were preprocessed, and which were left out.
        evaluate: labelled samples that are not among these, as they were given; None: there are none.
        folder: where the artifact is to lie.
        checkpoint: what a run that was cut off goes on from.
        progress: told each step.

    Raises:
        EdgekitError: whatever ``convert`` raises.
    """
    folder.mkdir()
    # Under its last name, which the metadata of the artifact carry.
    named = folder / ending.model.name
    shutil.copyfile(model, named)
    trained = {samples.sample_ids[place] for place in parts.train.tolist()}
    progress(Step(f"{ending.name}: making {ending.what.precision}"))
    return convert(
        named,
        folder / ending.path.name,
        precision=ending.what.precision,
        calibration=data,
        evaluate=evaluate,
        recipe=Recipe.from_mapping(
            {
                **recipe.reading,
                "seed": recipe.seed,
                "samples": len(samples),
                "left_out": sorted(set(samples.sample_ids) - trained),
                "finetune": True,
                **({} if ending.what.epochs is None else {"epochs": ending.what.epochs}),
                "keep": list(ending.keep),
            }
        ),
        custom_objects=source.custom_objects,
        trust=source.trust,
        # They were trained on for long: what the check would call an error would now come too late to be of use.
        samples_check=False,
        checkpoint=checkpoint,
        progress=progress,
    )


def placed(artifact: Artifact, ending: HandOver, *, accuracy: AccuracyComparison | None) -> dict[Path, bytes]:
    """Return by its last place what is written of an artifact that lies in the work folder.

    Args:
        artifact: as it was converted from the compressed model.
        ending: what was to be made.
        accuracy: against the model that was given, which is what users have lost; None without labels.
    """
    provenance = dataclasses.replace(
        artifact.provenance,
        origin=dataclasses.replace(artifact.provenance.origin, path=str(ending.model)),
        accuracy=None if accuracy is None else dataclasses.replace(accuracy, file=ending.path.name),
    )
    moved = dataclasses.replace(artifact, path=ending.path, provenance=provenance)
    own, sidecar, golden = places_of(ending.path)
    made = {own: artifact.path.read_bytes(), sidecar: encode_json(moved.to_document())}
    if artifact.golden_path.exists():
        made[golden] = artifact.golden_path.read_bytes()
    return made


def notes_on(made: Conversion, ending: HandOver, *, samples: CalibrationSet) -> Sequence[str]:
    """Return the sentences that are about an artifact: not about options of another verb, or the samples once more."""
    known = set(samples.told())
    return [f"{ending.name}: {note}" for note in made.notes if "--no-samples-check" not in note and note not in known]
