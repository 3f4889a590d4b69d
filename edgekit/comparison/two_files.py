"""``compare``: the whole of it, on one screen."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Unpack

from edgekit.artifact import Artifact
from edgekit.comparison.answers import agreement, side_of
from edgekit.comparison.comparison import ArtifactComparison
from edgekit.comparison.differences import facts_of, making_of, operators_of, sidecar_of
from edgekit.devices import Device
from edgekit.inspection import inspect
from edgekit.progress import Progress, silent
from edgekit.recipe import PreprocessingChoices, Recipe


def compare(
    a: str | Path | Artifact,
    b: str | Path | Artifact,
    *,
    samples: Any = None,
    recipe: Recipe | None = None,
    output: str | None = None,
    device: str | Device = "local",
    threads: int = 1,
    progress: Progress = silent,
    **choices: Unpack[PreprocessingChoices],
) -> ArtifactComparison:
    """Tell what changed between two .tflite files.

    Args:
        a: any .tflite file, or an artifact: the one before.
        b: the one after. With the sidecars of both beside them, how they were made is compared as well.
        samples: whatever :func:`edgekit.collect` takes, all of them; both files run on them. With labels, accuracy is
            compared too. None: nothing runs.
        recipe: how samples are preprocessed. None: each file's sidecar says so, else the other one's.
        output: the name of the output with the scores, where there are several.
        device: an address, or a device that is open and stays so.
        threads: number of threads of the runtime.
        progress: told each step.
        choices: single choices of preprocessing, over the recipe's or the sidecars': ``value_range="unit"``, ...

    Returns:
        What is the same and what is not. What cannot be known is said to be unknown, with the reason.

    Raises:
        SourceError: a file cannot be read, or is not what the artifact was.
        CalibrationError: the samples cannot be used as given.
        RecipeError: a choice is unknown, or its value not valid.
        EdgekitError: whatever :func:`edgekit.infer` raises.
    """
    facts_a, facts_b = inspect(a), inspect(b)
    (sidecar_a, why_a), (sidecar_b, why_b) = sidecar_of(facts_a), sidecar_of(facts_b)
    unknown = [why for why in dict.fromkeys((why_a, why_b)) if why is not None]
    seen = None
    if samples is None:
        unknown.append("how far the outputs agree is not known: no samples were given")
    else:
        seen = agreement(
            side_of(facts_a, asked=recipe, choices=dict(choices), own=sidecar_a, other=sidecar_b),
            side_of(facts_b, asked=recipe, choices=dict(choices), own=sidecar_b, other=sidecar_a),
            samples,
            scores=output,
            device=device,
            threads=threads,
            progress=progress,
        )
    return ArtifactComparison(
        file_a=facts_a.path,
        file_b=facts_b.path,
        same=facts_a.canonical_sha256 == facts_b.canonical_sha256,
        identical=facts_a.sha256 == facts_b.sha256,
        facts=facts_of(facts_a, facts_b),
        operators=operators_of(facts_a, facts_b),
        making=() if sidecar_a is None or sidecar_b is None else tuple(making_of(sidecar_a, sidecar_b)),
        samples=None if seen is None else seen.samples,
        fidelity=None if seen is None else seen.fidelity,
        accuracy=None if seen is None else seen.accuracy,
        unknown=(*unknown, *(() if seen is None else seen.unknown)),
    )
