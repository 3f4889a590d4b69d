"""Labelled samples through a file, piece by piece, into the class that it names for each."""

from __future__ import annotations

from dataclasses import dataclass

from edgekit.accuracy import Answers, read_answers
from edgekit.devices import Device
from edgekit.errors import UsageError, unknown_name
from edgekit.inspection import Inspection
from edgekit.progress import Progress, Step
from edgekit.runner.evaluation.checkpoint import Checkpoint, Kept
from edgekit.runner.evaluation.labelled_data import LabelledSamples
from edgekit.runner.inference import matched_spools
from edgekit.runner.pieces import run_in_pieces


@dataclass(frozen=True, slots=True)
class Asking:
    """How all files of one evaluation are asked."""

    samples: LabelledSamples
    output: str | None
    """The name of the output with the scores; None: the only one."""
    threads: int
    timeout: float
    """Seconds for each piece."""
    first_timeout: float
    progress: Progress


def ask_all(device: Device, facts: Inspection, asking: Asking, *, kept: Checkpoint | None) -> Answers:
    """Return a file's answers to all samples; those that are kept are not asked for again.

    Raises:
        CalibrationError: the samples do not fit the file, or it gives no class scores.
        UsageError: the output is unknown.
        OutputError: the answers cannot be kept.
        EdgekitError: whatever :func:`run_in_pieces` raises.
    """
    begun = None if kept is None else kept.of(facts.sha256)
    answers = _asked(device, facts, asking, kept=kept, begun=begun)
    if answers is None:
        asking.progress(Step(f"the runtime on {device.address} is another one than before the break: beginning anew"))
        answers = _asked(device, facts, asking, kept=kept, begun=None)
    if answers is None:
        raise UsageError(f"the runtime on {device.address} changes from piece to piece", hint="leave it as it is")
    return answers


def scores_of(facts: Inspection, output: str | None) -> str:
    """Return the name of the output with the scores. Raises UsageError where it is not clear which."""
    names = [spec.name for spec in facts.outputs]
    if output is None and len(names) != 1:
        raise UsageError(
            f"{facts.path} has several outputs: name the one with the scores: {', '.join(names)}",
            hint="output=NAME, on the command line --scores NAME",
        )
    name = names[0] if output is None else output
    if name not in names:
        raise UsageError(f"{facts.path}: {unknown_name('output', name, names)}")
    return name


def _asked(
    device: Device, facts: Inspection, asking: Asking, *, kept: Checkpoint | None, begun: Kept | None
) -> Answers | None:
    """Return the answers; None where a runtime gave some of them and another one the rest."""
    name, total = scores_of(facts, asking.output), len(asking.samples)
    chosen = () if begun is None else begun.chosen
    known, runtime = (None, None) if begun is None else (begun.known, begun.runtime)
    spools = matched_spools(asking.samples, facts)

    def tell() -> None:
        asking.progress(Step(f"running {facts.path.name} on {total} labelled samples", len(chosen), total))

    tell()
    if len(chosen) < total:
        pieces = run_in_pieces(
            device,
            facts,
            spools,
            count=total,
            first=len(chosen),
            threads=asking.threads,
            timeout=asking.timeout,
            first_timeout=asking.first_timeout,
        )
        for piece in pieces:
            if runtime not in {None, piece.runtime}:
                return None
            answers = read_answers(piece.outputs[name], file=str(facts.path), sha256=facts.sha256)
            chosen, known, runtime = (*chosen, *answers.chosen), answers.known, piece.runtime
            if kept is not None:
                kept.keep(facts.sha256, Kept(piece.runtime, chosen, known))
            tell()
    return Answers(str(facts.path), facts.sha256, chosen, known)
