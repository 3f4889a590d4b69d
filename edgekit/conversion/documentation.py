"""What an artifact says of itself: TFLite metadata, put into the file before it is run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from edgekit.artifact import PictureHandling
from edgekit.conversion.labels import ClassNames, class_names, misfit_of
from edgekit.conversion.package_versions import installed_version
from edgekit.data import CalibrationSet
from edgekit.data.pictures.picture_inputs import picture_inputs, picture_size
from edgekit.data.preprocessing import scalings
from edgekit.inspection import inspect
from edgekit.metadata import ContentKind, Metadata, Normalization, TensorMetadata
from edgekit.metadata.embedding import CannotEmbed, embed
from edgekit.metadata.writing import encode
from edgekit.recipe import Colour, Precision, Recipe, value_range_named
from edgekit.sources import EXPORTED, Description, Source
from edgekit.tensors import TensorSpec

LABEL_FILE = "labels.txt"
_RESIZED = {"stretch": "stretched to this size", "crop": "cropped to this size", "pad": "padded to this size"}


@dataclass(frozen=True, slots=True)
class Documentation:
    """What is known of the model, for all artifacts of one conversion."""

    name: str
    made_from: str
    """The source in a sentence: ``photos.keras``."""
    pictures: Mapping[str, PictureHandling]
    labels: ClassNames | None
    """None where there are none, or none that fit an output."""
    notes: tuple[str, ...] = ()
    """Sentences on what is left out."""

    def added_to(self, path: Path, precision: Precision) -> tuple[str, ...]:
        """Put metadata into the .tflite file at ``path``, in place. Gives sentences on what is left out."""
        facts = inspect(path)
        labelled = None if self.labels is None else self.labels.output(facts.outputs)
        names = () if self.labels is None or labelled is None else self.labels.names
        inputs = tuple(_input(spec, self.pictures.get(spec.name)) for spec in facts.inputs)
        metadata = Metadata(
            name=self.name,
            description=(
                f"{self.name} in {precision.name} ({precision.summary}), made from {self.made_from} by "
                f"edgekit {installed_version('edgekit')}."
            ),
            inputs=inputs,
            outputs=tuple(_output(spec, names if spec.name == labelled else ()) for spec in facts.outputs),
        )
        sizes = {spec.name: picture_size(spec) for spec in facts.inputs if spec.name in self.pictures}
        files = {LABEL_FILE: "".join(f"{name}\n" for name in names).encode(errors="replace")} if names else {}
        try:
            path.write_bytes(
                embed(
                    path.read_bytes(),
                    encode(metadata, sizes={name: (size.height, size.width) for name, size in sizes.items()}),
                    files=files,
                )
            )
        except CannotEmbed as error:
            return (f"{precision.name}: no metadata was added: the file {error}",)
        return ()


def documentation(
    name: str,
    *,
    source: Source | None,
    description: Description,
    recipe: Recipe,
    labels: ClassNames | None,
    samples: Sequence[CalibrationSet | None],
) -> Documentation:
    """Gather what is known.

    Args:
        name: of the model.
        source: None for a model in memory.
        description: of the model.
        recipe: its ``value_range``, ``resize``, ``filter`` and ``colour`` are used.
        labels: those that were given.
        samples: those that were read, the ones with the better names first.

    Raises:
        UsageError: labels that were given fit no output.
        CalibrationError: the recipe's value range does not fit an input.
    """
    before = inspect(source.path).metadata if source is not None and source.format in EXPORTED else None
    names = class_names(labels, samples, before=before)
    misfit = None if names is None else misfit_of(names, description.outputs)
    notes = () if names is None else names.notes
    return Documentation(
        name=name,
        made_from="a model in memory" if source is None else source.path.name,
        pictures=_pictures(description, recipe, samples),
        labels=names if misfit is None else None,
        notes=notes if misfit is None else (f"no labels were put into the metadata: {misfit}",),
    )


def _pictures(
    description: Description, recipe: Recipe, samples: Sequence[CalibrationSet | None]
) -> dict[str, PictureHandling]:
    """Return how pictures become numbers, for each input that takes them and where that is known."""
    takes = picture_inputs(description.inputs)
    read = [each.preprocessing for each in samples if each is not None]
    known = next((each for each in read if each.value_range is not None), None)
    if known is not None:
        recipe = replace(recipe, value_range=known.value_range)
    elif read or (recipe.value_range is None and description.own_scaling is None):
        # Arrays that were taken as they stand, or nothing at all: what a picture becomes is not known.
        takes = frozenset(spec.name for spec in description.inputs if spec.name in takes and spec.dtype == "uint8")
    inputs = [spec for spec in description.inputs if spec.name in takes]
    if not inputs:
        return {}
    found = scalings(
        {spec.name: np.dtype(np.uint8) for spec in inputs},
        inputs=inputs,
        recipe=recipe,
        own_scaling=description.own_scaling,
    )
    return {
        name: PictureHandling(
            scaling.value_range.name,
            str(recipe.resize),
            str(recipe.used_filter),
            None if scaling.colour is None else str(scaling.colour),
        )
        for name, scaling in found.items()
    }


def _input(spec: TensorSpec, handling: PictureHandling | None) -> TensorMetadata:
    if handling is None:
        return TensorMetadata(name=spec.name)
    value_range = value_range_named(handling.value_range)
    mean = tuple(value / value_range.factor for value in value_range.mean)
    std = tuple(value / value_range.factor for value in value_range.std)
    channels = max(len(mean), len(std))
    limits = [
        tuple((end - mean[index % len(mean)]) / std[index % len(std)] for index in range(channels))
        for end in (0.0, 255.0)
    ]
    order = "one channel" if handling.colour is None else f"{handling.colour.upper()} channels"
    return TensorMetadata(
        name=spec.name,
        description=(
            f"A picture in {order}, {_RESIZED[handling.resize]} ({handling.filter}); its 0..255 becomes "
            f"(value - mean) / std, which is the range '{value_range.name}' ({value_range.summary})."
        ),
        content=_CONTENTS[handling.colour],
        normalization=Normalization(mean, std),
        minimum=limits[0],
        maximum=limits[1],
    )


_CONTENTS = {
    None: ContentKind.IMAGE_GRAYSCALE,
    str(Colour.RGB): ContentKind.IMAGE_RGB,
    str(Colour.BGR): ContentKind.IMAGE,
}


def _output(spec: TensorSpec, names: tuple[str, ...]) -> TensorMetadata:
    if not names:
        return TensorMetadata(name=spec.name)
    return TensorMetadata(
        name=spec.name, description=f"Scores of {len(names)} classes.", labels=names, label_file=LABEL_FILE
    )
