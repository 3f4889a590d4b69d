"""The whole way from two files and samples to a diagnosis."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from edgekit.artifact import Artifact, recorded_pictures
from edgekit.data import collect
from edgekit.diagnosis.diagnosis import Diagnosis, TensorError
from edgekit.diagnosis.findings import LIMIT_DB, Symptoms, costs, findings_of, start_of
from edgekit.diagnosis.float_parity import float_parity
from edgekit.errors import InferenceError, SourceError
from edgekit.fidelity import Fidelity
from edgekit.inspection import Inspection, in_words, inspect
from edgekit.inspection.arithmetic import BOUNDARIES
from edgekit.inspection.decoding import read_graph
from edgekit.processes.spool import spool_of
from edgekit.processes.work_folder import work_folder
from edgekit.processes.worker import Worker, WorkerDied
from edgekit.progress import Progress, silent
from edgekit.recipe import Recipe
from edgekit.sensitivity.constants import require_same_weights
from edgekit.sensitivity.measures import Measured
from edgekit.sensitivity.pairing import INPUT, Pairing, Site, pair
from edgekit.sensitivity.trials import output_ratios

SAMPLES = 64
_CHANGED_WEIGHTS = 0.95


def diagnose(
    float_file: str | Path | Artifact,
    quantized_file: str | Path | Artifact,
    *,
    samples: Any,
    recipe: Recipe | None = None,
    limit: int = SAMPLES,
    progress: Progress = silent,
) -> Diagnosis:
    """Tell where a quantized file goes wrong, why, and what to try.

    First, what is known of the float file's own parity is told, and the two files are proven to be one model: same
    inputs and outputs, same graph, same weights. Then both run on the samples in a child process, under the stock
    runtime with its delegate, and every tensor is compared. To find what each operator adds by itself, both files are
    taken apart: the quantized operator and the float operator get the same values, those that the float file
    computes, rounded to the steps of the quantized operator's inputs. The difference is put into the float file, and
    what becomes of its outputs is what this operator costs.

    Args:
        float_file: the float32 ``.tflite`` that the quantized one was made from.
        quantized_file: a ``.tflite`` of the same model in another precision.
        samples: as for :func:`edgekit.collect`; they should be such as the model will see, and need no labels.
        recipe: its ``value_range``, ``resize``, ``filter``, ``colour`` and ``seed`` are used.
        limit: how many samples at most. Errors are put in on the first 16 of them, on fewer where operators are many.
        progress: told each step.

    Returns:
        Figures of every tensor and, where the outputs are worse than 20 dB, the causes.

    Raises:
        SourceError: a file cannot be read, is not what its place asks for, or the two are not of one model.
        CalibrationError: the samples cannot be used as given.
        InferenceError: the runtime refuses a file, or dies of it.
    """
    chosen = Recipe.chosen(recipe, {})
    quantized, original = _facts(quantized_file), _facts(float_file)
    _require_kinds(quantized, original)
    names = str(quantized.path), str(original.path)
    graphs = tuple(read_graph(facts.path.read_bytes(), name=str(facts.path)) for facts in (quantized, original))
    both = graphs[0], graphs[1]
    pairing = pair(*both, names=names)
    cosine = require_same_weights(*both, pairing=pairing, names=names)
    with work_folder() as folder, Worker("edgekit.sensitivity.examiner", folder=folder) as child:
        collected = collect(
            samples,
            inputs=original.inputs,
            recipe=chosen,
            folder=folder / "samples",
            known=recorded_pictures(original.path, sha256=original.sha256),
            limit=limit,
            progress=progress,
        )
        spool = spool_of(collected, original.inputs)
        ask = partial(child.request, progress=progress, quantized=names[0], original=names[1])
        try:
            seen = ask("measure", **spool.request())
            measured = [Measured.from_json(document) for document in seen["sites"]]
            symptoms = Symptoms(both, pairing, measured, seen["output_snr_db"])
            attempt = partial(output_ratios, ask, spool)
            cost = costs(symptoms, attempt)
            findings = findings_of(symptoms, cost, attempt)
        except WorkerDied as death:
            raise InferenceError(
                f"running {names[0]} or {names[1]} did not end well: {death.message}",
                hint=death.hint or "edgekit benchmark tells which of the two it is",
                log=death.log,
            ) from death
    fidelity = Fidelity(**seen["fidelity"])
    parity, parity_text = float_parity(float_file, sha256=original.sha256)
    return Diagnosis(
        quantized_file=quantized.path,
        float_file=original.path,
        precision=quantized.precision,
        samples=len(collected),
        preprocessing=str(collected.preprocessing),
        operators=sum(operator.name not in BOUNDARIES for operator in both[0].subgraphs[0].operators),
        operators_matched=len(pairing.operators),
        weights_cosine=cosine,
        float_parity=parity,
        float_parity_text=parity_text,
        fidelity=fidelity,
        output_snr_db=symptoms.output_snr_db,
        limit_db=LIMIT_DB,
        tensors=tuple(
            _row(site, measured[number], cost.get(number), facts=(quantized, original), symptoms=symptoms)
            for number, site in enumerate(pairing.sites)
        ),
        start=start_of(symptoms, cost),
        findings=findings,
        notes=_notes(pairing, cosine=cosine, seen=seen, told=collected.told(), names=names),
    )


def _facts(file: str | Path | Artifact) -> Inspection:
    return inspect(file.path if isinstance(file, Artifact) else file)


def _require_kinds(quantized: Inspection, original: Inspection) -> None:
    for facts in (quantized, original):
        if not facts.runs_on_cpu:
            raise SourceError(f"{facts.path} cannot be run here: {in_words(facts.obstacles)}")
    if original.precision != "float32":
        raise SourceError(
            f"{original.path} should be the float file, but is {original.precision}",
            hint="the float file comes first, the quantized one second; edgekit convert --precision float32 makes it",
        )
    if quantized.precision == "float32":
        raise SourceError(
            f"{quantized.path} should be the quantized file, but computes in float32 as {original.path} does",
            hint="the float file comes first, the quantized one second",
        )


def _row(
    site: Site,
    measured: Measured,
    cost: float | None,
    *,
    facts: tuple[Inspection, Inspection],
    symptoms: Symptoms,
) -> TensorError:
    ours, theirs = (graph.subgraphs[0] for graph in symptoms.graphs)
    stepped, seen = measured.stepped, measured.seen
    is_input = site.operator == INPUT
    return TensorError(
        operator=site.operator,
        name="INPUT" if is_input else ours.operators[site.operator].name,
        precision=ours.tensors[site.tensor].dtype if is_input else facts[0].ops[site.operator].precision,
        tensor=ours.tensors[site.tensor].name,
        float_tensor=theirs.tensors[site.twin].name,
        snr_db=measured.snr_db,
        own_snr_db=measured.own_snr_db,
        output_snr_db=cost,
        range_used=None if stepped is None else (stepped.low, stepped.high),
        range_seen=(seen.low, seen.high),
        bulk_seen=None if stepped is None else (stepped.bulk_low, stepped.bulk_high),
    )


def _notes(
    pairing: Pairing, *, cosine: float, seen: Mapping[str, Any], told: Iterable[str], names: tuple[str, str]
) -> tuple[str, ...]:
    notes = []
    if not seen["varied"]:
        notes.append(
            f"{names[1]} gives the same outputs for every sample: look at the samples and their value range first"
        )
    elif seen["one_class"]:
        # A file that is broken can still be right where one answer is wanted all the time.
        notes.append(f"{names[1]} names the same class for every sample: what happens to the others is not seen")
    if cosine < _CHANGED_WEIGHTS:
        notes.append(f"weights differ more than rounding makes them: the least cosine is {cosine:.2f}")
    together = sum(not site.alone for site in pairing.sites)
    if together:
        notes.append(f"{together} tensors have no twin for all that goes into them: what they add alone is not known")
    return (*notes, *told)
