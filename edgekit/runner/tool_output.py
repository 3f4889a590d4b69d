"""Reads what LiteRT's ``benchmark_model`` prints.

The formats are those of tensorflow/lite/tools/benchmark/benchmark_model.cc and tsl/util/stats_calculator.h.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from edgekit.inspection import Inspection
from edgekit.runs import OpCost, OpProfile, ToldFigures

_NUMBER = r"([0-9.eE+-]+)"
_MIB = 2**20


@dataclass(frozen=True, slots=True)
class ToolFigures:
    """What the program tells of one run."""

    init_ms: float
    first_ms: float
    steady: ToldFigures
    grown_bytes: int | None
    """By how much its resident memory has grown since it started; None where it does not tell."""


def read_figures(log: str) -> ToolFigures:
    """Return the figures. Raises ValueError that says what is not there."""
    summary = re.search(rf"Inference timings in us: Init: {_NUMBER}, First inference: {_NUMBER}", log)
    if summary is None:
        raise ValueError("there is no line 'Inference timings in us'")
    # The first such line is of the warm-up, the second of the inferences that count.
    lines = re.findall(r"\bcount=\d+ .*", log[: summary.start()])
    if len(lines) < 2:
        raise ValueError("there are no two lines 'count=...'")
    grown = re.search(rf"Memory footprint delta.*overall={_NUMBER}", log)
    return ToolFigures(
        init_ms=float(summary[1]) / 1e3,
        first_ms=float(summary[2]) / 1e3,
        steady=_told(lines[1]),
        grown_bytes=int(float(grown[1]) * _MIB) if grown else None,
    )


def read_peak_bytes(log: str) -> int | None:
    """Return the peak of memory; None where the program does not tell."""
    found = re.search(rf"Overall peak memory footprint \(MB\) via periodic monitoring: {_NUMBER}", log)
    return int(float(found[1]) * _MIB) if found else None


def read_operators(log: str, facts: Inspection) -> OpProfile:
    """Return what each operator takes, joined with what the file says of it by its number."""
    title = re.search(r"=+ Run Order =+\n", log)
    if title is None:
        return OpProfile("benchmark_model printed no profile of operators, though asked to")
    header, *rows = log[title.end() :].splitlines()
    columns = re.findall(r"\[([^\]]*)\]", header)
    costs: list[OpCost] = []
    for row in rows:
        cells = [cell.strip() for cell in row.strip("\t").split("\t")]
        if len(cells) != len(columns):
            break
        cell = dict(zip(columns, cells, strict=True))
        costs.append(_cost(cell["node type"], cell["Name"], float(cell["avg ms"]), facts, place=len(costs)))
    return OpProfile("time of each operator, by benchmark_model --enable_op_profiling", tuple(costs))


def _told(line: str) -> ToldFigures:
    values = {name: float(value) for name, value in re.findall(rf"(\w+)={_NUMBER}", line)}
    # Where all are the same there is one number.
    same = values.get("curr", 0.0)
    if "median" not in values or "p95" not in values:
        raise ValueError("it tells no median and no p95")
    return ToldFigures(
        count=int(values["count"]),
        p50_ms=values["median"] / 1e3,
        p95_ms=values["p95"] / 1e3,
        min_ms=values.get("min", same) / 1e3,
        max_ms=values.get("max", same) / 1e3,
        mean_ms=values.get("avg", same) / 1e3,
        deviation_ms=values.get("std", 0.0) / 1e3,
    )


def _cost(kind: str, name: str, time_ms: float, facts: Inspection, *, place: int) -> OpCost:
    # "[output name]:number of the node"; what a delegate has made of several operators bears no operator's kind.
    found = re.fullmatch(r"\[?(.*?)\]?(?::(\d+))?", name)
    number = int(found[2]) if found and found[2] else place
    known = facts.ops[number] if number < len(facts.ops) and facts.ops[number].name == kind else None
    return OpCost(
        index=number,
        kind=kind,
        output=found[1] if found else name,
        macs=None if known is None else known.macs,
        time_ms=time_ms,
        instructions=None,
    )
