"""Asks the child process what becomes of the outputs where errors of some operators are put in."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from edgekit.processes.spool import Spool

WHOLE = "whole"
Groups = list[list[list[int | str]]]
"""Groups of errors, each a list of [number of a site, part of its error]."""
_SAMPLES, _FEWEST = 16, 4
_RUNS = 800
"""Runs of the float file per question, so that graphs of hundreds of operators get an answer in minutes."""


def output_ratios(ask: Callable[..., Any], spool: Spool, groups: Groups, stage: str) -> list[float]:
    """Return for each group the signal to noise ratio in dB that its errors leave of the float file's outputs.

    Args:
        ask: sends a request to the examiner, about the two files in question.
        spool: the samples; the first 16 are used, fewer where the groups are many.
        groups: see ``Examiner.disturb``.
        stage: what this is for.
    """
    count = max(_FEWEST, min(_SAMPLES, _RUNS // max(1, len(groups))))
    found: list[float] = ask("disturb", **spool.request(count), groups=groups, stage=stage)
    return found
