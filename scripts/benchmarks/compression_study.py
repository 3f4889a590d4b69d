"""What compression buys on real photos: a network trained from scratch, and what each kind of stage makes of it."""

from __future__ import annotations

import statistics
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import study_seed
from lines import Place
from promises import Missed
from study_seed import Row

import edgekit

_DIGITS_SCRIPT = Path(__file__).resolve().parents[2] / "tests" / "digits_model.py"
SEEDS = (0, 1, 2)
_LEAST = 0.98
"""Of the photos for testing that the network is to be right on."""
_DIGITS_SHARE, _DIGITS_POINTS = 0.66, 2
"""Channels go in fours, so that a network of 16 and 32 cannot have just any share. A point is four of its photos."""


def compression(place: Place) -> Iterator[str]:
    """What each stage buys, with three seeds, on photos that nothing was trained on; instructions: Cortex-A72."""
    if place.quick:
        yield from _digits(place)
        return
    yield study_seed.HEAD
    found: list[Row] = []
    for seed in SEEDS:
        for row in study_seed.rows(place.study_network(seed), seed):
            yield str(row)
            if isinstance(row, Row):
                found.append(row)
    yield "* is tainted: something else ran on this machine"
    for _, of_seeds in sorted(_by_kind(found).items()):
        yield _mean_row(of_seeds)
    yield from _judged(_Means(found))


def _by_kind(found: list[Row]) -> dict[tuple[str, str, str], list[Row]]:
    kinds: dict[tuple[str, str, str], list[Row]] = {}
    for row in found:
        kinds.setdefault((row.line, row.version, row.precision), []).append(row)
    return kinds


def _mean_row(rows: list[Row]) -> str:
    def mean(of: Callable[[Row], float]) -> float:
        return statistics.mean(of(row) for row in rows)

    first = rows[0]
    return (
        f"mean {first.line:12} {first.version:15} {first.precision:15} {mean(lambda r: r.file['size_bytes']):9,.0f} "
        f"{mean(lambda r: r.file['zipped_bytes']):9,.0f} {mean(lambda r: r.file['macs']):10,.0f} "
        f"{mean(lambda r: r.instructions):10,.0f} {'':>10} {mean(lambda r: r.file['accuracy']['value']):8.1%} "
        f"{mean(lambda r: r.drop):.2f} points lost"
    )


class _Means:
    """Means over the seeds, of the last version of each line."""

    def __init__(self, rows: list[Row]) -> None:
        self._last = {(row.seed, row.line, row.precision): row for row in rows}
        self.count = len({row.seed for row in rows})

    def drop(self, line: str, precision: str) -> float:
        """Return the points lost against the float original."""
        return self._mean(row.drop for row in self._of(line, precision))

    def accuracy(self, line: str, precision: str) -> float:
        return self._mean(row.file["accuracy"]["value"] for row in self._of(line, precision))

    def share(self, line: str, precision: str, of: Callable[[Row], float]) -> float:
        """Return the mean of what a file takes as a share of what the original of the same precision takes."""
        pairs = zip(self._of(line, precision), self._of("-", precision), strict=True)
        return self._mean(of(after) / of(before) for after, before in pairs)

    def _of(self, line: str, precision: str) -> list[Row]:
        return [row for (_, *kind), row in self._last.items() if kind == [line, precision]]

    @staticmethod
    def _mean(values: Iterator[float]) -> float:
        return statistics.mean(values)


def _judged(means: _Means) -> Iterator[str]:
    """Hold the means against what is promised."""
    mean = f"mean of {means.count}"
    reached = means.accuracy("-", "float32")
    yield _row(reached >= _LEAST, f"the original: {reached:.1%} right (at least {_LEAST:.0%}), {mean}")
    for line, least, most in (("half", 1.7, 0.7), ("quarter", 3.0, 2.0)):
        for precision in ("float32", "int8"):
            times = 1 / means.share(line, precision, lambda row: row.instructions)
            drop = means.drop(line, precision)
            yield _row(
                times >= least and drop <= most,
                f"{line} of the MACs, {precision}: {times:.2f} times fewer instructions (at least {least:g}) at "
                f"{drop:.2f} points (at most {most:g}), {mean}",
            )
    size, drop = (
        means.share("half weights", "int8", lambda row: row.file["size_bytes"]),
        means.drop("half weights", "int8"),
    )
    yield f"half of the weights: {size:.2f} of the bytes of the original's int8 at {drop:.2f} points, {mean}"
    work, size = (
        means.share("chain", "int8", of) for of in (lambda row: row.instructions, lambda row: row.file["size_bytes"])
    )
    drop = means.drop("chain", "int8")
    yield _row(
        work <= 0.5 and size <= 0.6 and drop <= 1,
        f"channel pruning, distillation and int8, fine-tuned where that was better: {work:.2f} of the instructions of "
        f"the original's int8 (at most 0.5), {size:.2f} of its bytes (0.6) at {drop:.2f} points (1), {mean}",
    )

    def zipped(row: Row) -> float:
        return row.file["zipped_bytes"]

    drop, share = means.drop("80 % zeros", "float32"), means.share("80 % zeros", "int8", zipped)
    after = means.drop("80 % zeros", "int8")
    yield _row(
        max(drop, after) <= 1 and share <= 0.45,
        f"80 % zeros: {drop:.2f} points in float32, {after:.2f} in int8 (at most 1); zipped int8 {share:.2f} of the "
        f"dense one (0.45), {mean}",
    )
    drop, share = means.drop("16 values", "float32"), means.share("16 values", "float32", zipped)
    left, after = means.share("16 values", "int8", zipped), means.drop("16 values", "int8")
    yield _row(
        drop <= 1 and share <= 0.3,
        f"16 values in each kernel: {drop:.2f} points (at most 1); zipped float32 {share:.2f} of the dense one (0.3); "
        f"of int8, with a scale for each channel, {left:.2f} at {after:.2f} points, {mean}",
    )


def _digits(place: Place) -> Iterator[str]:
    """The same in short: fewer MACs of a small network for scikit-learn's digits; nothing is counted or timed."""
    folder = place.folder / "digits"
    folder.mkdir()
    subprocess.run([sys.executable, _DIGITS_SCRIPT, folder], capture_output=True, check=True)
    recipe = edgekit.CompressionRecipe.from_mapping(
        {
            "training": {"epochs": 2, "learning_rate": 5e-3},
            "distillation": {"temperature": 4.0, "weight": 0.7},
            "stage": [{"kind": "channel-prune", "macs": _DIGITS_SHARE}, {"kind": "finetune", "epochs": 6}],
        }
    )
    result = edgekit.compress(
        folder / "digits.keras",
        recipe,
        data=folder / "train.npz",
        test=folder / "test.npz",
        output=folder / "fewer.keras",
    )
    yield study_seed.HEAD
    for version in result.versions:
        for file in version.files:
            yield str(Row(0, "digits", version.name, file.to_json()))
    for file in result.final.files:
        before = result.original.file(file.precision)
        share, drop = file.macs / before.macs, file.accuracy.drop_points
        yield _row(
            share <= _DIGITS_SHARE and drop <= _DIGITS_POINTS,
            f"fewer MACs, {file.precision}: {share:.2f} of them are left (at most {_DIGITS_SHARE}), "
            f"{file.size_bytes / before.size_bytes:.2f} of the bytes, at {drop:.2f} points "
            f"(at most {_DIGITS_POINTS:g})",
        )


def _row(kept: bool, text: str) -> str:
    return text if kept else Missed(text)
