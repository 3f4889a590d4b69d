"""The conversion matrix: which kinds of Keras models become which precision, and what is left of them."""

from __future__ import annotations

import math
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from lines import Place
from promises import Missed

import edgekit

_TESTS = Path(__file__).resolve().parents[2] / "tests"
sys.path.insert(0, str(_TESTS))

from matrix_making import made  # noqa: E402
from matrix_models import CASES, Case  # noqa: E402

_PHOTOS = "sign_language_digits"
_HEALTHY_DB = 20.0
_UNKNOWN = "unknown cause"
_QUICK = ("MobileNetV3Small",)
"""In short: what no test converts. Those of small models are in tests/conversion/test_breadth.py."""


@dataclass
class Row:
    """What became of one model."""

    name: str
    parameters: int = 0
    route: str = ""
    parity: float | None = None
    """Largest error of the float export, as a fraction of the outputs' range."""
    snr_db: dict[str, float] = field(default_factory=dict)
    """By precision; infinite for float32, which is what the others are compared with."""
    refused: dict[str, str] = field(default_factory=dict)
    """By precision, the sentence that a user sees."""
    told: list[str] = field(default_factory=list)
    """Notes of the conversion, and what was found where int8 is below 20 dB."""
    causes: list[str] = field(default_factory=list)
    """Names of the known ones."""

    @property
    def healthy(self) -> bool:
        return self.snr_db.get("int8", -math.inf) >= _HEALTHY_DB

    @property
    def unexplained(self) -> bool:
        return not self.healthy and "int8" in self.snr_db and not self.causes


def matrix(place: Place) -> Iterator[str]:
    """Conversion matrix: parity of the float export, and SNR in dB of each precision against it."""
    heads = " ".join(f"{name:>12}" for name in edgekit.PRECISIONS)
    yield f"{'model':20} {'weights':>10} {'parity':>8} {heads} route"
    rows = []
    chosen = place.only or (_QUICK if place.quick else tuple(CASES))
    if place.quick:
        # All by one process, which starts TensorFlow once.
        _make(place, chosen, trained=False)
    for name in chosen:
        row = _row(CASES[name], place)
        rows.append(row)
        yield _line(row)
    for row in rows:
        yield from (f"{row.name}: {precision}: {sentence}" for precision, sentence in row.refused.items())
        yield from (f"{row.name}: {sentence}" for sentence in row.told)
    for precision in edgekit.PRECISIONS:
        done = sum(precision in row.snr_db for row in rows)
        line = str if done == len(rows) else Missed
        yield line(f"{precision}: {done} of {len(rows)} converted, builtin operators alone, run and compared")
    healthy, unexplained = sum(row.healthy for row in rows), sum(row.unexplained for row in rows)
    told = len(rows) - healthy - unexplained
    line = Missed if unexplained else str
    yield line(f"int8: {healthy} at {_HEALTHY_DB:g} dB or more, {told} below and told why, {unexplained} below and not")


def _row(case: Case, place: Place) -> Row:
    folder = place.folder / "matrix" / case.name
    folder.mkdir(parents=True, exist_ok=True)
    if case.in_memory:
        return converted(case, *_in_memory(case, place.data / _PHOTOS, folder), folder)
    if not place.quick:
        _make(place, (case.name,), trained=True)
    models = place.folder / "matrix"
    return converted(case, models / f"{case.name}.keras", models / f"{case.name}.npz", folder)


def _make(place: Place, names: Sequence[str], *, trained: bool) -> None:
    folder = place.folder / "matrix"
    folder.mkdir(exist_ok=True)
    options = [] if trained else ["--untrained"]
    command = [sys.executable, _TESTS / "matrix_making.py", *options, folder, place.data / _PHOTOS, *names]
    subprocess.run(command, capture_output=True, check=True)


def _in_memory(case: Case, photos: Path, folder: Path) -> tuple[Any, Path]:
    import numpy as np

    model, inputs = made(case, photos)
    np.savez(folder / "samples.npz", **inputs)
    return model, folder / "samples.npz"


def converted(case: Case, model: Any, samples: Path, folder: Path) -> Row:
    """Return the row of a model whose samples are at hand."""
    os.environ["PYTHONPATH"] = str(_TESTS)
    row = Row(case.name)
    choices = {"calibration": samples, **dict(case.choices)}
    try:
        artifacts = _convert(row, model, folder, tuple(edgekit.PRECISIONS), choices)
    except edgekit.EdgekitError:
        artifacts = []
        for precision in edgekit.PRECISIONS:
            try:
                artifacts += _convert(row, model, folder, (precision,), choices)
            except edgekit.EdgekitError as error:
                row.refused[precision] = f"{error.message} ({error.hint})"
    by_precision = {artifact.precision: artifact for artifact in artifacts}
    for precision, artifact in by_precision.items():
        facts = edgekit.inspect(artifact)
        if not facts.runs_on_cpu:
            row.refused[precision] = "; ".join(obstacle.clause for obstacle in facts.obstacles)
            continue
        provenance = artifact.provenance
        row.parameters, row.route = provenance.origin.parameters or 0, provenance.route
        row.parity = provenance.parity.relative_error if provenance.parity else None
        row.snr_db[precision] = provenance.fidelity.snr_db if provenance.fidelity else math.inf
    if "int8" in row.snr_db and not row.healthy and "float32" in by_precision:
        _add_causes(row, by_precision["float32"].path, by_precision["int8"].path, samples)
    return row


def _convert(row: Row, model: Any, folder: Path, precisions: tuple[str, ...], choices: dict[str, Any]) -> list[Any]:
    conversion = edgekit.convert(model, folder, precision=precisions, **choices)
    standing = [precision.slow_because for precision in edgekit.PRECISIONS.values() if precision.slow_because]
    standing += [
        precision.inaccurate_because for precision in edgekit.PRECISIONS.values() if precision.inaccurate_because
    ]
    row.told += [note for note in conversion.notes if not any(text in note for text in standing)]
    return list(conversion.artifacts)


def _add_causes(row: Row, float_file: Path, quantized: Path, samples: Path) -> None:
    try:
        diagnosis = edgekit.diagnose(float_file, quantized, samples=samples)
    except edgekit.EdgekitError as error:
        row.told.append(f"diagnosis: {error.message}")
        return
    row.told += [f"int8: {finding.cause}: {finding.sentence}" for finding in diagnosis.findings]
    row.causes += [finding.cause for finding in diagnosis.findings if finding.cause != _UNKNOWN]
    if not diagnosis.findings:
        row.told.append("int8: no operator alone costs a tenth of the noise")


def _line(row: Row) -> str:
    cells = [
        "refused" if precision in row.refused else _decibels(row.snr_db[precision]) for precision in edgekit.PRECISIONS
    ]
    parity = "-" if row.parity is None else f"{row.parity:.1e}"
    figures = " ".join(f"{cell:>12}" for cell in cells)
    return f"{row.name:20} {row.parameters:10,} {parity:>8} {figures} {row.route}"


def _decibels(snr: float) -> str:
    return "ok" if math.isinf(snr) and snr > 0 else f"{snr:.1f}"
