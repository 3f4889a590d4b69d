"""Makes the files of the ladder, every recipe once, and judges them under the real runtime."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from edgekit.artifact.ladder import Goal, Rung
from edgekit.conversion.artifacts import Made
from edgekit.conversion.evaluation import LabelledEvaluation, examined
from edgekit.conversion.float_export import FloatExport, open_float
from edgekit.conversion.making import FIDELITY_SAMPLES, compared, left_in_float, quantized, usual_fidelity
from edgekit.conversion.targets import Target
from edgekit.errors import ConversionError
from edgekit.fidelity import Fidelity
from edgekit.inspection import computing, inspect, outside_int8, shortfalls
from edgekit.processes.spool import Spool
from edgekit.processes.worker import Worker, WorkerDied
from edgekit.progress import Progress
from edgekit.recipe import Arithmetic, Recipe, precision_named
from edgekit.units import format_count

_SCREENED = 16
"""Samples on which files are told apart between the rungs."""
_EVERY = 5
"""One sample of so many is held out from calibration, to judge on."""
_FEWEST_HELD_OUT = 4
_MOST_OUTLIERS = 0.05
"""The largest share of the samples that are outliers: more are none."""


@dataclass(frozen=True, slots=True)
class Tried:
    """A rung, with the file that it stands for."""

    rung: Rung
    made: Made | None
    """None where it could not be made."""

    @property
    def merit(self) -> tuple[float, float]:
        """The greater it is, the closer is the file to the float one."""
        drop, snr = self.rung.drop_points, self.rung.snr_db
        return (-math.inf if drop is None else -drop, -math.inf if snr is None else snr)


@dataclass(frozen=True, slots=True)
class Workshop:
    """What all files of one ladder are made with."""

    exported: FloatExport
    quantizer: Worker
    examination: LabelledEvaluation | None
    target: Path
    """Where the file that is kept will go: it is called so in every comparison."""
    folder: Path
    progress: Progress
    require: Sequence[str] = ()
    """Names of requirements that a file must meet."""
    _made: dict[tuple[Recipe, tuple[int, ...]], Made] = field(default_factory=dict)
    _outliers: list[frozenset[int]] = field(default_factory=list)
    """One set, once they were looked for."""

    @property
    def files_made(self) -> int:
        """How many files were quantized."""
        return len(self._made)

    def tells_classes(self) -> bool:
        """Return whether labels were given, or the outputs are class scores."""
        if self.examination is not None:
            return True
        itself = compared(self.quantizer, self.exported.path, self.exported.spool, [0], progress=self.progress)
        return itself.top1_agreement is not None

    def judged_on(self) -> str:
        """Return by what rungs are judged, in words."""
        if self.examination is not None:
            return f"{len(self.examination.samples)} labelled samples"
        count, held_out, outliers = self.exported.spool.count, self.held_out(), self.outliers()
        told = f"the {count} samples (SNR on the {len(held_out)} of them that were held out from calibration)"
        if not held_out:
            told = f"the {count} samples that were calibrated on"
        return f"{told}, without {format_count(len(outliers), 'outlier')}" if outliers else told

    def held_out(self) -> tuple[int, ...]:
        """Return the numbers of the samples that rungs are judged on, and not calibrated on.

        None where labelled samples judge, or where there are too few.
        """
        if self.examination is not None:
            return ()
        # Outliers never: what they do to the ranges must be seen.
        held = self._fit()[_EVERY - 1 :: _EVERY]
        return tuple(held) if len(held) >= _FEWEST_HELD_OUT else ()

    def outliers(self) -> frozenset[int]:
        """Return the numbers of the samples that stretch a range alone, where there are a few.

        No rung is judged on them: they make most of the error of the very file that does without them.
        """
        if not self._outliers:
            spool = self.exported.spool
            numbers = self.quantizer.request("stretching", **spool.request(), progress=self.progress)
            few = len(numbers) <= max(1, _MOST_OUTLIERS * spool.count) and len(numbers) < spool.count
            self._outliers.append(frozenset(numbers if few else ()))
        return self._outliers[0]

    def judge(self, recipe: Recipe, goal: Goal, *, what: str) -> Tried:
        """Make a file, run it on all that it is to be judged on, and hold it against the goal.

        Where samples are held out, a file that is good enough is made once more, of all samples, and must be so too.
        """
        held_out = self.held_out() if precision_named(recipe.precision or "").needs_calibration else ()
        try:
            made = self._judged(recipe, held_out)
            rung = _rung(made, recipe, goal, what=what)
            if rung.reached and held_out:
                made = self._judged(recipe, ())
                # The figures that count are those of samples that did not make the ranges.
                whole = _rung(made, recipe, goal, what=what)
                rung = dataclasses.replace(whole, snr_db=rung.snr_db, drop_points=rung.drop_points)
        except ConversionError as error:
            return Tried(Rung.failed(what, recipe, error.message), None)
        except WorkerDied as death:
            self._revive()
            return Tried(Rung.failed(what, recipe, death.message), None)
        return Tried(rung, made)

    def screen(self, recipe: Recipe) -> tuple[Path, float] | None:
        """Make a file, and return it with its signal to noise ratio on a few samples; None where it cannot be made."""
        held_out = self.held_out()
        try:
            made = self._file(recipe, held_out)
            return made.path, self._fidelity(made, _SCREENED).snr_db
        except ConversionError:
            return None
        except WorkerDied:
            self._revive()
            return None

    def finished(self, made: Made, recipe: Recipe) -> Made:
        """Return what was made with the fidelity that every conversion tells: on samples that were calibrated on."""
        if _is_float(recipe):
            return dataclasses.replace(made, fidelity=None)
        fidelity = usual_fidelity(made, recipe, self.exported, self.quantizer, progress=self.progress)
        return dataclasses.replace(made, fidelity=fidelity)

    def _revive(self) -> None:
        """Start the child process again: one file that kills it says nothing of the others."""
        self.quantizer.restart()
        open_float(self.quantizer, self.exported.path, self.exported.description, progress=self.progress)

    def _judged(self, recipe: Recipe, held_out: tuple[int, ...]) -> Made:
        made = self._file(recipe, held_out)
        if self.examination is None:
            return dataclasses.replace(made, fidelity=self._fidelity_of_all(made))
        made = dataclasses.replace(made, fidelity=self._fidelity(made, FIDELITY_SAMPLES))
        target = Target(precision_named(recipe.precision or ""), recipe, self.target)
        return examined(made, self.examination, quantizer=self.quantizer, target=target, progress=self.progress)

    def _file(self, recipe: Recipe, held_out: tuple[int, ...]) -> Made:
        if _is_float(recipe):
            return left_in_float(self.exported, self.quantizer, progress=self.progress)
        known = self._made.get((recipe, held_out))
        if known is None:
            path = self.folder / f"rung-{len(self._made)}.tflite"
            known = quantized(
                recipe, self.exported, self.quantizer, path=path, held_out=held_out, progress=self.progress
            )
            self._made[recipe, held_out] = known
        return known

    def _fidelity(self, made: Made, limit: int) -> Fidelity:
        """Compare a file with the float one on so many of the samples that rungs are judged on, evenly spread."""
        if self.examination is None:
            spool = self.exported.spool
            samples = list(self.held_out()) or self._fit()
        else:
            spool = self.examination.spool
            samples = spool.first(spool.count)
        if limit < len(samples):
            samples = [samples[place * len(samples) // limit] for place in range(limit)]
        return self._compared(made, spool, samples)

    def _compared(self, made: Made, spool: Spool, samples: Sequence[int]) -> Fidelity:
        # The float file that was given may lack the signature that it is run by.
        path = self.exported.path if made.path == self.exported.given else made.path
        return compared(self.quantizer, path, spool, samples, progress=self.progress)

    def _fidelity_of_all(self, made: Made) -> Fidelity:
        """Compare a file with the float one on all samples: SNR on those held out, agreement on the others too.

        Ranges that clip nothing flatter the ratio. Agreement they hardly touch, and a fifth of 200 samples could not
        tell a drop of less than 2.5 points.
        """
        spool, fit, held_out = self.exported.spool, self._fit(), self.held_out()
        seen = self._compared(made, spool, held_out or fit)
        if not held_out or seen.top1_agreement is None:
            return seen
        others = [number for number in fit if number not in held_out]
        more = self._compared(made, spool, others)
        agreeing = seen.top1_agreement * len(held_out) + (more.top1_agreement or 0.0) * len(others)
        return dataclasses.replace(seen, top1_agreement=agreeing / len(fit))

    def _fit(self) -> list[int]:
        spool = self.exported.spool
        return spool.first(spool.count, without=self.outliers())


def _is_float(recipe: Recipe) -> bool:
    return precision_named(recipe.precision or "").arithmetic is Arithmetic.FLOAT


def _rung(made: Made, recipe: Recipe, goal: Goal, *, what: str) -> Rung:
    fidelity, accuracy = made.fidelity, made.accuracy
    snr = -math.inf if fidelity is None else fidelity.snr_db
    drop, interval = None, None
    if accuracy is not None:
        drop, interval = accuracy.drop_points, accuracy.interval_points
    elif fidelity is not None and fidelity.top1_agreement is not None:
        drop = 100 * (1 - fidelity.top1_agreement)
    # A share of counts is not a round number of points in binary: 99 of 100 is a drop of one point.
    kept_drop = goal.max_drop_points is None or (drop is not None and drop <= goal.max_drop_points + 1e-9)
    facts = inspect(made.path)
    missed = tuple(each.requirement for each in shortfalls(facts, goal.require))
    ops = computing(facts.ops)
    return Rung(
        what=what,
        recipe=recipe,
        size_bytes=made.path.stat().st_size,
        operators=len(ops),
        outside_int8=sum(map(outside_int8, ops)),
        snr_db=snr,
        drop_points=drop,
        interval_points=interval,
        reached=kept_drop and (goal.min_snr_db is None or snr >= goal.min_snr_db) and not missed,
        shortfalls=missed,
    )
