"""What ``benchmark`` of several files has written, read back: what follows from the times is computed anew."""

from __future__ import annotations

import json
from itertools import accumulate, pairwise
from pathlib import Path

import numpy as np

from edgekit.errors import UsageError
from edgekit.files import DocumentReader
from edgekit.runs.conditions import Conditions
from edgekit.runs.environment import Environment
from edgekit.runs.speed import SPEED_SCHEMA, FileTimes, SpeedComparison, SpeedRatio, speed_ratio
from edgekit.runs.taints import taints_of
from edgekit.runs.timings import Timings
from edgekit.statistics import LEAST_PAIRS


def speed_at(path: str | Path) -> SpeedComparison | None:
    """Return the comparison that a file holds; None where it is a file of another kind, or none that can be read.

    Raises:
        UsageError: it is such a file, and something in it is missing, unknown or contradicts another.
    """
    try:
        document = json.loads(Path(path).read_bytes())
    except (OSError, ValueError, RecursionError):
        # What is wrong with it is told by the reader of run files.
        return None
    if not isinstance(document, dict) or document.get("schema") != SPEED_SCHEMA:
        return None
    try:
        return _read(DocumentReader(document, where="the document"))
    except UsageError as error:
        raise UsageError(
            f"{path} is no comparison of files: {error.message}",
            hint="compare them again: edgekit benchmark A B -o FILE",
        ) from error


def _read(reader: DocumentReader) -> SpeedComparison:
    reader.text("schema")
    files = tuple(map(_file, reader.sections("files")))
    reader.demand(len(files) >= 2, "files", "a list of at least two")
    rounds = {len(each.blocks) for each in files}
    reader.demand(len(rounds) == 1, "files", "files with one number of rounds")
    ratios = tuple(
        speed_ratio(_turns(each), _turns(files[0]), file=each.file, against=files[0].file) for each in files[1:]
    )
    told = reader.sections("ratios")
    reader.demand(len(told) == len(ratios), "ratios", "a list with one for each file but the first")
    for section, ratio in zip(told, ratios, strict=True):
        _hold(section, ratio)
    conditions = Conditions.read(reader.section("conditions"))
    comparison = SpeedComparison(
        device=reader.text("device"),
        threads=reader.whole("threads", least=1),
        seed=reader.whole("seed"),
        files=files,
        ratios=ratios,
        environment=Environment.read(reader.section("environment")),
        conditions=conditions,
        taints=tuple(dict.fromkeys((*reader.texts("taints"), *taints_of(conditions)))),
    )
    reader.finish()
    return comparison


def _file(reader: DocumentReader) -> FileTimes:
    times = FileTimes(
        file=reader.text("file"),
        artifact_sha256=reader.digest("artifact_sha256"),
        outputs_sha256=reader.digest("outputs_sha256"),
        steady=Timings.read(reader.section("steady")),
        blocks=reader.wholes("blocks"),
    )
    reader.demand(min(times.blocks, default=0) > 0, "blocks", "a list of turns with an inference each")
    reader.demand(len(times.blocks) >= LEAST_PAIRS, "blocks", f"a list of at least {LEAST_PAIRS} turns")
    reader.demand(sum(times.blocks) == len(times.steady.samples_ms), "blocks", "turns that hold all inferences")
    medians = [float(np.median(turn)) for turn in _turns(times)]
    reader.demand(min(medians) > 0, "blocks", "turns whose median is above 0 ms")
    reader.finish()
    return times


def _turns(times: FileTimes) -> list[tuple[float, ...]]:
    """Return the times of each turn."""
    ends = accumulate(times.blocks, initial=0)
    return [times.steady.samples_ms[start:end] for start, end in pairwise(ends)]


def _hold(reader: DocumentReader, ratio: SpeedRatio) -> None:
    """Refuse a ratio that is not what the times give."""
    for key, wanted in (("file", ratio.file), ("reference", ratio.reference), ("verdict", str(ratio.verdict))):
        reader.demand(reader.text(key) == wanted, key, f"{wanted!r}, which the other values give")
    reader.agree("ratio", ratio.ratio)
    reader.agree("rounds", ratio.rounds)
    interval = reader.section("interval")
    for key in ("low", "high", "confidence"):
        interval.agree(key, getattr(ratio.interval, key))
    interval.finish()
    reader.finish()
