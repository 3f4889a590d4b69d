"""Whether the samples can teach the model what the recipe wants of them."""

from __future__ import annotations

from edgekit.data import CalibrationSet
from edgekit.errors import CalibrationError
from edgekit.sources import Description

_DISTIL = "or let the recipe learn from a teacher: add [distillation]"


def require_learnable(samples: CalibrationSet, description: Description, *, meaning: str, distils: bool) -> None:
    """Raise CalibrationError where the samples' labels are missing, or are not those of the model.

    Args:
        samples: all of them.
        description: of the model.
        meaning: of its output, see ``training.outputs.Meaning``.
        distils: whether every stage that trains has a teacher, so that labels are not needed.
    """
    where = f"the samples of {samples.path}"
    if meaning == "values":
        if not distils:
            outputs = ", ".join(map(str, description.outputs))
            raise CalibrationError(
                f"the outputs of the model are no scores of classes ({outputs}), so labels cannot teach it",
                hint="let the recipe learn from a teacher: add [distillation]",
            )
        return
    if samples.labels is None:
        if not distils:
            raise CalibrationError(
                f"{where} have no labels, and the recipe learns from them",
                hint=f"give a folder for each class, or an .npz with 'labels'; {_DISTIL}",
            )
        return
    if len(set(samples.labels)) < 2:
        raise CalibrationError(
            f"{where} are all of one class, so nothing can be learned from their labels",
            hint="give samples of every class that the model knows",
        )
    known = max(2, description.outputs[0].shape[-1] or 2)
    lowest, highest = min(samples.labels), max(samples.labels)
    if lowest < 0 or highest >= known:
        raise CalibrationError(
            f"the labels of {where} go from {lowest} to {highest}, but the model has scores for {known} classes, "
            "from 0",
            hint="the samples belong to another model, or there is a folder too many",
        )
    if samples.classes and len(samples.classes) != known:
        raise CalibrationError(
            f"{where} have {len(samples.classes)} class folders, but the model has scores for {known} classes",
            hint="the folders, sorted by name, must be the model's classes: make an empty one for a class that is "
            "missing",
        )
